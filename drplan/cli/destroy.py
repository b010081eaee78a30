"""`drplan destroy`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from drplan.cli.complete import address_argument
from drplan.cli.flow import approve, execute, site
from drplan.cli.forms import refused_as_events, show_plan
from drplan.cli.gate import judged, refuse_denied, refuse_unsaved
from drplan.cli.options import Globals, approve_option, format_option, job_timeout_option
from drplan.cli.progress import progress

if TYPE_CHECKING:
    from drplan.plan.observation import Observation
    from drplan.platform.api import Api
    from drplan.records.specs import Address


@click.command()
@address_argument("addresses", metavar="[ADDR]...", nargs=-1)
@approve_option
@format_option
@job_timeout_option
@click.pass_obj
@refused_as_events
def destroy(given: Globals, addresses: tuple[str, ...], auto_approve: bool, form: str, job_timeout: float) -> None:
    """Delete what is live: the addresses named, or everything that carries this project's identity.

    \b
    Examples:
      drplan destroy deployment.churn-prod
      drplan destroy --auto-approve         everything of this project

    Whatever `prevent_destroy` protects is refused, and what policies deny. Where a deletion needs approval, take the
    objects out of the specs, and have the plan that deletes them approved. Objects that cannot carry an identity are
    deleted only when named.
    """
    from drplan.plan import build as planning
    from drplan.plan.targets import check_known
    from drplan.plan.targets import chosen as choice
    from drplan.platform.change_requests import governed
    from drplan.platform.observe import observe, reobserve
    from drplan.project.git import git_source
    from drplan.project.specs import load_specs

    where = site(given)
    resources = load_specs(where.project)

    async def work(api: "Api") -> None:
        test = choice((), addresses, ())
        with progress(no_color=given.no_color) as heard:
            seen = await observe(api, resources, where.project.name, chosen=test, progress=heard, documents=False)
        check_known(addresses, [*(resource.address for resource in resources), *seen.orphans])
        doomed = _doomed(seen, addresses)
        made = planning.destroy(resources, seen, doomed, target=where.target.endpoint, project=where.project.name)
        made = await governed(api, made, seen)
        known = replace(made, environment=where.project.environment, source=git_source(where.project.root))
        made = judged(known, where.project)
        if form == "text":
            show_plan(made, given, form)
        refuse_denied(made)
        refuse_unsaved(made, where.project)
        approve(made, auto=auto_approve, question="\nDo you really want to destroy these? There is no undo.")

        async def left() -> tuple[str, ...]:
            return tuple(str(item.address) for item in await reobserve(api, made) if item.id and item.address in doomed)

        await execute(api, where, made, form, reread=not auto_approve, after=left, operation="destroy")

    where.connect(work, job_timeout=job_timeout)


def _doomed(seen: "Observation", named: "tuple[str, ...]") -> "list[Address]":
    from drplan.kinds import KINDS

    found = [*seen.live, *seen.orphans]
    return [address for address in found if (str(address) in named if named else KINDS[address.kind].identity)]
