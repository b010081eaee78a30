"""What every test stands on: no settings of the person who runs them, and properties that repeat themselves."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "drplan", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("drplan")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the endpoint, the token, the colours and the proxies of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("DATAROBOT_") or name.lower().endswith("_proxy") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))
