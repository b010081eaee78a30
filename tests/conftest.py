"""What every test stands on: no settings of whoever runs them, properties that repeat themselves, a repository."""

import os
from pathlib import Path

import pytest
from config_repository import Repository
from hypothesis import HealthCheck, settings

settings.register_profile(
    "drplan", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("drplan")

_COLOURS = ("NO_COLOR", "FORCE_COLOR")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the endpoint, the token, the colours, the proxies and the CI run of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("DATAROBOT_", "GITHUB_")) or name.lower().endswith("_proxy") or name in _COLOURS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))


@pytest.fixture
def repository(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Repository:
    """Give a config repository with one deployment, on a platform without any."""
    return Repository(tmp_path / "repository", capfd.readouterr)
