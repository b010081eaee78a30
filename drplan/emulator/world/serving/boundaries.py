"""Prediction warnings: which predictions lie outside the boundaries that the settings draw (API reference 2.7)."""

from collections.abc import Sequence

from drplan.emulator.core.store import Json
from drplan.emulator.world.scoring import training_of

_TAIL = 0.001  # share of the training's predictions beyond either default boundary


def bounds(settings: Json, facts: Json) -> tuple[float, float] | None:
    """Give the lower and upper boundary in force, None when warnings are off or the model predicts several numbers.

    Without boundaries of its own a deployment has those that one prediction in a thousand of the holdout is beyond.
    """
    warning = settings["predictionWarning"]
    if not warning["enabled"] or facts["targetType"] not in {"Regression", "Binary"}:
        return None
    custom = warning["customBoundaries"]
    if custom is not None:
        return float(custom["lower"]), float(custom["upper"])
    held = sorted(training_of(facts).predictions[0])
    last = len(held) - 1
    return held[round(_TAIL * last)], held[round((1 - _TAIL) * last)]


def outside(settings: Json, facts: Json, predictions: Sequence[Sequence[float]]) -> list[bool] | None:
    """Tell for each prediction whether it is out of bounds, None when there are none."""
    limits = bounds(settings, facts)
    if limits is None:
        return None
    lower, upper = limits
    return [not lower <= value <= upper for value in predictions[0]]
