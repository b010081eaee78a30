"""`drplan verify`."""

from pathlib import Path
from typing import Any

import click

from drplan.cli.apply import same_place
from drplan.cli.files import read_text
from drplan.cli.gate import Gate, Verification, judged, verification
from drplan.cli.options import Globals, format_option
from drplan.cli.terminal import say, say_json
from drplan.errors import Refused
from drplan.records.plans import Plan


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
    from drplan.plan.file import digest, loads
    from drplan.project.file import load_project

    project = load_project(given.directory, given.environment, now=given.now)
    plan = loads(read_text(planfile), str(planfile))
    own = digest(plan)
    same_place(planfile, plan, project)
    if not project.terms.signed:
        raise Refused("there is nobody to verify: the project file names no allowed_signers under approvals")
    plan = judged(plan, project)
    found = verification(plan, own, planfile, project, digest_given=False)
    refused: Refused | None = None
    try:
        Gate(project, planfile, own, digest_given=False, forbid=()).check(plan)
    except Refused as refusal:
        refused = refusal
    if form == "json":
        say_json(verification_document(plan, own, found, refused))
    else:
        for line in _lines(plan, own, found, refused):
            say(line)
    if refused:
        raise refused


def verification_document(plan: Plan, digest: str, found: Verification, refused: Refused | None) -> dict[str, Any]:
    """Return `{format_version, verification}`: what was found beside the plan, what it needs, and the verdict."""
    from drplan.gate.approvals import moment

    return {
        "format_version": "1.0",
        "verification": {
            "plan_digest": digest,
            "changes": bool(plan.writes),
            "applicable": refused is None,
            "reason": refused.summary if refused else "",
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


def _lines(plan: Plan, digest: str, found: Verification, refused: Refused | None) -> list[str]:
    from drplan.gate.approvals import moment
    from drplan.render.text import findings_text, printable, target_line

    lines = [target_line(plan), f"Digest: {digest}", *findings_text(plan)]
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
    if refused is None:
        lines.append("It may be applied, if neither the specs nor the platform have changed since.")
    return lines
