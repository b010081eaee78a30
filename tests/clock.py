"""A clock by which whatever a guide shows comes out alike on any day.

It starts at a fixed time, and is a tenth of a second later each time it is read, so that the emulator's jobs end.
`drplan.cli.run(arguments, now=Ticking())` is a command by it.
"""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)  # a Sunday
TICK = timedelta(seconds=0.1)


class Ticking:
    """The clock: it reads START at first, and TICK later each time."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Give the time, and move on."""
        self.at += TICK
        return self.at - TICK
