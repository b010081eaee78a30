"""What every reading has: its rows, its JSON, its data frame; and how answers of the platform are taken apart.

Parsing is liberal: a key that is missing, null or of another type is "no data", never an error.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from math import isfinite
from typing import Any, ClassVar, Literal

from drplan.errors import UsageError
from drplan.readings.times import Period, iso, parse_moment
from drplan.records.values import EMPTY

Row = dict[str, Any]
Json = Mapping[str, Any]
FORMAT = "1.0"


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of the traffic a reading is about: a segment attribute and its value."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Reading(ABC):
    """The root of the readings: `name` is its key in JSON; `rows()` is what CSV and data frames hold.

    The rows of one reading have equal keys in equal order; times in them are aware datetimes, and None is "no data".
    """

    name: ClassVar[str]

    @abstractmethod
    def rows(self) -> tuple[Row, ...]:
        """Return the reading as a table: one mapping a row."""

    @property
    @abstractmethod
    def has_data(self) -> bool:
        """Whether there is anything in it but "no data"."""

    def document(self, about: Mapping[str, Any] = EMPTY) -> dict[str, Any]:
        """Return `{format_version, <name>: {...}}` as JSON takes it, with `about` before the reading's own fields."""
        return {"format_version": FORMAT, self.name: {**about, **as_json(self)}}

    def to_frame(self, library: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return the rows as a pandas or polars DataFrame; no data is a missing value there.

        Raises UsageError, naming drplan's extra, when the library is not installed.
        """
        rows = self.rows()
        columns = list(rows[0]) if rows else []
        content = {column: [row[column] for row in rows] for column in columns}
        try:
            if library == "polars":
                import polars as pl

                return pl.DataFrame(content, strict=False)
            import pandas as pd

            return pd.DataFrame(content)
        except ImportError:
            raise UsageError(f"to_frame needs {library}; install it with: pip install 'drplan[{library}]'") from None


def as_json(value: Any) -> Any:
    """Return a record as JSON has it: objects, lists, numbers, times as ISO 8601 text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    return value


def span(period: Period | None) -> Row:
    """Return a period as the first columns of a row."""
    return {"start": period and period.start, "end": period and period.end}


# -------------------------------------------------------------------------------------------------- taking apart


def parse_period(value: Any) -> Period | None:
    """Return the `{start, end}` of an answer, None where it is not whole."""
    if not isinstance(value, Mapping):
        return None
    try:
        return Period(parse_moment(str(value["start"])), parse_moment(str(value["end"])))
    except (KeyError, UsageError):
        return None


def number(value: Any) -> float | None:
    """Return a finite number (text that is one counts), None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if isfinite(found) else None


def count(value: Any) -> int | None:
    """Return a whole number, None for anything else."""
    found = number(value)
    return None if found is None else int(found)


def text(value: Any) -> str | None:
    """Return text, None where there is none."""
    return value if isinstance(value, str) and value else None


def items(answer: Any, key: str) -> Iterator[Json]:
    """Yield the objects of a list in an answer."""
    found = answer.get(key) if isinstance(answer, Mapping) else None
    for item in found if isinstance(found, list) else ():
        if isinstance(item, Mapping):
            yield item


def part(answer: Any, key: str) -> Json:
    """Return an object in an answer, empty where there is none."""
    found = answer.get(key) if isinstance(answer, Mapping) else None
    return found if isinstance(found, Mapping) else EMPTY


def measured(value: Any, sample: int | None) -> float | None:
    """Return a value that was computed from `sample` rows: from none of them nothing can be computed."""
    return None if sample == 0 else number(value)


def any_number(values: Iterable[Any]) -> bool:
    """Tell whether there is a value among them that is not "no data"."""
    return any(value is not None for value in values)
