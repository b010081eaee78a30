"""What a deployment's model looks at and can do: features, capabilities, segments (API reference 2.8)."""

from drplan.emulator.core.store import Json, load
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import Problem, bad_request, fail
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import document
from drplan.emulator.resources.deployments.segments import REQUEST_SEGMENTS
from drplan.emulator.world.scoring import scores, training_of

_SHOWN = ("name", "featureType", "importance", "dateFormat", "knownInAdvance")
_MONITORING = ("serviceHealth", "dataDrift", "accuracy", "humility", "customMetrics")


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
    (text,) = call.deployment("d.doc")
    return ok({"data": document.capabilities(document.package_of(call.store, load(text)))})


def segment_attributes(call: Call) -> Answer:
    """Answer what monitoring can be segmented by: of requests for service health, else also the tracked attributes."""
    (text,) = call.deployment("d.settings")
    kind = call.one("monitoringType") or "serviceHealth"
    if kind not in _MONITORING:
        raise bad_request(f"monitoringType: must be one of {', '.join(_MONITORING)}, not {kind}")
    tracked = load(text)["segmentAnalysis"]
    names = [*REQUEST_SEGMENTS, *(tracked["attributes"] if kind != "serviceHealth" and tracked["enabled"] else [])]
    return ok({"data": names})


def segment_values(call: Call) -> Answer:
    """Answer the values of a segment attribute: of requests that came in, or of a feature in training."""
    (text,) = call.deployment("d.settings")
    name = call.one("segmentAttribute")
    if not name:
        fail("segmentAttribute", "is required")
    if name in REQUEST_SEGMENTS:
        column = REQUEST_SEGMENTS[name]
        rows = call.store.db.execute(
            f"SELECT DISTINCT {column} FROM requests WHERE deployment_id = ? AND {column} <> '' ORDER BY 1",  # noqa: S608 - constant names
            (call.params["id"],),
        )
        return _some(call, [row[0] for row in rows])
    if name not in load(text)["segmentAnalysis"]["attributes"]:
        fail("segmentAttribute", f"{name} is not tracked")
    facts = _facts(call)
    if not scores(facts):
        known = next((each["categories"] or [] for each in facts["features"] if each["name"] == name), [])
        return _some(call, known)
    return _some(call, [word for word, _ in training_of(facts).spreads[name].weights])


def _some(call: Call, values: list[str]) -> Answer:
    search = (call.one("search") or "").lower()
    offset, limit = call.number("offset", 0), call.number("limit", 0) or 100
    return ok({"data": [value for value in values if search in value.lower()][offset : offset + limit]})


def _facts(call: Call) -> Json:
    (text,) = call.deployment("d.doc")
    facts: Json = document.package_of(call.store, load(text))["_facts"]
    return facts


ROUTES = (
    ("GET deployments/{id}/features/", features),
    ("GET deployments/{id}/capabilities/", capabilities),
    ("GET deployments/{id}/segmentAttributes/", segment_attributes),
    ("GET deployments/{id}/segmentValues/", segment_values),
)
