"""Service statistics: how a deployment answers."""

from dataclasses import dataclass
from typing import Any, ClassVar

from drplan.readings.base import Json, Reading, Row, Segment, count, number, parse_period, part, span, text
from drplan.readings.metrics import SERVICE, SERVICE_BY_WIRE
from drplan.readings.times import Period


@dataclass(frozen=True, slots=True)
class ServiceStats(Reading):
    """How a deployment's model answered over a period; None where there is no data.

    total_predictions   rows scored
    total_requests      prediction requests
    slow_requests       requests that took longer than `slow_threshold` ms
    response_time       ms, the `quantile` of the whole time of a request
    execution_time      ms, the `quantile` of the time spent scoring
    user_error_rate     share of requests that ended in 4xx, 0 to 1
    server_error_rate   share of requests that ended in 5xx, 0 to 1
    num_consumers       distinct users that asked
    cache_hit_ratio     share of requests whose model was in memory, 0 to 1
    median_load         requests a minute, the median
    peak_load           requests a minute, the highest
    """

    name: ClassVar[str] = "service_stats"

    period: Period
    model_id: str | None
    segment: Segment | None
    quantile: float
    slow_threshold: float
    total_predictions: int | None
    total_requests: int | None
    slow_requests: int | None
    response_time: float | None
    execution_time: float | None
    user_error_rate: float | None
    server_error_rate: float | None
    num_consumers: int | None
    cache_hit_ratio: float | None
    median_load: float | None
    peak_load: float | None

    def rows(self) -> tuple[Row, ...]:
        """Return one row: start, end, model_id, and a column per statistic."""
        return (
            {
                **span(self.period),
                "model_id": self.model_id,
                **{each.name: getattr(self, each.name) for each in SERVICE},
            },
        )

    @property
    def has_data(self) -> bool:
        """Whether there was a request."""
        return bool(self.total_requests or self.total_predictions)


def parse_service_stats(
    answer: Json, asked: Period, segment: Segment | None, quantile: float, slow_threshold: float
) -> ServiceStats:
    """Return the answer of `serviceStats/`; the rates and times of no requests at all are None."""
    metrics = part(answer, "metrics")
    requests = count(metrics.get("totalRequests"))
    idle = requests == 0 or (requests is None and count(metrics.get("totalPredictions")) == 0)

    def value(wire: str) -> Any:
        if idle and SERVICE_BY_WIRE[wire].needs_requests:
            return None
        return (count if SERVICE_BY_WIRE[wire].unit in _COUNTED else number)(metrics.get(wire))

    return ServiceStats(
        period=parse_period(answer.get("period")) or asked,
        model_id=text(answer.get("modelId")),
        segment=segment,
        quantile=quantile,
        slow_threshold=slow_threshold,
        **{metric.name: value(metric.wire) for metric in SERVICE},
    )


_COUNTED = ("predictions", "requests", "consumers")
