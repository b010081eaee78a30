"""What a reading asks for, checked once: period, bucket, models, classes, segment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drplan.errors import UsageError
from drplan.readings.base import Segment
from drplan.readings.times import Moment, Period, Size, iso, parse_bucket

Models = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query; `params()` is what every monitoring route takes of it."""

    period: Period
    bucket: str | None = None
    models: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    segment: Segment | None = None

    @classmethod
    def of(
        cls,
        now: datetime,
        *,
        start: Moment | None,
        end: Moment | None,
        bucket: Size | None = None,
        model: Models = None,
        target_class: Models = None,
        segment: tuple[str, str] | None = None,
    ) -> "Query":
        """Return the query that a person described; raise UsageError where it makes no sense."""
        period = Period.between(start, end, now)
        return cls(
            period,
            None if bucket is None else parse_bucket(bucket, period),
            _several(model),
            _several(target_class),
            None if segment is None else Segment(*segment),
        )

    def params(self) -> list[tuple[str, str]]:
        """Return the query's parameters in the platform's names (API reference 2.9)."""
        found = [("start", iso(self.period.start)), ("end", iso(self.period.end))]
        found += [("bucketSize", self.bucket)] if self.bucket else []
        found += [("modelId", model) for model in self.models]
        found += [("targetClass", name) for name in self.classes]
        if self.segment:
            found += [("segmentAttribute", self.segment.attribute), ("segmentValue", self.segment.value)]
        return found


def parse_segment(text: str) -> tuple[str, str]:
    """Return the attribute and the value of `KEY=VALUE`; raise UsageError when it is not that."""
    attribute, sign, value = text.partition("=")
    if not (attribute and sign):
        raise UsageError(f"segment '{text}' is not KEY=VALUE, like region=north")
    return attribute, value


def check_quantile(value: float) -> float:
    """Return a quantile; raise UsageError when it is not between 0 and 1."""
    if not 0 <= value <= 1:
        raise UsageError(f"quantile {value:g} is not between 0 and 1; 0.5 is the median")
    return value


def check_threshold(value: float) -> float:
    """Return a threshold in milliseconds; raise UsageError when it is negative."""
    if value < 0:
        raise UsageError(f"slow threshold {value:g} is negative; it is in milliseconds")
    return value


def _several(given: Models) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(_unique(given))


def _unique(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)
