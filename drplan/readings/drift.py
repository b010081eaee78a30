"""Data drift: how far the predictions and the features have moved from the training data."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    span,
    text,
)
from drplan.readings.times import Period


@dataclass(frozen=True, slots=True)
class TargetDrift(Reading):
    """How far the predictions have moved from the target's distribution at training.

    `drift_score` is in the scale of `metric` (0: not at all); the sample sizes are rows.
    """

    name: ClassVar[str] = "target_drift"

    period: Period
    model_id: str | None
    segment: Segment | None
    metric: str
    target_name: str | None
    drift_score: float | None
    sample_size: int | None
    baseline_sample_size: int | None

    def rows(self) -> tuple[Row, ...]:
        """Return one row."""
        return (
            {
                **span(self.period),
                "model_id": self.model_id,
                "metric": self.metric,
                "target_name": self.target_name,
                "drift_score": self.drift_score,
                "sample_size": self.sample_size,
                "baseline_sample_size": self.baseline_sample_size,
            },
        )

    @property
    def has_data(self) -> bool:
        """Whether there is a score."""
        return self.drift_score is not None


@dataclass(frozen=True, slots=True)
class FeatureScore:
    """One feature: its drift in the scale of the reading's metric, its impact on the model (0 to 1), and rows."""

    feature: str
    drift_score: float | None
    feature_impact: float | None
    sample_size: int | None
    baseline_sample_size: int | None


@dataclass(frozen=True, slots=True)
class FeatureDrift(Reading):
    """How far each tracked feature has moved from its distribution at training, in the platform's order."""

    name: ClassVar[str] = "feature_drift"

    period: Period
    model_id: str | None
    segment: Segment | None
    metric: str
    features: tuple[FeatureScore, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per feature."""
        return tuple(
            {
                **span(self.period),
                "model_id": self.model_id,
                "metric": self.metric,
                "feature": each.feature,
                "drift_score": each.drift_score,
                "feature_impact": each.feature_impact,
                "sample_size": each.sample_size,
                "baseline_sample_size": each.baseline_sample_size,
            }
            for each in self.features
        )

    @property
    def has_data(self) -> bool:
        """Whether any feature has a score."""
        return any_number(each.drift_score for each in self.features)


def parse_target_drift(answer: Json, asked: Period, segment: Segment | None, metric: str) -> TargetDrift:
    """Return the answer of `targetDrift/`."""
    size = count(answer.get("sampleSize"))
    return TargetDrift(
        period=parse_period(answer.get("period")) or asked,
        model_id=text(answer.get("modelId")),
        segment=segment,
        metric=text(answer.get("metric")) or metric,
        target_name=text(answer.get("targetName")),
        drift_score=measured(answer.get("driftScore"), size),
        sample_size=size,
        baseline_sample_size=count(answer.get("baselineSampleSize")),
    )


def parse_feature_drift(pages: Iterable[Json], asked: Period, segment: Segment | None, metric: str) -> FeatureDrift:
    """Return the pages of `featureDrift/`; what is said once is taken from the first."""
    listed = list(pages)
    first = listed[0]
    scores = []
    for each in (item for page in listed for item in items(page, "data")):
        size = count(each.get("sampleSize"))
        scores.append(
            FeatureScore(
                feature=text(each.get("name")) or "(unnamed)",
                drift_score=measured(each.get("driftScore"), size),
                feature_impact=number(each.get("featureImpact")),
                sample_size=size,
                baseline_sample_size=count(each.get("baselineSampleSize")),
            )
        )
    return FeatureDrift(
        period=parse_period(first.get("period")) or asked,
        model_id=text(first.get("modelId")),
        segment=segment,
        metric=text(first.get("metric")) or metric,
        features=tuple(scores),
    )
