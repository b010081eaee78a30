"""Reading and writing single files of a config repository, which anybody may have changed in a pull request.

Only regular files of a bounded size are read, and what the repository names only where it lies inside of it. What is
written is a new file that takes the place of the old one as a whole; nothing is written through a link.
"""

import os
import secrets
import stat
from pathlib import Path

from drplan.errors import SpecError, UsageError
from drplan.records.specs import Diagnostic, Severity, Where

MAX_BYTES = 50_000_000  # of any file that is read: plans are the largest, a kilobyte or two per action


class UnusableFileError(OSError):
    """A file that is not used although it could be opened; `strerror` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(None, why)


def read_bytes(path: Path, *, within: Path | None = None) -> bytes:
    """Return a regular file's content, links followed; raise OSError, which says why in `strerror`.

    With `within`, the file must lie inside that directory once every link is followed.
    """
    real = Path(os.path.realpath(path, strict=True))
    if within is not None and not real.is_relative_to(os.path.realpath(within)):
        raise UnusableFileError("it is a link that leads out of the project; copy what it names")
    # A pipe without a writer would wait for one, were it opened as usual.
    descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise UnusableFileError("it is not a regular file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UnusableFileError(f"it is larger than {MAX_BYTES:,} bytes")
    return content


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Put a new file in a path's place, whole or not at all; raise OSError, which says why in `strerror`.

    With `private` only its owner can read it. A device or a pipe is written to and stays what it is; a link to a file
    is refused.
    """
    try:
        there = path.stat().st_mode
    except FileNotFoundError:
        there = 0
    if there and not (stat.S_ISREG(there) or stat.S_ISDIR(there)):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CLOEXEC), "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    if path.is_symlink():
        raise UnusableFileError("it is a link, and nothing is written through one; name the file itself")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def shown_path(path: Path, root: Path) -> str:
    """Return a path relative to the working directory, or else to the project's root, for messages."""
    try:
        return os.path.relpath(path) if not path.is_absolute() else str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path.relative_to(root))


def read_inside(path: Path, name: str, root: Path) -> str:
    """Return the text of a file inside of a config repository; raise SpecError, by its `name`, where that cannot be."""
    try:
        content = read_bytes(path, within=root)
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError.listing([Diagnostic(Severity.ERROR, "not UTF-8", "", Where(name, line, 1))]) from None
    except OSError as error:
        raise SpecError(f"{name} cannot be read: {error.strerror}") from None


def named_text(path: Path) -> str:
    """Return the text of a file that somebody named, wherever it is; raise UsageError where it cannot be read."""
    try:
        return read_bytes(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"{path} cannot be read: {reason}") from None
