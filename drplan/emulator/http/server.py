"""The emulator over HTTP, by uvicorn."""

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from drplan.emulator.http.app import App

if TYPE_CHECKING:
    import uvicorn

# Seconds. The vendor's SDK polls jobs every 5 s on one connection and does not repeat a read (API reference 1.5, 1.7):
# closed after uvicorn's own 5 s, the connection is gone just as the next poll is sent.
KEEP_ALIVE = 75


def serve(app: App, host: str = "127.0.0.1", port: int = 0, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted; `on_ready` gets the endpoint's URL once it answers. Port 0 picks a free one.

    Raises OSError when the address cannot be had. Outside the main thread nothing interrupts it; whoever serves in a
    thread uses `server` and sets its `should_exit`.
    """
    listening = listen(host, port)
    asyncio.run(_run(server(app, on_ready, url_of(host, listening)), listening))


def listen(host: str, port: int) -> socket.socket:
    """Give a listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle off only for sockets that say they are TCP; with it on each answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def url_of(host: str, listening: socket.socket) -> str:
    """Give the endpoint that a client needs."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}/api/v2"


def server(app: App, on_ready: Callable[[str], None] | None = None, url: str = "") -> "uvicorn.Server":
    """Give a uvicorn server of an emulator's application."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=2,
    )

    class ReadyServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if on_ready is not None and self.started:
                on_ready(url)

    return ReadyServer(config)


async def _run(running: "uvicorn.Server", listening: socket.socket) -> None:
    try:
        await running.serve(sockets=[listening])
    finally:
        listening.close()
