"""`changeRequests/`: what is asked for, by whom, and how far it has got.

The reference does not list the statuses; here a request is `pending` until it has its approvals, `changesRequested`
while a reviewer wants another change, `approved`, `resolving` while the change is being made, then `resolved`, or
`cancelled`. Where making the change fails, the request is `approved` again, to be resolved once more or cancelled.
"""

from drplan.emulator.core import jobs, switches
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import Problem, bad_request, conflict, fail, forbidden, invalid, not_found
from drplan.emulator.http.faults import Faults
from drplan.emulator.http.fields import Field, Object, anything, boolean, check, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import document
from drplan.emulator.resources.deployments.access import PERMISSIONS
from drplan.emulator.resources.deployments.approval import GUARDED, open_request, save
from drplan.emulator.resources.governance.actions import ACTIONS, carry_out
from drplan.emulator.resources.governance.policies import enabled

STATUSES = ("pending", "changesRequested", "approved", "resolving", "resolved", "cancelled")
_MENDABLE = {"pending", "changesRequested", "approved"}  # what can be changed, reviewed or cancelled
_ORDERS = ("createdAt", "processedAt", "updatedAt")
_CREATE = Object(
    {
        "entityType": text(required=True, choices=("deployment",)),
        "entityId": text(required=True),
        "action": text(required=True, choices=tuple(GUARDED)),
        "change": anything(),
        "autoApply": boolean(nullable=True),
        "comment": text(blank=True, nullable=True),
    }
)
_PATCH = Object({"change": anything(), "autoApply": boolean(), "comment": text(blank=True)}, blank=False)


def spelled(choices: tuple[str, ...]) -> Field:
    """Give a required field that takes `changesRequested`, `ChangesRequested` and `CHANGES_REQUESTED` alike."""
    plain = text(required=True)

    def read(value: object, form: bool) -> str:
        return canonical(plain.read(value, form), choices) or str(text(choices=choices).read(value, form))

    return Field(read, required=True)


def canonical(value: str, choices: tuple[str, ...]) -> str | None:
    """Give the one of `choices` that a value means, whatever its spelling; None when it means none of them."""
    return next((each for each in choices if each.lower() == value.replace("_", "").lower()), None)


_STATUS = Object({"status": spelled(("cancelled", "resolving"))})


# ---------------------------------------------------------------------------------------------------------- reading


def listed(call: Call) -> Answer:
    """Answer the requests that the user may see, narrowed by the query; all that are not excluded by it."""
    enabled(call)
    known = {"entityType", "entityId", "status", "myRequests", "showApproved", "showCancelled", "orderBy"}
    unknown = set(call.query) - known - {"offset", "limit"}
    if unknown:
        raise invalid({name: f"{name} is not allowed key" for name in sorted(unknown)})
    if call.one("entityType") not in {None, "deployment"}:
        fail("entityType", "must be one of deployment")
    wanted = set()
    for given in call.many("status"):
        status = canonical(given, STATUSES)
        if status is None:
            fail("status", f"must be one of {', '.join(STATUSES)}")
        wanted.add(status)
    hidden: set[str] = set()
    hidden |= {"approved", "resolving", "resolved"} if call.flag("showApproved") is False else set()
    hidden |= {"cancelled"} if call.flag("showCancelled") is False else set()
    mine = call.flag("myRequests")
    found = [
        request
        for request in call.store.find("changeRequest", parent=call.one("entityId"))
        if (not wanted or request["status"] in wanted)
        and request["status"] not in hidden
        and mine in {None, request["userId"] == call.user["id"]}
        and _may_see(call, request)
    ]
    order = call.one("orderBy")
    if order is not None:
        key = order.removeprefix("-")
        if key not in _ORDERS:
            raise bad_request(f"orderBy: must be one of {', '.join(_ORDERS)}, with - before it for descending")
        found.sort(key=lambda request: request[key] or "", reverse=order.startswith("-"))
    return cut(call, [shown(call, request) for request in found])


def get(call: Call) -> Answer:
    """Answer one request."""
    return ok(shown(call, seen(call)))


def seen(call: Call) -> Json:
    """Give the request of the path: 404 unless the user may see it."""
    enabled(call)
    request = call.store.get("changeRequest", call.params["id"])
    if request is None or not _may_see(call, request):
        raise not_found()
    return request


