"""`drplan show`."""

from pathlib import Path

import click

from drplan.cli.complete import address_argument
from drplan.cli.forms import PLAN_FORMS, form_option, show_plan
from drplan.cli.globals import Globals
from drplan.cli.options import variable_options
from drplan.cli.repository import site
from drplan.cli.terminal import say_document, say_json
from drplan.errors import UsageError


@click.command()
@address_argument("what", metavar="ADDR|PLANFILE")
@form_option(*PLAN_FORMS)
@variable_options
@click.pass_obj
def show(given: Globals, what: str, form: str) -> None:
    """Show one object's live state in the terms of a spec, or a saved plan.

    \b
    Examples:
      drplan show deployment.churn-prod
      drplan show plan.json
      drplan show plan.json --format html > plan.html
      drplan show deployment.churn-prod --format json
    """
    path = Path(what)
    if path.is_file() or what.endswith(".json"):
        from drplan.engine.saved import read_plan

        show_plan(read_plan(path).plan, given, form)
        return
    if form not in ("text", "json"):
        raise UsageError(f"--format {form} is for plans; one object is shown as text or json")
    from drplan.engine.repository import Repository
    from drplan.kinds import KINDS
    from drplan.plan.targets import address
    from drplan.render.live import object_document, shown_document
    from drplan.render.oneline import printable

    wanted = address(what)
    found = Repository(site(given)).live(what)
    kind = found.kind
    row = shown_document(kind, wanted, found.live, documents=found.documents, resource=found.resource)
    if form == "json":
        say_json(object_document(kind, row))
    else:
        from drplan.spec.document import yaml_text

        routes = kind.change_requests
        told = {routes.opened[0], routes.standing} if routes else set()  # not for a spec to say
        for name in sorted(told & set(row)):
            value = row[name]
            say_document(printable(f"# {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"))
        own = {"id", "address", *told}
        fields = {key: value for key, value in row.items() if key not in own}
        if kind.parent:
            around = KINDS[kind.parent.kind].section
            say_document(yaml_text({around: {wanted.parent: {kind.section: {wanted.name: fields}}}}))
        else:
            say_document(yaml_text({kind.section: {wanted.name: {"id": row["id"], **fields}}}))
