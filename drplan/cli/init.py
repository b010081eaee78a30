"""`drplan init`."""

import re
from pathlib import Path

import click

from drplan.cli.options import Settings
from drplan.cli.terminal import note, say
from drplan.errors import UsageError

LONGEST = 63  # characters of a project's name, as in the schema
FILES = {
    "drplan.yaml": "drplan.yaml",
    "deployments/example.yaml": "example.yaml",
    ".gitignore": "gitignore",
    ".vscode/settings.json": "vscode.json",
    ".github/workflows/drplan.yml": "workflow.yml",
}


@click.command()
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--project", help="The project's name; the directory's when left out.")
@click.pass_obj
def init(settings: Settings, directory: Path | None, project: str | None) -> None:
    """Start a config repository: a project file, an example, editor settings, a CI workflow, .gitignore.

    \b
    Examples:
      drplan init
      drplan init churn-deployments && cd churn-deployments && drplan plan

    Files that are there already are left alone.
    """
    from importlib.resources import files

    from drplan.cli.files import write_public
    from drplan.cli.schema import rendered, schemas
    from drplan.spec.schema import NAME

    if project is not None and not (len(project) <= LONGEST and re.fullmatch(NAME, project)):
        raise UsageError(
            f"--project: '{project}' cannot be a name; "
            f"use up to {LONGEST} letters, digits, . _ and -, not at either end"
        )
    root = directory or settings.directory
    name = project or re.sub(r"[^A-Za-z0-9._-]+", "-", root.resolve().name)[:LONGEST].strip("._-") or "project"
    templates = files("drplan").joinpath("templates")
    wanted = {path: templates.joinpath(source).read_text(encoding="utf-8") for path, source in FILES.items()}
    wanted |= {f"schemas/{each}.schema.json": rendered(document) for each, document in schemas().items()}
    for path, text in wanted.items():
        target = root / path
        if target.exists():
            note(f"left alone: {target}")
        else:
            write_public(target, text.replace("project: PROJECT", f"project: {name}"))
            say(str(target))
    note("Try `drplan plan`, then `drplan apply`: the embedded emulator needs no account.")
