"""The options that stand before the command."""

from dataclasses import dataclass, field
from pathlib import Path

from drplan.clock import Clock, utc_now


@dataclass(frozen=True, slots=True)
class Globals:
    """The options that stand before the command, and the clock that the command goes by."""

    directory: Path
    endpoint: str | None
    no_color: bool = False
    verbose: bool = False
    environment: str | None = None
    now: Clock = field(default=utc_now, repr=False)
