"""The view of each reading."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from drplan.readings.accuracy import Accuracy
from drplan.readings.base import Reading, Segment
from drplan.readings.drift import FeatureDrift, TargetDrift
from drplan.readings.fairness import Fairness
from drplan.readings.health import AREAS, DeploymentHealth, FleetHealth
from drplan.readings.metrics import SERVICE, SERVICE_BY_WIRE
from drplan.readings.predictions import PredictionsOverTime, PredictionsVsActuals
from drplan.readings.series import AccuracyOverTime, OverTime, ServiceStatsOverTime
from drplan.readings.service import ServiceStats
from drplan.readings.times import Period, short
from drplan.render.monitor.view import NO_DATA, NONE, Chart, Column, Line, Table, View, displayed


def view(reading: Reading, now: datetime) -> View:
    """Return what is shown of a reading; `now` is for ages (of a last prediction)."""
    if isinstance(reading, FleetHealth):
        return _health(reading, now)
    return _VIEWS[type(reading)](reading)


# ------------------------------------------------------------------------------------------------------------ health


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit: `3 h ago`; `never` for None."""
    if moment is None:
        return "never"
    seconds = max((now - moment).total_seconds(), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


def _health(reading: FleetHealth, now: datetime) -> View:
    rows = tuple(
        (
            each.address or each.id,
            each.status or (NONE if each.id else "not there"),
            *(getattr(each, area).status for area in AREAS),
            displayed(each.predictions_per_day),
            age(each.last_prediction, now),
            displayed(each.open_change_requests),
        )
        for each in reading.deployments
    )
    columns = (
        Column("Address"),
        Column("Status"),
        *(Column(area.capitalize()) for area in AREAS),
        Column("Predictions/day", number=True),
        Column("Last prediction", number=True),
        Column("Change requests", number=True),
    )
    reasons = tuple(
        (each.address or each.id, area, health.status, health.message)
        for each in reading.deployments
        for area, health in (
            ("Status", each.standing),
            *((area.capitalize(), getattr(each, area)) for area in AREAS),
        )
        if health.status in ("failing", "warning")
    )
    tables = [Table("", columns, rows, _brief(reading, now))]
    if reasons:
        reason_columns = (Column("Address"), Column("Area"), Column("Status"), Column("Why"))
        tables.append(Table("What is not well", reason_columns, reasons))
    daily = max((len(each.daily_predictions) for each in reading.deployments), default=0)
    lines = tuple(Line(each.address or each.id, each.daily_predictions) for each in reading.deployments)
    labels = tuple(f"{daily - 1 - day} d ago" if day < daily - 1 else "today" for day in range(daily))
    charts = (Chart("Predictions per day", "predictions", labels, lines),) if daily else ()
    return View("Health", (), tuple(tables), charts)


def _places(each: DeploymentHealth) -> list[str]:
    """Return where a deployment is at its worst, where that is anything to look at."""
    if each.worst not in ("failing", "warning"):
        return []
    areas = [area for area in AREAS if getattr(each, area).status == each.worst]
    return ["status", *areas] if each.standing.status == each.worst else areas


def _brief(reading: FleetHealth, now: datetime) -> Table:
    """Return the health in five columns: the worst status, where it is, and how much is asked."""
    columns = (
        Column("Address"),
        Column("Health"),
        Column("In"),
        Column("Per day", number=True),
        Column("Last", number=True),
    )
    rows = tuple(
        (
            each.address or each.id,
            each.worst,
            ", ".join(_places(each)),
            displayed(each.predictions_per_day),
            age(each.last_prediction, now),
        )
        for each in reading.deployments
    )
    return Table("", columns, rows)


# ----------------------------------------------------------------------------------------------------------- service


def _facts(
    period: Period, model_ids: Iterable[str | None] = (), segment: Segment | None = None, **more: Any
) -> tuple[tuple[str, str], ...]:
    models = [model for model in model_ids if model]
    return (
        ("Period", f"{period} (UTC)"),
        *((("Model", ", ".join(dict.fromkeys(models))),) if models else ()),
        *((("Segment", f"{segment.attribute}={segment.value}"),) if segment else ()),
        *((key.replace("_", " ").capitalize(), str(value)) for key, value in more.items() if value not in (None, "")),
    )


def _service(reading: ServiceStats) -> View:
    notes = {
        "slow_requests": f" over {displayed(reading.slow_threshold)} ms",
        "response_time": f" (quantile {reading.quantile:g})",
        "execution_time": f" (quantile {reading.quantile:g})",
    }
    rows = []
    for each in SERVICE:
        value = getattr(reading, each.name)
        unit = "" if each.unit == "share" else f"{each.unit}{notes.get(each.name, '')}"
        text = NO_DATA if value is None else displayed(value, each.unit)
        rows.append((each.title, text, "" if value is None else unit))
    columns = (Column("Statistic"), Column("Value", number=True), Column("Unit"))
    facts = _facts(reading.period, [reading.model_id], reading.segment)
    return View("Service statistics", facts, (Table("", columns, tuple(rows)),))


def _over_time(reading: OverTime, title: str, names: Callable[[str], str]) -> View:
    rows = reading.rows()
    several = len({row["model_id"] for row in rows}) > 1
    columns = [Column("From")]
    columns += [Column("Model")] if several else []
    columns += [Column(_titled(names(each.metric), each.unit), number=True) for each in reading.series]
    columns += [Column("Rows", number=True)] if reading.sampled else []
    body = tuple(
        (
            displayed(row["start"]),
            *((displayed(row["model_id"]),) if several else ()),
            *(displayed(row[each.metric], each.unit) for each in reading.series),
            *((displayed(row["sample_size"]),) if reading.sampled else ()),
        )
        for row in rows
    )
    closing = [
        ("Whole period", [each.summary for each in reading.series]),
        ("Training", [each.baseline for each in reading.series]),
    ]
    for name, values in closing:
        if any(value is not None for value in values):
            cells = [displayed(value, each.unit) for value, each in zip(values, reading.series, strict=True)]
            body += ((name, *(("",) if several else ()), *cells, *(("",) if reading.sampled else ())),)
    models = [] if several else [row["model_id"] for row in rows]
    facts = _facts(reading.period, models, reading.segment, bucket=reading.bucket)
    charts = tuple(_series_chart(each, names(each.metric)) for each in reading.series)
    return View(title, facts, (Table("", tuple(columns), body),), charts)


def _series_chart(series: Any, title: str) -> Chart:
    starts = list(dict.fromkeys(point.period.start for point in series.points))
    models = list(dict.fromkeys(point.model_id for point in series.points))
    values = {(point.period.start, point.model_id): point.value for point in series.points}
    lines = [
        Line(str(model) if len(models) > 1 else title, tuple(values.get((start, model)) for start in starts))
        for model in models
    ]
    if series.baseline is not None:
        lines.append(Line("training", (series.baseline,) * len(starts)))
    return Chart(title, series.unit, tuple(map(short, starts)), tuple(lines))


def _titled(name: str, unit: str) -> str:
    plain = unit in ("", "share") or unit.lower() in name.lower()
    return name if plain else f"{name} ({unit})"


def _service_over_time(reading: ServiceStatsOverTime) -> View:
    return _over_time(reading, "Service statistics over time", lambda metric: SERVICE_BY_WIRE[metric].title)


def _accuracy_over_time(reading: AccuracyOverTime) -> View:
    return _over_time(reading, "Accuracy over time", lambda metric: metric or "default metric")


# ------------------------------------------------------------------------------------------------------------- drift


def _target_drift(reading: TargetDrift) -> View:
    columns = (
        Column("Target"),
        Column(f"Drift ({reading.metric})", number=True),
        Column("Rows", number=True),
        Column("Training rows", number=True),
    )
    row = (
        displayed(reading.target_name),
        NO_DATA if reading.drift_score is None else displayed(reading.drift_score),
        displayed(reading.sample_size),
        displayed(reading.baseline_sample_size),
    )
    facts = _facts(reading.period, [reading.model_id], reading.segment)
    return View("Target drift", facts, (Table("", columns, (row,)),))


def _feature_drift(reading: FeatureDrift) -> View:
    columns = (
        Column("Feature"),
        Column(f"Drift ({reading.metric})", number=True),
        Column("Impact", number=True),
        Column("Rows", number=True),
        Column("Training rows", number=True),
    )
    rows = tuple(
        (
            each.feature,
            NO_DATA if each.drift_score is None else displayed(each.drift_score),
            displayed(each.feature_impact),
            displayed(each.sample_size),
            displayed(each.baseline_sample_size),
        )
        for each in reading.features
    )
    names = tuple(each.feature for each in reading.features)
    scores = Line(reading.metric, tuple(each.drift_score for each in reading.features))
    chart = Chart(f"Feature drift ({reading.metric})", "", names, (scores,), "bar")
    facts = _facts(reading.period, [reading.model_id], reading.segment)
    return View("Feature drift", facts, (Table("", columns, rows),), (chart,))


# ---------------------------------------------------------------------------------------------------------- accuracy


def _accuracy(reading: Accuracy) -> View:
    several = len({each.model_id for each in reading.metrics}) > 1
    columns = (
        Column("Metric"),
        *((Column("Model"),) if several else ()),
        Column("Value", number=True),
        Column("Training", number=True),
        Column("Change", number=True),
        Column("Rows", number=True),
    )
    rows = tuple(
        (
            each.metric,
            *((displayed(each.model_id),) if several else ()),
            NO_DATA if each.value is None else displayed(each.value),
            displayed(each.baseline_value),
            displayed(each.percent_change) if each.percent_change is None else f"{each.percent_change:+.4g} %",
            displayed(each.sample_size),
        )
        for each in reading.metrics
    )
    models = [] if several else [each.model_id for each in reading.metrics]
    return View("Accuracy", _facts(reading.period, models, reading.segment), (Table("", columns, rows),))


def _predictions_over_time(reading: PredictionsOverTime) -> View:
    rows = reading.rows()
    names = {"row_count": "Rows", "mean_predicted_value": "Mean prediction"}
    title, table = "Predictions over time", _wide(rows, names)
    charts = [_columns_chart("Mean prediction", rows, {"mean_predicted_value": "mean prediction"}, reading.baselines)]
    # The mean prediction of two classes is the probability of one of them, so it is drawn once.
    parts = [("percent.", "Predicted class", "%")]
    parts += [] if charts[0].has_data else [("mean_probability.", "Mean probability", "")]
    for prefix, heading, unit in parts:
        keys = {key: key.removeprefix(prefix) for row in rows[:1] for key in row if key.startswith(prefix)}
        charts.append(_columns_chart(heading, rows, keys, (), unit))
    facts = _facts(reading.period, _models(rows), reading.segment, bucket=reading.bucket)
    return View(title, facts, (table,), tuple(chart for chart in charts if chart.has_data))


def _predictions_vs_actuals(reading: PredictionsVsActuals) -> View:
    rows = reading.rows()
    names = {
        "row_count_total": "Rows",
        "row_count_with_actual": "With actual",
        "mean_predicted_value": "Mean prediction",
        "mean_actual_value": "Mean actual",
    }
    charts = [
        _columns_chart(
            "Predictions and actuals", rows, {"mean_predicted_value": "predicted", "mean_actual_value": "actual"}, ()
        )
    ]
    classes = [key.removeprefix("predicted.") for row in rows[:1] for key in row if key.startswith("predicted.")]
    for name in classes:
        keys = {f"predicted.{name}": "predicted", f"actual.{name}": "actual"}
        charts.append(_columns_chart(f"Rows of class {name}", rows, keys, (), "rows"))
    facts = _facts(
        reading.period,
        _models(rows),
        reading.segment,
        bucket=reading.bucket,
        rows=displayed(reading.row_count_total),
        with_actual=displayed(reading.row_count_with_actual),
    )
    view_charts = tuple(chart for chart in charts if chart.has_data)
    return View("Predictions against actuals", facts, (_wide(rows, names),), view_charts)


def _models(rows: tuple[Mapping[str, Any], ...]) -> list[str | None]:
    models = list(dict.fromkeys(row["model_id"] for row in rows))
    return models if len(models) == 1 else []


def _wide(rows: tuple[Mapping[str, Any], ...], names: Mapping[str, str]) -> Table:
    """Return rows as they are, without the columns that hold no value in any row."""
    several = len({row["model_id"] for row in rows}) > 1
    skipped = {"start", "end"} | (set() if several else {"model_id"})
    keys = [key for key in (rows[0] if rows else ()) if key not in skipped]
    keys = [key for key in keys if any(row[key] is not None for row in rows)]
    titles = {"model_id": "Model", **names}
    columns = (Column("From"), *(Column(titles.get(key) or _class_title(key), key != "model_id") for key in keys))
    return Table("", columns, tuple((displayed(row["start"]), *(displayed(row[key]) for key in keys)) for row in rows))


def _class_title(key: str) -> str:
    """Return the title of a column that is about one class (or percentile): its part behind the dot says which."""
    prefix, _, name = key.partition(".")
    return _PER_CLASS[prefix].format(name)


_PER_CLASS = {
    "percentile": "{} % below",
    "mean_probability": "P({})",
    "count": "{}",
    "percent": "{} (%)",
    "predicted": "Predicted {}",
    "actual": "Actual {}",
}


def _columns_chart(
    title: str, rows: tuple[Mapping[str, Any], ...], keys: Mapping[str, str], baselines: Any, unit: str = ""
) -> Chart:
    several = len({row["model_id"] for row in rows}) > 1
    starts = list(dict.fromkeys(row["start"] for row in rows))
    lines = []
    for model in dict.fromkeys(row["model_id"] for row in rows):
        mine = {row["start"]: row for row in rows if row["model_id"] == model}
        for key, name in keys.items():
            values = tuple(mine[start][key] if start in mine else None for start in starts)
            lines.append(Line(f"{name} {model}" if several else name, values))
    means = [baseline.mean_predicted_value for baseline in baselines if baseline.mean_predicted_value is not None]
    lines += [Line("training", (mean,) * len(starts)) for mean in means]
    return Chart(title, unit, tuple(map(short, starts)), tuple(lines))


# ---------------------------------------------------------------------------------------------------------- fairness


def _fairness(reading: Fairness) -> View:
    columns = (
        Column("From"),
        Column("Class"),
        Column("Score", number=True),
        Column("Absolute", number=True),
        Column("Rows", number=True),
        Column("Significant"),
    )
    blocks = [(displayed(b.period and b.period.start), b) for b in reading.buckets]
    blocks.append(("Whole period", reading.summary))
    rows = tuple(
        (
            name,
            score.label,
            NO_DATA if score.value is None else displayed(score.value),
            displayed(score.absolute_value),
            displayed(score.sample_size),
            displayed(score.is_statistically_significant),
        )
        for name, bucket in blocks
        for score in bucket.scores
    )
    labels = list(dict.fromkeys(score.label for bucket in reading.buckets for score in bucket.scores))
    lines = [Line(label, tuple(_score_of(bucket, label) for bucket in reading.buckets)) for label in labels]
    if reading.threshold is not None and lines:
        lines.append(Line("threshold", (reading.threshold,) * len(reading.buckets)))
    starts = tuple(short(bucket.period.start) for bucket in reading.buckets if bucket.period)
    facts = _facts(
        reading.period,
        [reading.model_id],
        feature=reading.protected_feature,
        metric=reading.summary.metric,
        threshold=reading.threshold,
        favorable_outcome=reading.favorable_outcome,
        bucket=reading.bucket,
    )
    return View("Fairness", facts, (Table("", columns, rows),), (Chart("Fairness", "", starts, tuple(lines)),))


def _score_of(bucket: Any, label: str) -> float | None:
    return next((score.value for score in bucket.scores if score.label == label), None)


_VIEWS: Mapping[type[Reading], Callable[[Any], View]] = {
    ServiceStats: _service,
    ServiceStatsOverTime: _service_over_time,
    TargetDrift: _target_drift,
    FeatureDrift: _feature_drift,
    Accuracy: _accuracy,
    AccuracyOverTime: _accuracy_over_time,
    PredictionsOverTime: _predictions_over_time,
    PredictionsVsActuals: _predictions_vs_actuals,
    Fairness: _fairness,
}
