"""What a command tells GitHub Actions, where it runs there: a step's outputs and its summary."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from drplan.cli.terminal import note
from drplan.records.plans import Plan, Report

STEP_SUMMARY_LIMIT = 1_000_000  # bytes; GitHub takes 1 MiB a step, for all that the step says


def publish_plan(plan: Plan) -> None:
    """Tell GitHub Actions about a plan, where this runs there: the step's outputs and its summary."""
    from drplan.plan.file import digest
    from drplan.render.github import outputs
    from drplan.render.markdown import plan_markdown
    from drplan.render.tally import planned

    if _in_github():
        _publish(outputs(digest(plan), planned(plan)), plan_markdown(plan, STEP_SUMMARY_LIMIT))


def publish_report(report: Report) -> None:
    """Tell GitHub Actions what became of a plan; the counts are those of objects that something was done to."""
    from drplan.plan.file import digest
    from drplan.render.github import outputs
    from drplan.render.markdown import report_markdown
    from drplan.render.tally import effected

    if _in_github():
        plan, outcomes = report.plan, report.outcomes
        text = report_markdown(plan, outcomes, converged=report.converged, limit=STEP_SUMMARY_LIMIT)
        _publish(outputs(digest(plan), effected(plan, outcomes)), text)


def _in_github() -> bool:
    return bool(os.environ.get("GITHUB_OUTPUT") or os.environ.get("GITHUB_STEP_SUMMARY"))


def _publish(values: Mapping[str, str], markdown: str) -> None:
    from drplan.render.github import outputs_text

    for name, text in (
        ("GITHUB_OUTPUT", outputs_text(values, f"drplan_{secrets.token_hex(16)}")),
        ("GITHUB_STEP_SUMMARY", markdown),
    ):
        file = os.environ.get(name)
        if not file:
            continue
        try:
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:  # what was planned or done stands, whoever cannot hear of it
            note(f"{name} cannot be written: {error.strerror}")
