"""Where the benchmarks run: the trees compared, Terraform where there is one, sizes, and a clean environment."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fleet import write_specs, write_terraform
from measure import Cost, measure
from served import Served

HERE = Path(__file__).parent
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes: deployments in a fleet, steps of growth, deployments of a crowded emulator, requests to load it with."""

    fleet: int = 1000
    growth: tuple[int, ...] = (250, 500, 1000)
    few: int = 10
    crowd: int = 10_000
    asked: int = 4000
    latency: float = 0.05  # seconds
    parallelism: int = 10
    rounds: int = 3
    starts: int = 11  # rounds of the quickest case


QUICK = Scale(fleet=20, growth=(5, 10, 20), crowd=100, asked=200, latency=0.005, rounds=2, starts=1)


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of drplan's source, run as `python -m drplan`."""

    name: str
    root: Path
    environment: Mapping[str, str]

    @property
    def command(self) -> tuple[str, ...]:
        """The command line of drplan, to which arguments are added."""
        return (sys.executable, "-m", "drplan")


@dataclass(slots=True)
class Bench:
    """One run of the benchmarks. Everything it writes is below `work`, which the caller removes.

    `pids` are the emulators that were started, all of them gone when a benchmark returns.
    """

    work: Path
    scale: Scale
    trees: tuple[Tree, ...]
    environment: Mapping[str, str]
    terraform: str | None
    pids: list[int] = field(default_factory=list)
    _applied: dict[int, Path] = field(default_factory=dict)

    @property
    def main(self) -> Tree:
        """The tree that the verdicts are about."""
        return self.trees[0]

    def specs(self, count: int) -> Path:
        """Return a config repository of so many deployments, written once."""
        directory = self.work / f"specs-{count}"
        return directory if directory.exists() else write_specs(directory, count, parallelism=self.scale.parallelism)

    def unapplied(self, count: int) -> Path:
        """Return a config repository of so many deployments that remembers no plan: each may be applied once."""
        directory = self.specs(count)
        shutil.rmtree(directory / ".drplan", ignore_errors=True)
        return directory

    def drplan(self, tree: Tree, *arguments: str, expect: int = 0) -> Cost:
        """Run drplan and return its cost."""
        return measure([*tree.command, *arguments], tree.environment, self.work, expect=expect)

    def counted(self, tree: Tree, served: Served, specs: Path, *arguments: str, expect: int = 0) -> Cost:
        """Run drplan on a config repository against a served emulator; the cost includes the requests seen there."""
        served.forget()
        cost = self.drplan(tree, "-C", str(specs), "--endpoint", served.endpoint, *arguments, expect=expect)
        return Cost(cost.wall, cost.cpu, cost.memory, cost.output, served.requests())

    def serve(self, tree: Tree, seed: Path, **options: float) -> Served:
        """Return an emulator of a tree, to be entered; jobs are through at their first poll."""
        return Served(tree.command, tree.environment, seed, self.pids.append, job_seconds=0, **options)

    def terraformed(self, directory: Path, *arguments: str) -> Cost:
        """Run Terraform in a directory and return its cost."""
        return measure([str(self.terraform), *arguments], self.environment, directory)

    def initialised(self, count: int, name: str) -> Path:
        """Return a Terraform directory of so many resources, after `terraform init`, nothing applied."""
        directory = write_terraform(self.work / f"terraform-{name}-{count}", count)
        self.terraformed(directory, "init", "-input=false")
        return directory

    def apply_terraform(self, count: int) -> Cost:
        """Create so many resources with Terraform, keep the directory for `applied`, and return the cost."""
        directory = self.initialised(count, f"apply-{len(self._applied)}")
        cost = self.terraformed(directory, "apply", "-auto-approve", "-input=false")
        self._applied[count] = directory
        return cost

    def applied(self, count: int) -> Path:
        """Return a Terraform directory in which so many resources exist."""
        if count not in self._applied:
            self.apply_terraform(count)
        return self._applied[count]


def prepare(work: Path, roots: Mapping[str, Path], scale: Scale, terraform: str | None) -> Bench:
    """Return a bench whose programs see nothing of the user's settings, and find their bytecode compiled.

    `roots` are the trees by name, the first being the one that is judged; `terraform` is the binary, None: without.
    """
    home = work / "home"
    home.mkdir()
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
        "HOME": str(home),
        "DATAROBOT_API_TOKEN": "emulator",
        "CHECKPOINT_DISABLE": "1",
        "NO_COLOR": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_CLI_ARGS": "-no-color",
        "PYTHONPYCACHEPREFIX": str(work / "bytecode"),
    }
    trees = tuple(Tree(name, root, {**environment, "PYTHONPATH": str(root)}) for name, root in roots.items())
    bench = Bench(work, scale, trees, environment, terraform)
    for tree in trees:
        bench.drplan(tree, "--help")
        bench.drplan(tree, "-C", str(bench.specs(scale.few)), "validate")
    return bench


Contestants = dict[str, Callable[[], Cost]]
