"""Worlds for the tests, and the watch over the token: it must not stand in anything that drplan has said or kept."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stamina
import uvicorn
from harness import TOKEN, World

from drplan.cli import run
from drplan.emulator.http.server import listen, url_of


@pytest.fixture(autouse=True)
def said(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Callable[[], tuple[str, str]]]:
    """Give what was printed since the last call; afterwards, no output and no file but a world's own has the token."""
    everything: list[str] = []

    def heard() -> tuple[str, str]:
        out, err = capfd.readouterr()
        everything.extend((out, err))
        return out, err

    yield heard
    heard()
    assert TOKEN not in "".join(everything)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in ("world.yaml", "drconfig.yaml") and "sqlite" not in path.name:
            assert TOKEN.encode() not in path.read_bytes(), path


@pytest.fixture
def open_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Give a function that opens a world (of a seed) with an empty config repository of its own."""
    opened: list[World] = []

    def open_(*seed: str, **options: Any) -> World:
        opened.append(World(tmp_path / f"repository{len(opened)}", *seed, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def world(open_world: Callable[..., World]) -> World:
    """Give the usual world."""
    return open_world()


class Server:
    """A served emulator whose platform can be exchanged: one port for all tests, a world for each."""

    def __init__(self) -> None:
        self.world: World | None = None
        self._heard = threading.Condition()
        self._paths: list[str] = []
        listening = listen("127.0.0.1", 0)
        self.url = url_of("127.0.0.1", listening)
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="error",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.world is not None
        with self._heard:
            self._paths.append(scope["path"])
            self._heard.notify_all()
        await self.world.emulator.app(scope, receive, send)

    def await_request(self, part: str, seconds: float = 30) -> None:
        """Return once a path with this part has been asked for."""
        with self._heard:
            assert self._heard.wait_for(lambda: any(part in path for path in self._paths), seconds), part

    def begin(self, world: World) -> None:
        """Serve another world from now on."""
        self.world = world
        self._paths.clear()

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give the served emulator of this session."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def serve(open_world: Callable[..., World], server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Give a function that opens a world on the served emulator; its project file and the token lead there."""

    def serve_(*seed: str, **options: Any) -> World:
        world = open_world(*seed, **{"job_seconds": 0.0, **options})
        server.begin(world)
        world.project(endpoint=server.url)
        monkeypatch.setenv("DATAROBOT_API_TOKEN", TOKEN)
        return world

    return serve_


@pytest.fixture
def shop(serve: Callable[..., World]) -> World:
    """Give the usual world, served over HTTP."""
    return serve()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return stdout as the one JSON object that it has to be."""
        return json.loads(self.out)

    @property
    def events(self) -> list[Any]:
        """Return stdout as the events of an apply, one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def drplan(said: Callable[[], tuple[str, str]]) -> Iterator[Callable[..., Ended]]:
    """Give a function that runs one command line in this process, in a world's repository."""

    def drplan_(world: World, *arguments: str) -> Ended:
        said()
        code = run(["-C", str(world.root), *arguments])
        return Ended(code, *said())

    with stamina.set_testing(True, attempts=6, cap=True):
        yield drplan_
