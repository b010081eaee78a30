"""A config repository to work in, and the keys of the people around it."""

from pathlib import Path

import pytest
from config_repository import Repository
from keys import Key
from signed_shop import Shop


@pytest.fixture
def repository(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Repository:
    """Give a config repository with one deployment, on a platform without any."""
    return Repository(tmp_path / "repository", capfd.readouterr)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directory of everybody's keys."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "bob", "cleo", "eve"):
        Key.make(folder / name)
    return folder


@pytest.fixture
def shop(tmp_path: Path, capfd: pytest.CaptureFixture[str], keys: Path) -> Shop:
    """Give the shop whose plans need approval."""
    return Shop(tmp_path / "shop", capfd.readouterr, keys)
