"""The machine's clock, for those who are given no other."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)
