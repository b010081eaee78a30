"""An emulator over HTTP inside the process of the tests, for clients that know nothing but a URL."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drplan.emulator import Emulator
from drplan.emulator.http.server import listen, server, url_of


@contextmanager
def served(seed: Path, state: Path, **options: Any) -> Iterator[tuple[str, Emulator]]:
    """Serve the world of a seed file, with its state in a file; give the endpoint's URL and the emulator behind it."""
    emulator = Emulator.open(seed, state, **options)
    listening = listen("127.0.0.1", 0)
    ready = threading.Event()
    url = url_of("127.0.0.1", listening)
    serving = server(emulator.app, lambda _url: ready.set(), url)
    thread = threading.Thread(target=lambda: asyncio.run(serving.serve(sockets=[listening])))
    thread.start()
    try:
        assert ready.wait(60)
        yield url, emulator
    finally:
        serving.should_exit = True
        thread.join(60)
        listening.close()
        emulator.close()
