"""Views as text for terminals, and rows as CSV."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO

from drplan.readings.base import Reading, as_json
from drplan.render.monitor.view import NO_DATA, NONE, Column, Table, View
from drplan.render.oneline import printable
from drplan.render.text import Painter, plain

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
GAP = "  "
_WIDTH = 10_000  # of output that is no terminal: as wide as it takes


def view_text(view: View, paint: Painter = plain, *, width: int = _WIDTH, subject: str = "") -> str:
    """Return a view's title, facts and tables; tables that are wider than `width` become blocks of lines."""
    title = f"{view.title} of {subject}" if subject else view.title
    lines = [paint(title, "bold")]
    lines += [paint(printable(f"{name}: {text}"), "dim") for name, text in view.facts]
    for table in view.tables:
        lines += ["", *([paint(table.title, "bold")] if table.title else []), *table_lines(table, paint, width)]
    return "\n".join(lines) + "\n"


def table_lines(table: Table, paint: Painter = plain, width: int = _WIDTH) -> list[str]:
    """Return a table's lines: columns where they fit into `width`, else its brief form, else one block per row."""
    from rich.cells import cell_len

    if not table.rows:
        return [paint("(nothing)", "dim")]
    table = replace(table, rows=tuple(tuple(map(printable, row)) for row in table.rows))
    titles = [printable(column.title) for column in table.columns]
    widths = [max(map(cell_len, (title, *cells))) for title, *cells in zip(titles, *table.rows, strict=True)]
    if sum(widths) + len(GAP) * (len(widths) - 1) > width:
        return table_lines(table.brief, paint, width) if table.brief else _blocks(table, paint)
    head = GAP.join(_padded(*cell) for cell in zip(titles, table.columns, widths, strict=True)).rstrip()
    lines = [paint(head, "bold")]
    for row in table.rows:
        cells = [
            _painted(text, _padded(text, column, size), paint)
            for text, column, size in zip(row, table.columns, widths, strict=True)
        ]
        lines.append(GAP.join(cells).rstrip())
    return lines


def _blocks(table: Table, paint: Painter) -> list[str]:
    lines: list[str] = []
    names = [column.title for column in table.columns[1:]]
    size = max(map(len, names), default=0)
    for first, *rest in table.rows:
        lines.append(paint(first, "bold"))
        lines += [
            f"  {name:<{size}}  {_painted(text, text, paint)}".rstrip()
            for name, text in zip(names, rest, strict=True)
            if text
        ]
    return lines


def csv_text(reading: Reading, about: Mapping[str, object]) -> str:
    """Return a reading's rows as CSV with a header, `about` in the first columns of each; no data is empty."""
    stream = StringIO()
    lines = [{**about, **as_json(row)} for row in reading.rows()]
    if lines:
        writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return stream.getvalue()


def _padded(text: str, column: Column, width: int) -> str:
    from rich.cells import cell_len

    pad = " " * (width - cell_len(text))
    return f"{pad}{text}" if column.number else f"{text}{pad}"


def _painted(text: str, padded: str, paint: Painter) -> str:
    style = STYLES.get(text)
    if not style:
        return padded
    before, _, after = padded.partition(text)
    return f"{before}{paint(text, style)}{after}"
