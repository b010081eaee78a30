"""What a metric is computed of: predictions with their actuals."""

from collections.abc import Callable
from dataclasses import dataclass

from drplan.emulator.world.monitoring.rows import Floats

TINY = 1e-15


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


def ratio(part: float, whole: float) -> float | None:
    """Give a part of a whole, None where there is no whole."""
    return part / whole if whole else None
