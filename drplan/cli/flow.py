"""The path that plan, apply, destroy and show share: load, connect, observe, plan, judge, carry out."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from drplan.cli.options import Globals
from drplan.cli.progress import progress
from drplan.cli.terminal import asks, confirmed, note, painter, say
from drplan.errors import EXIT_CHANGES, ApplyBug, ApplyError, DrplanError, Refused
from drplan.records.plans import Outcome, Plan, Report, Result, Verb
from drplan.records.specs import Resource

if TYPE_CHECKING:
    from drplan.cli.stream import Stream
    from drplan.clock import Clock
    from drplan.platform.api import Api
    from drplan.platform.progress import Progress
    from drplan.project.file import Project
    from drplan.project.target import Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a command works: the project and the target."""

    given: Globals
    project: "Project"
    target: "Target"

    def connect(self, work: "Callable[[Api], Awaitable[T]]", *, job_timeout: float = 600.0) -> T:
        """Open a client, do the work with it and return the work's result."""
        from drplan.project.connect import connected

        trace = _trace if self.given.verbose else None

        async def run() -> T:
            async with connected(self.project, self.target, job_timeout=job_timeout, trace=trace) as api:
                return await work(api)

        _report_retries()
        return asyncio.run(run())


def site(given: Globals) -> Site:
    """Return the place that the options before the command name."""
    from drplan.project.file import load_project
    from drplan.project.target import resolve_target

    project = load_project(given.directory, given.environment, now=given.now)
    return Site(given, project, resolve_target(given.endpoint, project))


async def make_plan(
    api: "Api",
    where: Site,
    resources: tuple[Resource, ...],
    targets: Iterable[str] = (),
    excludes: Iterable[str] = (),
    forbid: "Iterable[Verb]" = (),
) -> Plan:
    """Observe, plan, let the platform judge every replacement, and the project's rules the plan."""
    from drplan.cli.gate import dated
    from drplan.cli.gate import judged as ruled
    from drplan.plan import build as planning
    from drplan.plan.targets import check_known, chosen
    from drplan.platform.change_requests import governed
    from drplan.platform.observe import observe, validate
    from drplan.project.git import git_source

    targets, excludes = tuple(targets), tuple(excludes)
    test = chosen(resources, targets, excludes)
    with progress(no_color=where.given.no_color) as heard:
        seen = await observe(api, resources, where.project.name, chosen=test, progress=heard)
        picked = [resource for resource in resources if test(resource.address)]
        check_known((*targets,), [*(resource.address for resource in resources), *seen.orphans])
        built = planning.build(picked, seen, target=where.target.endpoint, project=where.project.name)
        plan = replace(
            await governed(api, built, seen),
            environment=where.project.environment,
            source=git_source(where.project.root),
        )
        answered = planning.with_validations(plan, await validate(api, plan, heard))
    return ruled(dated(answered, where.project), where.project, forbid)


def plan_exit(plan: Plan, *, detailed: bool) -> int:
    """Return the exit code of a plan; raise Refused when a validation or a rule blocks it."""
    from drplan.cli.gate import refuse_denied
    from drplan.plan.build import refusal

    refused = refusal(plan)
    if refused:
        raise refused
    refuse_denied(plan)
    return EXIT_CHANGES if detailed and plan.writes else 0


def approve(plan: Plan, *, auto: bool, question: str) -> None:
    """Return when the plan may be carried out; raise Refused when nobody says yes."""
    if auto or not plan.writes:
        return
    if not asks():
        raise Refused("there is no terminal to ask for approval; review the plan and pass --auto-approve")
    if not confirmed(question):
        raise Refused("not approved; nothing was changed")


