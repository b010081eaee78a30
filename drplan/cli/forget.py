"""`drplan forget`."""

import click

from drplan.cli.complete import address_argument
from drplan.cli.forms import refused_as_events
from drplan.cli.globals import Globals
from drplan.cli.hearing import asking, hearing
from drplan.cli.options import approve_option, format_option, variable_options
from drplan.cli.repository import repository


@click.command()
@address_argument("addresses", metavar="ADDR...", nargs=-1, required=True)
@approve_option
@format_option
@variable_options
@click.pass_obj
@refused_as_events
def forget(given: Globals, addresses: tuple[str, ...], auto_approve: bool, form: str) -> None:
    """Take drplan's tags off what is live at the addresses, and touch nothing else: it is nobody's afterwards.

    \b
    Examples:
      drplan forget deployment.churn-prod
      drplan forget deployment.a deployment.b --auto-approve

    It is no more planned for deletion, whatever the specs say. Take its spec out too: one that is still there would
    adopt it again, or create another. The variables of other addresses need no value.
    """
    from drplan.plan.targets import about

    question = None if auto_approve else asking("\nDo you want drplan to forget these? They stay as they are.")
    with hearing(given, form, "apply") as progress:
        here = repository(given, progress, about(addresses))
        here.forget(*addresses, question=question)
