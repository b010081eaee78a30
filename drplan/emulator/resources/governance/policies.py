"""`approvalPolicies/` and `approvalPolicyMatch/`: which changes need a review, and by whom.

The reference leaves three shapes open, so they are this emulator's: `trigger` is {entityType, action, importances},
`review` is {approvalsRequired, reviewers, groups} with the ids of users and groups (with neither, the owners of the
deployment review), and a match is {policyId}, null when no policy is about such changes.
"""

from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import conflict, fail, forbidden, invalid
from drplan.emulator.http.fields import Object, boolean, listing, nested, number, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments.approval import AUTOMATIC, ENTITY_TYPES, OPERATIONS, seconds
from drplan.emulator.resources.deployments.document import IMPORTANCES

_TRIGGER = Object(
    {
        "entityType": text(required=True, choices=ENTITY_TYPES),
        "action": text(required=True, choices=OPERATIONS),
        "importances": listing(text(choices=IMPORTANCES)),
    }
)
_REVIEW = Object(
    {
        "approvalsRequired": number(whole=True, least=0, most=100),
        "reviewers": listing(text()),
        "groups": listing(text()),
    }
)
_AUTOMATIC = Object(
    {"action": text(required=True, choices=AUTOMATIC), "period": text(required=True)},
    rule=lambda taken: None if seconds(taken["period"]) is not None else {"period": "must be a duration such as P7D"},
)
_FIELDS = {
    "active": boolean(),
    "review": nested(_REVIEW, nullable=True),
    "automaticAction": nested(_AUTOMATIC, nullable=True),
}
_CREATE = Object({"name": text(required=True, longest=512), "trigger": nested(_TRIGGER, required=True), **_FIELDS})
_PATCH = Object({"name": text(longest=512), "trigger": nested(_TRIGGER), **_FIELDS}, blank=False)


def enabled(call: Call) -> None:
    """Refuse with 403 where the platform has no approval workflow."""
    if not call.switches["approvals"]:
        raise forbidden("The approval workflow is not enabled.")


def policy(id_: str, given: Json) -> Json:
    """Give a policy with what the one who made it left out."""
    return {
        "id": id_,
        "name": given["name"],
        "active": given.get("active", True),
        "trigger": {"importances": [], **given["trigger"]},
        "review": {"approvalsRequired": 1, "reviewers": [], "groups": [], **(given.get("review") or {})},
        "automaticAction": given.get("automaticAction"),
    }


def put(store: Store, doc: Json) -> None:
    """Write a policy, to be found by what it is about."""
    trigger = doc["trigger"]
    store.put("approvalPolicy", doc["id"], doc, name=doc["name"], ref=f"{trigger['entityType']} {trigger['action']}")


def listed(call: Call) -> Answer:
    """Answer the policies, each with the number of requests that are open under it."""
    enabled(call)
    return cut(call, [_shown(call, doc) for doc in call.store.find("approvalPolicy")])


def get(call: Call) -> Answer:
    """Answer one policy."""
    return ok(_shown(call, _named(call)))


def create(call: Call) -> Answer:
    """Make a policy; it guards from now on, and has no effect on requests that are open."""
    enabled(call)
    given = call.fields(_CREATE)
    return ok(_written(call, policy(new_id(), given)), 201)


def patch(call: Call) -> Answer:
    """Change a policy; requests that are open keep the number of approvals that they were made with."""
    doc = _named(call)
    given = call.fields(_PATCH)
    for key in ("trigger", "review"):
        if given.get(key) is not None:
            given[key] = {**doc[key], **given[key]}
    return ok(_written(call, policy(doc["id"], {**doc, **given})))


def delete(call: Call) -> Answer:
    """Forget a policy under which no request is open; 409 otherwise."""
    doc = _named(call)
    if _open(call, doc):
        raise conflict("Change requests are open under this policy.")
    call.store.delete("approvalPolicy", doc["id"])
    return no_content()


def match(call: Call) -> Answer:
    """Answer which policy is about changes of `entityType` by `action`, whatever the deployment's importance."""
    enabled(call)
    wrong = {
        name: f"must be one of {', '.join(choices)}"
        for name, choices in (("entityType", ENTITY_TYPES), ("action", OPERATIONS))
        if call.one(name) not in choices
    }
    if wrong:
        raise invalid(wrong)
    found = call.store.find("approvalPolicy", ref=f"{call.one('entityType')} {call.one('action')}")
    return ok({"policyId": next((doc["id"] for doc in found if doc["active"]), None)})


def _named(call: Call) -> Json:
    enabled(call)
    return only(call.store.get("approvalPolicy", call.params["id"]))


def _written(call: Call, doc: Json) -> Json:
    for key, kind in (("reviewers", "user"), ("groups", "group")):
        missing = [each for each in doc["review"][key] if call.store.get(kind, each) is None]
        if missing:
            fail(f"review.{key}", f"no such {kind}: {', '.join(missing)}")
    if any(other["id"] != doc["id"] for other in call.store.find("approvalPolicy", name=doc["name"])):
        raise conflict(f"There is a policy with the name {doc['name']} already.")
    put(call.store, doc)
    return _shown(call, doc)


def _open(call: Call, doc: Json) -> int:
    return sum(request["_policy"] == doc["id"] for request in call.store.find("changeRequest", ref="open"))


def _shown(call: Call, doc: Json) -> Json:
    return {**doc, "openRequests": _open(call, doc)}


ROUTES = (
    ("GET approvalPolicies/", listed),
    ("POST approvalPolicies/", create),
    ("GET approvalPolicies/{id}/", get),
    ("PATCH approvalPolicies/{id}/", patch),
    ("DELETE approvalPolicies/{id}/", delete),
    ("GET approvalPolicyMatch/", match),
)
