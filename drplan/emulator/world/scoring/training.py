"""What a model was trained on: rows drawn from its features' spreads, equal in every run, with their true outcomes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import fmean, pstdev
from typing import Any

from drplan.emulator.core.store import Json, dump, load
from drplan.emulator.world.scoring.defaults import default_outputs
from drplan.emulator.world.scoring.scorer import SCORED, Scorer, fitting, labels_of, logistic, looked_at, softmax
from drplan.emulator.world.scoring.spread import Spread, chance, spread_of

ROWS = 5000  # of a training that does not say how many it had
MOST_ROWS = 100_000
_HOLDOUT = 0.2  # share of the rows that accuracy is measured on
_RATE = 0.3  # of the positive class, unless the training's target says otherwise
_MEAN = 100.0  # of a number, likewise
_LOGIT_NOISE = 0.5
_NUMBER_NOISE = 0.35  # of the standard deviation of the predictions
_SWING = 1.5  # how far outcomes are off when all that was learned is gone: in logits, or in noises of a number
_ROUNDS = 60
_CALIBRATED = 2000  # rows that intercepts are found on


@dataclass(frozen=True, slots=True)
class Training:
    """A model with its training: `columns` are what it was trained on, `predictions` and `actuals` of the holdout.

    The holdout is the last rows from `split` on. An actual is a number, or a label of the scorer. `impact` is each
    feature's weight from 0 to 1, the heaviest 1. `accuracy` are metrics that the seed gives instead of computed ones.
    """

    scorer: Scorer
    spreads: Mapping[str, Spread]
    rows: int
    split: int
    columns: Mapping[str, list[Any]]
    predictions: Sequence[Sequence[float]]
    actuals: Sequence[Any]
    noise: float
    impact: Mapping[str, float]
    accuracy: Mapping[str, float]


def scores(facts: Json) -> bool:
    """Tell whether the emulator can score a model of these facts."""
    return facts["targetType"] in SCORED


def scorer_of(facts: Json) -> Scorer:
    """Give the model's scorer; only for models that `scores` says can be scored."""
    return _scored(_key(facts))[0]


def training_of(facts: Json) -> Training:
    """Give the model with its training; only for models that `scores` says can be scored."""
    return _trained(_key(facts))


def outcomes(
    scorer: Scorer,
    latent: list[list[float]],
    noise: float,
    random: Random,
    fading: Callable[[int], float] | None = None,
) -> list[Any]:
    """Draw what really happens for rows whose sums before the link are known: numbers, or labels.

    `fading` gives for each row how much of the world that the model learned is gone, from 0 to 1.
    """
    middles = [fmean(column) if column else 0.0 for column in latent]
    usual = middles.index(max(middles))
    rarer = -1 if scorer.width > 1 or (scorer.labels and middles[usual] > 0) else 1
    gauss = random.gauss
    actuals: list[Any] = []
    for place, row in enumerate(zip(*latent, strict=True)):
        gone = fading(place) if fading is not None else 0.0
        # What is left of the pattern is weaker, and what is predicted most happens less than it did.
        off = gone * _SWING * (noise if scorer.link == "identity" else 1.0)
        truth = [middle + (value - middle) * (1 - gone) for value, middle in zip(row, middles, strict=True)]
        truth[usual] += rarer * off
        if scorer.link == "identity" and not scorer.labels:
            actuals.append(truth[0] + gauss(0.0, noise) * (1 + gone))
        elif scorer.link == "log":
            actuals.append(math.exp(min(truth[0] + gauss(0.0, noise) * (1 + gone) - noise * noise / 2, 700.0)))
        elif scorer.width == 1:
            happens = random.random() < logistic(truth[0] + gauss(0.0, noise))
            actuals.append(scorer.labels[0 if happens else 1] if scorer.labels else float(happens))
        else:
            chances = softmax([value + gauss(0.0, noise) for value in truth])
            actuals.append(random.choices(scorer.labels, chances)[0])
    return actuals


def _key(facts: Json) -> str:
    names = ("modelId", "targetName", "targetType", "classNames", "predictionThreshold", "features")
    # A state file from before there was scoring has packages without it.
    return dump({name: facts.get(name) for name in (*names, "scoring", "training")})


@lru_cache(maxsize=256)
def _scored(key: str) -> tuple[Scorer, dict[str, Spread]]:
    facts = load(key)
    given = facts["training"] or {}
    numbers, words = looked_at(facts["features"])
    known = {each["name"]: each for each in facts["features"]}
    of_features = given.get("features", {})
    spreads = {name: spread_of(known[name], of_features.get(name)) for name in (*numbers, *words)}
    labels = labels_of(facts)
    scoring = facts["scoring"] or {"outputs": default_outputs(facts, labels, spreads)}
    several = facts["targetType"] == "Multiclass"
    plain = "identity" if facts["targetType"] == "Regression" else "logistic"
    scorer = Scorer(
        target=facts["targetName"] or "prediction",
        kind=facts["targetType"],
        labels=labels,
        threshold=0.5 if facts["predictionThreshold"] is None else facts["predictionThreshold"],
        numbers=numbers,
        words=words,
        means={name: spreads[name].mean for name in numbers},
        link="softmax" if several else scoring.get("link") or plain,
        outputs=tuple(fitting(output, frozenset(numbers), frozenset(words)) for output in scoring["outputs"]),
    )
    free = [output["intercept"] is None for output in scoring["outputs"]]
    if any(free):
        columns = _drawn(spreads, _CALIBRATED)
        scorer = _calibrated(scorer, columns, free, given.get("target"))
    return scorer, spreads


