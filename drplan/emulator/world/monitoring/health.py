"""A deployment's health and usage, worked out from its log (API reference 2.3, 2.4, 2.8 healthSettings).

Service: failing with a server error in the last day, warning with a user error, as the vendor documents it. Drift,
accuracy and fairness follow the deployment's health settings over their period. Without numpy and scipy only service,
timeliness and usage are known.
"""

from collections.abc import Callable
from typing import Any

from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.period import DAY, HOUR, Period, moment
from drplan.emulator.resources.deployments import document, watch
from drplan.emulator.resources.deployments.health_settings import health_settings
from drplan.emulator.world.scoring import scores, training_of

_LEAST = 100  # predictions (or actuals) that a status of drift, accuracy or fairness takes
# The frequencies of the health settings (API reference 2.8), `T2H` spelled as it is there.
_FREQUENCIES = {
    "T2H": 2 * HOUR,
    "P1D": DAY,
    "P7D": 7 * DAY,
    "P30D": 30 * DAY,
    "P90D": 90 * DAY,
    "P180D": 180 * DAY,
    "P365D": 365 * DAY,
    "ALL": float("inf"),
}
Status = tuple[str, str]  # a status and why


def settle(store: Store, now: float) -> None:
    """Work out every deployment that is due; each is due again at the next full hour, as periods end there."""
    if not watch.due(store, now):
        return
    following = (now // HOUR + 1) * HOUR
    with store.writing(now):
        for (deployment_id,) in store.db.execute("SELECT deployment_id FROM watched WHERE due <= ?", (now,)).fetchall():
            _renew(store, deployment_id, now)
            store.db.execute("UPDATE watched SET due = ? WHERE deployment_id = ?", (following, deployment_id))


def _renew(store: Store, deployment_id: str, now: float) -> None:
    """Work out a deployment's health and usage and write them; nothing is written when nothing has changed."""
    doc = document.fetch(store, deployment_id)
    if doc is None:
        return
    package = document.package_of(store, doc)
    watched = _Watched(store, doc, package["_facts"], package["modelId"], now)
    health = {}
    for kind, rule in _RULES.items():
        status, why = rule(watched)
        span = watched.spans.get(kind)
        health[kind] = {
            "status": status,
            "message": why,
            "startDate": span and moment(span.start),
            "endDate": span and moment(span.end),
        }
    if watched.fairness_metric:
        health["fairness"]["metric"] = watched.fairness_metric
    before = {name: doc[name] for name in ("health", "dailyRates", "lastPrediction")}
    doc["health"] = {**doc["health"], **health}
    doc["dailyRates"], doc["lastPrediction"] = _usage(store, deployment_id, now)
    if before != {name: doc[name] for name in before}:
        document.save(store, doc)


class _Watched:
    """One deployment whose health is worked out; `spans` are the periods that its rules looked at."""

    def __init__(self, store: Store, doc: Json, facts: Json, model_id: str, now: float) -> None:
        self.store, self.doc, self.facts, self.model_id, self.now = store, doc, facts, model_id, now
        self.settings = document.settings_of(store, doc["id"])
        self.limits = health_settings(store, doc)
        self.spans: dict[str, Period] = {}
        self.fairness_metric: str | None = None

    def last(self, seconds: float) -> Period:
        """Give the period that ends with the present hour."""
        end = (self.now // HOUR + 1) * HOUR
        return Period(max(end - seconds, 0.0), end)

    def one(self, sql: str, *values: Any) -> Any:
        return self.store.db.execute(sql, values).fetchone()[0]


def _service(watched: _Watched) -> Status:
    period = watched.spans["service"] = watched.last(DAY)
    user, server, total = watched.store.db.execute(
        "SELECT coalesce(sum(status BETWEEN 400 AND 499), 0), coalesce(sum(status >= 500), 0), count(*) "
        "FROM requests WHERE deployment_id = ? AND model_id = ? AND at >= ? AND at < ?",
        (watched.doc["id"], watched.model_id, period.start, period.end),
    ).fetchone()
    if not total:
        return "unknown", "No requests in the last 24 hours."
    if server:
        return "failing", f"{server} of {total} requests of the last 24 hours ended in a server error."
    if user:
        return "warning", f"{user} of {total} requests of the last 24 hours ended in a user error."
    return "passing", f"No errors in {total} requests of the last 24 hours."


def _drift(watched: _Watched) -> Status:
    settings, limits = watched.settings, watched.limits["dataDrift"]
    tracks_target, tracks_features = settings["targetDrift"]["enabled"], settings["featureDrift"]["enabled"]
    if not (tracks_target or tracks_features) or not watched.facts["driftBaseline"] or not scores(watched.facts):
        return "unknown", "Drift is not tracked."
    from drplan.emulator.world.monitoring import drift
    from drplan.emulator.world.monitoring.rows import rows_of
    from drplan.emulator.world.serving.log import FEATURES, TARGET

    training = training_of(watched.facts)
    period = watched.spans["model"] = watched.last(_FREQUENCIES[limits["timeInterval"]])
    rows = rows_of(watched.store, watched.doc["id"], watched.model_id, period, width=training.scorer.width, words=True)
    if rows.count < _LEAST:
        return "unknown", f"There are not enough predictions ({_LEAST}) to compute drift."
    low: list[str] = []
    high: list[str] = []
    if tracks_features:
        seen = rows.where((rows.tracked & FEATURES) > 0)
        for name in drift.tracked_features(settings, training):
            score = drift.feature_score("psi", name, seen, training)
            if name in limits["excludedFeatures"] or score is None or score <= limits["driftThreshold"]:
                continue
            heavy = training.impact[name] >= limits["importanceThreshold"] or name in limits["starredFeatures"]
            (high if heavy else low).append(name)
    if tracks_target:
        score = drift.target_score("psi", rows.where((rows.tracked & TARGET) > 0), training)
        if score is not None and score > limits["driftThreshold"]:
            high.insert(0, training.scorer.target)
    drifted = f"Drifted: {', '.join([*high, *low])}." if high or low else "No drift."
    return _by_counts(limits, low, high), drifted


def _by_counts(limits: Json, low: list[str], high: list[str]) -> str:
    for status, word in (("failing", "Failing"), ("warning", "Warning")):
        if len(high) > limits[f"highImportance{word}Count"] or len(low) > limits[f"lowImportance{word}Count"]:
            return status
    return "passing"


def _accuracy(watched: _Watched) -> Status:
    if not watched.settings["associationId"]["columnNames"] or not scores(watched.facts):
        return "unavailable", "Accuracy is not tracked: no association ID is set."
    from drplan.emulator.world.monitoring.accuracy import baseline_value
    from drplan.emulator.world.monitoring.matching import match
    from drplan.emulator.world.monitoring.metrics import higher_is_better, metrics_of, value_of

    training, limits = training_of(watched.facts), watched.limits["accuracy"]
    period = watched.spans["accuracy"] = watched.last(7 * DAY)
    sample = match(watched.store, watched.doc["id"], watched.model_id, training.scorer, period).sample()
    if sample.count < _LEAST:
        return "unknown", f"There are not enough predictions with actuals ({_LEAST}) to compute accuracy."
    name = (
        limits["metric"] if limits["metric"] in metrics_of(training.scorer) else next(iter(metrics_of(training.scorer)))
    )
    value, baseline = value_of(name, training.scorer, sample), baseline_value(name, training)
    if value is None or not baseline:
        return "unknown", f"{name} is not defined for what was predicted."
    sign = -1 if higher_is_better(name) else 1
    worse = sign * (100 * (value - baseline) / abs(baseline) if limits["measurement"] == "percent" else value)
    status = "passing"
    for level in ("warning", "failing"):
        limit = limits[f"{level}Threshold"]
        if limit is not None and worse > (limit if limits["measurement"] == "percent" else sign * limit):
            status = level
    return status, f"{name} is {value:.4g}, {baseline:.4g} in training."


def _fairness(watched: _Watched) -> Status:
    wanted = watched.settings["biasAndFairness"]
    if wanted is None or not scores(watched.facts):
        return "unknown", "Fairness is not tracked."
    from drplan.emulator.world.monitoring.fairness import SETS, class_scores
    from drplan.emulator.world.monitoring.matching import match

    scorer = training_of(watched.facts).scorer
    period = watched.spans["fairness"] = watched.last(7 * DAY)
    found = match(watched.store, watched.doc["id"], watched.model_id, scorer, period, words=True)
    metric = watched.fairness_metric = SETS[wanted["fairnessMetricsSet"]][0]
    scored = [
        (name, score)
        for name in wanted["protectedFeatures"]
        for score in class_scores(metric, name, found, scorer, wanted, slice(None))
        if score["sampleSize"] >= _LEAST
    ]
    if not scored:
        return "unknown", f"There are not enough predictions ({_LEAST}) of any protected class."
    below = [f"{name}={score['label']}" for name, score in scored if score["value"] < wanted["fairnessThreshold"]]
    limits = watched.limits["fairness"]
    why = f"Below the threshold: {', '.join(below)}." if below else "All protected classes are above the threshold."
    if len(below) > limits["protectedClassFailingCount"]:
        return "failing", why
    return ("warning" if len(below) > limits["protectedClassWarningCount"] else "passing"), why


def _timely(kind: str, sql: str, what: str) -> Callable[[_Watched], Status]:
    def rule(watched: _Watched) -> Status:
        limits = watched.limits[kind]
        if not limits["enabled"]:
            return "unknown", f"Timeliness of {what} is not tracked."
        last = watched.one(sql, watched.doc["id"])
        if last is None:
            return "unknown", f"There are no {what} yet."
        late = watched.now - last > _FREQUENCIES[limits["expectedFrequency"]]
        return ("failing" if late else "passing"), f"The last {what} came at {moment(last)}."

    return rule


def _where_numerical(rule: Callable[[_Watched], Status]) -> Callable[[_Watched], Status]:
    """Give a judge that knows nothing where numpy and scipy are missing."""

    def judged(watched: _Watched) -> Status:
        try:
            return rule(watched)
        except ModuleNotFoundError:
            return "unknown", "Not computed: numpy and scipy are not installed (pip install 'drplan[monitoring]')."

    return judged


_RULES: dict[str, Callable[[_Watched], Status]] = {
    "service": _service,
    "model": _where_numerical(_drift),
    "accuracy": _where_numerical(_accuracy),
    "fairness": _where_numerical(_fairness),
    "predictionsTimeliness": _timely(
        "predictionsTimeliness", "SELECT max(at) FROM requests WHERE deployment_id = ? AND status < 400", "predictions"
    ),
    "actualsTimeliness": _timely(
        "actualsTimeliness", "SELECT max(received) FROM actuals WHERE deployment_id = ?", "actuals"
    ),
}


def _usage(store: Store, deployment_id: str, now: float) -> tuple[list[int], str | None]:
    """Give the predictions of the last seven days, each of 24 hours, oldest first, and the time of the last one."""
    first = now - 7 * DAY
    rates = [0] * 7
    for day, rows in store.db.execute(
        "SELECT min(cast((at - ?2) / 86400 AS INTEGER), 6), sum(rows) FROM requests "
        "WHERE deployment_id = ?1 AND at > ?2 AND at <= ?3 AND status < 400 GROUP BY 1",
        (deployment_id, first, now),
    ):
        rates[day] = rows
    last = store.db.execute(
        "SELECT max(at) FROM requests WHERE deployment_id = ? AND status < 400", (deployment_id,)
    ).fetchone()[0]
    return rates, None if last is None else iso(last)
