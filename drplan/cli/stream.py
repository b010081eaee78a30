"""`apply --format json`: events on stdout while the actions run, one JSON object a line."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Self

from drplan.cli.files import located, text_or_none
from drplan.cli.terminal import say
from drplan.clock import Clock, utc_now
from drplan.errors import DrplanError
from drplan.plan.file import digest
from drplan.platform.progress import Progress, Silent
from drplan.records.plans import Action, Outcome, Plan, Report, Result
from drplan.records.specs import Address
from drplan.render import events
from drplan.render.objects import Object, effected, objects, planned, registers
from drplan.render.report import report_document, report_line
from drplan.render.text import describe, summary_line

_LATER = {
    Result.PENDING: "awaits approval",
    Result.FAILED: "failed",
    Result.UNKNOWN: "may or may not have had its effect",
    Result.SKIPPED: "not attempted",
}


class Stream(Silent):
    """Progress as events. Each object that is being worked on is heard of every 10 s, for as long as it takes.

    The time is the event loop's; `now` stamps the events. Used as a context, so that no timer outlives an interrupt.
    """

    def __init__(self, plan: Plan, operation: str, inner: Progress, now: Clock = utc_now) -> None:
        self.plan = plan
        self.operation = operation
        self.inner = inner
        self.now = now
        self._objects = {each.address: each for each in objects(plan)}
        self._left = {each.address: {action.key for action in each.writes} for each in self._objects.values()}
        self._running: dict[Address, dict[str, Action]] = {address: {} for address in self._objects}
        self._bad: set[Address] = set()
        self._awaiting: set[Address] = set()
        self._ids: dict[Address, str] = {}
        self._began: dict[Address, float] = {}
        self._timers: dict[Address, asyncio.TimerHandle] = {}

    def __enter__(self) -> Self:
        say(events.version(self.now()))
        for each in self._objects.values():
            say(events.planned_change(each, self.now()))
        say(events.change_summary(summary_line(self.plan), planned(self.plan), "plan", self.now()))
        return self

    def __exit__(self, *details: object) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def count(self, what: str, done: int, total: int) -> None:
        """Leave it to the progress on stderr."""
        self.inner.count(what, done, total)

    def started(self, action: Action) -> None:
        """Say that work on the object begins, with its first action."""
        self.inner.started(action)
        self._running[action.address][action.key] = action
        if action.address not in self._began:
            self._began[action.address] = asyncio.get_running_loop().time()
            say(events.apply_start(self._objects[action.address], self.now()))
            self._tick_later(action.address)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Say what became of the action, and of the object with its last one."""
        self.inner.finished(action, outcome)
        address = action.address
        self._running[address].pop(action.key, None)
        self._left[address].discard(action.key)
        if outcome.result is Result.PENDING:
            self._awaiting.add(address)
        elif outcome.result is not Result.DONE:
            self._bad.add(address)
        if outcome.id and not registers(action):
            self._ids[address] = outcome.id
        say(events.outcome(action, outcome, self.now()))
        if not self._left[address] and address in self._began:
            timer = self._timers.pop(address, None)
            if timer:
                timer.cancel()
            each, good = self._objects[address], address not in self._bad
            if good and address in self._awaiting:
                return  # neither through nor in error: its diagnostic says that it awaits approval
            say(events.apply_ended(each, self._elapsed(address), self._ids.get(address), self.now(), good=good))

    def ended(self, report: Report) -> None:
        """Say what was not done, the sum, and drplan's own report, which is the last event."""
        by_key = {outcome.key: outcome for outcome in report.outcomes}
        for action in self.plan.writes:
            outcome = by_key[action.key]
            if outcome.result is not Result.DONE:
                say(_diagnostic(self._objects[action.address], action, outcome, self.now()))
        if report.remark:
            say(events.diagnostic("error", report.remark, "", self.now()))
        line = report_line(self.plan, report.outcomes) if self.plan.writes else summary_line(self.plan)
        say(events.change_summary(line, effected(self.plan, report.outcomes), self.operation, self.now()))
        document = report_document(self.plan, digest(self.plan), report.outcomes, converged=report.converged)
        say(events.report(document, self.now()))

    def _tick_later(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        self._timers[address] = loop.call_later(events.PROGRESS_SECONDS, self._tick, address)

    def _tick(self, address: Address) -> None:
        running = self._running[address].values()
        say(events.apply_progress(self._objects[address], self._elapsed(address), running, self.now()))
        self._tick_later(address)

    def _elapsed(self, address: Address) -> float:
        return asyncio.get_running_loop().time() - self._began[address]


def say_refusal(error: DrplanError, directory: Path, now: Clock = utc_now) -> None:
    """Print an error as the whole stream of an apply that did nothing: version and diagnostics."""

    def text(file: str) -> str | None:
        return text_or_none(located(file, directory))

    at = now()
    say(events.version(at))
    for found in error.diagnostics:
        place = events.place_of(found, text)
        say(events.diagnostic(found.severity.value, found.summary, found.detail, at, address=found.path, place=place))
    say(events.diagnostic("error", error.summary, "", at))


def _diagnostic(each: Object, action: Action, outcome: Outcome, at: datetime) -> str:
    from drplan.render.terraform import resource_address

    summary = f"{describe(action)}: {_LATER[outcome.result]}"
    severity = "warning" if outcome.result in (Result.SKIPPED, Result.PENDING) else "error"
    return events.diagnostic(severity, summary, outcome.message, at, address=resource_address(each.address))
