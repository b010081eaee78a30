"""Scoring: what a model predicts for rows, from coefficients or trees over their features.

A model's `scoring` (of its facts) has `outputs`: one for a number or a binary target, one a class for several classes.
An output has `intercept` (None: so that the mean of the training's predictions is the training's target),
`coefficients` ({feature: number, or {category: number}}) and `trees`; what they add up to goes through the `link`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.world.scoring.spread import NUMBERS, WORDS

SCORED = ("Binary", "Regression", "Multiclass", "Anomaly")  # target types that the emulator scores
Columns = Mapping[str, Sequence[Any]]  # values by feature: numbers or words, None where missing
Tree = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A model that can be asked: `numbers` and `words` are the features it looks at, in a fixed order.

    `labels` are the classes in the order of the predictions' columns, the positive one first for a binary target, and
    empty for a number. `means` fill in for missing numbers. A row's prediction is one number (the value, or the
    probability of the positive class) or one probability a class.
    """

    target: str
    kind: str
    labels: tuple[str, ...]
    threshold: float
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    means: Mapping[str, float]
    link: str
    outputs: tuple[Json, ...]

    @property
    def width(self) -> int:
        """Give how many numbers a prediction has."""
        return len(self.outputs)

    def predict(self, columns: Columns, count: int) -> list[Sequence[float]]:
        """Give the predictions of `count` rows, a sequence for each of `width` columns."""
        return self.linked(self.latent(columns, count))

    def latent(self, columns: Columns, count: int) -> list[list[float]]:
        """Give what coefficients and trees add up to, before the link."""
        return [self._sums(output, columns, count) for output in self.outputs]

    def linked(self, latent: list[list[float]]) -> list[Sequence[float]]:
        """Give the predictions that sums stand for."""
        if self.link == "logistic":
            return [[logistic(value) for value in column] for column in latent]
        if self.link == "log":
            return [[math.exp(min(value, 700.0)) for value in column] for column in latent]
        if self.link == "softmax":
            return [list(column) for column in zip(*map(softmax, zip(*latent, strict=True)), strict=True)]
        return [list(column) for column in latent]

    def label(self, prediction: Sequence[float]) -> str:
        """Give the class that a row's prediction means."""
        if self.width == 1:
            return self.labels[0] if prediction[0] >= self.threshold else self.labels[1]
        return self.labels[max(range(self.width), key=prediction.__getitem__)]

    def _sums(self, output: Json, columns: Columns, count: int) -> list[float]:
        sums = [output["intercept"] or 0.0] * count
        for name, weight in output["coefficients"].items():
            column = columns.get(name)
            if column is None:
                continue
            if isinstance(weight, Mapping):
                get = weight.get
                sums = [total + get(word, 0.0) for total, word in zip(sums, column, strict=True)]
            else:
                mean = self.means[name]
                sums = [
                    total + weight * (mean if value is None else value)
                    for total, value in zip(sums, column, strict=True)
                ]
        for tree in output["trees"]:
            grown = _grown(tree, columns)
            sums = [total + grown(place) for place, total in enumerate(sums)]
        return sums


def _grown(tree: Any, columns: Columns) -> Tree:
    """Give a tree as a function of a row's place; a missing value goes the way of `else`."""
    if not isinstance(tree, Mapping):
        leaf = float(tree)
        return lambda _place: leaf
    column = columns.get(tree["feature"])
    then, otherwise = _grown(tree["then"], columns), _grown(tree["else"], columns)
    if column is None:
        return otherwise
    if "below" in tree:
        below = tree["below"]

        def split(place: int) -> float:
            value = column[place]
            return (then if value is not None and value < below else otherwise)(place)

        return split
    words = frozenset(tree["in"])
    return lambda place: (then if column[place] in words else otherwise)(place)


def logistic(value: float) -> float:
    """Give the probability of a logit."""
    if value >= 0:
        return 1 / (1 + math.exp(-min(value, 700.0)))
    power = math.exp(max(value, -700.0))
    return power / (1 + power)


def softmax(values: Sequence[float]) -> tuple[float, ...]:
    """Give probabilities that add up to 1."""
    most = max(values)
    powers = [math.exp(value - most) for value in values]
    total = math.fsum(powers)
    return tuple(power / total for power in powers)


def looked_at(features: Sequence[Json]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the names of features that hold numbers and of those that hold words; texts and dates are neither."""
    numbers = tuple(each["name"] for each in features if each["featureType"] in NUMBERS)
    words = tuple(each["name"] for each in features if each["featureType"] in WORDS)
    return numbers, words


def labels_of(facts: Json) -> tuple[str, ...]:
    """Give the classes in the order of the predictions' columns; the positive one of a binary target is first."""
    if facts["targetType"] == "Multiclass":
        return tuple(facts["classNames"] or ("A", "B", "C"))
    if facts["targetType"] != "Binary":
        return ()
    names = tuple(facts["classNames"] or ("0", "1"))
    positive = (facts["scoring"] or {}).get("positive") or names[-1]
    return (positive, *(name for name in names if name != positive))


def fitting(output: Json, numbers: frozenset[str], words: frozenset[str]) -> Json:
    """Give an output without what a model of these features cannot use; a version may lack a feature it inherited."""

    def kept(name: str, weight: Any) -> bool:
        return name in (words if isinstance(weight, Mapping) else numbers)

    def pruned(tree: Any) -> Any:
        if not isinstance(tree, Mapping):
            return tree
        if tree["feature"] not in (numbers if "below" in tree else words):
            return pruned(tree["else"])
        return {**tree, "then": pruned(tree["then"]), "else": pruned(tree["else"])}

    return {
        "intercept": output["intercept"] or 0.0,
        "coefficients": {name: weight for name, weight in output["coefficients"].items() if kept(name, weight)},
        "trees": [pruned(tree) for tree in output["trees"]],
    }
