"""What a command is given besides its own options: those before the command, and values of variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drplan.clock import Clock, utc_now
from drplan.records.values import EMPTY


@dataclass(frozen=True, slots=True)
class Globals:
    """The options that stand before the command, values of variables, and the clock that the command goes by."""

    directory: Path
    endpoint: str | None
    no_color: bool = False
    verbose: bool = False
    environment: str | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    now: Clock = field(default=utc_now, repr=False)
