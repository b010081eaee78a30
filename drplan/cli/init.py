"""`drplan init`."""

import re
import shlex
from pathlib import Path

import click

from drplan.cli.globals import Globals
from drplan.cli.terminal import note, say
from drplan.errors import Refused, UsageError
from drplan.records.specs import NAME, NAME_IN_WORDS

FILES = {
    "drplan.yaml": "drplan.yaml",
    "deployments/example.yaml": "example.yaml",
    ".gitignore": "gitignore",
    ".vscode/settings.json": "vscode.json",
    ".github/workflows/drplan.yml": "workflow.yml",
}


@click.command()
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--project", help="The project's name; the directory's (or the example's own) when left out.")
@click.option("--example", metavar="NAME", help="Start with a copy of this example, in a directory of its name.")
@click.pass_obj
def init(given: Globals, directory: Path | None, project: str | None, example: str | None) -> None:
    """Start a config repository: a project file, an example, editor settings, a CI workflow, .gitignore.

    \b
    Examples:
      drplan init
      drplan init churn-deployments && cd churn-deployments && drplan plan
      drplan init --example churn           a copy of the example that the README walks through, in churn/
      drplan init --example churn try       the same, in try/

    Files that are there already are left alone; an example goes into an empty directory only.
    """
    from drplan.cli.files import write_public
    from drplan.cli.schema import rendered, schemas

    if project is not None and not (len(project) <= NAME["maxLength"] and re.fullmatch(NAME["pattern"], project)):
        raise UsageError(f"--project: '{project}' cannot be a name; use {NAME_IN_WORDS}")
    wanted = _templates() if example is None else _example(example)
    root = directory or given.directory / (example or "")
    if example is None:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", root.resolve().name)
        project = project or plain[: NAME["maxLength"]].strip("._-") or "project"
    elif root.exists() and any(path.name != ".git" for path in root.iterdir()):
        raise Refused(f"{root} is not empty; name another directory: drplan init --example {example} DIRECTORY")
    if project is not None:
        wanted["drplan.yaml"] = re.sub(r"(?m)^project: [^\s#]+", f"project: {project}", wanted["drplan.yaml"])
    wanted |= {f"schemas/{each}.schema.json": rendered(document) for each, document in schemas().items()}
    for path, text in wanted.items():
        target = root / path
        if target.exists():
            note(f"left alone: {target}")
        else:
            write_public(target, text)
            say(str(target))
    there = "" if root == Path() else f" -C {shlex.quote(str(root))}"
    note(f"Try `drplan{there} plan`, then `drplan{there} apply`: the embedded emulator needs no account.")


def _templates() -> dict[str, str]:
    """Return the text of each file of a new repository, by its path there."""
    from importlib.resources import files

    templates = files("drplan").joinpath("templates")
    return {path: templates.joinpath(source).read_text(encoding="utf-8") for path, source in FILES.items()}


def _example(name: str) -> dict[str, str]:
    """Return a new repository's files with an example's in place of the template's; UsageError where there is none.

    An example's first lines name the schemas of drplan's own checkout; a copy has them beside its project file.
    """
    examples = {path.parent.name: path.parent for path in sorted(_bundled().glob("*/drplan.yaml"))}
    if name not in examples:
        raise UsageError(f"--example: there is no example '{name}'; there is: {', '.join(examples)}")
    root = examples[name]
    own = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8").replace("../../schemas/", "schemas/")
        for path in sorted(root.rglob("*.yaml"))
    }
    return {path: text for path, text in _templates().items() if not path.endswith(".yaml")} | own


def _bundled() -> Path:
    """Return the directory of the examples: inside the installed package, or beside it in a checkout."""
    import drplan

    package = Path(drplan.__file__).parent
    return next(path for path in (package / "examples", package.parent / "examples") if path.is_dir())
