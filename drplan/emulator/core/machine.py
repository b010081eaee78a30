"""What an emulated platform runs on, in one record: given to those who need all of it."""

from dataclasses import dataclass

from drplan.emulator.core.clock import Clock
from drplan.emulator.core.jobs import Pace
from drplan.emulator.core.store import Store


@dataclass(slots=True)
class Machine:
    """Memory, time, and how long things take; `latency` are the seconds that each API request waits first."""

    store: Store
    clock: Clock
    pace: Pace
    latency: float = 0.0
