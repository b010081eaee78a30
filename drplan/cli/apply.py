"""`drplan apply`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drplan.cli.files import read_text
from drplan.cli.flow import Site, approve, execute, make_plan, plan_exit, replan, site
from drplan.cli.forms import refused_as_events, show_plan
from drplan.cli.gate import Gate, forbidden_verbs, refuse_unsaved
from drplan.cli.options import (
    Globals,
    approve_option,
    exclude_option,
    forbid_option,
    format_option,
    job_timeout_option,
    target_option,
)
from drplan.cli.terminal import note
from drplan.errors import Refused, SpecError, UsageError
from drplan.records.plans import Plan
from drplan.records.specs import Resource

if TYPE_CHECKING:
    from drplan.platform.api import Api
    from drplan.project.file import Project

_QUESTION = "\nDo you want to perform these actions?"


@click.command()
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@approve_option
@format_option
@target_option
@exclude_option
@forbid_option
@click.option(
    "--approve-digest",
    "approved",
    metavar="SHA256",
    help="The digest that was approved elsewhere (a CI environment, say): nothing but the plan with it is applied.",
)
@job_timeout_option
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
    where = site(given)
    if planfile:
        if targets or excludes:
            raise UsageError("a saved plan is applied whole: --target and --exclude belong to `drplan plan`")
        saved = _saved(planfile, where)
        gate = Gate(where.project, planfile, _digest(saved, approved), digest_given=bool(approved), forbid=verbs)
        resources = _same_specs(where, saved)
        where.connect(lambda api: _apply_saved(api, where, saved, resources, form, gate), job_timeout=job_timeout)
        return
    if approved:
        raise UsageError("--approve-digest is about a saved plan: name its file")
    from drplan.project.specs import load_specs

    specs = load_specs(where.project)

    async def work(api: "Api") -> None:
        made = await make_plan(api, where, specs, targets, excludes, verbs)
        if form == "text":
            show_plan(made, given, form)
        plan_exit(made, detailed=False)
        refuse_unsaved(made, where.project)
        approve(made, auto=auto_approve, question=_QUESTION)
        await execute(api, where, made, form, reread=not auto_approve, after=lambda: replan(api, where, made, specs))

    where.connect(work, job_timeout=job_timeout)


async def _apply_saved(
    api: "Api", where: Site, plan: Plan, resources: tuple[Resource, ...] | None, form: str, gate: Gate
) -> None:
    if form == "text":
        show_plan(plan, where.given, form)
    plan_exit(plan, detailed=False)
    gate.check(plan, same_specs=resources is not None)
    after = None
    if resources is None:
        note("The specs have changed since this plan was made: it is applied as it is, without a check against them.")
    else:
        known = resources
        after = lambda: replan(api, where, plan, known)  # noqa: E731  a def would need a name for one line
    await execute(api, where, plan, form, reread=True, after=after, before=gate.pass_once)


def _digest(plan: Plan, approved: str | None) -> str:
    """Return the plan's digest, which must be the approved one where one was named."""
    from drplan.plan.file import digest

    own = digest(plan)
    if approved is not None and approved.strip().lower() != own:
        raise Refused(f"the digest that was approved is {approved}, and this plan's is {own}; nothing was changed")
    return own


def _saved(path: Path, where: Site) -> Plan:
    from drplan.plan.file import loads
    from drplan.plan.origin import refuse_other_drplan

    plan = loads(read_text(path), str(path))
    if plan.target != where.target.endpoint:
        raise Refused(f"{path} was made for the target {plan.target}, and this is {where.target.endpoint}; plan again")
    refuse_other_drplan(plan, str(path))
    same_place(path, plan, where.project)
    return plan


def same_place(path: Path, plan: Plan, project: "Project") -> None:
    """Raise Refused where a plan was made for another project or environment."""
    for what, made, here in (
        ("project", plan.project, project.name),
        ("environment", plan.environment or "(none)", project.environment or "(none)"),
    ):
        if made != here:
            raise Refused(f"{path} was made for the {what} {made}, and this is {here}; plan again")


def _same_specs(where: Site, plan: Plan) -> tuple[Resource, ...] | None:
    """Return the specs that a saved plan was made from, or None when they are not those any more."""
    from drplan.project.specs import load_specs
    from drplan.spec.load import spec_digest

    try:
        resources = load_specs(where.project)
    except SpecError:
        return None
    planned = {seen.address for seen in plan.observed}
    chosen = [resource for resource in resources if resource.address in planned]
    return resources if spec_digest(chosen) == plan.spec_digest else None
