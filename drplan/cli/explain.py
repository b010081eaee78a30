"""`drplan explain`."""

import click

from drplan.cli.complete import address_argument
from drplan.cli.globals import Globals
from drplan.cli.options import format_option, variable_options
from drplan.cli.progress import progress
from drplan.cli.repository import project, repository
from drplan.cli.terminal import painter, say_json, say_lines
from drplan.errors import UsageError
from drplan.suggest import did_you_mean


@click.command()
@address_argument("what", metavar="ADDR")
@click.argument("field", required=False, default="")
@click.option("--offline", is_flag=True, help="Only where the values come from; do not read the platform.")
@format_option
@variable_options
@click.pass_obj
def explain(given: Globals, what: str, field: str, offline: bool, form: str) -> None:
    """Say where each effective value comes from (file, line, default, environment), and why each action is planned.

    \b
    Examples:
      drplan explain deployment.churn-prod
      drplan -e prod explain deployment.churn-prod settings.prediction_warning
      drplan explain deployment.churn-prod importance --offline
    """
    import sys

    from drplan.plan.file import document
    from drplan.plan.targets import address, check_known
    from drplan.project.specs import load_specs
    from drplan.render.explain import actions_text, values_document, values_text

    wanted = address(what)
    resources = load_specs(project(given))
    check_known([what], [resource.address for resource in resources])
    resource = next(resource for resource in resources if resource.address == wanted)
    rows = list(values_document(resource, field))
    if not rows:
        known = list(resource.desired)
        raise UsageError(
            f"{what} says nothing of '{field}'; {did_you_mean(field, known) or 'what is not mentioned is not managed'}"
        )
    plan = None
    if not offline:
        with progress(no_color=given.no_color) as lines:
            plan = repository(given, lines).plan(targets=[what])
    if form == "json":
        actions = document(plan)["plan"]["actions"] if plan else []
        mine = [action for action in actions if action["address"] == what]
        say_json({"format_version": "1.0", "explanation": {"address": what, "values": rows, "actions": mine}})
        return
    paint = painter(sys.stdout, no_color=given.no_color)
    say_lines(values_text(resource, field, paint))
    if plan:
        say_lines("\n" + actions_text(plan, resource, field, paint))
