"""`drplan destroy`."""

import click

from drplan.cli.complete import address_argument
from drplan.cli.forms import refused_as_events
from drplan.cli.globals import Globals
from drplan.cli.hearing import asking, hearing
from drplan.cli.options import approve_option, format_option, job_timeout_option, variable_options
from drplan.cli.repository import repository


@click.command()
@address_argument("addresses", metavar="[ADDR]...", nargs=-1)
@approve_option
@format_option
@job_timeout_option
@variable_options
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
    deleted only when named. Where addresses are named, the variables of others need no value.
    """
    from drplan.plan.targets import about

    question = None if auto_approve else asking("\nDo you really want to destroy these? There is no undo.")
    with hearing(given, form, "destroy") as progress:
        here = repository(given, progress, about(addresses))
        here.destroy(*addresses, question=question, job_timeout=job_timeout)
