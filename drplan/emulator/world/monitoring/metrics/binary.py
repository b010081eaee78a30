"""Metrics of a target with two classes: `truth` is 1 for the positive one, `predicted` its probability."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from drplan.emulator.world.monitoring.metrics.sample import TINY, Metric, Sample, ratio
from drplan.emulator.world.monitoring.rows import Floats


def _positive(sample: Sample) -> Floats:
    return sample.predicted[:, 0]


def _binary_log_loss(sample: Sample) -> float:
    p = np.clip(_positive(sample), TINY, 1 - TINY)
    return float(-(sample.truth * np.log(p) + (1 - sample.truth) * np.log1p(-p)).mean())


def area_under(truth: Floats, predicted: Floats) -> float | None:
    """Give the share of pairs of a positive and a negative that are in order, half for ties."""
    positives = float(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # equal predictions share the mean of their ranks
    return (float(ranks[truth == 1].sum()) - positives * (positives + 1) / 2) / (positives * negatives)


def _auc(sample: Sample) -> float | None:
    return area_under(sample.truth, _positive(sample))


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


def _from_confusion(formula: Callable[[_Confusion], float | None]) -> Metric:
    return lambda sample: formula(_confusion(sample))


def _mean_recall(confusion: _Confusion) -> float | None:
    recalls = [
        ratio(confusion.hits, confusion.hits + confusion.misses),
        ratio(confusion.rejections, confusion.rejections + confusion.false_alarms),
    ]
    known = [recall for recall in recalls if recall is not None]
    return sum(known) / len(known) if known else None


def _matthews(confusion: _Confusion) -> float | None:
    tp, fp, fn, tn = confusion.hits, confusion.false_alarms, confusion.misses, confusion.rejections
    return ratio(tp * tn - fp * fn, math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


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
    "TPR": _from_confusion(lambda c: ratio(c.hits, c.hits + c.misses)),
    "FPR": _from_confusion(lambda c: ratio(c.false_alarms, c.false_alarms + c.rejections)),
    "TNR": _from_confusion(lambda c: ratio(c.rejections, c.false_alarms + c.rejections)),
    "PPV": _from_confusion(lambda c: ratio(c.hits, c.hits + c.false_alarms)),
    "NPV": _from_confusion(lambda c: ratio(c.rejections, c.rejections + c.misses)),
    "F1": _from_confusion(lambda c: ratio(2 * c.hits, 2 * c.hits + c.false_alarms + c.misses)),
    "MCC": _from_confusion(_matthews),
}
