"""Approval policies as the rest of the emulator meets them: what they guard, and the requests they keep open (2.11).

A policy is about changes of one kind (`entityType` and `action` of its trigger), of deployments of some importances or
of all. What it guards is refused until a change request for it is approved; then the platform itself makes the change.
"""

import re

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import Problem

ENTITY_TYPES = ("deployment", "deploymentModel", "deploymentConfig", "deploymentStatus", "deploymentMonitoringData")
OPERATIONS = ("create", "update", "delete")
AUTOMATIC = ("cancel", "approve")
OPEN, CLOSED = "open", "closed"  # what a request is found by; its status says more
_PERIOD = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")

# What each action of a change request is for a policy: the entity type and what is done to it.
GUARDED = {
    "approve": ("deployment", "create"),
    "changeImportance": ("deployment", "update"),
    "delete": ("deployment", "delete"),
    "replaceModel": ("deploymentModel", "update"),
    "replaceModelPackage": ("deploymentModel", "update"),
    "updateSecondaryDatasetConfig": ("deploymentConfig", "update"),
    "changeStatus": ("deploymentStatus", "update"),
    "cleanupStats": ("deploymentMonitoringData", "delete"),
}


def policy_for(store: Store, switches: Json, action: str, importance: str | None) -> Json | None:
    """Give the policy that guards an action on a deployment of an importance, the first one made; or None."""
    if not switches["approvals"]:
        return None
    entity_type, operation = GUARDED[action]
    for policy in store.find("approvalPolicy", ref=f"{entity_type} {operation}"):
        importances = policy["trigger"]["importances"]
        if policy["active"] and (not importances or importance in importances):
            return policy
    return None


def guard(call: Call, doc: Json, action: str) -> None:
    """Refuse a change that a policy guards, with the name of the request that would make it; nothing is changed."""
    if call.approved:
        return
    policy = policy_for(call.store, call.switches, action, doc["importance"])
    if policy is not None:
        message = (
            f"The approval policy '{policy['name']}' guards this: it needs an approved change request with the action "
            f"{action} (POST changeRequests/)."
        )
        raise Problem(call.switches["approval_refusal"], {"message": message})


def open_request(
    call: Call, doc: Json, action: str, change: Json | None, *, auto_apply: bool, comment: str
) -> tuple[Json, Json | None]:
    """Write a new change request of the caller, and give it with the policy that it falls under."""
    policy = policy_for(call.store, call.switches, action, doc["importance"])
    now = iso(call.now)
    request: Json = {
        "id": new_id(),
        "entityType": "deployment",
        "entityId": doc["id"],
        "action": action,
        "change": change,
        "changeVersionId": new_id(),
        "status": "pending",
        "autoApply": auto_apply,
        "userId": call.user["id"],
        "userName": call.user["username"],
        "comment": comment,
        "numApprovalsRequired": policy["review"]["approvalsRequired"] if policy else 0,
        "createdAt": now,
        "updatedAt": now,
        "processedAt": None,
        "statusChangedAt": None,
        "statusChangedBy": None,
        "_policy": policy and policy["id"],
        "_label": doc["label"],
        # A policy's automatic action may make the change when nobody is asking: at the pace of this request.
        "_pace": [call.pace.job, call.pace.deletion, call.pace.lag],
    }
    save(call.store, request)
    automatic = policy and policy["automaticAction"]
    if automatic:
        jobs.start(
            call.store,
            "automatic_action",
            request["id"],
            {"action": automatic["action"], "version": request["changeVersionId"]},
            now=call.now,
            seconds=seconds(automatic["period"]) or 0.0,
            visible=False,
        )
    return request, policy


def save(store: Store, request: Json) -> None:
    """Write a change request; the caller then refreshes the deployment, which shows the open ones."""
    ref = CLOSED if request["status"] in {"resolved", "cancelled"} else OPEN
    store.put("changeRequest", request["id"], request, name=request["userId"], parent=request["entityId"], ref=ref)


def opened(store: Store, deployment_id: str) -> list[str]:
    """Give the ids of a deployment's open change requests, oldest first."""
    rows = store.db.execute(
        "SELECT id FROM objects WHERE kind = 'changeRequest' AND parent = ? AND ref = ? ORDER BY seq",
        (deployment_id, OPEN),
    )
    return [row[0] for row in rows]


def abandon(store: Store, deployment_id: str) -> None:
    """Cancel what is still asked of a deployment that is gone; the request that made it go stays as it is."""
    for request in store.find("changeRequest", parent=deployment_id, ref=OPEN):
        if request["status"] != "resolving":
            save(store, {**request, "status": "cancelled"})
            jobs.cancel(store, request["id"])


def seconds(period: str) -> int | None:
    """Give the seconds of an ISO 8601 duration of days, hours, minutes and seconds; None for anything else."""
    found = _PERIOD.match(period)
    if found is None:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
