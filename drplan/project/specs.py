"""The specs of a config repository: where they are, and every one of them read."""

import os
from pathlib import Path

from drplan.errors import SpecError
from drplan.project.file import Project
from drplan.project.files import read_inside, shown_path
from drplan.records.specs import Diagnostic, Resource, Severity, Where
from drplan.spec.load import read_specs

SPEC_DIRECTORY = "deployments"

MAX_DEPTH = 20  # directories below it


def load_specs(project: Project) -> tuple[Resource, ...]:
    """Return the resources of every YAML file below `deployments/`; raise SpecError with every problem.

    A missing directory is an error too: with no specs, everything would be planned to be deleted.
    """
    directory = project.root / SPEC_DIRECTORY
    if not directory.is_dir():
        raise SpecError(
            f"there is no {SPEC_DIRECTORY}/ in {project.root}; put specs there (`drplan destroy` deletes what is live)"
        )
    _refuse_directories(directory, project.root)
    root = project.root
    texts = ((name, read_inside(path, name, root)) for path in spec_paths(root) for name in [shown_path(path, root)])
    return read_specs(texts, project.overlays, project.about)


def _refuse_directories(directory: Path, root: Path) -> None:
    """Raise SpecError for directories that are not entered: links, and those that are too deep.

    Left unread, their specs would be missing, and the objects of these be deleted.
    """
    problems = []
    for path, names, _ in os.walk(directory):
        for name in sorted(names):
            below = Path(path, name)
            where = Where(shown_path(below, root), 1, 1)
            if below.is_symlink():
                summary, detail = "a link to a directory is not followed", "link to its files one by one"
                problems.append(Diagnostic(Severity.ERROR, summary, detail, where))
            elif len(below.relative_to(directory).parts) > MAX_DEPTH:
                summary, detail = f"directories nest deeper than {MAX_DEPTH}", "specs need no such depth"
                problems.append(Diagnostic(Severity.ERROR, summary, detail, where))
                names.remove(name)
    if problems:
        raise SpecError.listing(problems)


def spec_paths(root: Path) -> list[Path]:
    """Return the spec files of a config repository, ordered by name; links that lead nowhere are among them.

    They end in `.yaml` or `.yml`, in capitals or not. Hidden files are left out, and what editors leave behind.
    """
    found = []
    for directory, names, files in os.walk(root / SPEC_DIRECTORY):
        names[:] = sorted(name for name in names if not name.startswith("."))
        found += [Path(directory, name) for name in files if is_spec(name)]
    return sorted(found)


def is_spec(name: str) -> bool:
    """Tell whether a file of that name is a spec."""
    return not _of_an_editor(name) and name.lower().endswith((".yaml", ".yml"))


def unread_files(root: Path) -> list[Diagnostic]:
    """Return a warning for each file below `deployments/` that is no spec; what editors leave behind is left out."""
    found = []
    for directory, names, files in os.walk(root / SPEC_DIRECTORY):
        names[:] = [name for name in names if not name.startswith(".")]
        found += [Path(directory, name) for name in files if not (is_spec(name) or _of_an_editor(name))]
    summary, detail = "this file is not read", "specs end in .yaml or .yml"
    return [
        Diagnostic(Severity.WARNING, summary, detail, Where(shown_path(path, root), 1, 1)) for path in sorted(found)
    ]


def _of_an_editor(name: str) -> bool:
    """Tell whether a file is hidden, or what an editor keeps beside the one that is edited: a lock, a copy."""
    return name.startswith((".", "~$", "#")) or name.endswith(("~", ".swp", ".swo", "___jb_tmp___", "___jb_old___"))
