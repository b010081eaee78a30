"""`drplan show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drplan.cli.complete import address_argument
from drplan.cli.forms import PLAN_FORMS, form_option, show_plan
from drplan.cli.globals import Globals
from drplan.cli.repository import site
from drplan.cli.terminal import say, say_json
from drplan.errors import UsageError

if TYPE_CHECKING:
    from drplan.platform.api import Api


@click.command()
@address_argument("what", metavar="ADDR|PLANFILE")
@form_option(*PLAN_FORMS)
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
    from drplan.kinds import KINDS
    from drplan.plan.targets import address, check_known
    from drplan.platform.observe import observe_whole
    from drplan.project.specs import load_specs
    from drplan.render.live import object_document, shown_document
    from drplan.render.oneline import printable

    wanted = address(what)
    kind = KINDS[wanted.kind]
    where = site(given)
    resources = load_specs(where.project)
    by_address = {resource.address: resource for resource in resources}

    async def work(api: "Api") -> dict[str, Any]:
        seen = await observe_whole(api, resources, where.project.name, wanted)
        found = seen.live.get(wanted) or seen.orphans.get(wanted)
        if found is None:
            check_known([what], [*(resource.address for resource in resources), *seen.orphans])
            raise UsageError(f"{what} is in the specs and not on the platform yet; `drplan plan` shows what would be")
        groups = [group.name for group in kind.groups if group.read]
        return shown_document(kind, wanted, found, documents=groups, resource=by_address.get(wanted))

    row = where.run(work)
    if form == "json":
        say_json(object_document(kind, row))
    else:
        from drplan.spec.document import yaml_text

        routes = kind.change_requests
        told = {routes.opened[0], routes.standing} if routes else set()  # not for a spec to say
        for name in sorted(told & set(row)):
            value = row[name]
            say(printable(f"# {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"))
        own = {"id", "address", *told}
        fields = {key: value for key, value in row.items() if key not in own}
        if kind.parent:
            around = KINDS[kind.parent.kind].section
            say(yaml_text({around: {wanted.parent: {kind.section: {wanted.name: fields}}}}))
        else:
            say(yaml_text({kind.section: {wanted.name: {"id": row["id"], **fields}}}))
