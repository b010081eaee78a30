"""`drplan list`."""

from collections.abc import Callable
from typing import Any

import click

from drplan.cli.globals import Globals
from drplan.cli.options import format_option, variable_options
from drplan.cli.repository import site
from drplan.cli.terminal import note, painter, say_json, say_lines
from drplan.kinds import PRIMARY
from drplan.registry.kinds import Filter


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for each in reversed(PRIMARY.filters):
        values = click.Choice(each.values, case_sensitive=False) if each.values else None
        name = each.query if each.style == "one" else each.option
        text = f"Only by {each.doc}." if each.option != "order-by" else f"Sort by {each.doc}."
        if each.style == "flag":
            option = click.option(f"--{each.option}/--no-{each.option}", _key(each), default=None, help=text)
        elif each.style == "one":
            metavar = None if values else name.upper()
            option = click.option(f"--{each.option}", _key(each), type=values, metavar=metavar, help=text)
        else:
            metavar = "KEY=VALUE" if each.style == "pair" else None
            help_text = f"{text} May be repeated."
            option = click.option(
                f"--{each.option}", _key(each), type=values, multiple=True, metavar=metavar, help=help_text
            )
        command = option(command)
    return command


def _key(each: Filter) -> str:
    return "filter_" + each.option.replace("-", "_")


@click.command("list")
@_filter_options
@click.option("--managed/--unmanaged", default=None, help="Only what this project manages, or only the rest.")
@format_option
@variable_options
@click.pass_obj
def list_(given: Globals, /, managed: bool | None, form: str, **filters: Any) -> None:
    """List what is on the platform, with every filter that the vendor's SDK has.

    \b
    Examples:
      drplan list
      drplan list --managed --service-health failing --service-health warning
      drplan list --tag team=retention --order-by -label
      drplan list --unmanaged --format json
    """
    from drplan.engine.repository import Repository
    from drplan.render.live import rows_document, shown_document

    params = [pair for each in PRIMARY.filters for pair in _params(each, filters[_key(each)])]
    rows = [
        shown_document(each.kind, each.address, each.live, documents=(), resource=each.resource)
        for each in Repository(site(given)).listed(params, managed=managed)
    ]
    if form == "json":
        say_json(rows_document(PRIMARY, rows))
        return
    if not rows:
        note("Nothing matches.")
        return
    _table(rows, given)


def _params(each: Filter, value: Any) -> list[tuple[str, str]]:
    if value is None or value == ():
        return []
    if each.style == "one":
        return [(each.query, str(value))]
    if each.style == "flag":
        return [(each.query, str(value).lower())]
    if each.style == "comma":
        return [(each.query, ",".join(value))]
    if each.style == "repeat":
        return [(each.query, item) for item in value]
    pairs = []
    for item in value:
        name, sign, content = item.partition("=")
        if not sign:
            raise click.BadParameter(f"'{item}' is not KEY=VALUE", param_hint=f"--{each.option}")
        pairs += [(each.query, name), (each.pair, content)]
    return pairs


def _table(rows: list[dict[str, Any]], given: Globals) -> None:
    import shutil
    import sys

    from drplan.render.table import UNBOUND, table_text

    columns = [("ADDRESS", "address"), ("ID", "id"), *((name.upper(), name) for name in PRIMARY.columns)]
    requests = PRIMARY.change_requests.opened[0] if PRIMARY.change_requests else ""
    if any(row.get(requests) for row in rows):
        columns.append(("CHANGE REQUESTS", requests))
    paint = painter(sys.stdout, no_color=given.no_color)
    text = table_text(
        [paint(title, "bold") for title, _ in columns],
        [[_cell(row.get(key)) for _, key in columns] for row in rows],
        width=shutil.get_terminal_size().columns if sys.stdout.isatty() else UNBOUND,
    )
    say_lines(text)


def _cell(value: Any) -> str:
    from drplan.render.oneline import printable

    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value or "-"))
