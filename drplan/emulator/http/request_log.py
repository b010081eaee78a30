"""The record of requests: what tests use to count calls, and to see what was sent."""

import re
from collections import Counter, deque
from typing import Any

from drplan.emulator.core.store import Json

_SECRET = re.compile(r"token|password|secret|apikey|api_key|credential$|datarobot-?key", re.IGNORECASE)


class RequestLog:
    """Exact counters by route, and the last requests in full; control requests are not among them."""

    def __init__(self, kept: int = 10_000) -> None:
        self.counts: Counter[str] = Counter()
        self._log: deque[tuple[str, str, str, str, int, Any]] = deque(maxlen=kept)

    def add(self, method: str, path: str, route: str, query: str, status: int, body: Any) -> None:
        """Record one request; `status` 0 is one that got no answer."""
        self.counts[f"{method} {route}"] += 1
        self._log.append((method, path, route, query, status, body))

    @property
    def total(self) -> int:
        """Give the number of requests since the last clear."""
        return self.counts.total()

    @property
    def log(self) -> list[Json]:
        """Give the last requests, oldest first, without secrets."""
        keys = ("method", "path", "route", "query", "status", "body")
        return [{**dict(zip(keys, row, strict=True)), "body": redacted(row[5])} for row in self._log]

    def clear(self) -> None:
        """Forget everything."""
        self.counts.clear()
        self._log.clear()


def redacted(value: Any) -> Any:
    """Give a JSON value in which values under secret-sounding keys are `***`."""
    if isinstance(value, dict):
        return {key: "***" if _SECRET.search(str(key)) else redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value
