"""The time, as everything that asks for it is given it: a function that returns an aware datetime."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the machine's time, for those who are given no other clock."""
    return datetime.now(UTC)