def shown(call: Call, request: Json) -> Json:
    """Give a request as this user gets it, with what the user may do about it."""
    mendable = request["status"] in _MENDABLE
    mine = request["userId"] == call.user["id"]
    owner = _role(call, request["entityId"]) == "OWNER"
    return {
        **public(request),
        "diff": _difference(call, request),
        "userOperations": {
            "canUpdate": mendable and mine,
            "canResolve": request["status"] == "approved" and (mine or owner),
            "canCancel": mendable and (mine or owner),
            "canComment": True,
            "canReview": mendable and not mine and is_reviewer(call, request),
        },
    }


def is_reviewer(call: Call, request: Json) -> bool:
    """Tell whether the policy lets the user review: by name, by group, or, where it names nobody, as an owner."""
    policy = call.store.get("approvalPolicy", request["_policy"] or "")
    review = policy["review"] if policy else {"reviewers": [], "groups": []}
    if not (review["reviewers"] or review["groups"]):
        return _role(call, request["entityId"]) == "OWNER"
    return call.user["id"] in review["reviewers"] or not set(review["groups"]).isdisjoint(call.user["groups"])


def _may_see(call: Call, request: Json) -> bool:
    return (
        request["userId"] == call.user["id"]
        or _role(call, request["entityId"]) is not None
        or is_reviewer(call, request)
    )


def _role(call: Call, deployment_id: str) -> str | None:
    row = call.store.db.execute(
        "SELECT a.role FROM deployments d JOIN access a ON a.seq = d.seq AND a.user_id = ? WHERE d.id = ?",
        (call.user["id"], deployment_id),
    ).fetchone()
    return None if row is None else str(row[0])


def _difference(call: Call, request: Json) -> list[Json]:
    """Give what the change would change: field, present value, wanted value; nothing for a deployment that is gone."""
    doc = document.fetch(call.store, request["entityId"])
    if doc is None:
        return []
    present = {
        "modelPackageId": doc["packageId"],
        "modelId": document.package_of(call.store, doc).get("modelId"),
        "secondaryDatasetsConfigId": doc["secondaryDatasetConfigId"],
        "importance": doc["importance"],
        "status": doc["status"],
        "approvalStatus": document.approval_status(doc),
    }
    return [
        {"field": key, "from": present[key], "to": value}
        for key, value in (request["change"] or {}).items()
        if key in present
    ]


# ---------------------------------------------------------------------------------------------------------- changing


def create(call: Call) -> Answer:
    """Ask for a change; 403 without the right to make it, 422 for a change that the action does not take.

    Where no policy guards it, it needs no approval: it is approved at once.
    """
    enabled(call)
    given = call.fields(_CREATE)
    doc = _deployment(call, given["entityId"], given["action"])
    change = _change(given["action"], given.get("change"))
    request, policy = open_request(
        call, doc, given["action"], change, auto_apply=bool(given.get("autoApply")), comment=given.get("comment") or ""
    )
    document.refresh(call.store, doc["id"])
    if policy is None or not request["numApprovalsRequired"]:
        approved(call, request)
    return ok(shown(call, request), 201)


def patch(call: Call) -> Answer:
    """Change one's own open request; another change is another version, which has to be reviewed anew."""
    request = seen(call)
    if request["userId"] != call.user["id"]:
        raise forbidden("Only the user who made a change request can change it.")
    _refuse_settled(request)
    given = call.fields(_PATCH)
    if "change" in given:
        given["change"] = _change(request["action"], given["change"])
        if given["change"] != request["change"]:
            request |= {"changeVersionId": new_id(), "status": "pending"}
    request |= {**given, "updatedAt": iso(call.now)}
    save(call.store, request)
    return ok(shown(call, request))


def status(call: Call) -> Answer:
    """Cancel an open request, or make an approved change; 409 where it has no approvals or is through already."""
    request = seen(call)
    given = call.fields(_STATUS)["status"]
    _refuse_settled(request)
    if request["userId"] != call.user["id"] and _role(call, request["entityId"]) != "OWNER":
        raise forbidden("Only the user who made a change request, or an owner of the deployment, can do this.")
    location = f"changeRequests/{request['id']}/"
    if given == "cancelled":
        request |= {"status": "cancelled", **_touched(call, call.user)}
        save(call.store, request)
        jobs.cancel(call.store, request["id"])
        document.refresh(call.store, request["entityId"])
        return call.accepted(call.start("cancel_request", request["id"], {}, location))
    if request["status"] != "approved":
        raise conflict("Only an approved change request can be resolved.")
    return call.accepted(resolve(call, request))


