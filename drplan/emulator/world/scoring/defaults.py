"""What a model without `scoring` predicts: coefficients that follow from its target, its features and its id.

Versions of one registered model agree in the main and differ a little, as real retrainings do.
"""

import math
from collections.abc import Mapping
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.world.scoring.spread import Spread, chance

_LOGIT_SD = 1.4  # of the logits of a default classifier over its training
_NUMBER_SD = 25.0  # of the predictions of a default regression over its training
_CHANGE = 0.2  # how much the coefficients of two versions differ


def default_outputs(facts: Json, labels: tuple[str, ...], spreads: Mapping[str, Spread]) -> tuple[Json, ...]:
    """Give the outputs of a model that the seed says nothing of; intercepts are left to the training's target."""
    several = facts["targetType"] == "Multiclass"
    size = _NUMBER_SD if facts["targetType"] == "Regression" else _LOGIT_SD
    return tuple(_output(facts, label, spreads, size) for label in (labels if several else ("",)))


def _output(facts: Json, label: str, spreads: Mapping[str, Spread], size: float) -> Json:
    weights: dict[str, Any] = {}
    variance = 0.0
    for feature in facts["features"]:
        name = feature["name"]
        spread = spreads.get(name)
        if spread is None:
            continue
        strength = _strength(facts, label, feature)
        if spread.weights:
            weights[name] = {word: strength * _signed(facts, label, name, word) for word, _ in spread.weights}
            mean = sum(share * weights[name][word] for word, share in spread.weights)
            variance += sum(share * (weights[name][word] - mean) ** 2 for word, share in spread.weights)
        else:
            weights[name] = strength / spread.sd
            variance += strength**2
    scale = size / math.sqrt(variance) if variance else 0.0
    scaled = {
        name: {word: value * scale for word, value in weight.items()} if isinstance(weight, dict) else weight * scale
        for name, weight in weights.items()
    }
    return {"intercept": None, "coefficients": scaled, "trees": []}


def _strength(facts: Json, label: str, feature: Json) -> float:
    base = _signed(facts, label, feature["name"])
    if feature["importance"] is not None:
        base = math.copysign(feature["importance"], base)
    change = chance(f"{facts['modelId']} {feature['name']} {label}").uniform(-_CHANGE, _CHANGE)
    return base * (1 + change)


def _signed(facts: Json, *names: str) -> float:
    random = chance(facts["targetName"], *names)
    return random.choice((-1, 1)) * random.uniform(0.3, 1.0)
