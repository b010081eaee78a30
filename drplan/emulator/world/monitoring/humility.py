"""`humilityStats/` and `humilityStatsOverTime/`: how often predictions were out of bounds (API reference 2.9)."""

from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import forbidden
from drplan.emulator.http.period import Period, buckets_of
from drplan.emulator.world.monitoring.segments import requests_clause
from drplan.emulator.world.monitoring.selection import Selection, selection_of

_RULE = "Prediction warning"


def stats(call: Call) -> Answer:
    """Answer how often each rule was triggered in a period."""
    selection = _selection(call)
    values = _values(selection, selection.period)
    return ok({"period": selection.period.shown(), "modelId": selection.model, "data": values, **selection.head()})


def over_time(call: Call) -> Answer:
    """Answer how often each rule was triggered, bucket by bucket."""
    selection = _selection(call)
    buckets = buckets_of(call, selection.period)
    items = [{"period": bucket.shown(), "values": _values(selection, bucket)} for bucket in buckets]
    summary = {"period": selection.period.shown(), "values": _values(selection, selection.period)}
    return ok({"modelId": selection.model, "summary": summary, "buckets": items, **selection.head()})


def _selection(call: Call) -> Selection:
    selection = selection_of(call, one_model=True, requests_only=True)
    if not selection.settings["predictionWarning"]["enabled"] and not selection.settings["humility"]["enabled"]:
        raise forbidden("Humility is not tracked: predictionWarning of the deployment's settings is not enabled.")
    return selection


def _values(selection: Selection, period: Period) -> list[Json]:
    """Give the counts of a period: one rule, the prediction warning; null where nothing was predicted."""
    narrowed, values = requests_clause(selection.segment)
    count = selection.store.db.execute(
        "SELECT sum(r.outliers) FROM requests r "  # noqa: S608 - a constant column
        f"WHERE r.deployment_id = ? AND r.model_id = ? AND r.at >= ? AND r.at < ? AND r.status < 400{narrowed}",
        (selection.doc["id"], selection.model, period.start, period.end, *values),
    ).fetchone()[0]
    return [{"ruleId": derived_id("humilityRule", selection.doc["id"]), "ruleName": _RULE, "value": count}]
