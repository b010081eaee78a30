"""An empty config repository to work in, which is the working directory."""

from pathlib import Path

import pytest
from config_repository import Repository


@pytest.fixture
def repository(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Give a directory with a world and nothing else."""
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path, capfd.readouterr, empty=True)
