"""`segmentAttributes/`, `segmentValues/`: parts of the requests or rows of a deployment to look at apart (2.8, 2.9)."""

from dataclasses import dataclass

from drplan.emulator.core.store import load
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request, fail
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.world.scoring import scores, training_of

_MONITORING = ("serviceHealth", "dataDrift", "accuracy", "humility", "customMetrics")
# Attributes of requests, and the columns of the log that hold them.
REQUEST_SEGMENTS = {
    "DataRobot-Consumer": "consumer",
    "DataRobot-Remote-IP": "remote",
    "DataRobot-Host-IP": "host",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part: `column` is of the log (an attribute of requests), None where `attribute` is a feature of the model."""

    attribute: str
    value: str | None
    column: str | None


def requests_clause(segment: Segment | None) -> tuple[str, tuple[str, ...]]:
    """Give the SQL that narrows `requests r` to a segment, and its values; nothing where it is of no request."""
    if segment is None or segment.column is None or segment.value is None:
        return "", ()
    return f" AND r.{segment.column} = ?", (segment.value,)


def attributes(call: Call) -> Answer:
    """Answer what monitoring can be segmented by: of requests for service health, else also the tracked attributes."""
    (text,) = access.columns(call, "d.settings")
    kind = call.one("monitoringType") or "serviceHealth"
    if kind not in _MONITORING:
        raise bad_request(f"monitoringType: must be one of {', '.join(_MONITORING)}, not {kind}")
    tracked = load(text)["segmentAnalysis"]
    names = [*REQUEST_SEGMENTS, *(tracked["attributes"] if kind != "serviceHealth" and tracked["enabled"] else [])]
    return ok({"data": names})


def values(call: Call) -> Answer:
    """Answer the values of a segment attribute: of requests that came in, or of a feature in training."""
    (text,) = access.columns(call, "d.settings")
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
    doc = access.seen(call)
    facts = document.package_of(call.store, doc)["_facts"]
    if not scores(facts):
        known = next((each["categories"] or [] for each in facts["features"] if each["name"] == name), [])
        return _some(call, known)
    return _some(call, [word for word, _ in training_of(facts).spreads[name].weights])


def _some(call: Call, values: list[str]) -> Answer:
    search = (call.one("search") or "").lower()
    offset, limit = call.number("offset", 0), call.number("limit", 0) or 100
    return ok({"data": [value for value in values if search in value.lower()][offset : offset + limit]})
