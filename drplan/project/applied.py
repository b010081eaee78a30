"""The record of the plans that a project has applied, as each plan is applied at most once.

`LocalAppliedPlans` serves one machine; a record that several share implements the same protocol.
"""

import json
import os
from pathlib import Path
from typing import Protocol

from drplan.errors import Refused

FORMAT = "1.0"


class AppliedPlans(Protocol):
    """A record of the digests of applied plans."""

    def refuse_consumed(self, digest: str) -> None:
        """Raise Refused where the plan is in the record."""

    def consume(self, digest: str, at: str) -> None:
        """Record durably that the plan is being applied; raise Refused where it is in the record already.

        Of two processes that do this at the same time, one is refused. `at` is the time in RFC 3339.
        """


class LocalAppliedPlans:
    """A record in a directory: one file for each plan, named by its digest, made before the first write."""

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
            # With O_EXCL, only one of two processes can make the file.
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
    """Wait until the directory's new entry is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _when(path: Path) -> str:
    try:
        return f" at {json.loads(path.read_text(encoding='utf-8'))['consumed_at']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # a file that was cut short by a crash counts, without its time


def _consumed(digest: str, when: str) -> Refused:
    return Refused(f"the plan {digest} was applied already{when}; a plan is applied once: plan again")
