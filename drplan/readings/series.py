"""Values over time: one series per metric, joined on the bucket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from drplan.readings.base import (
    Json,
    Reading,
    Row,
    Segment,
    any_number,
    count,
    items,
    measured,
    number,
    parse_period,
    part,
    span,
    text,
)
from drplan.readings.metrics import SERVICE_BY_WIRE
from drplan.readings.times import Period
from drplan.records.values import EMPTY


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series: its period, the model it is of, the value in the series' unit, the rows behind it.

    `per_class` holds the value per class where the platform gives it.
    """

    period: Period
    value: float | None
    model_id: str | None = None
    sample_size: int | None = None
    per_class: Mapping[str, float | None] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over time: its unit, its value over the whole period, its value at training, its points in order."""

    metric: str
    unit: str
    summary: float | None
    baseline: float | None
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class OverTime(Reading):
    """Several metrics side by side on one time axis.

    `period` is the whole time, `bucket` the size that was asked for (None: the platform chose), `model_ids` the models
    it is about (empty: the present champion).
    """

    period: Period
    bucket: str | None
    model_ids: tuple[str, ...]
    segment: Segment | None
    series: tuple[Series, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per bucket and model: start, end, model_id, one column per metric, sample_size.

        A metric without a point in a bucket has None there.
        """
        joined: dict[tuple[Period, str | None], dict[str, Point]] = {}
        for series in self.series:
            for point in series.points:
                joined.setdefault((point.period, point.model_id), {})[series.metric] = point
        rows = []
        for (period, model_id), points in sorted(joined.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")):
            values = {s.metric: points[s.metric].value if s.metric in points else None for s in self.series}
            row = {**span(period), "model_id": model_id, **values}
            if self.sampled:
                sizes = (point.sample_size for point in points.values() if point.sample_size is not None)
                row["sample_size"] = next(sizes, None)
            rows.append(row)
        return tuple(rows)

    sampled: ClassVar[bool] = False

    @property
    def has_data(self) -> bool:
        """Whether any bucket of any metric has a value."""
        return any_number(point.value for series in self.series for point in series.points)


@dataclass(frozen=True, slots=True)
class ServiceStatsOverTime(OverTime):
    """Service statistics over time, in the units that `ServiceStats` documents."""

    name: ClassVar[str] = "service_stats_over_time"

    @property
    def has_data(self) -> bool:
        """Whether any bucket has a value other than a count of nothing."""
        return any(point.value for series in self.series for point in series.points)


@dataclass(frozen=True, slots=True)
class AccuracyOverTime(OverTime):
    """Accuracy metrics over time, each in its own unit; `sample_size` is the number of rows with an actual."""

    name: ClassVar[str] = "accuracy_over_time"
    sampled: ClassVar[bool] = True


def service_series(answer: Json, metric: str, requests: "Series | None" = None) -> Series:
    """Return a series of service statistics.

    With `requests` (the series of totalRequests over the same buckets), a value that needs requests is None in the
    buckets that had none.
    """
    known = SERVICE_BY_WIRE[metric]
    busy = {point.period: point.value for point in requests.points} if requests else {}
    points = []
    for each in items(answer, "buckets"):
        period = parse_period(each.get("period"))
        if period:
            idle = known.needs_requests and busy.get(period) == 0
            value = None if idle else number(each.get("value"))
            points.append(Point(period, value, text(each.get("modelId"))))
    summary = number(part(answer, "summary").get("value"))
    if known.needs_requests and not any_number(point.value for point in points):
        summary = None
    return Series(metric, known.unit, summary, None, _ordered(points))


def accuracy_series(answer: Json, metric: str) -> Series:
    """Return a series of an accuracy metric; a bucket without actuals has None."""
    points = []
    for each in items(answer, "buckets"):
        period = parse_period(each.get("period"))
        if period is None:
            continue
        size = count(each.get("sampleSize"))
        per_class = {
            str(item.get("className")): measured(item.get("value"), size) for item in items(each, "valuePerClass")
        }
        points.append(Point(period, measured(each.get("value"), size), text(each.get("modelId")), size, per_class))
    summary = part(answer, "summary")
    baselines = [part(answer, "baseline"), *items(answer, "baselines")]
    known = (measured(each.get("value"), count(each.get("sampleSize"))) for each in baselines)
    return Series(
        text(answer.get("metric")) or metric,
        "",
        measured(summary.get("value"), count(summary.get("sampleSize"))),
        next((value for value in known if value is not None), None),
        _ordered(points),
    )


def _ordered(points: Iterable[Point]) -> tuple[Point, ...]:
    return tuple(sorted(points, key=lambda point: (point.period, point.model_id or "")))
