"""A config repository in git, on an embedded emulator, worked on through drplan's own command line."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


class Repository:
    """One config repository; `drplan` runs a command in it and returns the exit code, stdout and stderr."""

    def __init__(self, root: Path, heard: Callable[[], tuple[str, str]]) -> None:
        self.root = root
        self.heard = heard
        (root / "deployments").mkdir(parents=True)
        (root / "world.yaml").write_text(WORLD)
        (root / ".gitignore").write_text("*.json\n*.approval\n*.sig\n.drplan/\n")
        self.project()
        self.specs(churn={})

    def project(self, **content: Any) -> None:
        """Write the project file."""
        place = {"project": "shop", "endpoint": "emulator", "emulator": {"seed": "world.yaml", "job_seconds": 0}}
        (self.root / "drplan.yaml").write_text(yaml.safe_dump({**place, **content}, sort_keys=False))

    def specs(self, **deployments: Mapping[str, Any]) -> None:
        """Make these deployments of version 1 of the model the only specs."""
        model = {"registered_model": "churn", "version": 1}
        content = {
            name: {"label": name.capitalize(), "model": model, "prediction_server": "default", **more}
            for name, more in deployments.items()
        }
        (self.root / "deployments" / "all.yaml").write_text(json.dumps({"deployments": content}))

    def commit(self, author: str = "ada@example.com") -> None:
        """Put everything into git, in the name of an author."""
        who = ["-c", f"user.email={author}", "-c", "user.name=Somebody"]
        for arguments in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "As it is"]):
            subprocess.run(["git", "-C", str(self.root), *arguments], check=True, capture_output=True)

    def drplan(self, *arguments: str) -> tuple[int, str, str]:
        """Run one command line; files are named from the repository."""
        self.heard()
        code = run(["-C", str(self.root), *arguments])
        return code, *self.heard()

    def path(self, name: str) -> str:
        """Return a file of the repository as an argument."""
        return str(self.root / name)

    def live(self) -> int:
        """Return how many deployments there are."""
        code, out, _ = self.drplan("list", "--format", "json")
        assert code == 0
        return len(json.loads(out)["deployments"])
