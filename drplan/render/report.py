"""What became of a plan, in one line and as JSON."""

from collections.abc import Iterable
from typing import Any

from drplan.records.plans import Outcome, Plan, Result
from drplan.render.objects import effected

FORMAT = "1.0"


def report_line(plan: Plan, outcomes: Iterable[Outcome]) -> str:
    """Return the sum of an apply: objects of which anything was done, and how many actions were not done."""
    outcomes = tuple(outcomes)
    done = effected(plan, outcomes)
    tally = f"{done.add} added, {done.change} changed, {done.destroy} destroyed"
    bad = sum(outcome.result not in (Result.DONE, Result.PENDING) for outcome in outcomes)
    pending = sum(outcome.result is Result.PENDING for outcome in outcomes)
    if pending and not bad:
        return (
            f"Applied all that needs no approval: {pending} of {len(outcomes)} actions are pending. Resources: {tally}."
        )
    if not bad:
        return f"Apply complete! Resources: {tally}."
    return f"Apply incomplete: {bad} of {len(outcomes)} actions were not done. Resources touched: {tally}."


def report_document(plan: Plan, digest: str, outcomes: Iterable[Outcome], *, converged: bool | None) -> dict[str, Any]:
    """Return `{format_version, report}`: the plan's digest and target, each action's outcome, and `converged`.

    `converged` is null when the platform was not read again. Times are seconds.
    """
    by_key = {outcome.key: outcome for outcome in outcomes}
    rows = [
        {
            "key": action.key,
            "address": str(action.address),
            "verb": action.verb.value,
            "result": by_key[action.key].result.value,
            "message": by_key[action.key].message,
            "id": by_key[action.key].id or action.id,
            "seconds": round(by_key[action.key].seconds, 3),
        }
        for action in plan.writes
    ]
    counts = {
        result: sum(row["result"] == result for row in rows)
        for result in ("done", "pending", "failed", "skipped", "unknown")
    }
    return {
        "format_version": FORMAT,
        "report": {
            "plan_digest": digest,
            "target": plan.target,
            "project": plan.project,
            "outcomes": rows,
            "counts": counts,
            "converged": converged,
        },
    }
