"""What git says of the config repository: the commit that the specs stand at."""

import subprocess
from pathlib import Path

from drplan.records.plans import Source


def git_source(root: Path) -> Source | None:
    """Return the commit that the specs stand at, its author, and whether anything differs; None outside of git."""

    def ask(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()  # noqa: S603  fixed words

    try:
        commit, _, author = ask("log", "-1", "--format=%H %ae").partition(" ")
        return Source(commit, author, dirty=bool(ask("status", "--porcelain", "--", ".")))
    except (OSError, subprocess.SubprocessError):
        return None
