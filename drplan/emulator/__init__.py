"""A faithful local emulator of the DataRobot API v2, for deployments: in-process or served, with state in SQLite.

    emulator = Emulator.open()                  # a small default world, in memory
    httpx.ASGITransport(emulator.app)           # talk to it in-process
    serve(emulator, "127.0.0.1", 0, print)      # or over HTTP

It is a witness of the API and shares nothing with the rest of drplan. What it answers is real: see its promises in the
README. Below `/emulator/` it can be inspected, broken on purpose, reset, and moved in time.
"""

from drplan.emulator.core.clock import Clock
from drplan.emulator.core.store import StateError
from drplan.emulator.emulator import Emulator, serve
from drplan.emulator.http.errors import ConnectionDropped
from drplan.emulator.world.seed import default_world_text, seed_schema
from drplan.emulator.world.seed.diagnostics import SeedDiagnostic, SeedError

__all__ = [
    "Clock",
    "ConnectionDropped",
    "Emulator",
    "SeedDiagnostic",
    "SeedError",
    "StateError",
    "default_world_text",
    "seed_schema",
    "serve",
]
