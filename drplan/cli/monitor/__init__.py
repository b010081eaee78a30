"""`drplan monitor`: the health of the fleet, and the readings of one deployment."""

import click

from drplan.cli.defaultgroup import DefaultGroup
from drplan.cli.monitor.health import health
from drplan.cli.monitor.readings import COMMANDS


def _names_deployment(argument: str) -> bool:
    """Tell whether this can be an address (it has a dot) or an id (24 digits), which no command's name can."""
    return "." in argument or len(argument) == 24


@click.group(
    "monitor", cls=DefaultGroup, default="health", takes=_names_deployment, subcommand_metavar="[COMMAND] [ADDR]..."
)
def monitor() -> None:
    """Show whether deployments serve, drift and stay accurate.

    Without a command it shows the health of every deployment this project manages, or of those named.

    \b
    Examples:
      drplan monitor
      drplan monitor deployment.churn-prod --fail-on failing
      drplan monitor --html report.html
      drplan monitor service-stats deployment.churn-prod
      drplan monitor accuracy-over-time deployment.churn-prod --metric AUC --bucket P1D --plot
    """


for command in (health, *COMMANDS):
    monitor.add_command(command)
