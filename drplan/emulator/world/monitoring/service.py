"""`serviceStats/` and `serviceStatsOverTime/`: how the service did, from the log of its requests (API reference 2.9).

Times and slow requests are of requests that were answered with predictions. Load is requests a minute, over the minutes
that had any.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.period import Period, buckets_of
from drplan.emulator.world.monitoring.rows import Floats
from drplan.emulator.world.monitoring.segments import requests_clause
from drplan.emulator.world.monitoring.selection import Selection, chosen, fraction, number, selection_of

_SLOW = 1000.0  # milliseconds
_MEDIAN = 0.5


@dataclass(frozen=True)
class LoggedRequests:
    """Requests in the order of their times, column by column; times are in milliseconds, NaN for failed ones."""

    at: Floats
    status: NDArray[np.int64]
    rows: NDArray[np.int64]
    execution: Floats
    response: Floats
    cached: NDArray[np.bool_]
    consumer: NDArray[np.object_]

    def cut(self, period: Period) -> "LoggedRequests":
        """Give those of a period."""
        start, end = np.searchsorted(self.at, [period.start, period.end], side="left")
        place = slice(int(start), int(end))
        return LoggedRequests(
            self.at[place],
            self.status[place],
            self.rows[place],
            self.execution[place],
            self.response[place],
            self.cached[place],
            self.consumer[place],
        )


@dataclass(frozen=True, slots=True)
class Options:
    """What times are read at: quantiles from 0 to 1, and the milliseconds above which a request is slow."""

    execution: float = _MEDIAN
    response: float = _MEDIAN
    slow: float = _SLOW


def _loads(some: LoggedRequests) -> NDArray[np.int64]:
    return np.unique(some.at // 60, return_counts=True)[1]


def _share(flags: NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _quantile(times: Floats, quantile: float) -> float | None:
    known = times[~np.isnan(times)]
    return float(np.quantile(known, quantile)) if len(known) else None


# Counts of nothing are 0; shares and times of nothing are not known.
METRICS: dict[str, Callable[[LoggedRequests, Options], float | None]] = {
    "totalPredictions": lambda some, _: int(some.rows.sum()),
    "totalRequests": lambda some, _: len(some.at),
    "slowRequests": lambda some, options: int((some.response > options.slow).sum()),
    "executionTime": lambda some, options: _quantile(some.execution, options.execution),
    "responseTime": lambda some, options: _quantile(some.response, options.response),
    "userErrorRate": lambda some, _: _share((some.status >= 400) & (some.status < 500)),
    "serverErrorRate": lambda some, _: _share(some.status >= 500),
    "numConsumers": lambda some, _: len(set(some.consumer) - {""}),
    "cacheHitRatio": lambda some, _: _share(some.cached[some.status < 400]),
    "medianLoad": lambda some, _: float(np.median(_loads(some))) if len(some.at) else 0,
    "peakLoad": lambda some, _: int(_loads(some).max()) if len(some.at) else 0,
}
_MAY_BE_NULL = ("executionTime", "responseTime")  # in `serviceStats/`; its other metrics are numbers always


def stats(call: Call) -> Answer:
    """Answer all metrics of one model in a period."""
    selection = selection_of(call, one_model=True, requests_only=True)
    options = Options(
        fraction(call, "executionTimeQuantile", _MEDIAN),
        fraction(call, "responseTimeQuantile", _MEDIAN),
        number(call, "slowRequestsThreshold", _SLOW),
    )
    some = requests_of(selection, selection.model)
    values = {name: metric(some, options) for name, metric in METRICS.items()}
    shown = {name: 0.0 if value is None and name not in _MAY_BE_NULL else value for name, value in values.items()}
    return ok({"period": selection.period.shown(), "modelId": selection.model, "metrics": shown, **selection.head()})


def over_time(call: Call) -> Answer:
    """Answer one metric, bucket by bucket, of one model or several."""
    selection = selection_of(call, requests_only=True)
    name = chosen(call, "metric", tuple(METRICS), "totalPredictions")
    quantile = fraction(call, "quantile", _MEDIAN)
    options = Options(quantile, quantile, number(call, "threshold", _SLOW))
    buckets = buckets_of(call, selection.period)
    metric = METRICS[name]
    items: list[Json] = []
    for model_id in selection.models:
        some = requests_of(selection, model_id)
        items += [
            {"period": each.shown(), "value": metric(some.cut(each), options), "modelId": model_id} for each in buckets
        ]
    body: Json = {"metric": name, "buckets": items, **selection.head()}
    if len(selection.models) == 1:
        body |= {
            "modelId": selection.model,
            "summary": {"period": selection.period.shown(), "value": metric(some, options)},
        }
    return ok(body)


def requests_of(selection: Selection, model_id: str) -> LoggedRequests:
    """Give a model's requests in the period of a selection, of its segment only."""
    narrowed, values = requests_clause(selection.segment)
    found = selection.store.db.execute(
        "SELECT r.at, r.status, r.rows, r.execution, r.response, r.cached, r.consumer FROM requests r "  # noqa: S608 - a constant column
        f"WHERE r.deployment_id = ? AND r.model_id = ? AND r.at >= ? AND r.at < ?{narrowed} ORDER BY r.at, r.seq",
        (selection.doc["id"], model_id, selection.period.start, selection.period.end, *values),
    ).fetchall()
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    status = np.array(columns[1], dtype=np.int64)
    failed = status >= 400
    return LoggedRequests(
        at=np.array(columns[0], dtype=np.float64),
        status=status,
        rows=np.array(columns[2], dtype=np.int64),
        execution=np.array([np.nan if value is None else value for value in columns[3]], dtype=np.float64),
        response=np.where(failed, np.nan, np.array(columns[4], dtype=np.float64)),
        cached=np.array(columns[5], dtype=bool),
        consumer=np.array(columns[6], dtype=object),
    )
