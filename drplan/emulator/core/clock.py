"""The emulator's time: real by default, movable and stoppable by whoever tests with it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Give epoch seconds as the API writes times: RFC 3339, UTC, microseconds, a trailing Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Clock:
    """The time that jobs, deletions and records run by; everything else uses the machine's own clock.

    `seconds` gives the epoch seconds that it follows: the machine's, unless another is given.
    """

    __slots__ = ("_followed", "_frozen", "_offset", "step")

    def __init__(self, seconds: Callable[[], float] = time.time) -> None:
        self._followed = seconds
        self._offset = 0.0
        self._frozen: float | None = None
        self.step = 0.0  # seconds that each API request moves the clock by

    def seconds(self) -> float:
        """Give the present time in epoch seconds."""
        return (self._followed() if self._frozen is None else self._frozen) + self._offset

    def now(self) -> datetime:
        """Give the present time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, seconds: float) -> None:
        """Move forward by some seconds; time never goes back, so a negative number is refused with ValueError."""
        if seconds < 0:
            raise ValueError("the clock only goes forward: give 0 or more seconds")
        self._offset += seconds

    def freeze(self, at: datetime | None = None) -> None:
        """Stop at the present moment, or at an aware datetime; `advance` still moves a stopped clock."""
        if at is not None and at.tzinfo is None:
            raise ValueError("give a time with its offset, such as 2024-05-01T10:00:00Z")
        self._frozen = self.seconds() if at is None else at.timestamp()
        self._offset = 0.0

    def unfreeze(self) -> None:
        """Run again from the moment the clock stands at."""
        if self._frozen is not None:
            self._offset += self._frozen - self._followed()
            self._frozen = None

    @property
    def frozen(self) -> bool:
        """Tell whether time stands still."""
        return self._frozen is not None
