"""`drplan fmt`."""

from pathlib import Path

import click

from drplan.cli.globals import Globals
from drplan.cli.terminal import note, say
from drplan.errors import SpecError


@click.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit with 3 and name the files that would change.")
@click.pass_obj
def fmt(given: Globals, files: tuple[Path, ...], check: bool) -> None:
    """Bring the project file and the specs into canonical order and style; comments are kept.

    \b
    Examples:
      drplan fmt
      drplan fmt --check
      drplan fmt deployments/churn.yaml

    A file that is not valid YAML is left alone and reported; what a file says never changes.
    """
    from drplan.cli.files import write_public
    from drplan.kinds import KINDS, PRIMARY
    from drplan.project.file import PROJECT_FILE
    from drplan.project.files import named_text
    from drplan.project.schema import project_schema
    from drplan.project.specs import spec_paths
    from drplan.spec.format import formatted, schema_order, spec_order

    paths = list(files) or [given.directory / PROJECT_FILE, *spec_paths(given.directory)]
    changed: list[Path] = []
    for path in paths:
        if not path.is_file():
            continue
        text = named_text(path)
        order = schema_order(project_schema(KINDS, PRIMARY)) if path.name == PROJECT_FILE else spec_order()
        new = formatted(text, str(path), order)
        if new != text:
            changed.append(path)
            if not check:
                write_public(path, new)
    for path in changed:
        say(str(path))
    if check and changed:
        raise SpecError(f"{len(changed)} of {len(paths)} files are not in canonical style; run `drplan fmt`")
    if not changed:
        note("Everything is in canonical style.")
