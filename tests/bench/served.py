"""The emulator in a process of its own, and what it saw and used."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from measure import RunError

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12  # fields of /proc/PID/stat, counted behind the command's closing bracket


class Served:
    """A served emulator; use it as a context manager, which ends it whatever happens.

    Options are those of `drplan emulator`; `started` is told its process. The attribute of that name is how many
    seconds it took to answer, its world loaded.
    """

    def __init__(
        self,
        drplan: Sequence[str],
        environment: Mapping[str, str],
        seed: Path,
        started: Callable[[int], None],
        **options: float,
    ) -> None:
        self._command = [*drplan, "emulator", "--port", "0", "--seed", str(seed)]
        for name, value in options.items():
            self._command += [f"--{name.replace('_', '-')}", f"{value:g}"]
        self._environment = dict(environment)
        self._announce = started
        self._log = seed.with_suffix(".log")
        self.started = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        self._announce(self._child.pid)
        assert self._child.stdout is not None
        self.endpoint = self._child.stdout.readline().decode().strip()
        self.started = time.perf_counter() - began
        if not self.endpoint:
            self.__exit__(None, None, None)
            raise RunError(f"the emulator did not start:\n{self._log.read_text()[-2000:]}")
        self.host = urlsplit(self.endpoint).netloc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    @property
    def pid(self) -> int:
        """The process, which is gone after the context."""
        return self._child.pid

    def requests(self) -> dict[str, int]:
        """Return the number of API requests by route since `forget`."""
        counts: dict[str, int] = self.ask("GET", "/emulator/requests/")["counts"]
        return counts

    def forget(self) -> None:
        """Count from zero."""
        self.ask("DELETE", "/emulator/requests/")

    def reset(self) -> None:
        """Go back to the seed, and count from zero."""
        self.ask("POST", "/emulator/reset/")

    def cpu(self) -> float:
        """Return the CPU seconds used so far; 0 where there is no /proc."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS

    def ask(self, method: str, path: str) -> Any:
        """Send one request and return its JSON (None when there is none)."""
        connection = HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, headers={"Authorization": "Bearer emulator"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise RunError(f"{method} {path} was answered with {answer.status}: {content[:500]!r}")
        return json.loads(content) if content else None
