"""Who may do what with a deployment: its roles, what they give to each user, and `sharedRoles/` (API reference 2.8)."""

from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content
from drplan.emulator.http.errors import conflict, fail, forbidden, invalid
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.recipients import RECIPIENTS, ROLES, UPDATE, name_of, recipient_of


def grant(store: Store, deployment_id: str, recipient_type: str, recipient_id: str, role: str) -> None:
    """Give a recipient a role, or take it with NO_ROLE; the caller then calls `settle_access`."""
    if role == "NO_ROLE":
        store.db.execute(
            "DELETE FROM roles WHERE deployment_id = ? AND recipient_type = ? AND recipient_id = ?",
            (deployment_id, recipient_type, recipient_id),
        )
        return
    store.db.execute(
        "INSERT OR REPLACE INTO roles VALUES (?, ?, ?, ?)", (deployment_id, recipient_type, recipient_id, role)
    )


def settle_access(store: Store, deployment_id: str) -> None:
    """Work out each user's role on a deployment: the best of the user's own, the groups' and the organization's."""
    seq = store.db.execute("SELECT seq FROM deployments WHERE id = ?", (deployment_id,)).fetchone()[0]
    best: dict[str, str] = {}

    def offer(user_id: str, role: str) -> None:
        if user_id not in best or ROLES.index(role) > ROLES.index(best[user_id]):
            best[user_id] = role

    rows = store.db.execute(
        "SELECT recipient_type, recipient_id, role FROM roles WHERE deployment_id = ?", (deployment_id,)
    ).fetchall()
    users = store.find("user") if any(row[0] != "user" for row in rows) else []
    for kind, recipient, role in rows:
        if kind == "user":
            offer(recipient, role)
        for user in users if kind != "user" else []:
            if recipient in user["groups"] or recipient == user["organization"]:
                offer(user["id"], role)
    store.db.execute("DELETE FROM access WHERE seq = ?", (seq,))
    store.db.executemany("INSERT INTO access VALUES (?, ?, ?)", [(user, seq, role) for user, role in best.items()])


def listed(call: Call) -> Answer:
    """Answer the roles, narrowed by `id`, `name` and `shareRecipientType`."""
    access.need(call)
    offset, limit = window(call)
    wanted_id, wanted_name, wanted_type = call.one("id"), call.one("name"), call.one("shareRecipientType")
    if wanted_type is not None and wanted_type not in RECIPIENTS:
        fail("shareRecipientType", f"must be one of {', '.join(RECIPIENTS)}")
    rows = call.store.db.execute(
        "SELECT recipient_type, role, recipient_id FROM roles WHERE deployment_id = ? "
        "ORDER BY recipient_type DESC, recipient_id",
        (call.params["id"],),
    ).fetchall()
    items = [
        {"shareRecipientType": kind, "role": role, "id": recipient, "name": name_of(call.store, kind, recipient)}
        for kind, role, recipient in rows
    ]
    kept = [
        item
        for item in items
        if wanted_id in {None, item["id"]}
        and wanted_name in {None, item["name"]}
        and wanted_type in {None, item["shareRecipientType"]}
    ]
    return page(call, kept[offset : offset + limit], len(kept), offset, limit)


def patch(call: Call) -> Answer:
    """Change roles; 409 when no owner would be left, 422 for a recipient that does not exist, all or nothing."""
    access.need(call, "CAN_SHARE")
    store, deployment_id = call.store, call.params["id"]
    role_of_caller = store.db.execute(
        "SELECT a.role FROM access a JOIN deployments d ON d.seq = a.seq WHERE d.id = ? AND a.user_id = ?",
        (deployment_id, call.user["id"]),
    ).fetchone()[0]
    wrong: Json = {}
    for index, change in enumerate(call.fields(UPDATE)["roles"]):
        kind, role = change["shareRecipientType"], change["role"]
        recipient = recipient_of(store, kind, change)
        if recipient is None:
            wrong[str(index)] = {"username" if "username" in change else "id": f"no such {kind}"}
            continue
        before = store.db.execute(
            "SELECT role FROM roles WHERE deployment_id = ? AND recipient_type = ? AND recipient_id = ?",
            (deployment_id, kind, recipient),
        ).fetchone()
        if role_of_caller != "OWNER" and ("OWNER" in (role, before and before[0])):
            raise forbidden("CAN_SHARE_DEPLOYMENT_OWNERSHIP is needed to give or take ownership.")
        grant(store, deployment_id, kind, recipient, role)
    if wrong:
        raise invalid({"roles": wrong})
    owners = store.db.execute(
        "SELECT 1 FROM roles WHERE deployment_id = ? AND recipient_type = 'user' AND role = 'OWNER'", (deployment_id,)
    ).fetchone()
    if owners is None:
        raise conflict("A deployment needs at least one owner.")
    settle_access(store, deployment_id)
    document.refresh(store, deployment_id)
    return no_content()


ROUTES = (("GET deployments/{id}/sharedRoles/", listed), ("PATCH deployments/{id}/sharedRoles/", patch))
