"""What git says of the config repository: the commit that the specs are from.

A checkout may be anybody's pull request, so git runs with settings by which nothing in it can run a program or change
git's answer: a bare repository in the tree is not used (its configuration names programs), no monitor, hook, pager or
signature program runs, `GIT_*` variables are not passed on, and replaced objects are not looked at.
"""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drplan.project.file import PROJECT_FILE
from drplan.project.files import read_bytes
from drplan.project.specs import SPEC_DIRECTORY, is_spec, spec_paths
from drplan.records.plans import Source

_SAFE = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false"),
)

_SECONDS = 30


def git_source(root: Path) -> Source | None:
    """Return the commit that the specs are from, its author, and whether the files differ from it; None outside of git.

    `dirty`: git sees a change below `root`, or a file that drplan reads has not the bytes that it has in the commit
    (the index of a checkout can tell git not to look at files).
    """
    if _in_bare_repository(root):
        return None
    try:
        commit, _, author = _ask(root, "log", "-1", "--format=%H %ae").strip().partition(" ")
        changed = bool(_ask(root, "status", "--porcelain", "--ignore-submodules=all", "--", "."))
        return Source(commit, author, dirty=changed or _differs(root, commit))
    except (OSError, subprocess.SubprocessError):
        return None


def _ask(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *_SAFE, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    return subprocess.run(  # noqa: S603  fixed words
        command,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=True,
        timeout=_SECONDS,
        env=environment,
        stdin=subprocess.DEVNULL,
    ).stdout


def _in_bare_repository(root: Path) -> bool:
    """Tell whether git, older than 2.38, would take the directory or one above it for a bare repository."""
    here = root.resolve()
    for directory in (here, *here.parents):
        if (directory / ".git").exists():
            return False
        if (directory / "HEAD").exists() and (directory / "objects").is_dir() and (directory / "refs").is_dir():
            return True
    return False


def _differs(root: Path, commit: str) -> bool:
    """Return whether the files that drplan reads are not those of the commit, or have other bytes."""
    read = dict(_read(root))
    listed = _ask(root, "ls-tree", "-r", "-z", commit, "--", f"{SPEC_DIRECTORY}/", *read)
    committed = {
        path: head.split(" ")[2] for head, _, path in (line.partition("\t") for line in listed.split("\0") if line)
    }
    specs = {path for path in committed if is_spec(Path(path).name) and "/." not in path}
    names = hashlib.sha1 if len(commit) == 40 else hashlib.sha256
    return bool(specs - read.keys()) or any(committed.get(path) not in _names(read[path], names) for path in read)


def _read(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path, from `root`, and content of each file that drplan reads; of a link its text, then its file."""
    for path in (root / PROJECT_FILE, *spec_paths(root)):
        name = path.relative_to(root).as_posix()
        content = read_bytes(path, within=root)
        if path.is_symlink():
            yield name, os.fsencode(path.readlink())
            name = path.resolve().relative_to(root.resolve()).as_posix()
        yield name, content


def _names(content: bytes, digest: Callable[..., Any]) -> set[str]:
    """Return the ids that git may have for a content: as it is, and with line ends converted to git's."""
    forms = (content, content.replace(b"\r\n", b"\n"))
    return {digest(b"blob %d\0" % len(form) + form, usedforsecurity=False).hexdigest() for form in forms}
