"""The emulator as an object: open it, talk to its `app`, close it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drplan.emulator import resources, world
from drplan.emulator.core.clock import Clock
from drplan.emulator.core.jobs import Pace
from drplan.emulator.core.machine import Machine
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http import server
from drplan.emulator.http.app import App
from drplan.emulator.http.control import Control
from drplan.emulator.http.faults import Faults
from drplan.emulator.http.request_log import RequestLog
from drplan.emulator.http.routes import Routes
from drplan.emulator.resources.deployments.validation import CHECKS
from drplan.emulator.world import traffic
from drplan.emulator.world.seed import default_world_text, digest, load_world, switches


class Emulator:
    """One emulated platform; `app` is its ASGI application, everything else is for whoever tests with it.

    Use `open`; call `close` at the end. Several processes may have one state file open at a time.
    """

    def __init__(self, store: Store, seed: str, file: str, *, latency: float, pace: Pace, clock: Clock) -> None:
        self.machine = Machine(store, clock, pace, latency)
        self.store, self.clock = store, clock
        self.routes = Routes((*resources.RESOURCES, *world.RESOURCES))
        self.faults = Faults(self.routes.names, CHECKS)
        self.requests = RequestLog()
        control = Control(store, clock, self.faults, self.requests, self.reset, self._traffic, self._change)
        self.app = App(self.machine, self.routes, self.faults, self.requests, control)
        self._seed, self._file = seed, file
        with store.writing(clock.seconds()):
            if store.fact("seed") != digest(seed):
                load_world(store, seed, file, clock.seconds())

    @classmethod
    def open(
        cls,
        seed: Path | str | None = None,
        state: Path | str | None = None,
        latency: float = 0.0,
        job_seconds: float = 0.2,
        clock: Clock | None = None,
        lag_seconds: float | None = None,
    ) -> "Emulator":
        """Open a platform: with the world of a seed file or the default one, in memory or in a state file.

        `latency`, `job_seconds` (how long jobs and deletions take; 0: through at the first poll) and `lag_seconds` (how
        long a deployment shows its old model package after a replacement; a quarter of `job_seconds` unless given) are
        seconds. Raises SeedError for a seed that is wrong, OSError for one that cannot be read, StateError for a state
        file that is none. A state remembers: a seed that changed since updates the catalogue and adds new deployments.
        """
        if seed is None:
            text, file = default_world_text(), "default_world.yaml"
        else:
            text, file = Path(seed).read_text(encoding="utf-8"), str(seed)
        pace = Pace(job_seconds, job_seconds, job_seconds / 4 if lag_seconds is None else lag_seconds)
        store = Store(None if state is None else Path(state))
        try:
            return cls(store, text, file, latency=latency, pace=pace, clock=clock or Clock())
        except BaseException:
            store.close()
            raise

    @property
    def token(self) -> str:
        """Give the token of the world's first user."""
        row = self.store.db.execute("SELECT ref FROM objects WHERE kind = 'user' ORDER BY seq LIMIT 1").fetchone()
        return str(row[0])

    def reset(self) -> None:
        """Go back to the seed: everything that happened since is gone, and so are faults and counters."""
        with self.store.writing(self.clock.seconds()):
            self.store.wipe()
            load_world(self.store, self._seed, self._file, self.clock.seconds())
        self.faults.clear()
        self.requests.clear()

    def _change(self, body: Any) -> None:
        with self.store.writing(self.clock.seconds()):
            switches.change(self.store, body)

    def _traffic(self, body: Any) -> Json:
        return traffic.answer(self.store, self.clock.seconds(), body)

    def close(self) -> None:
        """Let go of the state; a state file keeps it."""
        self.store.close()


def serve(
    emulator: Emulator, host: str = "127.0.0.1", port: int = 0, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve an emulator over HTTP until interrupted; `on_ready` gets the endpoint's URL once it answers.

    Port 0 picks a free one. Raises OSError when the address cannot be had.
    """
    server.serve(emulator.app, host, port, on_ready)
