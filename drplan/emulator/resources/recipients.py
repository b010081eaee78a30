"""Who can be given a role: users, groups and organizations, and the body of `sharedRoles/` that names them."""

from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.errors import fail
from drplan.emulator.http.fields import Object, boolean, listing, nested, text

ROLES = ("CONSUMER", "USER", "OWNER")
RECIPIENTS = ("user", "group", "organization")
_KINDS = {"user": "user", "group": "group", "organization": "organization"}

UPDATE = Object(
    {
        "operation": text(required=True, choices=("updateRoles",)),
        "roles": listing(
            nested(
                Object(
                    {
                        "role": text(required=True, choices=(*ROLES, "NO_ROLE")),
                        "shareRecipientType": text(required=True, choices=RECIPIENTS),
                        "username": text(),
                        "id": text(),
                        "canShare": boolean(),
                    },
                    exactly_one=("username", "id"),
                )
            ),
            required=True,
            least=1,
            most=100,
        ),
    }
)


def recipient_of(store: Store, kind: str, change: Json) -> str | None:
    """Give the id that one change of roles means, or None."""
    if "username" in change:
        if kind != "user":
            fail("roles", "username is only for users")
        found = store.find("user", name=change["username"])
        return found[0]["id"] if found else None
    return change["id"] if store.get(_KINDS[kind], change["id"]) else None


def name_of(store: Store, kind: str, recipient: str) -> str:
    """Give the name of a user, a group or an organization."""
    doc = store.get(_KINDS[kind], recipient) or {}
    return str(doc.get("username") or doc.get("name") or recipient)
