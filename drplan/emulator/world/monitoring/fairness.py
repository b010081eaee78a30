"""`fairnessScoresOverTime/`: whether protected classes fare alike (2.9); closed for the vendor's SDK.

A class's absolute score is a rate (or a count, or a mean probability) by the metric; its score is that relative to the
class that fares best, the privileged one. It is healthy from the settings' threshold on. A difference is significant
when two-sided chance explains less than 5 % of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request, forbidden
from drplan.emulator.http.period import buckets_of
from drplan.emulator.world.monitoring.matching import Matched, matched
from drplan.emulator.world.monitoring.predictions import SIZES
from drplan.emulator.world.monitoring.rows import Floats, Mask
from drplan.emulator.world.monitoring.selection import Selection, chosen, selection_of
from drplan.emulator.world.scoring import Scorer

_CHANCE = 0.05


@dataclass(frozen=True)
class ProtectedGroup:
    """Rows of one protected class: probabilities of the favorable outcome, what they mean, and what happened."""

    probability: Floats
    predicted: Mask
    happened: Floats  # 1 favorable, 0 not, NaN not known


@dataclass(frozen=True, slots=True)
class Rate:
    """A class's absolute score and the rows that it is of."""

    value: float
    size: int


def _mean(values: Floats) -> Rate | None:
    return Rate(float(values.mean()), len(values)) if len(values) else None


def _where(group: ProtectedGroup, happened: int) -> Mask:
    mask: Mask = group.happened == happened
    return mask


METRICS: dict[str, Callable[[ProtectedGroup], Rate | None]] = {
    "proportionalParity": lambda group: _mean(group.predicted.astype(np.float64)),
    "equalParity": lambda group: Rate(float(group.predicted.sum()), len(group.predicted)),
    "favorableClassBalance": lambda group: _mean(group.probability[_where(group, 1)]),
    "unfavorableClassBalance": lambda group: _mean(1 - group.probability[_where(group, 0)]),
    "trueFavorableRateParity": lambda group: _mean(group.predicted[_where(group, 1)].astype(np.float64)),
    "trueUnfavorableRateParity": lambda group: _mean((~group.predicted[_where(group, 0)]).astype(np.float64)),
    "favorablePredictiveValueParity": lambda group: _mean(group.happened[group.predicted & ~np.isnan(group.happened)]),
    "unfavorablePredictiveValueParity": lambda group: _mean(
        1 - group.happened[~group.predicted & ~np.isnan(group.happened)]
    ),
}
# What each set of the settings is made of; the first one is read unless the query names another.
SETS = {
    "proportionalParity": ("proportionalParity",),
    "equalParity": ("equalParity",),
    "predictionBalance": ("favorableClassBalance", "unfavorableClassBalance"),
    "trueFavorableAndUnfavorableRateParity": ("trueFavorableRateParity", "trueUnfavorableRateParity"),
    "favorableAndUnfavorablePredictiveValueParity": (
        "favorablePredictiveValueParity",
        "unfavorablePredictiveValueParity",
    ),
}


