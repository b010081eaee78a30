"""Progress on stderr: a spinner per running action on a terminal, plain lines without one, nothing else anywhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from drplan.cli.terminal import coloured, note, painter
from drplan.platform.progress import Progress, Silent
from drplan.records.plans import Action, Outcome, Result


class Lines(Silent):
    """Progress as plain lines, for logs: one per finished action, and one per phase that takes many reads."""

    def __init__(self, total: int = 0, *, no_color: bool = False) -> None:
        self.total = total
        self._through = 0
        self._paint = painter(sys.stderr, no_color=no_color)

    def count(self, what: str, done: int, total: int) -> None:
        """Say every quarter of a long phase."""
        step = max(total // 4, 25)
        if done and (done % step == 0 or (done == total and total >= step)):
            note(f"{what}: {done} of {total}")

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Say what became of the action."""
        from drplan.render.text import outcome_line

        self._through += 1
        note(f"[{self._through}/{self.total}] {outcome_line(action, outcome, self._paint)}")


class LiveProgress(Lines):
    """Progress on a terminal, with rich: a counter for the whole, and a spinner with its time per running action."""

    def __init__(self, total: int = 0, *, no_color: bool = False) -> None:
        super().__init__(total, no_color=no_color)
        from rich.console import Console, Group
        from rich.live import Live as Screen
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, no_color=not coloured(sys.stderr, no_color=no_color), highlight=False)
        from rich.progress import Progress as Bars

        text = TextColumn("{task.description}", markup=False)
        self._spinners = Bars(SpinnerColumn(), text, TimeElapsedColumn(), console=self._console)
        self._bars = Bars(
            text, BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn(), console=self._console
        )
        self._screen = Screen(Group(self._spinners, self._bars), console=self._console, transient=True)
        self._phases: dict[str, Any] = {}
        self._running: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._screen.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._screen.stop()

    def count(self, what: str, done: int, total: int) -> None:
        """Move the phase's bar."""
        if what not in self._phases:
            self._phases[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._phases[what], completed=done, total=total)

    def started(self, action: Action) -> None:
        """Show the action with a spinner."""
        from drplan.render.text import describe

        self._running[action.key] = self._spinners.add_task(f"{action.verb.sign} {describe(action)}", total=None)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Replace the spinner by a line."""
        from rich.text import Text

        from drplan.render.text import outcome_line

        running = self._running.pop(action.key, None)
        if running is not None:
            self._spinners.remove_task(running)
        if outcome.result is not Result.SKIPPED:
            self._console.print(Text.from_ansi(outcome_line(action, outcome, self._paint)))
        self._through += 1
        self.count("applying", self._through, self.total)


@contextmanager
def progress(total: int = 0, *, no_color: bool = False) -> Iterator[Progress]:
    """Return the progress that fits stderr: live bars on a terminal, lines elsewhere."""
    if sys.stderr.isatty():
        with LiveProgress(total, no_color=no_color) as live:
            yield live
    else:
        yield Lines(total, no_color=no_color)
