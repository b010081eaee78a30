"""Views as text for terminals, and rows as CSV."""

import csv
from collections.abc import Mapping
from io import StringIO

from drplan.readings.base import Reading, as_json
from drplan.render.monitor.view import NO_DATA, NONE, Table, View
from drplan.render.oneline import printable
from drplan.render.table import UNBOUND, table_text, table_width
from drplan.render.text import Painter, plain

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that spreadsheets compute."""

STYLES = {
    "failing": "error",
    "warning": "warning",
    "passing": "good",
    "unknown": "dim",
    "unavailable": "dim",
    "never": "dim",
    NO_DATA: "dim",
    NONE: "dim",
}


def view_text(view: View, paint: Painter = plain, *, width: int = UNBOUND, subject: str = "") -> str:
    """Return a view's title, facts and tables; tables that are wider than `width` become blocks of lines."""
    title = f"{view.title} of {subject}" if subject else view.title
    lines = [paint(printable(title), "bold")]
    lines += [paint(printable(f"{name}: {text}"), "dim") for name, text in view.facts]
    text = "\n".join(lines) + "\n"
    for table in view.tables:
        title = f"{paint(printable(table.title), 'bold')}\n" if table.title else ""
        text += f"\n{title}{_table(table, paint, width)}"
    return text


def _table(table: Table, paint: Painter, width: int) -> str:
    """Return a table's lines: columns where they fit into `width`, else its brief form, else one block per row."""
    if not table.rows:
        return paint("(nothing)", "dim") + "\n"
    titles = [paint(printable(column.title), "bold") for column in table.columns]
    rows = [[_cell(cell, paint) for cell in row] for row in table.rows]
    if width < UNBOUND and table_width(titles, rows) > width:
        return _table(table.brief, paint, width) if table.brief else _blocks(table, paint)
    return table_text(titles, rows, right=[place for place, column in enumerate(table.columns) if column.number])


def _blocks(table: Table, paint: Painter) -> str:
    lines: list[str] = []
    names = [printable(column.title) for column in table.columns[1:]]
    size = max(map(len, names), default=0)
    for first, *rest in table.rows:
        lines.append(paint(printable(first), "bold"))
        lines += [f"  {name:<{size}}  {_cell(text, paint)}" for name, text in zip(names, rest, strict=True) if text]
    return "\n".join(lines) + "\n"


def _cell(text: str, paint: Painter) -> str:
    return paint(printable(text), STYLES[text]) if text in STYLES else printable(text)


def _field(value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"'{printable(value)}" if value.startswith(FORMULA) else printable(value)


def csv_text(reading: Reading, about: Mapping[str, object]) -> str:
    """Return a reading's rows as CSV with a header, `about` in the first columns of each; no data is empty.

    Text stands on one line, and begins no formula where a spreadsheet opens the file: an apostrophe comes before it.
    """
    stream = StringIO()
    lines = [{key: _field(value) for key, value in {**about, **as_json(row)}.items()} for row in reading.rows()]
    if lines:
        writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return stream.getvalue()
