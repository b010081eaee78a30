"""`drplan apply`."""

from pathlib import Path

import click

from drplan.cli.forms import refused_as_events
from drplan.cli.globals import Globals
from drplan.cli.hearing import asking, hearing
from drplan.cli.options import (
    allow_deletions_option,
    approve_option,
    exclude_option,
    forbid_option,
    forbidden_verbs,
    format_option,
    job_timeout_option,
    target_option,
    variable_options,
)
from drplan.cli.repository import repository
from drplan.errors import UsageError


@click.command()
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@approve_option
@format_option
@target_option
@exclude_option
@forbid_option
@allow_deletions_option
@click.option(
    "--approve-digest",
    "approved",
    metavar="SHA256",
    help="The digest that was approved elsewhere (a CI environment, say): nothing but the plan with it is applied.",
)
@job_timeout_option
@variable_options
@click.pass_obj
@refused_as_events
def apply(
    given: Globals,
    planfile: Path | None,
    auto_approve: bool,
    form: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    forbid: tuple[str, ...],
    allow_deletions: bool,
    approved: str | None,
    job_timeout: float,
) -> None:
    """Carry out a plan: a saved one, or one made, shown and approved now.

    \b
    Examples:
      drplan apply                          plan, show, ask, apply
      drplan apply --auto-approve           the same without asking
      drplan apply plan.json                a saved plan, refused if the platform moved since
      drplan apply plan.json --approve-digest 5e0f…   the plan of that digest, approved elsewhere

    Every replacement is validated again before the first write. Afterwards the platform is read once more: unless
    nothing is left to change, the run ends with 6.

    `--format json` prints events while the actions run, one JSON object a line, in the shape of Terraform's; the last
    one, `report`, says what became of each action.
    """
    verbs = forbidden_verbs(forbid)
    with hearing(given, form, "apply") as progress:
        here = repository(given, progress)
        if planfile:
            if targets or excludes or allow_deletions:
                raise UsageError(
                    "a saved plan is applied whole: --target, --exclude and --allow-deletions belong to `drplan plan`"
                )
            here.apply(planfile, approved=approved, forbid=verbs, job_timeout=job_timeout)
            return
        if approved:
            raise UsageError("--approve-digest is about a saved plan: name its file")
        question = None if auto_approve else asking("\nDo you want to perform these actions?")
        here.apply_specs(
            targets=targets,
            excludes=excludes,
            forbid=verbs,
            allow_deletions=allow_deletions,
            question=question,
            job_timeout=job_timeout,
        )
