"""Reading a table that was uploaded: its columns, what they hold, how many rows there are."""

import csv
import io
import math
import re
from collections.abc import Iterator
from datetime import datetime
from statistics import fmean, median, pstdev
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.resources.registry.model_facts import feature

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y")
_CATEGORIES = 100  # a column of words with more different values than this is text
_WORDS = 5  # so is one whose values have more words than this on average
_SCANNED = 100_000  # rows that types are guessed from
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")


class TableError(Exception):
    """A file that is no table, with the reason."""


def read_table(content: bytes, filename: str) -> Json:
    """Give `columns`, `rows` and `rowCount` of a CSV file with a header line; raises TableError.

    A column has name, featureType, dateFormat, uniqueCount, naCount, categories (of a Categorical), and min, max, mean,
    median and stdDev of numbers. Types are guessed from the first rows only.
    """
    lines = list(_lines(content, filename))
    if not lines:
        raise TableError("The file is empty.")
    header, *rows = lines
    names = [name.strip() for name in header]
    if not all(names):
        raise TableError("The header line has a column without a name.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"Columns are there twice: {', '.join(twice)}.")
    if not rows:
        raise TableError("The file has a header line only.")
    odd = next((number for number, row in enumerate(rows, 2) if len(row) != len(names)), None)
    if odd is not None:
        raise TableError(f"Line {odd} has {len(rows[odd - 2])} values for {len(names)} columns.")
    scanned = rows[:_SCANNED]
    columns = [_column(name, [row[place].strip() for row in scanned]) for place, name in enumerate(names)]
    return {"columns": columns, "rowCount": len(rows), "sample": rows[:100]}


def _lines(content: bytes, filename: str) -> Iterator[list[str]]:
    if filename.lower().rpartition(".")[2] in {"xls", "xlsx", "zip", "gz", "parquet", "sas7bdat"}:
        raise TableError(f"{filename} is not a CSV file; the emulator reads CSV only.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError("The file is not UTF-8 text.") from None
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    try:
        yield from (line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if line)
    except csv.Error as error:
        raise TableError(f"The file cannot be read as CSV: {error}.") from None


def _column(name: str, values: list[str]) -> Json:
    there = [value for value in values if value.lower() not in _MISSING]
    kind, date_format, numbers = _kind(there)
    categories = sorted(set(there))
    column: Json = {
        "name": name,
        "featureType": kind,
        "dateFormat": date_format,
        "uniqueCount": len(categories),
        "naCount": len(values) - len(there),
        "lowInformation": len(categories) < 2,
        "categories": categories if kind == "Categorical" else None,
    }
    if numbers:
        column |= {
            "min": min(numbers),
            "max": max(numbers),
            "mean": fmean(numbers),
            "median": median(numbers),
            "stdDev": pstdev(numbers),
        }
    return column


def _kind(values: list[str]) -> tuple[str, str | None, list[float]]:
    if not values:
        return "Categorical", None, []
    if all(value.lower() in {"true", "false"} for value in values):
        return "Boolean", None, []
    if all(_NUMBER.match(value) for value in values):
        numbers = [float(value) for value in values]
        return "Numeric", None, [number for number in numbers if math.isfinite(number)]
    for form in _DATES:
        if all(_fits(value, form) for value in values):
            return "Date", form, []
    many = len(set(values)) > _CATEGORIES
    wordy = fmean(len(value.split()) for value in values[:1000]) > _WORDS
    return ("Text" if many or wordy else "Categorical"), None, []


def _fits(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True


def features_of(table: Json, without: set[str]) -> list[Json]:
    """Give the features of a model trained on a table: its columns, except some."""
    return [
        feature(
            column["name"],
            column["featureType"],
            date_format=column["dateFormat"],
            categories=column["categories"],
        )
        for column in table["columns"]
        if column["name"] not in without
    ]


def column_of(table: Json, name: str) -> Any:
    """Give a column by its name, or None."""
    return next((column for column in table["columns"] if column["name"] == name), None)
