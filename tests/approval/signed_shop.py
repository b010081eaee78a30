"""A config repository in git whose plans need signed approvals, and the people who give them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from config_repository import Repository
from keys import Key

from drplan.gate.approvals import statement

SIGNERS = {"allowed_signers": "allowed_signers", "groups": {"leads": ["cleo@example.com"]}}


class Shop(Repository):
    """A repository in git whose plans need approval; Ada writes, Bob and Cleo approve, Cleo leads."""

    def __init__(self, folder: Path, heard: Any, keys: Path) -> None:
        super().__init__(folder, heard)
        self.keys = {name: Key(keys / name) for name in ("ada", "bob", "cleo", "eve")}
        lines = [f"{name}@example.com {self.keys[name].public}" for name in ("ada", "bob", "cleo")]
        (folder / "allowed_signers").write_text("\n".join(lines) + "\n")
        self.project(approvals=SIGNERS)
        self.commit()

    @property
    def plan(self) -> str:
        """The kept plan's file."""
        return self.path("plan.json")

    def planned(self) -> str:
        """Keep a plan and return its digest."""
        code, _, err = self.drplan("plan", "--out", self.plan)
        assert code == 0, err
        return str(json.loads((self.root / "plan.json").read_text())["plan"]["digest"])

    def approve(self, name: str, *more: str) -> tuple[int, str, str]:
        """Approve the kept plan."""
        return self.drplan("approve", self.plan, "--key", str(self.keys[name].path), *more)

    def by_hand(self, name: str, digest: str, until: datetime, file: str = "hand") -> None:
        """Write and sign a statement without drplan's command."""
        content = str(statement(digest, until, "")).encode()
        path = self.root / f"plan.json.{file}.approval"
        path.write_bytes(content)
        path.with_name(f"{path.name}.sig").write_bytes(self.keys[name].sign(content))
