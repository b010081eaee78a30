"""`apply --format json`: events on stdout while the actions run, one JSON object a line."""

import asyncio
from datetime import datetime
from pathlib import Path

from drplan.cli.files import located, text_or_none
from drplan.cli.github import publish_report
from drplan.cli.globals import Globals
from drplan.cli.progress import Passing, say_interrupted
from drplan.cli.terminal import say_json
from drplan.clock import Clock, utc_now
from drplan.errors import DrplanError, UsageError
from drplan.plan.file import digest
from drplan.platform.progress import Progress
from drplan.records.plans import Action, Outcome, Plan, Report, Result
from drplan.records.specs import Address
from drplan.render import events
from drplan.render.report import report_document, report_line
from drplan.render.rows import Object, describe, objects
from drplan.render.tally import effected, planned
from drplan.render.text import summary_line

_LATER = {
    Result.PENDING: "awaits approval",
    Result.FAILED: "failed",
    Result.UNKNOWN: "may or may not have had its effect",
    Result.SKIPPED: "not attempted",
}


class Stream(Passing):
    """An apply as events. Each object that is being worked on is heard of every 10 s, for as long as it takes.

    The time is the event loop's; `now` stamps the events. `operation` is `apply` or `destroy`.
    """

    def __init__(self, inner: Progress, given: Globals, operation: str) -> None:
        super().__init__(inner)
        self.given = given
        self.operation = operation
        self.now = given.now
        self._objects: dict[Address, Object] = {}
        self._left: dict[Address, set[str]] = {}
        self._running: dict[Address, dict[str, Action]] = {}
        self._bad: set[Address] = set()
        self._awaiting: set[Address] = set()
        self._ids: dict[Address, str] = {}
        self._began: dict[Address, float] = {}
        self._timers: dict[Address, asyncio.TimerHandle] = {}
        self._gone: Exception | None = None

    def began(self, plan: Plan) -> None:
        """Begin the stream: its version, what is planned for each object, and the sum of that."""
        super().began(plan)
        self._objects = {each.address: each for each in objects(plan)}
        self._left = {each.address: {step.key for step in each.steps} for each in self._objects.values()}
        self._running = {address: {} for address in self._objects}
        say_json(events.version(self.now()))
        for each in self._objects.values():
            say_json(events.planned_change(each, self.now()))
        say_json(events.change_summary(summary_line(plan), planned(plan), "plan", self.now()))

    def started(self, action: Action) -> None:
        """Say that work on the object begins, with its first action."""
        super().started(action)
        self._running[action.address][action.key] = action
        if action.address not in self._began:
            self._began[action.address] = asyncio.get_running_loop().time()
            self._say(events.apply_start(self._objects[action.address], self.now()))
            self._tick_later(action.address)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Say what became of the action, and of the object with its last one."""
        super().finished(action, outcome)
        address = action.address
        self._running[address].pop(action.key, None)
        self._left[address].discard(action.key)
        if outcome.result is Result.PENDING:
            self._awaiting.add(address)
        elif outcome.result is not Result.DONE:
            self._bad.add(address)
        if outcome.id and not action.makes:
            self._ids[address] = outcome.id
        self._say(events.outcome(action, outcome, self.now()))
        if not self._left[address] and address in self._began:
            timer = self._timers.pop(address, None)
            if timer:
                timer.cancel()
            each, good = self._objects[address], address not in self._bad
            if good and address in self._awaiting:
                return  # neither through nor in error: its diagnostic says that it awaits approval
            self._say(events.apply_ended(each, self._elapsed(address), self._ids.get(address), self.now(), good=good))

    def ended(self, report: Report) -> None:
        """Say what was not done, the sum, and drplan's own report, which is the last event."""
        super().ended(report)
        for timer in self._timers.values():  # of what an interrupt has cut off
            timer.cancel()
        plan, outcomes = report.plan, report.outcomes
        if report.interrupted:
            say_interrupted(report, self.given)
        for action, outcome in zip(plan.writes, outcomes, strict=True):
            if outcome.result is not Result.DONE:
                self._say(_diagnostic(self._objects[action.address], action, outcome, self.now()))
        for found in report.warnings:
            self._say(
                events.diagnostic(found.severity.value, found.summary, found.detail, self.now(), address=found.path)
            )
        if report.remark:
            self._say(events.diagnostic("error", report.remark, "", self.now()))
        line = report_line(plan, outcomes) if plan.writes else summary_line(plan)
        self._say(events.change_summary(line, effected(plan, outcomes), self.operation, self.now()))
        self._say(events.report(report_document(plan, digest(plan), outcomes, converged=report.converged), self.now()))
        publish_report(report)
        if self._gone and not report.remark:
            raise self._gone

    def _say(self, event: str) -> None:
        """Print an event; once actions are under way, output that fails stops none of them: it is raised at the end."""
        try:
            say_json(event)
        except (OSError, UsageError) as error:
            self._gone = error

    def _tick_later(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        self._timers[address] = loop.call_later(events.PROGRESS_SECONDS, self._tick, address)

    def _tick(self, address: Address) -> None:
        running = self._running[address].values()
        self._say(events.apply_progress(self._objects[address], self._elapsed(address), running, self.now()))
        self._tick_later(address)

    def _elapsed(self, address: Address) -> float:
        return asyncio.get_running_loop().time() - self._began[address]


def say_refusal(error: DrplanError, directory: Path, now: Clock = utc_now) -> None:
    """Print an error as the whole stream of an apply that did nothing: version and diagnostics."""

    def text(file: str) -> str | None:
        return text_or_none(located(file, directory))

    at = now()
    say_json(events.version(at))
    for found in error.diagnostics:
        place = events.place_of(found, text)
        say_json(
            events.diagnostic(found.severity.value, found.summary, found.detail, at, address=found.path, place=place)
        )
    say_json(events.diagnostic("error", error.summary, "", at))


def _diagnostic(each: Object, action: Action, outcome: Outcome, at: datetime) -> str:
    from drplan.render.terraform import resource_address

    summary = f"{describe(action)}: {_LATER[outcome.result]}"
    severity = "warning" if outcome.result in (Result.SKIPPED, Result.PENDING) else "error"
    return events.diagnostic(severity, summary, outcome.message, at, address=resource_address(each.address))
