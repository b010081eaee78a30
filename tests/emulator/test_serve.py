"""The emulator over HTTP: what only a socket shows."""

import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import drplan.emulator
from drplan.emulator import Emulator, serve
from drplan.emulator.http.server import server

HEADERS = {"Authorization": "Token emulator"}


def test_a_drop_closes_the_socket(serve_world):
    """A served drop gives the client no answer at all, and the server goes on."""
    served = serve_world()
    served.emulator.faults.add({"route": "GET version/", "kind": "drop"})
    with httpx.Client(base_url=served.url, headers=HEADERS) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("version/")
        assert client.get("version/").json()["versionString"] == "2.49.0"
    assert served.emulator.requests.counts["GET version/"] == 2


def test_urls_are_those_of_the_request(serve_world):
    """Location is built from the host that the client asked for."""
    served = serve_world()
    with httpx.Client(base_url=served.url, headers={**HEADERS, "Host": "platform.example:81"}) as client:
        package = client.get("modelPackages/").json()["data"][0]["id"]
        server = client.get("predictionServers/").json()["data"][0]["id"]
        body = {"modelPackageId": package, "label": "x", "defaultPredictionServerId": server}
        location = client.post("deployments/fromModelPackage/", json=body).headers["location"]
    assert location.startswith("http://platform.example:81/api/v2/status/")


def test_a_connection_outlives_the_pause_between_two_polls(serve_world):
    """The SDK polls every 5 s over one connection and repeats no read: the server must not close it just then."""
    assert server(serve_world().emulator.app).config.timeout_keep_alive >= 60


def test_many_clients_at_once_lose_nothing(serve_world):
    """Forty creations over eight connections are forty deployments."""
    served = serve_world()

    def create(index):
        with httpx.Client(base_url=served.url, headers=HEADERS) as client:
            package = client.get("modelPackages/").json()["data"][0]["id"]
            server = client.get("predictionServers/").json()["data"][0]["id"]
            body = {"modelPackageId": package, "label": str(index), "defaultPredictionServerId": server}
            return client.post("deployments/fromModelPackage/", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(40))) == {202}
    with httpx.Client(base_url=served.url, headers=HEADERS) as client:
        page = client.get("deployments/", params={"limit": 100}).json()
    assert sorted(int(each["label"]) for each in page["data"]) == list(range(40))


SERVE = "from drplan.emulator import *; serve(Emulator.open(), '127.0.0.1', 0, lambda url: print(url, flush=True))"


def test_serve_tells_its_url_and_stops_when_interrupted():
    """`serve` blocks, calls on_ready with the endpoint once it answers, and ends on Ctrl-C."""
    running = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(drplan.emulator.__file__).parents[2],
    )
    url = running.stdout.readline().strip()
    assert httpx.get(f"{url}/ping/", headers=HEADERS).json() == {"response": "pong"}
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=60)
    assert (out, "Traceback" in error and "KeyboardInterrupt" not in error) == ("", False)


def test_a_taken_port_is_an_error():
    """An address that is in use raises OSError before anything is served."""
    emulator = Emulator.open()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            serve(emulator, "127.0.0.1", taken.getsockname()[1], None)
    emulator.close()


def test_latency_is_waited_for_by_each_request_alone(serve_world):
    """Twenty requests of 50 ms latency at once take no longer than a few: they wait side by side."""
    served = serve_world(latency=0.05)
    barrier = threading.Barrier(20)

    def ask(_index):
        with httpx.Client(base_url=served.url, headers=HEADERS) as client:
            barrier.wait()
            return client.get("ping/").elapsed.total_seconds()

    with ThreadPoolExecutor(20) as pool:
        spent = list(pool.map(ask, range(20)))
    assert min(spent) >= 0.05
    assert max(spent) < 0.05 * 20 / 2
