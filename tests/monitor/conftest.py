"""What the monitoring tests share."""

import pytest
from answers import Platform
from shop import Shop, opened


@pytest.fixture
def platform() -> Platform:
    """Give a platform without any monitoring data."""
    return Platform()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give a fleet that has served, which no test changes."""
    return opened(tmp_path_factory.mktemp("shop") / "repository")
