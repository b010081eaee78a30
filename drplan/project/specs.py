"""The specs of a config repository: where they are, and every one of them read."""

from pathlib import Path

from drplan.errors import SpecError
from drplan.project.file import Project
from drplan.project.files import read_text, shown_path
from drplan.records.specs import Diagnostic, Resource, Severity, Where
from drplan.spec.load import read_specs

SPEC_DIRECTORY = "deployments"


def load_specs(project: Project) -> tuple[Resource, ...]:
    """Return the resources of every YAML file below `deployments/`; raise SpecError with every problem.

    A missing directory is an error, not an empty fleet: that would plan the deletion of everything.
    """
    directory = project.root / SPEC_DIRECTORY
    if not directory.is_dir():
        raise SpecError(
            f"there is no {SPEC_DIRECTORY}/ in {project.root}; put specs there (`drplan destroy` deletes what is live)"
        )
    _refuse_links(directory, project.root)
    texts = (
        (name, read_text(path, name)) for path in spec_paths(project.root) for name in [shown_path(path, project.root)]
    )
    return read_specs(texts, project.overlays)


def _refuse_links(directory: Path, root: Path) -> None:
    """Raise SpecError for links to directories: they are not followed, and what they hide would be deleted."""
    links = sorted(path for path in directory.rglob("*") if path.is_symlink() and path.is_dir())
    summary = "a link to a directory is not followed"
    problems = [
        Diagnostic(Severity.ERROR, summary, "link to its files one by one", Where(shown_path(path, root), 1, 1))
        for path in links
    ]
    if problems:
        raise SpecError(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", problems)


def spec_paths(root: Path) -> list[Path]:
    """Return the spec files of a config repository, ordered by name; links that lead nowhere are among them."""
    below = (root / SPEC_DIRECTORY).rglob("*")
    return sorted(path for path in below if path.suffix in (".yaml", ".yml") and not path.is_dir())
