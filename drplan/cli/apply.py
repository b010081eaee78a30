"""`drplan apply`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drplan.cli.files import read_text
from drplan.cli.flow import Site, approve, execute, make_plan, plan_exit, replan, show_plan, site
from drplan.cli.options import (
    Settings,
    approve_option,
    exclude_option,
    format_option,
    job_timeout_option,
    target_option,
)
from drplan.cli.terminal import note
from drplan.errors import Refused, SpecError, UsageError
from drplan.model import Plan, Resource

if TYPE_CHECKING:
    from drplan.api import Api

_QUESTION = "\nDo you want to perform these actions?"


@click.command()
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@approve_option
@format_option
@target_option
@exclude_option
@job_timeout_option
@click.pass_obj
def apply(
    settings: Settings,
    planfile: Path | None,
    auto_approve: bool,
    form: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    job_timeout: float,
) -> None:
    """Carry out a plan: a saved one, or one made, shown and approved now.

    \b
    Examples:
      drplan apply                          plan, show, ask, apply
      drplan apply --auto-approve           the same without asking
      drplan apply plan.json                a saved plan, refused if the platform moved since

    Every replacement is validated again before the first write. Afterwards the platform is read once more: unless
    nothing is left to change, the run ends with 6.
    """
    where = site(settings)
    if planfile:
        if targets or excludes:
            raise UsageError("a saved plan is applied whole: --target and --exclude belong to `drplan plan`")
        saved = _saved(planfile, where)
        resources = _same_specs(where, saved)
        where.connect(lambda api: _apply_saved(api, where, saved, resources, form), job_timeout=job_timeout)
        return
    from drplan.config import load_specs

    specs = load_specs(where.project)

    async def work(api: "Api") -> None:
        made = await make_plan(api, where, specs, targets, excludes)
        if form == "text":
            show_plan(made, settings, form)
        plan_exit(made, detailed=False)
        approve(made, auto=auto_approve, question=_QUESTION)
        await execute(api, where, made, form, reread=not auto_approve, after=lambda: replan(api, where, made, specs))

    where.connect(work, job_timeout=job_timeout)


async def _apply_saved(api: "Api", where: Site, plan: Plan, resources: tuple[Resource, ...] | None, form: str) -> None:
    if form == "text":
        show_plan(plan, where.settings, form)
    plan_exit(plan, detailed=False)
    after = None
    if resources is None:
        note("The specs have changed since this plan was made: it is applied as it is, without a check against them.")
    else:
        known = resources
        after = lambda: replan(api, where, plan, known)  # noqa: E731  a def would need a name for one line
    await execute(api, where, plan, form, reread=True, after=after)


def _saved(path: Path, where: Site) -> Plan:
    from drplan.planfile import loads

    plan = loads(read_text(path), str(path))
    for what, made, here in (
        ("target", plan.target, where.target.endpoint),
        ("project", plan.project, where.project.name),
        ("environment", plan.environment or "(none)", where.project.environment or "(none)"),
    ):
        if made != here:
            raise Refused(f"{path} was made for the {what} {made}, and this is {here}; plan again")
    return plan


def _same_specs(where: Site, plan: Plan) -> tuple[Resource, ...] | None:
    """Return the specs that a saved plan was made from, or None when they are not those any more."""
    from drplan.config import load_specs
    from drplan.spec import digest

    try:
        resources = load_specs(where.project)
    except SpecError:
        return None
    planned = {seen.address for seen in plan.observed}
    chosen = [resource for resource in resources if resource.address in planned]
    return resources if digest(chosen) == plan.spec_digest else None