def _drawn(spreads: Mapping[str, Spread], rows: int) -> dict[str, list[Any]]:
    # One source of chance a feature: versions that share a feature share its training.
    return {name: spread.draw(chance(f"training of {name}"), rows) for name, spread in spreads.items()}


def _calibrated(scorer: Scorer, columns: Mapping[str, list[Any]], free: list[bool], target: Any) -> Scorer:
    """Give the scorer with free intercepts such that the mean prediction is the training's target."""
    latent = scorer.latent(columns, _CALIBRATED)
    if scorer.width > 1:
        wanted = [(target or {}).get(label, 1.0) for label in scorer.labels]
        total = sum(wanted)
        moves = [0.0] * scorer.width
        for _ in range(20):
            moved = [[value + move for value in column] for column, move in zip(latent, moves, strict=True)]
            means = [fmean(column) for column in scorer.linked(moved)]
            moves = [
                move + (math.log(max(want / total, 1e-6) / max(mean, 1e-12)) if open_ else 0.0)
                for move, want, mean, open_ in zip(moves, wanted, means, free, strict=True)
            ]
    else:
        moves = [_found(scorer, latent[0], _wanted(scorer, target))]
    outputs = tuple(
        {**output, "intercept": output["intercept"] + move} for output, move in zip(scorer.outputs, moves, strict=True)
    )
    return Scorer(**{**{name: getattr(scorer, name) for name in Scorer.__slots__}, "outputs": outputs})


def _wanted(scorer: Scorer, target: Any) -> float:
    if scorer.labels:
        shares = target or {scorer.labels[0]: _RATE, scorer.labels[1]: 1 - _RATE}
        return float(shares.get(scorer.labels[0], 0.0)) / float(sum(shares.values()))
    if scorer.kind == "Anomaly":
        return 0.1
    return float((target or {}).get("mean", _MEAN))


def _found(scorer: Scorer, latent: list[float], wanted: float) -> float:
    if scorer.link == "identity":
        return wanted - fmean(latent)
    if scorer.link == "log":
        return math.log(max(wanted, 1e-9) / fmean(math.exp(min(value, 700.0)) for value in latent))
    low, high = -40.0, 40.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if fmean(logistic(value + middle) for value in latent) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@lru_cache(maxsize=64)
def _trained(key: str) -> Training:
    facts = load(key)
    given = facts["training"] or {}
    scorer, spreads = _scored(key)
    rows = given.get("rows", ROWS)
    columns = _drawn(spreads, rows)
    split = min(rows - 1, round(rows * (1 - given.get("holdout", _HOLDOUT))))
    latent = scorer.latent(columns, rows)
    noise = given.get("noise")
    if noise is None:
        noise = _NUMBER_NOISE * pstdev(latent[0]) if scorer.kind == "Regression" else _LOGIT_NOISE
    held = [column[split:] for column in latent]
    return Training(
        scorer=scorer,
        spreads=spreads,
        rows=rows,
        split=split,
        columns=columns,
        predictions=scorer.linked(held),
        actuals=outcomes(scorer, held, noise, chance(f"outcomes of {scorer.target}")),
        noise=noise,
        impact=_impact(facts, scorer, columns, latent),
        accuracy=given.get("accuracy", {}),
    )


def _impact(
    facts: Json, scorer: Scorer, columns: Mapping[str, list[Any]], latent: list[list[float]]
) -> dict[str, float]:
    """Give how much the sums move, on average, when a feature is shuffled among some rows; the most is 1."""
    given = {each["name"]: each["importance"] for each in facts["features"]}
    count = min(500, len(latent[0]))
    moved: dict[str, float] = {}
    for name in columns:
        if given[name] is not None:
            moved[name] = given[name]
            continue
        shuffled = {each: values[:count] for each, values in columns.items()}
        chance(f"impact of {name}").shuffle(shuffled[name])
        after = scorer.latent(shuffled, count)
        moved[name] = math.sqrt(
            fmean(
                (new - old) ** 2
                for column_, before in zip(after, latent, strict=True)
                for new, old in zip(column_, before[:count], strict=True)
            )
        )
    own = [value for name, value in moved.items() if given[name] is None]
    most = max(own, default=0.0) or 1.0
    return {name: value if given[name] is not None else value / most for name, value in moved.items()}