async def execute(
    api: "Api",
    where: Site,
    plan: Plan,
    form: str,
    *,
    reread: bool,
    after: "Callable[[], Awaitable[tuple[str, ...]]] | None",
    before: Callable[[Plan], None] | None = None,
    operation: str = "apply",
) -> None:
    """Carry out an approved plan and print the report; raise ApplyError when not everything was done.

    `reread`: first make sure that the live fields are still as planned. `before`: what must let the plan, with the
    platform's last word on its replacements, pass before anything is written; the rules alone if left out. `after`:
    read the platform once more and return what is left to do. `operation` is `apply` or `destroy`.
    """
    from drplan.apply import Run, refuse_if_moved, validate_again

    given = where.given
    run: Run | None = None
    stream: Stream | None = None
    try:
        with progress(len(plan.writes), no_color=given.no_color) as heard:
            if reread:
                await refuse_if_moved(api, plan)
            (before or _rules(where))(await validate_again(api, plan, heard))
            stream = _stream(plan, operation, heard, where.project.now) if form == "json" else None
            run = Run(api, plan, stream or heard, where.project.overlays.scope.reveal, recheck=reread)
            with stream or nullcontext():
                outcomes = await run.execute()
    except BaseException:
        if run:  # the bars are off the screen by now
            _interrupted(plan, run, given, stream)
        raise
    bad = [outcome for outcome in outcomes if outcome.result not in (Result.DONE, Result.PENDING)]
    awaited = {outcome.key for outcome in outcomes if outcome.result is Result.PENDING}
    pending = tuple(str(action.address) for action in plan.writes if action.key in awaited)
    left: tuple[str, ...] | None = None
    summary = _count(bad, plan) if bad else ""
    if plan.writes and not bad and after:
        try:
            remaining = await after()
            # What awaits approval is as it should be for now.
            left = tuple(key for key in remaining if not any(_about(key, address) for address in pending))
        except DrplanError as error:  # unreachable, or somebody else made the platform one that cannot be planned for
            summary = f"everything was applied, but it could not be planned again: {error}"
    if left:
        summary = f"not converged: everything was applied, and yet this is left to do: {', '.join(left)}"
    show_report(Report(plan, outcomes, None if left is None else not left, summary), given, stream)
    if run.bugs:
        raise ApplyBug(summary, outcomes) from run.bugs[0]
    if summary:
        raise ApplyError(summary, outcomes)


def _about(key: str, address: str) -> bool:
    return key == address or key.startswith(f"{address}/")


def _stream(plan: Plan, operation: str, inner: "Progress", now: "Clock") -> "Stream":
    from drplan.cli.stream import Stream

    return Stream(plan, operation, inner, now)


def _rules(where: Site) -> Callable[[Plan], None]:
    """Return the check of a plan that was made just now: nothing denies it, and it needs nobody's approval."""
    from drplan.cli.gate import judged, refuse_denied, refuse_unsaved

    def check(plan: Plan) -> None:
        again = judged(plan, where.project)
        refuse_denied(again)
        refuse_unsaved(again, where.project)

    return check


async def replan(api: "Api", where: Site, plan: Plan, resources: tuple[Resource, ...]) -> tuple[str, ...]:
    """Plan the same addresses again and return the keys of the writes that are left."""
    from drplan.plan.build import build
    from drplan.platform.change_requests import governed
    from drplan.platform.observe import observe

    planned = {seen.address for seen in plan.observed}
    seen = await observe(api, resources, plan.project, chosen=lambda address: address in planned)
    picked = [resource for resource in resources if resource.address in planned]
    again = await governed(api, build(picked, seen, target=plan.target, project=where.project.name), seen)
    return tuple(action.key for action in again.writes)


def show_report(report: Report, given: Globals, stream: "Stream | None") -> None:
    """Say what became of a plan: to people, or as the last events of a stream; and to GitHub Actions, where it runs."""
    import sys

    from drplan.cli.forms import publish_report
    from drplan.render.text import report_text

    if stream:
        stream.ended(report)
    elif report.plan.writes:
        say(report_text(report.plan, report.outcomes, painter(sys.stdout, no_color=given.no_color)))
    publish_report(report)


def _interrupted(plan: Plan, run: Any, given: Globals, stream: "Stream | None") -> None:
    from drplan.render.text import report_text

    outcomes = tuple(run.outcomes[action.key] for action in plan.writes)
    note(report_text(plan, outcomes, painter_of(given)))
    if stream:
        show_report(Report(plan, outcomes, None, "interrupted", interrupted=True), given, stream)


def painter_of(given: Globals) -> Callable[[str, str], str]:
    """Return the painter for stderr."""
    import sys

    return painter(sys.stderr, no_color=given.no_color)


def _count(bad: list[Outcome], plan: Plan) -> str:
    words = {Result.FAILED: "failed", Result.UNKNOWN: "unknown", Result.SKIPPED: "not attempted"}
    counts = [f"{sum(o.result is result for o in bad)} {word}" for result, word in words.items()]
    counts = [count for count in counts if not count.startswith("0 ")]
    return f"{len(bad)} of {len(plan.writes)} actions were not done: {', '.join(counts)}"


def _trace(method: str, path: str, status: int, seconds: float) -> None:
    note(f"{method} {path} {status or 'no answer'} {seconds * 1000:.0f} ms")


def _report_retries() -> None:
    import stamina.instrumentation

    def said(details: Any) -> None:
        note(f"retrying in {details.wait_for:.1f} s: {details.caused_by}")

    stamina.instrumentation.set_on_retry_hooks([said])
