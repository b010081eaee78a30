"""What is shown of a reading, whatever shows it: facts, tables and charts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from drplan.readings.times import short

NONE = "-"
NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, and whether it holds numbers (which stand to the right)."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ready text; its title may be empty. `brief` says the same in fewer columns, for narrow screens."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    brief: "Table | None" = None

    @property
    def wide(self) -> bool:
        """Whether it is too wide for a phone: many columns, or sentences in them."""
        return len(self.columns) > 5 or any(len(cell) > 40 for row in self.rows for cell in row)


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a chart; None is a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over labels (bucket starts, or names), as lines or bars; `unit` is that of every series."""

    title: str
    unit: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    kind: Literal["line", "bar"] = "line"

    @property
    def heading(self) -> str:
        """The title, with the unit where the title does not say it and the values do not carry it."""
        plain = self.unit in ("", "share") or self.unit.lower() in self.title.lower()
        return self.title if plain else f"{self.title} ({self.unit})"

    @property
    def has_data(self) -> bool:
        """Whether there is anything to draw."""
        return any(value is not None for line in self.lines for value in line.values)


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a reading: a title, facts (name and text), tables and charts."""

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()


def displayed(value: object, unit: str = "") -> str:
    """Return a value for people: four significant digits, shares in percent, whole numbers in full, `-` for no data."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return short(value)
    if isinstance(value, int | float):
        if unit == "share":
            return f"{_digits(value * 100)} %"
        return _digits(value)
    return str(value)


def _digits(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
