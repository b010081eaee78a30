"""Tables as lines of text, drawn by rich; columns stand two spaces apart, titles and cells may be painted."""

from collections.abc import Collection, Sequence
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Drawing
    from rich.text import Text

UNBOUND = 1_000_000
"""The width of output that is no terminal: as wide as it takes, so that nothing is cut or folded."""


def table_text(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (), width: int = UNBOUND
) -> str:
    """Return a table's lines; cells are folded where the table is wider than `width`, none is cut.

    `right` has the places of the columns that stand to the right.
    """
    out = StringIO()
    _console(out, width).print(_drawing(titles, rows, right))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def table_width(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how wide a table is whose cells are not folded, in columns of a terminal."""
    return _console(StringIO(), UNBOUND).measure(_drawing(titles, rows, ())).maximum


def _console(out: StringIO, width: int) -> "Console":
    from rich.console import Console

    # With a width alone, rich asks the environment for the height; and for colours, where nobody says no to none.
    return Console(file=out, width=width, height=25, force_terminal=True, color_system="standard", no_color=False)


def _drawing(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int]) -> "Drawing":
    from rich.table import Table as Drawing

    table = Drawing(box=None, pad_edge=False, header_style="")
    for place, title in enumerate(titles):
        table.add_column(_cell(title), justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(text: str) -> "Text":
    from rich.text import Text

    return Text.from_ansi(text) if "\x1b" in text else Text(text)  # reading codes costs more than all the rest
