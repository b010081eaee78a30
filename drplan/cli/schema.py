"""`drplan schema`."""

from pathlib import Path

import click

from drplan.cli.globals import Globals
from drplan.cli.terminal import note, say_document, say_json


@click.command()
@click.argument("name", required=False, type=click.Choice(["spec", "project", "plan", "world"]))
@click.option("--write", is_flag=True, help="Write all of them to schemas/ (below -C DIR) instead of printing.")
@click.option("--markdown", is_flag=True, help="Print the reference of every setting as Markdown tables instead.")
@click.pass_obj
def schema(given: Globals, name: str | None, write: bool, markdown: bool) -> None:
    """Print a JSON Schema (spec files, when none is named), or write all of them to schemas/.

    \b
    Examples:
      drplan schema > spec.schema.json
      drplan schema world
      drplan schema --write
      drplan schema --markdown              every key, as tables

    An editor completes a spec whose first line is
    `# yaml-language-server: $schema=../schemas/spec.schema.json`.
    """
    if markdown:
        from drplan.kinds import KINDS
        from drplan.render.reference import settings_markdown

        say_document(settings_markdown(KINDS))
        return
    if not write:
        say_json(schemas()[name or "spec"])
        return
    from drplan.cli.files import write_public

    for each, document in schemas().items():
        path = Path(given.directory) / "schemas" / f"{each}.schema.json"
        write_public(path, rendered(document))
        note(f"Wrote {path}")


def schemas() -> dict[str, dict[str, object]]:
    """Return the schemas by name: spec files, the project file, plan files, and the emulator's seed files."""
    from drplan.emulator import seed_schema
    from drplan.kinds import KINDS, PRIMARY
    from drplan.plan.file_schema import plan_schema
    from drplan.project.schema import project_schema
    from drplan.spec.schema import spec_schema

    return {
        "spec": spec_schema(KINDS),
        "project": project_schema(KINDS, PRIMARY),
        "plan": plan_schema(),
        "world": seed_schema(),
    }


def rendered(document: dict[str, object]) -> str:
    """Return a schema as its file holds it."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
