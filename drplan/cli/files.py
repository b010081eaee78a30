"""Files that drplan writes."""

from pathlib import Path

from drplan.errors import UsageError
from drplan.project.files import named_text, write_file


def located(file: str, directory: Path) -> Path:
    """Return where a file is that drplan names from where the user stands, or else from the project's root."""
    return Path(file) if Path(file).exists() else directory / file


def text_or_none(path: Path) -> str | None:
    """Return a file's text, or None where it cannot be read."""
    try:
        return named_text(path)
    except UsageError:
        return None


def write_public(path: Path, text: str) -> None:
    """Write a file that anybody may read, with its directory; raise UsageError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
