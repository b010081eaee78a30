"""Metrics of a target with three and more classes: `truth` are places of labels, `predicted` has a column a class."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from drplan.emulator.world.monitoring.metrics.binary import BINARY, area_under
from drplan.emulator.world.monitoring.metrics.sample import TINY, Metric, Sample, ratio


def one_against_rest(sample: Sample, place: int) -> Sample:
    """Give a multiclass sample as that of one class; it is predicted where it is the likeliest."""
    likeliest = (sample.predicted.argmax(axis=1) == place).astype(np.float64)
    return Sample((sample.truth == place).astype(np.float64), likeliest[:, None], 0.5)


def _multi_log_loss(sample: Sample) -> float:
    p = np.clip(sample.predicted, TINY, 1.0)
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
        area = area_under(truth, sample.predicted[:, place])
        if area is not None:
            total += area * truth.sum()
            weight += truth.sum()
    return ratio(total, weight)


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
    return ratio(right * n - shared, math.sqrt(spread))


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
