"""`changeRequests/{id}/reviews/`: what reviewers say to a version of a change, and what follows from it."""

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import conflict, forbidden, not_found
from drplan.emulator.http.fields import Object, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments.approval import save
from drplan.emulator.resources.governance.requests import approved, is_reviewer, seen, shown, spelled

_REVIEW = Object(
    {
        "changeVersionId": text(required=True),
        "status": spelled(("approved", "changesRequested", "commented")),
        "comment": text(blank=True, nullable=True),
    }
)


def listed(call: Call) -> Answer:
    """Answer the reviews of a request, oldest first."""
    return cut(call, call.store.find("changeReview", parent=seen(call)["id"]))


def get(call: Call) -> Answer:
    """Answer one review."""
    request = seen(call)
    review = call.store.get("changeReview", call.params["review"])
    if review is None or review["changeRequestId"] != request["id"]:
        raise not_found()
    return ok(review)


def create(call: Call) -> Answer:
    """Review a request: 403 for its own author and for whom the policy does not name, 409 for an older version.

    Whoever sees a request may comment on it. The last word of each reviewer on the present version counts.
    """
    request = seen(call)
    given = call.fields(_REVIEW)
    judging = given["status"] != "commented"
    if judging and request["userId"] == call.user["id"]:
        raise forbidden("Nobody can review their own change request.")
    if judging and not is_reviewer(call, request):
        raise forbidden("The approval policy does not name you as a reviewer.")
    if judging and not shown(call, request)["userOperations"]["canReview"]:
        raise conflict(f"The change request is {request['status']} already.")
    if given["changeVersionId"] != request["changeVersionId"]:
        raise conflict("The change was changed since; review its present version.")
    review: Json = {
        "id": new_id(),
        "changeRequestId": request["id"],
        "changeVersionId": given["changeVersionId"],
        "status": given["status"],
        "comment": given.get("comment") or "",
        "userId": call.user["id"],
        "userName": call.user["username"],
        "createdAt": iso(call.now),
    }
    call.store.put("changeReview", review["id"], review, parent=request["id"])
    if judging:
        _weigh(call, request)
    return ok(review, 201)


def _weigh(call: Call, request: Json) -> None:
    words = {
        review["userId"]: review["status"]
        for review in call.store.find("changeReview", parent=request["id"])
        if review["changeVersionId"] == request["changeVersionId"] and review["status"] != "commented"
    }
    if "changesRequested" not in words.values() and len(words) >= request["numApprovalsRequired"]:
        approved(call, request)
        return
    wanted = "changesRequested" if "changesRequested" in words.values() else "pending"
    now = iso(call.now)
    if wanted != request["status"]:
        request |= {"statusChangedAt": now, "statusChangedBy": call.user["id"]}
    save(call.store, {**request, "status": wanted, "updatedAt": now})


ROUTES = (
    ("GET changeRequests/{id}/reviews/", listed),
    ("POST changeRequests/{id}/reviews/", create),
    ("GET changeRequests/{id}/reviews/{review}/", get),
)
