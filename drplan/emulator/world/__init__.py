"""The world that the platform lives in: its seed, and what models predict, how they fare, and what is seen of it."""

from types import ModuleType

from drplan.emulator.world import monitoring, serving

RESOURCES: tuple[ModuleType, ...] = (serving, monitoring)
