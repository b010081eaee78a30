"""drplan's own directory beside the project file."""

from pathlib import Path

from drplan.project.file import Project

STATE_DIRECTORY = ".drplan"


def state_directory(project: Project) -> Path:
    """Return `.drplan/` beside the project file; it is made where it is missing, private and ignored by git."""
    path = project.root / STATE_DIRECTORY
    path.mkdir(mode=0o700, exist_ok=True)
    ignore = path / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return path
