"""Accuracy metrics: numbers that compare predictions with actuals (API reference 2.9, ACCURACY_METRIC).

A metric that is not defined for what is there (one class only, a logarithm of nothing) is None. Class frequencies weigh
the classes of a multiclass AUC, as the vendor documents; other per-class metrics are plain means over the classes that
are there. MAPE is in percent. The vendor calls MAD a mean absolute deviation and does not publish its formula: here it
is the mean distance of the errors from their median.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from drplan.emulator.world.monitoring.rows import Floats
from drplan.emulator.world.scoring import Scorer

_TINY = 1e-15
_TWEEDIE = 1.5
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


@dataclass(frozen=True)
class Sample:
    """Predictions with their actuals, of which a metric is computed.

    `truth` are numbers, 1 and 0 for the positive and the negative class, or places of labels. `predicted` has one
    column, or one a class; `threshold` is what a probability must reach to mean the positive class.
    """

    truth: Floats
    predicted: Floats
    threshold: float

    @property
    def count(self) -> int:
        """Give how many there are."""
        return len(self.truth)


Metric = Callable[[Sample], float | None]


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


def _positive(sample: Sample) -> Floats:
    return sample.predicted[:, 0]


def _binary_log_loss(sample: Sample) -> float:
    p = np.clip(_positive(sample), _TINY, 1 - _TINY)
    return float(-(sample.truth * np.log(p) + (1 - sample.truth) * np.log1p(-p)).mean())


def _area(truth: Floats, predicted: Floats) -> float | None:
    """Give the share of pairs of a positive and a negative that are in order, half for ties."""
    positives = float(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # equal predictions share the mean of their ranks
    return (float(ranks[truth == 1].sum()) - positives * (positives + 1) / 2) / (positives * negatives)


def _auc(sample: Sample) -> float | None:
    return _area(sample.truth, _positive(sample))


def _gini(sample: Sample) -> float | None:
    area = _auc(sample)
    return None if area is None else 2 * area - 1


def _fve_binomial(sample: Sample) -> float | None:
    rate = sample.truth.mean()
    null = -(xlogy(rate, rate) + xlogy(1 - rate, 1 - rate))
    return float(1 - _binary_log_loss(sample) / null) if null > 0 else None


def _kolmogorov_smirnov(sample: Sample) -> float | None:
    truth = sample.truth
    positives, negatives = truth.sum(), (1 - truth).sum()
    if not positives or not negatives:
        return None
    order = np.argsort(_positive(sample), kind="stable")
    ranked, ordered = truth[order], _positive(sample)[order]
    apart = np.abs(np.cumsum(ranked) / positives - np.cumsum(1 - ranked) / negatives)
    ends = np.append(ordered[1:] != ordered[:-1], True)  # between equal predictions there is no threshold
    return float(apart[ends].max())


def _rate_at_top(share: float) -> Metric:
    def rate(sample: Sample) -> float:
        top = math.ceil(share * sample.count)
        return float(sample.truth[np.argsort(-_positive(sample), kind="stable")[:top]].mean())

    return rate


@dataclass(frozen=True, slots=True)
class _Confusion:
    hits: float
    false_alarms: float
    misses: float
    rejections: float


def _confusion(sample: Sample) -> _Confusion:
    said = _positive(sample) >= sample.threshold
    is_so = sample.truth == 1
    counts = ((said & is_so).sum(), (said & ~is_so).sum(), (~said & is_so).sum(), (~said & ~is_so).sum())
    return _Confusion(*map(float, counts))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _from_confusion(formula: Callable[[_Confusion], float | None]) -> Metric:
    return lambda sample: formula(_confusion(sample))


def _mean_recall(confusion: _Confusion) -> float | None:
    recalls = [
        _ratio(confusion.hits, confusion.hits + confusion.misses),
        _ratio(confusion.rejections, confusion.rejections + confusion.false_alarms),
    ]
    known = [recall for recall in recalls if recall is not None]
    return sum(known) / len(known) if known else None


def _matthews(confusion: _Confusion) -> float | None:
    tp, fp, fn, tn = confusion.hits, confusion.false_alarms, confusion.misses, confusion.rejections
    return _ratio(tp * tn - fp * fn, math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


BINARY: dict[str, Metric] = {
    "LogLoss": _binary_log_loss,
    "Accuracy": lambda sample: float(((_positive(sample) >= sample.threshold) == (sample.truth == 1)).mean()),
    "AUC": _auc,
    "Balanced Accuracy": _from_confusion(_mean_recall),
    "FVE Binomial": _fve_binomial,
    "Gini Norm": _gini,
    "Kolmogorov-Smirnov": _kolmogorov_smirnov,
    "Rate@Top5%": _rate_at_top(0.05),
    "Rate@Top10%": _rate_at_top(0.10),
    "TPR": _from_confusion(lambda c: _ratio(c.hits, c.hits + c.misses)),
    "FPR": _from_confusion(lambda c: _ratio(c.false_alarms, c.false_alarms + c.rejections)),
    "TNR": _from_confusion(lambda c: _ratio(c.rejections, c.false_alarms + c.rejections)),
    "PPV": _from_confusion(lambda c: _ratio(c.hits, c.hits + c.false_alarms)),
    "NPV": _from_confusion(lambda c: _ratio(c.rejections, c.rejections + c.misses)),
    "F1": _from_confusion(lambda c: _ratio(2 * c.hits, 2 * c.hits + c.false_alarms + c.misses)),
    "MCC": _from_confusion(_matthews),
}


def one_against_rest(sample: Sample, place: int) -> Sample:
    """Give a multiclass sample as that of one class; it is predicted where it is the likeliest."""
    likeliest = (sample.predicted.argmax(axis=1) == place).astype(np.float64)
    return Sample((sample.truth == place).astype(np.float64), likeliest[:, None], 0.5)


def _multi_log_loss(sample: Sample) -> float:
    p = np.clip(sample.predicted, _TINY, 1.0)
    p = p / p.sum(axis=1, keepdims=True)
    return float(-np.log(p[np.arange(sample.count), sample.truth.astype(int)]).mean())


def _fve_multinomial(sample: Sample) -> float | None:
    shares = np.bincount(sample.truth.astype(int)) / sample.count
    null = float(-xlogy(shares, shares).sum())
    return 1 - _multi_log_loss(sample) / null if null > 0 else None


def _weighted_area(sample: Sample) -> float | None:
    total = weight = 0.0
    for place in range(sample.predicted.shape[1]):
        truth = (sample.truth == place).astype(np.float64)
        area = _area(truth, sample.predicted[:, place])
        if area is not None:
            total += area * truth.sum()
            weight += truth.sum()
    return _ratio(total, weight)


def _mean_of_classes(name: str) -> Metric:
    def mean(sample: Sample) -> float | None:
        present: NDArray[np.int64] = np.unique(sample.truth).astype(int)
        values = [BINARY[name](one_against_rest(sample, int(place))) for place in present]
        # A class that was never predicted has no precision; it counts as none of its predictions being right.
        return sum(value or 0.0 for value in values) / len(values)

    return mean


def _multi_matthews(sample: Sample) -> float | None:
    said, truth = sample.predicted.argmax(axis=1), sample.truth.astype(int)
    width = sample.predicted.shape[1]
    said_counts, true_counts = np.bincount(said, minlength=width), np.bincount(truth, minlength=width)
    right, n = float((said == truth).sum()), float(sample.count)
    shared = float((said_counts * true_counts).sum())
    spread = (n * n - float((said_counts**2).sum())) * (n * n - float((true_counts**2).sum()))
    return _ratio(right * n - shared, math.sqrt(spread))


MULTICLASS: dict[str, Metric] = {
    "LogLoss": _multi_log_loss,
    "Accuracy": lambda sample: float((sample.predicted.argmax(axis=1) == sample.truth).mean()),
    "AUC": _weighted_area,
    "Balanced Accuracy": _mean_of_classes("TPR"),
    "FVE Multinomial": _fve_multinomial,
    "TPR": _mean_of_classes("TPR"),
    "PPV": _mean_of_classes("PPV"),
    "F1": _mean_of_classes("F1"),
    "MCC": _multi_matthews,
}


def _errors(sample: Sample) -> Floats:
    return sample.predicted[:, 0] - sample.truth


def _deviance(power: float, truth: Floats, predicted: Floats) -> float | None:
    """Give the mean deviance of the Tweedie family: power 1 is Poisson, 2 is gamma; None where it is not defined."""
    if (predicted <= 0).any() or (truth < 0).any() or (power >= 2 and (truth <= 0).any()):
        return None
    if power == 1:
        each = xlogy(truth, truth / predicted) - truth + predicted
    elif power == 2:
        each = np.log(predicted / truth) + truth / predicted - 1
    else:
        each = (
            truth ** (2 - power) / ((1 - power) * (2 - power))
            - truth * predicted ** (1 - power) / (1 - power)
            + predicted ** (2 - power) / (2 - power)
        )
    return float(2 * each.mean())


def _deviance_metric(power: float) -> Metric:
    return lambda sample: _deviance(power, sample.truth, sample.predicted[:, 0])


def _explained(power: float) -> Metric:
    def share(sample: Sample) -> float | None:
        mine = _deviance(power, sample.truth, sample.predicted[:, 0])
        null = _deviance(power, sample.truth, np.full(sample.count, sample.truth.mean()))
        return None if mine is None or not null else 1 - mine / null

    return share


def _r_squared(sample: Sample) -> float | None:
    total = float(((sample.truth - sample.truth.mean()) ** 2).sum())
    return None if not total else 1 - float((_errors(sample) ** 2).sum()) / total


def _percentage(sample: Sample) -> float | None:
    known = sample.truth != 0
    return float(np.abs(_errors(sample)[known] / sample.truth[known]).mean() * 100) if known.any() else None


def _log_error(sample: Sample) -> float | None:
    predicted = sample.predicted[:, 0]
    if (predicted <= -1).any() or (sample.truth <= -1).any():
        return None
    return float(np.sqrt(((np.log1p(predicted) - np.log1p(sample.truth)) ** 2).mean()))


def _deviation(sample: Sample) -> float:
    errors = _errors(sample)
    return float(np.abs(errors - np.median(errors)).mean())


REGRESSION: dict[str, Metric] = {
    "RMSE": lambda sample: float(np.sqrt((_errors(sample) ** 2).mean())),
    "Gamma Deviance": _deviance_metric(2),
    "FVE Gamma": _explained(2),
    "FVE Poisson": _explained(1),
    "FVE Tweedie": _explained(_TWEEDIE),
    "MAD": _deviation,
    "MAE": lambda sample: float(np.abs(_errors(sample)).mean()),
    "MAPE": _percentage,
    "Poisson Deviance": _deviance_metric(1),
    "R Squared": _r_squared,
    "RMSLE": _log_error,
    "Tweedie Deviance": _deviance_metric(_TWEEDIE),
}
