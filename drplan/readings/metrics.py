"""The metrics the platform knows, their units, and which of them fit a model (API reference 2.9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drplan.errors import UsageError
from drplan.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class ServiceMetric:
    """One service statistic: its name on the wire and in rows, its unit, and what it is.

    `needs_requests`: without requests there is no such value, whatever number the platform fills in.
    """

    wire: str
    name: str
    unit: str
    title: str
    needs_requests: bool = False


SERVICE = (
    ServiceMetric("totalPredictions", "total_predictions", "predictions", "Predictions"),
    ServiceMetric("totalRequests", "total_requests", "requests", "Requests"),
    ServiceMetric("slowRequests", "slow_requests", "requests", "Slow requests"),
    ServiceMetric("responseTime", "response_time", "ms", "Response time", needs_requests=True),
    ServiceMetric("executionTime", "execution_time", "ms", "Execution time", needs_requests=True),
    ServiceMetric("userErrorRate", "user_error_rate", "share", "User error rate", needs_requests=True),
    ServiceMetric("serverErrorRate", "server_error_rate", "share", "Server error rate", needs_requests=True),
    ServiceMetric("numConsumers", "num_consumers", "consumers", "Consumers"),
    ServiceMetric("cacheHitRatio", "cache_hit_ratio", "share", "Cache hit ratio", needs_requests=True),
    ServiceMetric("medianLoad", "median_load", "requests/min", "Median load"),
    ServiceMetric("peakLoad", "peak_load", "requests/min", "Peak load"),
)
SERVICE_BY_WIRE: Mapping[str, ServiceMetric] = {metric.wire: metric for metric in SERVICE}

DRIFT = ("psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence")
CLASSIFICATION = (
    "LogLoss",
    "AUC",
    "Accuracy",
    "Balanced Accuracy",
    "FVE Binomial",
    "Gini Norm",
    "Kolmogorov-Smirnov",
    "Rate@Top5%",
    "Rate@Top10%",
    "TPR",
    "PPV",
    "F1",
    "MCC",
    "FPR",
    "TNR",
    "NPV",
    "FVE Multinomial",
)
REGRESSION = (
    "RMSE",
    "MAE",
    "MAD",
    "MAPE",
    "RMSLE",
    "R Squared",
    "Gamma Deviance",
    "Poisson Deviance",
    "Tweedie Deviance",
    "FVE Gamma",
    "FVE Poisson",
    "FVE Tweedie",
    "WGS84 MAE",
    "WGS84 RMSE",
)
_BY_TARGET = {
    "binary": CLASSIFICATION,
    "multiclass": CLASSIFICATION,
    "multilabel": CLASSIFICATION,
    "regression": REGRESSION,
}


def known_metrics(names: Iterable[str], known: Iterable[str], what: str) -> tuple[str, ...]:
    """Return metric names as the platform spells them; raise UsageError for one it does not know."""
    listed = tuple(known)
    by_fold = {_fold(name): name for name in listed}
    found = []
    for name in names:
        if _fold(name) not in by_fold:
            hint = did_you_mean(name, list(listed))
            raise UsageError(
                f"'{name}' is no {what} metric; {f'{hint} ' if hint else ''}there are: {', '.join(listed)}"
            )
        found.append(by_fold[_fold(name)])
    return tuple(dict.fromkeys(found))


def fitting(names: Iterable[str], target_type: str | None) -> tuple[str, ...]:
    """Return accuracy metrics as the platform spells them; raise UsageError for one that cannot be had.

    A metric must fit the model's target type; where that is neither classification nor regression, any known one may.
    """
    known = known_metrics(names, (*CLASSIFICATION, *REGRESSION), "accuracy")
    fit = metrics_of(target_type)
    for name in known:
        if fit and name not in fit:
            raise UsageError(
                f"{name} does not fit a model with a {str(target_type).lower()} target; these do: {', '.join(fit)}"
            )
    return known


def metrics_of(target_type: str | None) -> tuple[str, ...]:
    """Return the accuracy metrics that fit a target type, nothing for one that is not known here."""
    return _BY_TARGET.get(str(target_type).lower(), ())


def _fold(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum() or letter in "@%")
