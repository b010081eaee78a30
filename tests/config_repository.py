"""A config repository on an embedded emulator, worked on through drplan's own command line in this process."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from drplan.cli import run

WORLD = """
users:
  - {name: ada@example.com, token: emulator}
prediction_servers:
  - {id: 5f0000000000000000000a01, name: default, url: "https://predictions.example.com"}
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric, plan: Categorical}
    versions:
      - {number: 1}
      - {number: 2}
      - {number: 3, extra_features: {tickets: Numeric}}   # a replacement by it warns
"""


class Ran(NamedTuple):
    """What one command line did."""

    code: int
    out: str
    err: str


class Repository:
    """A directory with a world in it and, unless it is to be `empty`, with a project file and one deployment.

    `heard` returns what was printed since it was called last: stdout and stderr, as pytest's `capfd.readouterr` does.
    """

    def __init__(self, root: Path, heard: Callable[[], tuple[str, str]], *, empty: bool = False) -> None:
        self.root = root
        self.heard = heard
        self.write("world.yaml", WORLD)
        if not empty:
            self.write(".gitignore", "*.json\n*.approval\n*.sig\n.drplan/\n")
            self.project()
            self.specs(churn={})

    def write(self, name: str, text: str) -> None:
        """Write one file, and the directories that lead to it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def project(self, **content: Any) -> None:
        """Write the project file."""
        place = {"project": "shop", "endpoint": "emulator", "emulator": {"seed": "world.yaml", "job_seconds": 0}}
        self.write("drplan.yaml", yaml.safe_dump({**place, **content}, sort_keys=False))

    def specs(self, **deployments: Mapping[str, Any]) -> None:
        """Make these deployments of version 1 of the model the only specs."""
        model = {"registered_model": "churn", "version": 1}
        content = {
            name: {"label": name.capitalize(), "model": model, "prediction_server": "default", **more}
            for name, more in deployments.items()
        }
        self.write("deployments/all.yaml", json.dumps({"deployments": content}))

    def commit(self, author: str = "ada@example.com") -> None:
        """Put everything into git, in the name of an author."""
        who = ["-c", f"user.email={author}", "-c", "user.name=Somebody"]
        for arguments in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "As it is"]):
            subprocess.run(["git", "-C", str(self.root), *arguments], check=True, capture_output=True)

    def drplan(self, *arguments: str) -> Ran:
        """Run one command line in the repository: with `-C`, unless it is the working directory."""
        place = [] if Path.cwd() == self.root else ["-C", str(self.root)]
        self.heard()
        code = run([*place, *arguments])
        return Ran(code, *self.heard())

    def path(self, name: str) -> str:
        """Return a file of the repository as an argument."""
        return str(self.root / name)

    def live(self) -> int:
        """Return how many deployments there are."""
        code, out, _ = self.drplan("list", "--format", "json")
        assert code == 0
        return len(json.loads(out)["deployments"])
