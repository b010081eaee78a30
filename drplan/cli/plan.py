"""`drplan plan`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drplan.cli.forms import CHECK_FORMS, PLAN_FORMS, form_option, show_plan, show_problems
from drplan.cli.github import publish_plan
from drplan.cli.globals import Globals
from drplan.cli.options import (
    allow_deletions_option,
    exclude_option,
    forbid_option,
    forbidden_verbs,
    target_option,
    variable_options,
)
from drplan.cli.progress import progress
from drplan.cli.repository import repository
from drplan.cli.terminal import note
from drplan.errors import EXIT_CHANGES, DrplanError, counted
from drplan.records.plans import Plan

if TYPE_CHECKING:
    from drplan.engine.repository import Repository
    from drplan.project.file import Project


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan in a file for `apply FILE`; the file is yours alone (mode 0600).",
)
@form_option(*PLAN_FORMS, *CHECK_FORMS)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes, 0 when there are none.")
@target_option
@exclude_option
@forbid_option
@allow_deletions_option
@variable_options
@click.pass_context
def plan(
    context: click.Context,
    out: Path | None,
    form: str,
    detailed_exitcode: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    forbid: tuple[str, ...],
    allow_deletions: bool,
) -> None:
    """Read the platform, let it validate every replacement, and show what would change. Nothing is written.

    \b
    Examples:
      drplan plan
      drplan plan --target deployment.churn-prod
      drplan plan --out plan.json --detailed-exitcode
      drplan plan --forbid replace,delete   exit with 4 when it would do one of these
      drplan plan --format json | jq '.plan.summary'
      drplan plan --format markdown         for a comment on a pull request
      drplan plan --format terraform-json   for tools that read Terraform's plans

    A plan with a replacement that the platform would refuse (or only warns of, unless the spec allows it) is shown with
    its checks, is not kept, and exits with 4. So is one that a policy denies; one that needs approval is kept.
    """
    given: Globals = context.obj
    from drplan.engine.admission import refuse_blocked

    verbs = forbidden_verbs(forbid)
    here: Repository | None = None
    try:
        with progress(no_color=given.no_color) as lines:
            here = repository(given, lines)
            made = here.plan(targets=targets, excludes=excludes, forbid=verbs, allow_deletions=allow_deletions)
    except DrplanError as error:
        show_problems(form, error.diagnostics, error.summary, here.site.project if here else None, given.directory)
        raise
    show_plan(made, given, form, {resource.address: resource.where for resource in here.resources})
    publish_plan(made)
    refuse_blocked(made)
    if out:
        here.save(made, out)
        note(f"Kept in {out}; `drplan apply {out}` does exactly this.")
        _say_needs(made, here.site.project, out)
    context.exit(EXIT_CHANGES if detailed_exitcode and made.writes else 0)


def _say_needs(plan: Plan, project: "Project", file: Path) -> None:
    """Say what a kept plan needs before it can be applied."""
    from drplan.gate.approvals import needs
    from drplan.plan.file import digest

    needed = needs(plan, project.terms, (), digest_given=False)
    for need in needed:
        by = f" by members of {need.group}" if need.group else ""
        note(f"Before that it needs {counted(need.count, 'approval')}{by} ({need.rule}).")
    if needed:
        how = f"drplan approve {file} --key KEY" if project.terms.signed else f"apply {file} --approve-digest"
        note(f"{how}; its digest is {digest(plan)}")
