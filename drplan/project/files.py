"""Reading one file of a config repository, and naming it as its reader would."""

import os
from pathlib import Path

from drplan.errors import SpecError
from drplan.records.specs import Diagnostic, Severity, Where


def shown_path(path: Path, root: Path) -> str:
    """Return a path as the reader can open it: from where they stand, or from the project's root."""
    try:
        return os.path.relpath(path) if not path.is_absolute() else str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path.relative_to(root))


def read_text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SpecError("1 problem", [Diagnostic(Severity.ERROR, "not UTF-8", "", Where(name, line, 1))]) from None
    except OSError as error:
        raise SpecError(f"{name} cannot be read: {error.strerror}") from None
