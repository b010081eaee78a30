"""Accuracy metrics: numbers that compare predictions with actuals (API reference 2.9, ACCURACY_METRIC).

A metric that is not defined for what is there (one class only, a logarithm of nothing) is None. Class frequencies weigh
the classes of a multiclass AUC, as the vendor documents; other per-class metrics are plain means over the classes that
are there. MAPE is in percent. The vendor calls MAD a mean absolute deviation and does not publish its formula: here it
is the mean distance of the errors from their median.
"""

import math

from drplan.emulator.world.monitoring.metrics.binary import BINARY
from drplan.emulator.world.monitoring.metrics.multiclass import MULTICLASS, one_against_rest
from drplan.emulator.world.monitoring.metrics.regression import REGRESSION
from drplan.emulator.world.monitoring.metrics.sample import Metric, Sample
from drplan.emulator.world.scoring import Scorer

__all__ = [
    "BINARY",
    "MULTICLASS",
    "REGRESSION",
    "Metric",
    "Sample",
    "default_metric",
    "higher_is_better",
    "metrics_of",
    "one_against_rest",
    "value_of",
]

_HIGHER_IS_BETTER = frozenset(
    {
        "Accuracy",
        "AUC",
        "Balanced Accuracy",
        "FVE Binomial",
        "FVE Multinomial",
        "FVE Gamma",
        "FVE Poisson",
        "FVE Tweedie",
        "Gini Norm",
        "Kolmogorov-Smirnov",
        "Rate@Top5%",
        "Rate@Top10%",
        "TPR",
        "TNR",
        "PPV",
        "NPV",
        "F1",
        "MCC",
        "R Squared",
    }
)


def value_of(name: str, scorer: Scorer, sample: Sample) -> float | None:
    """Give a metric of the model's kind, None for no rows or where it is not defined."""
    if not sample.count:
        return None
    value = metrics_of(scorer)[name](sample)
    return None if value is None or not math.isfinite(value) else float(value)


def metrics_of(scorer: Scorer) -> dict[str, Metric]:
    """Give the metrics that there are for a model's kind of target, the default one first."""
    if not scorer.labels:
        return REGRESSION
    return BINARY if scorer.width == 1 else MULTICLASS


def default_metric(scorer: Scorer) -> str:
    """Give the metric that is meant when none is named."""
    return "LogLoss" if scorer.labels else "Gamma Deviance"


def higher_is_better(name: str) -> bool:
    """Tell whether more of a metric is better."""
    return name in _HIGHER_IS_BETTER
