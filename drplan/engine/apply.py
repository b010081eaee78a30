"""Applying a plan, whichever way it came about: show it, ask the gate and a person, write, look again."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from drplan.apply import LEFT_OUT, Run, give_way, refuse_other, validate_again
from drplan.engine.admission import Gate, refuse_blocked
from drplan.errors import ApplyBug, ApplyError, DrplanError, Refused
from drplan.platform.api import Api
from drplan.platform.progress import SILENT, Progress
from drplan.records.plans import Outcome, Plan, Remainder, Report, Result
from drplan.render.report import result_counts

LOOKS = (0.0, 1.0, 3.0)  # seconds before each further look at what seems to be left: platforms may show changes late


class Left(Protocol):
    """Reads the platform once more after a run's `outcomes` and returns what is still to do.

    The first time it may rely on lists; with `fresh` it does not.
    """

    async def __call__(self, outcomes: tuple[Outcome, ...], /, *, fresh: bool) -> Remainder:
        """Return it, or raise a DrplanError where it cannot be told."""


Again = Callable[[], Awaitable[Plan]]
"""Makes a plan again, from its specs and what is live now."""

Question = Callable[[Plan], bool]
"""Tells whether a person wants a plan carried out that has something to write; Refused where nobody can be asked."""


async def apply_plan(
    api: Api,
    plan: Plan,
    gate: Gate,
    *,
    left: Left,
    again: Again | None,
    reveal: Callable[[str], str] = lambda template: template,
    question: Question | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Carry out a plan that the gate, and a person where there is a `question`, let pass; return what became of it.

    `again` makes the plan once more before the first write, and any difference refuses it: what is sent is what drplan
    itself makes of the specs and the platform as they are now, whatever a file said. None for a plan that was made just
    now. Every replacement is validated again. `reveal` puts the project's secrets into what is sent. `left` is asked
    once everything is done.

    Raises Refused or ApiError before anything is sent; ApplyError when not everything was done, or something is left to
    do (its outcomes are the report's), and ApplyBug when an action met a bug of drplan's.
    """
    progress.planned(plan)
    refuse_blocked(plan)
    gate.check(plan)
    if question and plan.writes and not question(plan):
        raise Refused("not approved; nothing was changed")
    if again:
        await refuse_other(api, plan, again)
    gate.admit(await validate_again(api, plan, progress))
    run = Run(api, plan, progress, reveal, recheck=again is not None)
    progress.began(plan)
    try:
        report = await _concluded(api, plan, await run.execute(), left)
    except BaseException as error:
        outcomes = tuple(run.outcomes[action.key] for action in plan.writes)
        remark = "" if isinstance(error, Exception) else "interrupted"
        progress.ended(Report(plan, outcomes, None, remark, interrupted=True))
        raise
    progress.ended(report)
    if run.bugs:
        raise ApplyBug(report.remark, report.outcomes) from run.bugs[0]
    if report.remark:
        raise ApplyError(report.remark, report.outcomes)
    return report


async def _concluded(api: Api, plan: Plan, outcomes: tuple[Outcome, ...], left: Left) -> Report:
    """Return the report on a plan whose writes are over; where all were done, the platform is read once more.

    What is left to do then is looked at again for some seconds, at the objects themselves.
    """
    if any(outcome.result not in (Result.DONE, Result.PENDING) for outcome in outcomes):
        return Report(plan, outcomes, None, _not_done(outcomes))
    if not (plan.writes or plan.diagnostics):  # what a plan warns of may not be over
        return Report(plan, outcomes)
    awaited = {outcome.key for outcome in outcomes if outcome.result is Result.PENDING}
    lacking = {outcome.key for outcome in outcomes if outcome.message.startswith(LEFT_OUT)}
    pending = {str(action.address) for action in plan.writes if action.key in awaited}

    async def remaining(*, fresh: bool) -> Remainder:
        try:
            found = await left(outcomes, fresh=fresh)
        except Refused:  # it may be that another run has made the same at the same time
            settled = outcomes if fresh else await give_way(api, plan, outcomes)
            if settled != outcomes:
                raise ApplyError(_not_done(settled), settled) from None
            raise
        # What awaits approval is as it should be for now, and what the platform does not take has been said.
        keys = {
            key: what
            for key, what in found.keys.items()
            if key not in lacking and not any(_about(key, address) for address in pending)
        }
        return Remainder(keys, found.warnings)

    try:
        found = await _last_look(api, remaining)
    except ApplyError as error:
        return Report(plan, tuple(error.outcomes), None, error.summary)
    except DrplanError as error:  # unreachable, or somebody else made the platform one that cannot be planned for
        why = "; ".join(map(str, error.diagnostics)) or str(error)
        return Report(plan, outcomes, None, f"{_done(plan)}, but it could not be planned again: {why}")
    return Report(plan, outcomes, not found.keys, _left_over(plan, found), warnings=found.warnings)


async def _last_look(api: Api, remaining: Callable[..., Awaitable[Remainder]]) -> Remainder:
    """Return what is left to do once nothing is, or after the last of some looks, seconds apart.

    What cannot be told now may be told after the next pause; an ApiError at the first look is raised at once.
    """
    try:
        found = await remaining(fresh=False)
        if not found.keys:
            return found
    except Refused:
        pass
    for pause in LOOKS[:-1]:
        await api.sleep(pause)
        try:
            found = await remaining(fresh=True)
        except DrplanError:
            continue
        if not found.keys:
            return found
    await api.sleep(LOOKS[-1])
    return await remaining(fresh=True)


def _done(plan: Plan) -> str:
    return "everything was applied" if plan.writes else "there was nothing to change"


def _left_over(plan: Plan, found: Remainder) -> str:
    """Return in a sentence what is left to do, and the ways out; an empty text where nothing is."""
    if not found.keys:
        return ""
    listed = ", ".join(f"{key} ({what})" if what else key for key, what in found.keys.items())
    way = (
        ". Write what the platform keeps, or name it under lifecycle.ignore_changes" if any(found.keys.values()) else ""
    )
    return f"not converged: {_done(plan)}, and yet this is left to do: {listed}{way}"


def _about(key: str, address: str) -> bool:
    return key == address or key.startswith(f"{address}/")


def _not_done(outcomes: tuple[Outcome, ...]) -> str:
    counts = result_counts(outcomes)
    words = {Result.FAILED: "failed", Result.UNKNOWN: "unknown", Result.SKIPPED: "not attempted"}
    said = ", ".join(f"{counts[result]} {word}" for result, word in words.items() if counts[result])
    return f"{sum(counts[result] for result in words)} of {len(outcomes)} actions were not done: {said}"
