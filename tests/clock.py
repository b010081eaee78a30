"""A clock by which whatever a guide shows comes out alike on any day.

It starts at a fixed time, and is a tenth of a second later each time it is read, so that the emulator's jobs end.
In one process: `drplan.cli.run(arguments, now=Ticking())`. For a shell: a program that is drplan by such a clock is
`python tests/clock.py FILE ARGUMENT…`; FILE keeps the time from one run to the next, so that it never goes back.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

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


def main(kept: Path, arguments: list[str]) -> int:
    """Run drplan's command line by the clock that a file keeps, and return the exit code."""
    from drplan.cli import run

    clock = Ticking(datetime.fromisoformat(kept.read_text()) if kept.exists() else START)
    try:
        return run(arguments, now=clock)
    finally:
        kept.write_text(clock.at.isoformat())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
