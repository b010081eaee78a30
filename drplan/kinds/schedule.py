"""When something is done again and again: the five lists that every schedule of the platform has."""

from collections.abc import Mapping
from typing import Any

from drplan.registry.shapes import Field, Shape

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _times(names: Mapping[str, int]) -> Any:
    def normal(value: Any) -> Any:
        """Return the times as sorted numbers: the platform keeps texts, names and numbers as it likes."""
        if not isinstance(value, list | tuple):
            return value
        return sorted({_number(str(item).lower(), names) for item in value}, key=str)

    return normal


def _number(item: str, names: Mapping[str, int]) -> int | str:
    return int(item) if item.isdecimal() else names.get(item[:3], item)


def _field(name: str, doc: str, least: int, most: int, example: list[Any], names: Mapping[str, int]) -> Field:
    words = [word for name in names for word in (name, name.capitalize(), name.upper())]
    item = {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, {"enum": ["*", *words]}]}
    schema = {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}
    return Field(name, doc, schema, example, required=True, normal=_times(names))


SCHEDULE = Shape(
    _field("minute", "The minutes, or `*` for each.", 0, 59, [0], {}),
    _field("hour", "The hours (UTC), or `*` for each.", 0, 23, [3], {}),
    _field("day_of_month", "The days of the month; in addition to those of the week.", 1, 31, ["*"], {}),
    _field("month", "The months.", 1, 12, ["*"], {name: number for number, name in enumerate(_MONTHS, 1)}),
    _field("day_of_week", "The days of the week, Sunday is 0.", 0, 6, [1], {n: i for i, n in enumerate(_DAYS)}),
)
