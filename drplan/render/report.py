"""What became of a plan, in one line and as JSON."""

from collections.abc import Iterable
from typing import Any

from drplan.records.plans import Action, Outcome, Plan, Result
from drplan.render.tally import effected

FORMAT = "1.0"


def report_line(plan: Plan, outcomes: Iterable[Outcome]) -> str:
    """Return the sum of an apply: objects of which anything was done, and how many actions were not done."""
    outcomes = tuple(outcomes)
    done = effected(plan, outcomes)
    tally = f"{done.add} added, {done.change} changed, {done.destroy} destroyed"
    counts = result_counts(outcomes)
    pending = counts[Result.PENDING]
    bad = len(outcomes) - counts[Result.DONE] - pending
    if pending and not bad:
        return (
            f"Applied all that needs no approval: {pending} of {len(outcomes)} actions are pending. Resources: {tally}."
        )
    if not bad:
        return f"Apply complete! Resources: {tally}."
    return f"Apply incomplete: {bad} of {len(outcomes)} actions were not done. Resources touched: {tally}."


def result_counts(outcomes: Iterable[Outcome]) -> dict[Result, int]:
    """Return how many actions ended how; a result that none has is 0."""
    counts = dict.fromkeys(Result, 0)
    for outcome in outcomes:
        counts[outcome.result] += 1
    return counts


def outcome_row(action: Action, ended: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON; seconds."""
    return {
        "key": action.key,
        "address": str(action.address),
        "verb": action.verb.value,
        "result": ended.result.value,
        "message": ended.message,
        "id": ended.id or action.id,
        "seconds": round(ended.seconds, 3),
    }


def report_document(plan: Plan, digest: str, outcomes: Iterable[Outcome], *, converged: bool | None) -> dict[str, Any]:
    """Return `{format_version, report}`: the plan's digest and target, each action's outcome, and `converged`.

    `converged` is null when the platform was not read again. Times are seconds.
    """
    by_key = {outcome.key: outcome for outcome in outcomes}
    written = [by_key[action.key] for action in plan.writes]
    return {
        "format_version": FORMAT,
        "report": {
            "plan_digest": digest,
            "target": plan.target,
            "project": plan.project,
            "outcomes": [outcome_row(action, ended) for action, ended in zip(plan.writes, written, strict=True)],
            "counts": {result.value: count for result, count in result_counts(written).items()},
            "converged": converged,
        },
    }
