"""What the monitoring tests share."""

import pytest
from answers import Platform


@pytest.fixture
def platform() -> Platform:
    """Give a platform without any monitoring data."""
    return Platform()
