"""What one run of a command costs, and the median over rounds in which the contestants take turns.

Times of different runs of this benchmark do not compare: machines are noisy. Ratios within one run do, because every
round runs each contestant once, and a ratio is the median of the rounds' own ratios.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

_KILOBYTE = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss
COSTS = ("wall", "cpu", "memory")


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: wall and CPU (user and system) seconds, peak memory in MB, the output, the requests it caused.

    `memory` is at least the benchmark's own, as the kernel counts the moment between fork and exec; so this program
    stays small: it imports nothing of drplan's, and the load generator is a process of its own.
    """

    wall: float
    cpu: float
    memory: float
    output: str = ""
    requests: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of requests it caused."""
        return sum(self.requests.values())


class RunError(Exception):
    """A command that a benchmark runs ended with another code than it must; the text is its output's end."""


def measure(command: Sequence[str], environment: Mapping[str, str], cwd: Path, *, expect: int = 0) -> Cost:
    """Run a command to its end and return its cost; raise RunError unless it ends with the code `expect`."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=dict(environment), cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        try:
            _, status, used = os.wait4(child.pid, 0)  # the child's own usage, which Popen.wait does not give
        except BaseException:
            child.kill()
            child.wait()
            raise
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text, complaint = output.read().decode(), errors.read().decode()
    if child.returncode != expect:
        raise RunError(f"{' '.join(command)} ended with {child.returncode}:\n{(text + complaint)[-2000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * _KILOBYTE / 1e6, text)


class Rounds:
    """The costs of several contestants, round by round."""

    def __init__(self) -> None:
        self.costs: dict[str, list[Cost]] = {}

    def play(self, contestants: Mapping[str, Callable[[], Cost]], rounds: int) -> "Rounds":
        """Run every contestant once a round, in turns; returns itself."""
        for _ in range(rounds):
            for name, run in contestants.items():
                self.costs.setdefault(name, []).append(run())
        return self

    def median(self, name: str, cost: str) -> float:
        """Return a contestant's median of `wall`, `cpu`, `memory` or `total`."""
        return float(median(getattr(each, cost) for each in self.costs[name]))

    def ratio(self, name: str, other: str, cost: str) -> float:
        """Return the median of the rounds' ratios of one contestant to another."""
        pairs = zip(self.costs[name], self.costs[other], strict=False)
        return float(median(getattr(mine, cost) / max(getattr(theirs, cost), 1e-9) for mine, theirs in pairs))

    def rows(self) -> list[dict[str, object]]:
        """Return one row a contestant: medians, the number of runs, and the last run's requests by route."""
        return [
            {
                "who": name,
                "runs": len(costs),
                **{cost: self.median(name, cost) for cost in COSTS},
                "requests": dict(costs[-1].requests),
            }
            for name, costs in self.costs.items()
        ]
