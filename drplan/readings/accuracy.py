"""Accuracy over a whole period: how right the predictions turned out to be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
from drplan.readings.times import Period


@dataclass(frozen=True, slots=True)
class AccuracyScore:
    """One metric of one model: its value now and at training, the rows behind both, and the change in percent.

    `percent_change` is as the platform computes it.
    """

    metric: str
    model_id: str | None
    value: float | None
    baseline_value: float | None
    percent_change: float | None
    sample_size: int | None
    baseline_sample_size: int | None


@dataclass(frozen=True, slots=True)
class Accuracy(Reading):
    """The accuracy metrics of a period, in the platform's order; the sample is the predictions that have an actual."""

    name: ClassVar[str] = "accuracy"

    period: Period
    segment: Segment | None
    metrics: tuple[AccuracyScore, ...]

    def __getitem__(self, metric: str) -> float | None:
        """Return a metric's value, None where there is no data; KeyError when the platform did not report it."""
        for each in self.metrics:
            if each.metric == metric:
                return each.value
        raise KeyError(metric)

    def only(self, metrics: Iterable[str]) -> "Accuracy":
        """Return the same with only these metrics."""
        wanted = set(metrics)
        return replace(self, metrics=tuple(each for each in self.metrics if each.metric in wanted))

    def rows(self) -> tuple[Row, ...]:
        """Return a row per metric and model."""
        return tuple(
            {
                **span(self.period),
                "model_id": each.model_id,
                "metric": each.metric,
                "value": each.value,
                "baseline_value": each.baseline_value,
                "percent_change": each.percent_change,
                "sample_size": each.sample_size,
                "baseline_sample_size": each.baseline_sample_size,
            }
            for each in self.metrics
        )

    @property
    def has_data(self) -> bool:
        """Whether any metric has a value."""
        return any_number(each.value for each in self.metrics)


def parse_accuracy(answer: Json, asked: Period, segment: Segment | None) -> Accuracy:
    """Return the answer of `accuracy/`.

    A server before `data` answers with `metrics`, an object by metric name; both are read.
    """
    scores = [_score(name, each) for name, each in _entries(answer)]
    return Accuracy(
        period=parse_period(answer.get("period")) or asked,
        segment=segment,
        metrics=tuple(scores),
    )


def _entries(answer: Json) -> Iterator[tuple[str, Json]]:
    listed = [(text(each.get("metricName")), each) for each in items(answer, "data")]
    for name, each in listed:
        if name:
            yield name, each
    if not listed:
        model_id = answer.get("modelId")
        for name, each in part(answer, "metrics").items():
            entry = each if hasattr(each, "get") else {"value": each}
            yield str(name), {"modelId": model_id, **entry}


def _score(name: str, each: Json) -> AccuracyScore:
    size, before = count(each.get("sampleSize")), count(each.get("baselineSampleSize"))
    value = measured(each.get("value"), size)
    return AccuracyScore(
        metric=name,
        model_id=text(each.get("modelId")),
        value=value,
        baseline_value=measured(each.get("baselineValue"), before),
        percent_change=None if value is None else number(each.get("percentChange")),
        sample_size=size,
        baseline_sample_size=before,
    )
