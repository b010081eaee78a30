"""How reading tells of its progress without printing."""

from typing import Protocol


class Reporter(Protocol):
    """Hears of progress; prints it or not."""

    def count(self, what: str, done: int, total: int) -> None:
        """`done` of `total` things of a phase are through."""


class Silent:
    """A reporter that says nothing."""

    def count(self, what: str, done: int, total: int) -> None:
        """Ignore it."""
