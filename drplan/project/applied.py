"""What a project remembers of its plans: which were applied. A plan is applied once.

The local directory serves one machine; a record that runners share implements the same Protocol.
"""

import json
import os
from pathlib import Path
from typing import Protocol

from drplan.errors import Refused

FORMAT = "1.0"


class AppliedPlans(Protocol):
    """Remembers the digests of plans that were applied."""

    def refuse_consumed(self, digest: str) -> None:
        """Raise Refused when the plan was applied already."""

    def consume(self, digest: str, at: str) -> None:
        """Remember, for good, that the plan is being applied; raise Refused when it was already.

        Of two who do this at the same time, one is refused. `at` is the time, RFC 3339.
        """


class LocalAppliedPlans:
    """The record in a directory: one file per plan, named by its digest, made before the first write."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def refuse_consumed(self, digest: str) -> None:
        path = self._path(digest)
        if path.exists():
            raise _consumed(digest, _when(path))

    def consume(self, digest: str, at: str) -> None:
        path = self._path(digest)
        text = json.dumps({"format_version": FORMAT, "plan_digest": digest, "consumed_at": at}) + "\n"
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Exclusive creation is the one step that no two runs can both do.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _sync(self.directory)
        except FileExistsError:
            raise _consumed(digest, _when(path)) from None
        except OSError as error:
            raise Refused(f"that this plan is applied cannot be recorded in {path}: {error.strerror}") from None

    def _path(self, digest: str) -> Path:
        return self.directory / f"{digest}.json"


def _sync(directory: Path) -> None:
    """Make the directory's new entry outlive a crash."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _when(path: Path) -> str:
    try:
        return f" at {json.loads(path.read_text(encoding='utf-8'))['consumed_at']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # a record that was cut short is a record


def _consumed(digest: str, when: str) -> Refused:
    return Refused(f"the plan {digest} was applied already{when}; a plan is applied once: plan again")
