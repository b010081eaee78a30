"""What a deployment's model looks at and can do: features and capabilities (API reference 2.8)."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import Problem, bad_request
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import access, document

_SHOWN = ("name", "featureType", "importance", "dateFormat", "knownInAdvance")


def features(call: Call) -> Answer:
    """Answer the features that predictions need; 422 where the model's features are not known."""
    facts = _facts(call)
    if not facts["features"]:
        raise Problem(422, {"message": "Features are not supported for this deployment."})
    kept = list(facts["features"])
    search = (call.one("search") or "").lower()
    kept = [feature for feature in kept if search in feature["name"].lower()]
    if call.flag("forSegmentedAnalysis"):
        kept = [feature for feature in kept if feature["featureType"] in {"Categorical", "Boolean"}]
    if call.flag("includeNonPredictionFeatures") and facts["targetName"] and search in facts["targetName"].lower():
        kept.append(_target(facts))
    order = call.one("orderBy") or "name"
    plain = order.removeprefix("-")
    if plain not in {"name", "importance"}:
        raise bad_request(f"orderBy: must be name or importance, with - before it for descending, not {order}")
    kept.sort(
        key=lambda feature: (
            (feature[plain] is not None, feature[plain] or 0) if plain == "importance" else feature["name"]
        )
    )
    if order.startswith("-"):
        kept.reverse()
    return cut(call, [{key: feature[key] for key in _SHOWN} for feature in kept], default=max(len(kept), 1))


def _target(facts: Json) -> Json:
    kind = "Numeric" if facts["targetType"] == "Regression" else "Categorical"
    return {
        "name": facts["targetName"],
        "featureType": kind,
        "importance": None,
        "dateFormat": None,
        "knownInAdvance": False,
    }


def capabilities(call: Call) -> Answer:
    """Answer what the deployment can do, with reasons for what it cannot."""
    doc = access.seen(call)
    return ok({"data": document.capabilities(document.package_of(call.store, doc))})


def _facts(call: Call) -> Json:
    doc = access.seen(call)
    facts: Json = document.package_of(call.store, doc)["_facts"]
    return facts


ROUTES = (
    ("GET deployments/{id}/features/", features),
    ("GET deployments/{id}/capabilities/", capabilities),
)