def over_time(call: Call) -> Answer:
    """Answer the scores of every protected feature, or of one feature's classes, bucket by bucket."""
    selection = selection_of(call, one_model=True)
    wanted = selection.settings["biasAndFairness"]
    if wanted is None:
        raise forbidden("Fairness is not tracked: biasAndFairness of the deployment's settings is not set.")
    metric = chosen(call, "fairnessMetric", tuple(METRICS), SETS[wanted["fairnessMetricsSet"]][0])
    feature = call.one("protectedFeature")
    if feature is not None and feature not in wanted["protectedFeatures"]:
        known = ", ".join(wanted["protectedFeatures"])
        raise bad_request(f"protectedFeature: must be one of {known}, not {feature[:40]}")
    buckets = buckets_of(call, selection.period, SIZES)
    scorer = selection.training(selection.model).scorer
    found = matched(selection, selection.model, words=True)

    def scored(place: slice) -> Json:
        if feature is not None:
            scores = class_scores(metric, feature, found, scorer, wanted, place)
        else:
            scores = [
                score
                for name in wanted["protectedFeatures"]
                if (score := feature_score(metric, name, found, scorer, wanted, place)) is not None
            ]
        return {"metricName": metric, "scores": scores or None}

    items = [
        {"period": bucket.shown(), **scored(place)}
        for bucket, place in zip(buckets, found.rows.cut(buckets), strict=True)
    ]
    return ok(
        {
            "modelId": selection.model,
            "modelPackageId": _package_id(selection),
            "protectedFeature": feature,
            "fairnessThreshold": wanted["fairnessThreshold"],
            "favorableTargetOutcome": wanted["preferableTargetValue"],
            "summary": {"period": selection.period.shown(), **scored(slice(None))},
            "buckets": items,
        }
    )


def class_scores(metric: str, feature: str, found: Matched, scorer: Scorer, wanted: Json, place: slice) -> list[Json]:
    """Give the scores of a feature's classes, the privileged one included; empty without rows."""
    rates = _rates(metric, feature, found, scorer, wanted, place)
    if not rates:
        return []
    best = max(rates, key=lambda name: rates[name].value)
    relative = {name: rate.value / rates[best].value if rates[best].value else 1.0 for name, rate in rates.items()}
    healthy = sum(value >= wanted["fairnessThreshold"] for value in relative.values())
    return [
        {
            "label": name,
            "value": relative[name],
            "absoluteValue": rate.value,
            "sampleSize": rate.size,
            "classesCount": len(rates),
            "healthyClassesCount": healthy,
            "isStatisticallySignificant": _significant(metric, rate, rates[best]),
            "privilegedClass": best,
        }
        for name, rate in sorted(rates.items())
    ]


def feature_score(metric: str, feature: str, found: Matched, scorer: Scorer, wanted: Json, place: slice) -> Json | None:
    """Give the score of a feature, which is that of its class that fares worst; None without rows."""
    scores = class_scores(metric, feature, found, scorer, wanted, place)
    if not scores:
        return None
    worst = min(scores, key=lambda score: float(score["value"]))
    return {**worst, "label": feature, "sampleSize": sum(score["sampleSize"] for score in scores)}


def _rates(metric: str, feature: str, found: Matched, scorer: Scorer, wanted: Json, place: slice) -> dict[str, Rate]:
    column = found.rows.words.get(feature)
    if column is None:
        return {}
    column = column[place]
    positive = str(wanted["preferableTargetValue"]).lower() == scorer.labels[0].lower()
    probability = found.rows.predictions[place][:, 0]
    predicted = probability >= scorer.threshold
    happened = np.where(found.known[place], found.truth[place], np.nan)
    if not positive:
        probability, predicted, happened = 1 - probability, ~predicted, 1 - happened
    rates = {}
    for name in sorted({value for value in column if value is not None}):
        mask = column == name
        rate = METRICS[metric](ProtectedGroup(probability[mask], predicted[mask], happened[mask]))
        if rate is not None:
            rates[name] = rate
    return rates


def _significant(metric: str, rate: Rate, best: Rate) -> bool:
    if metric == "equalParity":  # counts, not shares
        spread = math.sqrt(rate.value + best.value)
    else:
        pooled = (rate.value * rate.size + best.value * best.size) / (rate.size + best.size)
        spread = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / rate.size + 1 / best.size))
    if not spread:
        return False
    return bool(2 * ndtr(-abs(best.value - rate.value) / spread) < _CHANCE)


def _package_id(selection: Selection) -> str:
    for record in reversed(selection.store.find("modelHistory", parent=selection.doc["id"])):
        if record["modelId"] == selection.model:
            return str(record["modelPackageId"])
    return str(selection.champion["id"])
