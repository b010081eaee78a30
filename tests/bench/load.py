"""A load generator as cheap as it can be: `python load.py HOST:PORT CONNECTIONS COUNT PATHS`, one JSON line out.

Each connection asks for the paths that the file PATHS lists (`GET`, round robin), one after the other, until COUNT
are answered; the answers' bodies are skipped, not parsed. The line has `seconds` for the whole, `p50` and `p99`
latencies in milliseconds, and `failed`.
"""

import asyncio
import json
import sys
import time
from itertools import cycle, islice
from pathlib import Path

_LENGTH = b"content-length: "


class Asker(asyncio.Protocol):
    """One connection that always has one request under way."""

    def __init__(self, requests: "Requests") -> None:
        self._requests = requests
        self._buffer = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._requests.lost(exc)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        start = self._buffer.find(_LENGTH) + len(_LENGTH)
        size = int(self._buffer[start : self._buffer.index(b"\r", start)])
        if len(self._buffer) >= end + 4 + size:
            self._requests.answered(self._buffer[9:12] == b"200", time.perf_counter() - self._sent)
            self._buffer.clear()
            self._next()

    def _next(self) -> None:
        request = next(self._requests.left, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


class Requests:
    """What is left to ask, and what came of it."""

    def __init__(self, host: str, paths: list[str], count: int) -> None:
        head = f"HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer emulator\r\nAccept: application/json\r\n\r\n"
        self.left = islice(cycle([f"GET {path} {head}".encode() for path in paths]), count)
        self.count = count
        self.took: list[float] = []
        self.failed = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answered(self, good: bool, seconds: float) -> None:
        """Note one answer."""
        self.took.append(seconds)
        self.failed += not good
        if len(self.took) == self.count:
            self.over.set_result(None)

    def lost(self, error: Exception | None) -> None:
        """Note a connection that ended; early is an error."""
        if not self.over.done() and error is not None:
            self.over.set_exception(error)


async def ask(host: str, connections: int, count: int, paths: list[str]) -> dict[str, float]:
    """Send the requests and return the figures."""
    requests = Requests(host, paths, count)
    name, _, port = host.rpartition(":")
    began = time.perf_counter()
    for _ in range(connections):
        await asyncio.get_running_loop().create_connection(lambda: Asker(requests), name, int(port))
    await requests.over
    seconds = time.perf_counter() - began
    took = sorted(requests.took)
    return {
        "seconds": seconds,
        "p50": took[len(took) // 2] * 1000,
        "p99": took[int(len(took) * 0.99)] * 1000,
        "failed": requests.failed,
    }


if __name__ == "__main__":
    asked = Path(sys.argv[4]).read_text().split()
    print(json.dumps(asyncio.run(ask(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), asked))))
