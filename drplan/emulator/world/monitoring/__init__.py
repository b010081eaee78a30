"""Monitoring: what the log of predictions and actuals says of a deployment (API reference 2.9, 2.10).

Everything is computed when it is read, by numpy and scipy, which are an optional part of the installation and loaded
when they are first needed. Where there is nothing to say the answer is null or empty, never zero.
"""

from collections.abc import Callable
from importlib import import_module

from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import Problem
from drplan.emulator.world.monitoring import exports
from drplan.emulator.world.monitoring.health import settle

_NUMERICAL = frozenset({"numpy", "scipy"})
_LACKING = "Monitoring is computed by numpy and scipy, which are not installed: pip install 'drplan[monitoring]'."


def _lazily(module: str, name: str) -> Callable[[Call], Answer]:
    """Give an endpoint whose module is loaded when it is first asked; 501 where the numerical libraries are missing."""

    def endpoint(call: Call) -> Answer:
        try:
            found = import_module(f"drplan.emulator.world.monitoring.{module}")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in _NUMERICAL:
                raise Problem(501, {"message": _LACKING}) from None
            raise
        answer: Answer = getattr(found, name)(call)
        return answer

    return endpoint


_READS = tuple(
    (f"{method} deployments/{{id}}/{path}", _lazily(module, name))
    for method, path, module, name in (
        ("GET", "serviceStats/", "service", "stats"),
        ("GET", "serviceStatsOverTime/", "service", "over_time"),
        ("GET", "targetDrift/", "drift", "target"),
        ("GET", "featureDrift/", "drift", "features"),
        ("GET", "featureDriftOverTime/", "drift", "features_over_time"),
        ("GET", "accuracy/", "accuracy", "accuracy"),
        ("GET", "accuracyOverTime/", "accuracy", "over_time"),
        ("GET", "predictionsOverTime/", "predictions", "over_time"),
        ("GET", "predictionsVsActualsOverTime/", "predictions", "against_actuals"),
        ("GET", "fairnessScoresOverTime/", "fairness", "over_time"),
        ("GET", "humilityStats/", "humility", "stats"),
        ("GET", "humilityStatsOverTime/", "humility", "over_time"),
        ("GET", "predictionResults/", "results", "listed"),
        ("GET", "segmentAttributes/", "segments", "attributes"),
        ("GET", "segmentValues/", "segments", "values"),
    )
)
ROUTES = (*_READS, *exports.ROUTES)
BEFORE = dict.fromkeys(("GET deployments/", "GET deployments/{id}/"), settle)  # they show health and usage
