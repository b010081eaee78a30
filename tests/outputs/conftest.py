"""A world to plan and apply in, and commands that run in this process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "system"))

from harness import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world with an empty config repository."""
    made = World(tmp_path / "repository", job_seconds=35.0)
    yield made
    made.close()
