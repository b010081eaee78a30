"""Predictions over time, alone and beside what became true."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from drplan.readings.base import (
    Json,
    Reading,
    Row,
    Segment,
    count,
    items,
    measured,
    parse_period,
    part,
    span,
    text,
)
from drplan.readings.times import Period


@dataclass(frozen=True, slots=True)
class ClassShare:
    """How often a class was predicted (or came true): rows, and percent of the rows."""

    class_name: str
    count: int | None
    percent: float | None


@dataclass(frozen=True, slots=True)
class Predicted:
    """The predictions of one bucket and model, or of the training data (`period` None).

    A regression has `mean_predicted_value` and, when asked for, `percentiles` (percent to value), in the target's unit;
    a classification has `mean_probabilities` (class to 0..1) and `classes`.
    """

    period: Period | None
    model_id: str | None
    row_count: int | None
    mean_predicted_value: float | None
    percentiles: Mapping[str, float | None]
    mean_probabilities: Mapping[str, float | None]
    classes: tuple[ClassShare, ...]


@dataclass(frozen=True, slots=True)
class PredictionsOverTime(Reading):
    """What was predicted, by bucket; `baselines` are the same of the training data, one per model."""

    name: ClassVar[str] = "predictions_over_time"

    period: Period
    bucket: str | None
    segment: Segment | None
    baselines: tuple[Predicted, ...]
    buckets: tuple[Predicted, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per bucket and model; `mean_probability.X`, `count.X` and `percent.X` per class X."""
        percents = _keys(bucket.percentiles for bucket in self.buckets)
        means = _keys(bucket.mean_probabilities for bucket in self.buckets)
        classes = _keys({each.class_name: each for each in bucket.classes} for bucket in self.buckets)
        return tuple(
            {
                **span(bucket.period),
                "model_id": bucket.model_id,
                "row_count": bucket.row_count,
                "mean_predicted_value": bucket.mean_predicted_value,
                **{f"percentile.{key}": bucket.percentiles.get(key) for key in percents},
                **{f"mean_probability.{key}": bucket.mean_probabilities.get(key) for key in means},
                **_share_columns(bucket.classes, classes),
            }
            for bucket in self.buckets
        )

    @property
    def has_data(self) -> bool:
        """Whether anything was predicted."""
        return any(bucket.row_count for bucket in self.buckets)


@dataclass(frozen=True, slots=True)
class PredictedAndActual:
    """One bucket of one model (or its training data, `period` None): the rows, those with an actual, and both sides.

    The means are in the target's unit and there for a regression, the classes for a classification.
    """

    period: Period | None
    model_id: str | None
    row_count_total: int | None
    row_count_with_actual: int | None
    mean_predicted_value: float | None
    mean_actual_value: float | None
    predicted_classes: tuple[ClassShare, ...]
    actual_classes: tuple[ClassShare, ...]


