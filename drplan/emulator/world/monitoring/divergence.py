"""How far two distributions are apart: values counted in bins of the training, and five measures of the counts.

Numbers fall into the training's deciles, words into the training's categories; what training never saw has a bin, and
so have missing values where either side has some.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import rel_entr

from drplan.emulator.world.monitoring.rows import Floats

_DECILES = np.linspace(0.1, 0.9, 9)
_SMOOTHING = 0.5  # added to each bin for measures that divide by shares, so that an empty bin does not mean infinity


def number_counts(scored: Floats, training: Floats) -> tuple[Floats, Floats]:
    """Count numbers in the deciles of the training; NaN is missing."""
    known = training[~np.isnan(training)]
    edges = np.unique(np.quantile(known, _DECILES)) if len(known) else np.empty(0)
    counted = [_in_bins(values, edges) for values in (scored, training)]
    return _without_empty_last(counted[0], counted[1])


def word_counts(scored: Sequence[Any], training: Sequence[Any]) -> tuple[Floats, Floats]:
    """Count words by the categories of the training; None is missing."""
    seen = Counter(training)
    words = sorted(word for word in seen if word is not None)
    counted = []
    for counts in (Counter(scored), seen):
        known = [counts[word] for word in words]
        missing = counts[None]
        counted.append(np.array([*known, counts.total() - sum(known) - missing, missing], dtype=np.float64))
    return _without_empty_last(counted[0], counted[1], 2)


def score(metric: str, scored: Floats, training: Floats) -> float | None:
    """Give the distance of counts by a metric of METRICS, None where one side is empty."""
    if not scored.sum() or not training.sum():
        return None
    return METRICS[metric](scored, training)


def _in_bins(values: Floats, edges: Floats) -> Floats:
    missing = np.isnan(values)
    bins = np.searchsorted(edges, values[~missing], side="right")
    counts = np.bincount(bins, minlength=len(edges) + 1).astype(np.float64)
    return np.append(counts, float(missing.sum()))


def _without_empty_last(scored: Floats, training: Floats, most: int = 1) -> tuple[Floats, Floats]:
    """Give both without those of their last bins (unseen, missing) that are empty on both sides."""
    kept = np.ones(len(scored), dtype=bool)
    kept[-most:] = (scored[-most:] + training[-most:]) > 0
    return scored[kept], training[kept]


def _shares(counts: Floats, smoothing: float = 0.0) -> Floats:
    shares: Floats = (counts + smoothing) / (counts.sum() + smoothing * len(counts))
    return shares


def _psi(scored: Floats, training: Floats) -> float:
    p, q = _shares(scored, _SMOOTHING), _shares(training, _SMOOTHING)
    return float(((p - q) * np.log(p / q)).sum())


def _kullback_leibler(scored: Floats, training: Floats) -> float:
    return float(rel_entr(_shares(scored, _SMOOTHING), _shares(training, _SMOOTHING)).sum())


def _dissimilarity(scored: Floats, training: Floats) -> float:
    return float(1 - np.minimum(_shares(scored), _shares(training)).sum())


def _hellinger(scored: Floats, training: Floats) -> float:
    return float(np.sqrt(((np.sqrt(_shares(scored)) - np.sqrt(_shares(training))) ** 2).sum() / 2))


def _jensen_shannon(scored: Floats, training: Floats) -> float:
    p, q = _shares(scored), _shares(training)
    middle = (p + q) / 2
    return float((rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / 2)


# The metrics of drift (API reference 2.9); how the platform computes `dissimilarity` is not published: here it is the
# part of the distributions that does not overlap.
METRICS: dict[str, Callable[[Floats, Floats], float]] = {
    "psi": _psi,
    "kl_divergence": _kullback_leibler,
    "dissimilarity": _dissimilarity,
    "hellinger": _hellinger,
    "js_divergence": _jensen_shannon,
}
