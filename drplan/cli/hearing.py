"""What a person or a program hears of an apply: the plan, its progress and its end; and the question before it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drplan.cli.forms import show_plan
from drplan.cli.github import publish_report
from drplan.cli.globals import Globals
from drplan.cli.progress import Passing, progress, say_interrupted
from drplan.cli.terminal import asks, confirmed, note_lines, painter, say_lines
from drplan.errors import Refused, UsageError
from drplan.platform.progress import Progress
from drplan.records.plans import Plan, Report


class Transcript(Passing):
    """An apply as people read it: the plan and the report on stdout, the report of an interrupted one on stderr."""

    def __init__(self, inner: Progress, given: Globals) -> None:
        super().__init__(inner)
        self.given = given

    def planned(self, plan: Plan) -> None:
        """Show the plan."""
        super().planned(plan)
        show_plan(plan, self.given, "text")

    def ended(self, report: Report) -> None:
        """Show the report, also to GitHub Actions where this runs there."""
        super().ended(report)
        if report.interrupted:
            say_interrupted(report, self.given)
            return
        gone: Exception | None = None
        if report.plan.writes:
            from drplan.render.text import report_text

            try:
                say_lines(report_text(report.plan, report.outcomes, painter(sys.stdout, no_color=self.given.no_color)))
            except (OSError, UsageError) as error:  # what was done is said all the same
                say_interrupted(report, self.given)
                gone = error
        for warning in report.warnings:
            from drplan.render.text import diagnostic_text

            note_lines(diagnostic_text(warning, painter(sys.stderr, no_color=self.given.no_color)))
        publish_report(report)
        if gone and not report.remark:
            raise gone


@contextmanager
def hearing(given: Globals, form: str, operation: str) -> Iterator[Progress]:
    """Return what hears of an apply: text, or for `--format json` the events; `operation` is `apply` or `destroy`."""
    with progress(no_color=given.no_color) as lines:
        if form == "json":
            from drplan.cli.stream import Stream

            yield Stream(lines, given, operation)
        else:
            yield Transcript(lines, given)


def asking(question: str) -> Callable[[Plan], bool]:
    """Return the question as the engine asks it; it is Refused where there is no terminal to ask on."""

    def ask(_: Plan) -> bool:
        if not asks():
            raise Refused("there is no terminal to ask for approval; review the plan and pass --auto-approve")
        return confirmed(question)

    return ask
