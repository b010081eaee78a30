"""`drplan verify`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drplan.cli.globals import Globals
from drplan.cli.options import format_option
from drplan.cli.terminal import say, say_json

if TYPE_CHECKING:
    from drplan.engine.admission import Verification


@click.command()
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@format_option
@click.pass_obj
def verify(given: Globals, planfile: Path, form: str) -> None:
    """Tell whether a saved plan may be applied now: its age, today's policies, and its signed approvals. Offline.

    \b
    Examples:
      drplan verify plan.json
      drplan -e prod verify plan.json --format json

    It reads the statements beside the plan (PLAN.*.approval) and the project file's `approvals:`; a project that names
    no allowed_signers has nobody to verify, and is refused. Exits with 0 when the plan may be applied, else with 4.
    """
    from drplan.engine.admission import verify_saved
    from drplan.engine.saved import read_plan
    from drplan.project.file import load_project

    project = load_project(given.directory, given.environment, now=given.now)
    found = verify_saved(read_plan(planfile), project)
    if form == "json":
        say_json(verification_document(found))
    else:
        for line in _lines(found):
            say(line)
    if found.refused:
        raise found.refused


def verification_document(found: "Verification") -> dict[str, Any]:
    """Return `{format_version, verification}`: what was found beside the plan, what it needs, and the verdict."""
    from drplan.gate.approvals import moment

    return {
        "format_version": "1.0",
        "verification": {
            "plan_digest": found.digest,
            "changes": bool(found.plan.writes),
            "applicable": found.refused is None,
            "reason": found.refused.summary if found.refused else "",
            "approvals": [
                {
                    "file": approval.file,
                    "principals": sorted(approval.principals),
                    "key": approval.key,
                    "expires": moment(approval.expires),
                    "comment": approval.comment,
                }
                for approval in found.approvals
            ],
            "rejected": [{"file": each.file, "reason": each.reason} for each in found.rejections],
            "needs": [
                {
                    "rule": need.rule,
                    "count": need.count,
                    "group": need.group,
                    "approved_by": [sorted(person) for person in need.people],
                    "met": need.met,
                }
                for need in found.needs
            ],
        },
    }


def _lines(found: "Verification") -> list[str]:
    from drplan.gate.approvals import moment
    from drplan.render.oneline import printable
    from drplan.render.text import findings_text, target_line

    plan = found.plan
    lines = [target_line(plan), f"Digest: {found.digest}", *findings_text(plan)]
    for approval in found.approvals:
        who = ", ".join(sorted(approval.principals))
        comment = f": {approval.comment}" if approval.comment else ""
        lines.append(printable(f"Approved by {who} until {moment(approval.expires)}{comment}"))
    lines += [printable(f"Not an approval: {each.file}: {each.reason}") for each in found.rejections]
    for need in found.needs:
        by = f" by members of {need.group}" if need.group else ""
        lines.append(f"{'Met' if need.met else 'Not met'}: {need.rule}: {need.given} of {need.count}{by}")
    if not plan.writes:
        lines.append("No changes: nothing needs approval.")
    elif not found.needs:
        lines.append("Nothing asks for an approval of this plan.")
    if found.refused is None:
        lines.append("It may be applied, if neither the specs nor the platform have changed since.")
    return lines
