"""`humilityStats/` and `humilityStatsOverTime/`: how often predictions were out of bounds (API reference 2.9)."""

from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import forbidden
from drplan.emulator.http.period import Period, buckets_of
from drplan.emulator.world.monitoring.reading import Reading, reading_of
from drplan.emulator.world.monitoring.segments import requests_clause

_RULE = "Prediction warning"


def stats(call: Call) -> Answer:
    """Answer how often each rule was triggered in a period."""
    reading = _reading(call)
    values = _values(reading, reading.period)
    return ok({"period": reading.period.shown(), "modelId": reading.model, "data": values, **reading.head()})


def over_time(call: Call) -> Answer:
    """Answer how often each rule was triggered, bucket by bucket."""
    reading = _reading(call)
    buckets = buckets_of(call, reading.period)
    items = [{"period": bucket.shown(), "values": _values(reading, bucket)} for bucket in buckets]
    summary = {"period": reading.period.shown(), "values": _values(reading, reading.period)}
    return ok({"modelId": reading.model, "summary": summary, "buckets": items, **reading.head()})


def _reading(call: Call) -> Reading:
    reading = reading_of(call, one_model=True, requests_only=True)
    if not reading.settings["predictionWarning"]["enabled"] and not reading.settings["humility"]["enabled"]:
        raise forbidden("Humility is not tracked: predictionWarning of the deployment's settings is not enabled.")
    return reading


def _values(reading: Reading, period: Period) -> list[Json]:
    """Give the counts of a period: one rule, the prediction warning; null where nothing was predicted."""
    narrowed, values = requests_clause(reading.segment)
    count = reading.store.db.execute(
        "SELECT sum(r.outliers) FROM requests r "  # noqa: S608 - a constant column
        f"WHERE r.deployment_id = ? AND r.model_id = ? AND r.at >= ? AND r.at < ? AND r.status < 400{narrowed}",
        (reading.doc["id"], reading.model, period.start, period.end, *values),
    ).fetchone()[0]
    return [{"ruleId": derived_id("humilityRule", reading.doc["id"]), "ruleName": _RULE, "value": count}]