@dataclass(frozen=True, slots=True)
class PredictionsVsActuals(Reading):
    """What was predicted beside what became true, by bucket; the counts are rows."""

    name: ClassVar[str] = "predictions_vs_actuals"

    period: Period
    bucket: str | None
    segment: Segment | None
    row_count_total: int | None
    row_count_with_actual: int | None
    baselines: tuple[PredictedAndActual, ...]
    buckets: tuple[PredictedAndActual, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per bucket and model; `predicted.X` and `actual.X` are the rows of a class X."""
        both = [*(b.predicted_classes for b in self.buckets), *(b.actual_classes for b in self.buckets)]
        classes = _keys({each.class_name: each for each in shares} for shares in both)
        return tuple(
            {
                **span(bucket.period),
                "model_id": bucket.model_id,
                "row_count_total": bucket.row_count_total,
                "row_count_with_actual": bucket.row_count_with_actual,
                "mean_predicted_value": bucket.mean_predicted_value,
                "mean_actual_value": bucket.mean_actual_value,
                **{f"predicted.{key}": _count_of(bucket.predicted_classes, key) for key in classes},
                **{f"actual.{key}": _count_of(bucket.actual_classes, key) for key in classes},
            }
            for bucket in self.buckets
        )

    @property
    def has_data(self) -> bool:
        """Whether a prediction of the period has an actual."""
        return bool(self.row_count_with_actual) or any(bucket.row_count_with_actual for bucket in self.buckets)


def parse_predictions_over_time(
    answer: Json, asked: Period, bucket: str | None, segment: Segment | None
) -> PredictionsOverTime:
    """Return the answer of `predictionsOverTime/`."""
    return PredictionsOverTime(
        period=asked,
        bucket=bucket,
        segment=segment,
        baselines=tuple(_predicted(each) for each in items(answer, "baselines")),
        buckets=_ordered(_predicted(each) for each in items(answer, "buckets")),
    )


def parse_predictions_vs_actuals(
    answer: Json, asked: Period, bucket: str | None, segment: Segment | None
) -> PredictionsVsActuals:
    """Return the answer of `predictionsVsActualsOverTime/`."""
    summary = part(answer, "summary")
    return PredictionsVsActuals(
        period=asked,
        bucket=bucket,
        segment=segment,
        row_count_total=count(summary.get("rowCountTotal")),
        row_count_with_actual=count(summary.get("rowCountWithActual")),
        baselines=tuple(_compared(each) for each in items(answer, "baselines")),
        buckets=_ordered(_compared(each) for each in items(answer, "buckets")),
    )


def _predicted(each: Json) -> Predicted:
    size = count(each.get("rowCount"))
    percentiles = each.get("percentiles")
    if isinstance(percentiles, Mapping):
        percentiles = [{"percent": key, "value": value} for key, value in percentiles.items()]
    listed = percentiles if isinstance(percentiles, list) else []
    return Predicted(
        period=parse_period(each.get("period")),
        model_id=text(each.get("modelId")),
        row_count=size,
        mean_predicted_value=measured(each.get("meanPredictedValue"), size),
        percentiles={
            str(item.get("percent")): measured(item.get("value"), size) for item in listed if isinstance(item, Mapping)
        },
        mean_probabilities={
            str(item.get("className")): measured(item.get("value"), size) for item in items(each, "meanProbabilities")
        },
        classes=_shares(each, "classDistribution", size),
    )


def _compared(each: Json) -> PredictedAndActual:
    total, known = count(each.get("rowCountTotal")), count(each.get("rowCountWithActual"))
    return PredictedAndActual(
        period=parse_period(each.get("period")),
        model_id=text(each.get("modelId")),
        row_count_total=total,
        row_count_with_actual=known,
        mean_predicted_value=measured(each.get("meanPredictedValue"), total),
        mean_actual_value=measured(each.get("meanActualValue"), known),
        predicted_classes=_shares(each, "predictedClassDistribution", total),
        actual_classes=_shares(each, "actualClassDistribution", known),
    )


def _shares(each: Json, key: str, size: int | None) -> tuple[ClassShare, ...]:
    return tuple(
        ClassShare(str(item.get("className")), count(item.get("count")), measured(item.get("percent"), size))
        for item in items(each, key)
    )


def _ordered(buckets: Iterable[Any]) -> tuple[Any, ...]:
    dated = [bucket for bucket in buckets if bucket.period]
    return tuple(sorted(dated, key=lambda bucket: (bucket.period, bucket.model_id or "")))


def _keys(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _share_columns(shares: tuple[ClassShare, ...], classes: list[str]) -> Row:
    by_name = {share.class_name: share for share in shares}
    counts = {f"count.{key}": by_name[key].count if key in by_name else None for key in classes}
    return {**counts, **{f"percent.{key}": by_name[key].percent if key in by_name else None for key in classes}}


def _count_of(shares: tuple[ClassShare, ...], name: str) -> int | None:
    return next((share.count for share in shares if share.class_name == name), None)
