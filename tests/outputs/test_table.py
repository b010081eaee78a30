"""Tables in terminals and pipes: nothing is cut, nothing is markup, and only the painter colours."""

import click
import pytest

from drplan.render.table import table_text, table_width

TITLES = ("NAME", "AGE")
ROWS = (("[red]a[/red] :smile:", "1"), ("数字", "10"))


def test_without_a_terminal_nothing_is_folded() -> None:
    """A cell of a thousand letters is one line, and lines have no blanks at their ends."""
    assert table_text(("A", "B"), [("x" * 1000, "y"), ("z", "")]) == f"{'A':<1000}  B\n{'x' * 1000}  y\nz\n"


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}, {"COLUMNS": "20", "NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_a_table_is_what_its_cells_say(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide letters count twice, markup of rich is text, colour is the painter's; the environment has no say."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    titles = [click.style(title, bold=True) for title in TITLES]
    assert table_text(titles, ROWS, right={1}) == (
        "\x1b[1mNAME\x1b[0m                  \x1b[1mAGE\x1b[0m\n[red]a[/red] :smile:    1\n数字                   10\n"
    )
    assert table_width(titles, ROWS) == table_width(TITLES, ROWS) == 25


def test_a_narrow_terminal_folds_cells() -> None:
    """What does not fit into a line goes on in the next: no letter is lost."""
    text = table_text(("A", "B"), [("abcdefghij", "0.5")], width=10)
    assert text == "A      B\nabcde  0.5\nfghij\n"
