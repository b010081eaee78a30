"""A config repository in a temporary directory, and drplan run in it in-process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from drplan.cli import run

WORLD = """
prediction_servers: [{name: default, url: "https://predictions.example.com"}]
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric}
    versions: [{number: 1}, {number: 2}]
"""


@dataclass
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str


@dataclass
class Repository:
    """A config repository; `drplan` runs a command line in it."""

    root: Path
    drplan: Callable[..., Ran]

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty config repository on the embedded emulator, with jobs that are over at once."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATAROBOT_CONFIG_FILE", str(tmp_path / "none.yaml"))

    def drplan(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    made = Repository(tmp_path, drplan)
    made.write("world.yaml", WORLD)
    return made
