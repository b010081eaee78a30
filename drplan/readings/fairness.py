"""Fairness over time: how protected groups fare, by class of the protected feature."""

from dataclasses import dataclass
from typing import ClassVar

from drplan.readings.base import (
    Json,
    Reading,
    Row,
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
from drplan.readings.times import Period


@dataclass(frozen=True, slots=True)
class FairnessScore:
    """One class of the protected feature: its score relative to the best class and absolute, and what stands behind.

    `value` and `absolute_value` are shares; `sample_size` is rows; `healthy` of `classes_count` classes are fair.
    """

    label: str
    value: float | None
    absolute_value: float | None
    sample_size: int | None
    classes_count: int | None
    healthy_classes_count: int | None
    is_statistically_significant: bool | None
    privileged_class: str | None


@dataclass(frozen=True, slots=True)
class FairnessBucket:
    """The scores of one bucket, or of the whole period in the summary; `period` is None where there is no data."""

    period: Period | None
    metric: str | None
    scores: tuple[FairnessScore, ...]


@dataclass(frozen=True, slots=True)
class Fairness(Reading):
    """Fairness scores of one protected feature; a score below `threshold` (a share) is unfair."""

    name: ClassVar[str] = "fairness"

    period: Period
    bucket: str | None
    model_id: str | None
    protected_feature: str | None
    threshold: float | None
    favorable_outcome: str | float | bool | None
    summary: FairnessBucket
    buckets: tuple[FairnessBucket, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per bucket and class of the protected feature."""
        return tuple(
            {
                **span(bucket.period),
                "model_id": self.model_id,
                "protected_feature": self.protected_feature,
                "metric": bucket.metric,
                "label": score.label,
                "value": score.value,
                "absolute_value": score.absolute_value,
                "sample_size": score.sample_size,
                "classes_count": score.classes_count,
                "healthy_classes_count": score.healthy_classes_count,
                "is_statistically_significant": score.is_statistically_significant,
                "privileged_class": score.privileged_class,
            }
            for bucket in self.buckets
            for score in bucket.scores
        )

    @property
    def has_data(self) -> bool:
        """Whether there is a score."""
        return any_number(score.value for bucket in (self.summary, *self.buckets) for score in bucket.scores)


def parse_fairness(answer: Json, asked: Period, bucket: str | None) -> Fairness:
    """Return the answer of `fairnessScoresOverTime/`."""
    buckets = [_bucket(each) for each in items(answer, "buckets")]
    outcome = answer.get("favorableTargetOutcome")
    return Fairness(
        period=asked,
        bucket=bucket,
        model_id=text(answer.get("modelId")),
        protected_feature=text(answer.get("protectedFeature")),
        threshold=number(answer.get("fairnessThreshold")),
        favorable_outcome=outcome if isinstance(outcome, str | int | float) else None,
        summary=_bucket(part(answer, "summary")),
        buckets=tuple(each for each in buckets if each.period),
    )


def _bucket(each: Json) -> FairnessBucket:
    return FairnessBucket(
        period=parse_period(each.get("period")),
        metric=text(each.get("metricName")),
        scores=tuple(_score(item) for item in items(each, "scores")),
    )


def _score(item: Json) -> FairnessScore:
    size = count(item.get("sampleSize"))
    significant = item.get("isStatisticallySignificant")
    return FairnessScore(
        label=str(item.get("label")),
        value=measured(item.get("value"), size),
        absolute_value=measured(item.get("absoluteValue"), size),
        sample_size=size,
        classes_count=count(item.get("classesCount")),
        healthy_classes_count=count(item.get("healthyClassesCount")),
        is_statistically_significant=significant if isinstance(significant, bool) else None,
        privileged_class=text(item.get("privilegedClass")),
    )
