"""Progress on stderr: a spinner per running action on a terminal, plain lines without one, nothing else anywhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drplan.cli.globals import Globals
from drplan.cli.terminal import coloured, note, note_lines, painter
from drplan.platform.progress import Progress, Silent
from drplan.records.plans import Action, Outcome, Plan, Report, Result


class Lines(Silent):
    """Progress as plain lines, for logs: one per finished action, and one per phase that takes many reads."""

    def __init__(self, *, no_color: bool = False) -> None:
        self._total = 0
        self._through = 0
        self._paint = painter(sys.stderr, no_color=no_color)

    def count(self, what: str, done: int, total: int) -> None:
        """Say every quarter of a long phase."""
        step = max(total // 4, 25)
        if done and (done % step == 0 or (done == total and total >= step)):
            note(f"{what}: {done} of {total}")

    def note(self, text: str) -> None:
        """Say it."""
        note(text)

    def began(self, plan: Plan) -> None:
        """Count from here."""
        self._total = len(plan.writes)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Say what became of the action."""
        from drplan.render.text import outcome_line

        self._through += 1
        note(f"[{self._through}/{self._total}] {outcome_line(action, outcome, self._paint)}")


class Bars(Lines):
    """Progress on a terminal, with rich: a counter for each phase, and a spinner with its time per running action.

    The screen opens with the first news, and closes where other text comes: once the plan is made, and at the end.
    """

    def __init__(self, *, no_color: bool = False) -> None:
        super().__init__(no_color=no_color)
        self._no_color = no_color
        self._screen: _Screen | None = None

    def close(self) -> None:
        """Take the bars off the screen."""
        if self._screen:
            self._screen.live.stop()
        self._screen = None

    def count(self, what: str, done: int, total: int) -> None:
        """Move the phase's bar."""
        self._open().count(what, done, total)

    def planned(self, _plan: Plan) -> None:
        """Make room for the plan."""
        self.close()

    def started(self, action: Action) -> None:
        """Show the action with a spinner."""
        from drplan.render.rows import describe

        screen = self._open()
        screen.running[action.key] = screen.spinners.add_task(f"{action.verb.sign} {describe(action)}", total=None)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Replace the spinner by a line."""
        from rich.text import Text

        from drplan.render.text import outcome_line

        screen = self._open()
        running = screen.running.pop(action.key, None)
        if running is not None:
            screen.spinners.remove_task(running)
        if outcome.result is not Result.SKIPPED:
            screen.console.print(Text.from_ansi(outcome_line(action, outcome, self._paint)))
        self._through += 1
        screen.count("applying", self._through, self._total)

    def ended(self, _report: Report) -> None:
        """Make room for the report."""
        self.close()

    def _open(self) -> "_Screen":
        if self._screen is None:
            self._screen = _Screen(no_color=self._no_color)
            self._screen.live.start()
        return self._screen


class _Screen:
    """The bars and spinners that are on a terminal at one time."""

    def __init__(self, *, no_color: bool) -> None:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Rows

        self.console = Console(stderr=True, no_color=not coloured(sys.stderr, no_color=no_color), highlight=False)
        text = TextColumn("{task.description}", markup=False)
        self.spinners = Rows(SpinnerColumn(), text, TimeElapsedColumn(), console=self.console)
        self.bars = Rows(text, BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn(), console=self.console)
        self.live = Live(Group(self.spinners, self.bars), console=self.console, transient=True)
        self.phases: dict[str, Any] = {}
        self.running: dict[str, Any] = {}

    def count(self, what: str, done: int, total: int) -> None:
        if what not in self.phases:
            self.phases[what] = self.bars.add_task(what, total=total)
        self.bars.update(self.phases[what], completed=done, total=total)


class Passing:
    """Passes all that it hears on to another progress; whoever wants to add to a part of it extends this."""

    def __init__(self, inner: Progress) -> None:
        self.inner = inner

    def count(self, what: str, done: int, total: int) -> None:
        """Pass it on."""
        self.inner.count(what, done, total)

    def planned(self, plan: Plan) -> None:
        """Pass it on."""
        self.inner.planned(plan)

    def note(self, text: str) -> None:
        """Pass it on."""
        self.inner.note(text)

    def began(self, plan: Plan) -> None:
        """Pass it on."""
        self.inner.began(plan)

    def started(self, action: Action) -> None:
        """Pass it on."""
        self.inner.started(action)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Pass it on."""
        self.inner.finished(action, outcome)

    def ended(self, report: Report) -> None:
        """Pass it on."""
        self.inner.ended(report)


@contextmanager
def progress(*, no_color: bool = False) -> Iterator[Progress]:
    """Return the progress that fits stderr: live bars on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield Lines(no_color=no_color)
        return
    bars = Bars(no_color=no_color)
    try:
        yield bars
    finally:
        bars.close()


def say_interrupted(report: Report, given: Globals) -> None:
    """Say on stderr what became of a plan that was interrupted."""
    from drplan.render.text import report_text

    note_lines(report_text(report.plan, report.outcomes, painter(sys.stderr, no_color=given.no_color)))
