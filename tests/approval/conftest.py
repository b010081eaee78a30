"""A config repository to work in."""

from pathlib import Path

import pytest
from config_repository import Repository


@pytest.fixture
def repository(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Repository:
    """Give a config repository with one deployment, on a platform without any."""
    return Repository(tmp_path / "repository", capfd.readouterr)
