"""How the values of a feature are spread in training: one uniform draw gives one value."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from statistics import NormalDist, fmean, pstdev
from typing import Any

from drplan.emulator.core.store import Json

NUMBERS = frozenset({"Numeric", "Currency", "Length", "Percentage"})  # feature types whose values are numbers
WORDS = frozenset({"Categorical", "Boolean"})  # feature types whose values are categories

_STEPS = 400  # points at which mean and standard deviation of a spread are taken
_LEAST, _MOST = 1e-9, 1 - 1e-9  # draws beyond are pulled in: a normal distribution has no value at 0 and 1
_NORMAL = NormalDist()


def chance(*words: object) -> Random:
    """Give a source of chance that is the same whenever the words are."""
    return Random("\0".join(map(str, words)))  # noqa: S311 - repeatable on purpose, nothing secret


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of one feature: `value` of a uniform draw in (0, 1); numbers, or words where `weights` is given.

    `mean` and `sd` are of the numbers (0 and 1 for words); `weights` are (word, share) pairs that add up to 1.
    """

    value: Callable[[float], Any]
    mean: float
    sd: float
    missing: float
    weights: tuple[tuple[str, float], ...] = ()

    def draw(self, random: Random, count: int, shift: Callable[[int], float] | None = None) -> list[Any]:
        """Draw values, None for missing ones; `shift` gives for each place how far to move it, in standard deviations.

        A shift moves the draw, not the value, so that words shift too and bounds keep.
        """
        uniform, value, missing = random.random, self.value, self.missing
        values = []
        for place in range(count):
            draw = uniform()
            if shift is not None:
                draw = _NORMAL.cdf(_NORMAL.inv_cdf(min(max(draw, _LEAST), _MOST)) + shift(place))
            values.append(None if missing and uniform() < missing else value(draw))
        return values


def spread_of(feature: Json, given: Json | None) -> Spread:
    """Give the spread of a feature from what its training says of it, or one that follows from its name alone.

    `given` has one of categories, quantiles, histogram, mean and sd (with min and max), min and max; and missing.
    """
    given = given or {}
    missing = given.get("missing", 0.0)
    if feature["featureType"] in WORDS:
        shares = given.get("categories") or _default_shares(feature)
        return _words(shares, missing)
    if "quantiles" in given:
        return _numbers(_between([float(point) for point in given["quantiles"]]), missing)
    if "histogram" in given:
        return _numbers(_histogram(given["histogram"]), missing)
    if "mean" not in given and "min" in given:
        least, most = float(given["min"]), float(given["max"])
        return _numbers(lambda draw: least + draw * (most - least), missing)
    if "mean" not in given:
        given = _default_numbers(feature["name"])
    return _numbers(_bell(given), missing)


def _numbers(value: Callable[[float], float], missing: float) -> Spread:
    points = [value((step + 0.5) / _STEPS) for step in range(_STEPS)]
    return Spread(value, fmean(points), pstdev(points) or 1.0, missing)


def _words(shares: Json, missing: float) -> Spread:
    total = float(sum(shares.values()))
    weights = tuple((str(word), share / total) for word, share in shares.items())
    words, edges = [word for word, _ in weights], list(accumulate(share for _, share in weights))
    last = len(words) - 1
    return Spread(lambda draw: words[min(bisect_right(edges, draw), last)], 0.0, 1.0, missing, weights)


def _bell(given: Json) -> Callable[[float], float]:
    normal = NormalDist(given["mean"], given.get("sd") or abs(given["mean"]) / 4 or 1.0)
    least, most = float(given.get("min", "-inf")), float(given.get("max", "inf"))
    return lambda draw: min(max(normal.inv_cdf(min(max(draw, _LEAST), _MOST)), least), most)


def _between(points: list[float]) -> Callable[[float], float]:
    last = len(points) - 1

    def value(draw: float) -> float:
        place = draw * last
        below = min(int(place), last - 1)
        return points[below] + (place - below) * (points[below + 1] - points[below])

    return value


def _histogram(given: Json) -> Callable[[float], float]:
    edges = [float(edge) for edge in given["edges"]]
    counts = [float(count) for count in given["counts"]]
    total = sum(counts)
    sums = [0.0, *accumulate(count / total for count in counts)]

    def value(draw: float) -> float:
        bin_ = min(max(bisect_right(sums, draw) - 1, 0), len(counts) - 1)
        while not counts[bin_]:
            bin_ -= 1
        part = (draw - sums[bin_]) / (sums[bin_ + 1] - sums[bin_])
        return edges[bin_] + min(part, 1.0) * (edges[bin_ + 1] - edges[bin_])

    return value


def _default_shares(feature: Json) -> Json:
    if feature["featureType"] == "Boolean":
        share = round(chance(f"share of {feature['name']}").uniform(0.2, 0.6), 2)
        return {"true": share, "false": 1 - share}
    words = feature["categories"] or [f"{feature['name']} {letter}" for letter in "ABCD"]
    return {word: 1 / (2 + place) for place, word in enumerate(words)}


def _default_numbers(name: str) -> Json:
    mean = round(10 ** chance(f"mean of {name}").uniform(0.7, 2.3), 1)
    return {"mean": mean, "sd": mean / 3, "min": 0.0}
