"""The deployment that a path names, for a user who may see it or do more with it (API reference 2.4)."""

from typing import Any

from drplan.emulator.core.store import Json, load
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import forbidden, not_found

GONE = "gone"  # the status, never shown, of a deployment that is deleted while lists that lag still show it
# What each role may do with a deployment; `permissions` of a deployment lists exactly these (API reference 2.4).
PERMISSIONS = {
    "OWNER": (
        "CAN_VIEW",
        "CAN_EDIT_DEPLOYMENT",
        "CAN_DELETE_DEPLOYMENT",
        "CAN_SHARE",
        "CAN_SHARE_DEPLOYMENT_OWNERSHIP",
        "CAN_MAKE_PREDICTIONS",
        "CAN_SUBMIT_ACTUALS",
        "CAN_REPLACE_MODEL",
        "CAN_APPROVE_REPLACEMENT_MODEL",
        "CAN_UPDATE_DEPLOYMENT_THRESHOLDS",
    ),
    "USER": ("CAN_VIEW", "CAN_SHARE", "CAN_MAKE_PREDICTIONS", "CAN_SUBMIT_ACTUALS"),
    "CONSUMER": ("CAN_VIEW", "CAN_MAKE_PREDICTIONS"),
}


def columns(call: Call, names: str, permission: str = "CAN_VIEW") -> tuple[Any, ...]:
    """Give columns of the deployment `id` of the path: 404 without a role on it, 403 without the permission.

    `names` is SQL over `deployments d` and `access a`, and must never come from a request.
    """
    row: tuple[Any, ...] | None = call.store.db.execute(
        f"SELECT a.role, {names} FROM deployments d JOIN access a ON a.seq = d.seq AND a.user_id = ? "  # noqa: S608 - names are constants of the callers
        "WHERE d.id = ? AND d.status <> ?",
        (call.user["id"], call.params["id"], GONE),
    ).fetchone()
    if row is None:
        raise not_found()
    if permission not in PERMISSIONS[row[0]]:
        raise forbidden(f"You do not have permission to perform this action: {permission} is needed.")
    return row[1:]


def need(call: Call, permission: str = "CAN_VIEW") -> None:
    """Refuse a user without a role on the deployment (404) or without the permission (403)."""
    columns(call, "1", permission)


def seen(call: Call, permission: str = "CAN_VIEW") -> Json:
    """Give the deployment's own document, also while it is being deleted."""
    doc: Json = load(columns(call, "d.doc", permission)[0])
    return doc


def standing(call: Call, permission: str = "CAN_EDIT_DEPLOYMENT") -> Json:
    """Give the deployment's own document; 404 once its deletion has begun."""
    doc = seen(call, permission)
    if doc["deleting"]:
        raise not_found()
    return doc
