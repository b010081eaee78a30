"""The keys of the people around a config repository."""

from pathlib import Path

import pytest
from keys import Key
from signed_shop import Shop


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
