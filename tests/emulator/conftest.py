"""A client for the emulator in-process: calls that wait for nothing, on a clock that stands still."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from drplan.emulator import Clock, Emulator
from drplan.emulator.http.server import listen, server, url_of

START = datetime(2024, 5, 1, 10, 0, tzinfo=UTC)


class Api:
    """The API of an emulator whose clock is frozen at START; one request a call."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.token = emulator.token

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """Send one request below /api/v2/ as the user whose token is in `token`."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.raw(method, f"/api/v2/{path}", json=json, headers=headers, **more)

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request to any path."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.emulator.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://emulated") as client:
                return await client.request(method, path, **more)

        return asyncio.run(send())

    def get(self, path: str, status: int = 200) -> Any:
        """Give the JSON that a GET answers with this status."""
        response = self("GET", path)
        assert response.status_code == status, response.text
        return response.json()

    def send(self, method: str, path: str, json: Any = None, status: int = 202) -> httpx.Response:
        """Send, and give the response after its status was checked."""
        response = self(method, path, json)
        assert response.status_code == status, response.text
        return response

    def wait(self, seconds: float = 60) -> None:
        """Let time go by, so that every job is through."""
        self.emulator.clock.advance(seconds)

    def version(self, name: str, number: int) -> str:
        """Give the model package id of a registered model's version."""
        for model in self.get("registeredModels/")["data"]:
            if model["name"] == name:
                for version in self.get(f"registeredModels/{model['id']}/versions/")["data"]:
                    if version["registeredModelVersion"] == number:
                        return version["id"]
        raise LookupError(f"{name} {number}")

    def server(self) -> str:
        """Give the id of the first prediction server."""
        return self.get("predictionServers/")["data"][0]["id"]

    def deploy(self, name: str = "churn", number: int = 1, **more: Any) -> str:
        """Create a deployment, wait until it is active, give its id."""
        body = {"modelPackageId": self.version(name, number), "label": f"{name} {number}", **more}
        if "predictionEnvironmentId" not in body:
            body.setdefault("defaultPredictionServerId", self.server())
        made = self.send("POST", "deployments/fromModelPackage/", body).json()["id"]
        self.wait()
        return made


@pytest.fixture
def open_api(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Give a function that opens an emulator on a seed text (the default world without) and gives its Api."""
    opened: list[Emulator] = []

    def open_(seed: str | None = None, **more: Any) -> Api:
        path = None
        if seed is not None:
            path = tmp_path / f"world{len(opened)}.yaml"
            path.write_text(seed)
        clock = Clock()
        clock.freeze(START)
        emulator = Emulator.open(path, clock=clock, **{"job_seconds": 4.0, **more})
        opened.append(emulator)
        return Api(emulator)

    yield open_
    for emulator in opened:
        emulator.close()


@pytest.fixture
def api(open_api: Callable[..., Api]) -> Api:
    """Give the Api of the default world."""
    return open_api()


class Served:
    """An emulator behind uvicorn in a thread of its own."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._listening = listen("127.0.0.1", 0)
        self.url = url_of("127.0.0.1", self._listening)
        ready = threading.Event()
        self._server = server(emulator.app, lambda _url: ready.set(), self.url)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[self._listening])))
        self._thread.start()
        assert ready.wait(60)

    def close(self) -> None:
        """Stop serving and wait until it stopped."""
        self._server.should_exit = True
        self._thread.join(60)
        self._listening.close()
        self.emulator.close()


@pytest.fixture
def serve_world(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Give a function that serves an emulator of a seed text; jobs are through at their first poll."""
    running: list[Served] = []

    def serve_(seed: str | None = None, **more: Any) -> Served:
        path = None
        if seed is not None:
            path = tmp_path / "served.yaml"
            path.write_text(seed)
        running.append(Served(Emulator.open(path, **{"job_seconds": 0.0, **more})))
        return running[-1]

    yield serve_
    for each in running:
        each.close()
