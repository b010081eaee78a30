"""A world to plan and apply in, and commands that run in this process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "system"))

from config_repository import Repository
from harness import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world with an empty config repository."""
    made = World(tmp_path / "repository", job_seconds=35.0)
    yield made
    made.close()


@pytest.fixture
def repository(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Give a config repository on an embedded emulator, away from any GitHub Actions that the tests run in."""
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return Repository(tmp_path / "repository", capfd.readouterr)
