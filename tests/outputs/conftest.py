"""A world to plan and apply in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world with an empty config repository."""
    made = World(tmp_path / "repository", job_seconds=35.0)
    yield made
    made.close()