def approved(call: Call, request: Json) -> None:
    """Note that a request has its approvals, and make the change where it asks for that."""
    request |= {"status": "approved", **_touched(call, call.user)}
    save(call.store, request)
    if request["autoApply"]:
        try:
            resolve(call, request)
        except Problem as problem:
            request["_failure"] = problem.body["message"]
            save(call.store, request)
    document.refresh(call.store, request["entityId"])


def resolve(call: Call, request: Json) -> str:
    """Begin to make an approved change, and give the job that ends when it is made; Problem where it cannot be."""
    inner = carry_out(call, request)
    row = inner and call.store.db.execute("SELECT message FROM jobs WHERE id = ?", (inner,)).fetchone()
    request |= {"status": "resolving", **_touched(call, call.user)}
    save(call.store, request)
    document.refresh(call.store, request["entityId"])
    # It is due with the change's own job and was started after it, so it ends right after it.
    location = f"changeRequests/{request['id']}/"
    return call.start("resolve_request", request["id"], {}, location, error=(row and row[0]) or None)


def _touched(call: Call, user: Json) -> Json:
    now = iso(call.now)
    return {"updatedAt": now, "statusChangedAt": now, "statusChangedBy": user["id"]}


def _deployment(call: Call, deployment_id: str, action: str) -> Json:
    role = _role(call, deployment_id)
    doc = document.fetch(call.store, deployment_id)
    if role is None or doc is None or doc["deleting"]:
        fail("entityId", f"deployment {deployment_id} does not exist")
    permission = ACTIONS[action].permission
    if permission not in PERMISSIONS[role]:
        raise forbidden(f"You do not have permission to perform this action: {permission} is needed.")
    return doc


def _change(action: str, change: object) -> Json:
    try:
        return check(change, ACTIONS[action].change)
    except Problem as problem:
        raise invalid({"change": problem.body["errors"] or problem.body["message"]}) from None


def _refuse_settled(request: Json) -> None:
    if request["status"] not in _MENDABLE:
        raise conflict(f"The change request is {request['status']} already.")


@jobs.effect("resolve_request")
def _resolved(store: Store, subject: str, _payload: Json, when: float) -> None:
    _settle(store, subject, when, "resolved")


@jobs.failure("resolve_request")
def _unresolved(store: Store, subject: str, _payload: Json, when: float) -> None:
    _settle(store, subject, when, "approved")


def _settle(store: Store, request_id: str, when: float, status_: str) -> None:
    request = store.get("changeRequest", request_id)
    if request is not None:
        through = {"processedAt": iso(when)} if status_ == "resolved" else {}
        save(store, {**request, **through, "status": status_, "updatedAt": iso(when), "statusChangedAt": iso(when)})
        jobs.cancel(store, request_id)
        document.refresh(store, request["entityId"])


@jobs.effect("automatic_action")
def _automatic(store: Store, subject: str, payload: Json, when: float) -> None:
    """Do what the policy says about a request that nobody has dealt with in time."""
    request = store.get("changeRequest", subject)
    if request is None or request["status"] not in {"pending", "changesRequested"}:
        return
    call = Call(
        store=store,
        pace=jobs.Pace(*request["_pace"]),
        faults=Faults((), ()),
        switches=switches.read(store),
        now=when,
        method="",
        path="",
        route="",
        params={},
        query_text="",
        base="",
        user=store.get("user", request["userId"]) or {},
    )
    if payload["action"] == "approve":
        approved(call, request)
        return
    request |= {"status": "cancelled", **_touched(call, call.user)}
    save(store, request)
    document.refresh(store, request["entityId"])


ROUTES = (
    ("GET changeRequests/", listed),
    ("POST changeRequests/", create),
    ("GET changeRequests/{id}/", get),
    ("PATCH changeRequests/{id}/", patch),
    ("PATCH changeRequests/{id}/status/", status),
)
