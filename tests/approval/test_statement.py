"""Statements: one form, byte for byte, that reads back to itself."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drplan.gate.approvals import Statement, moment, read_moment, statement
from drplan.gate.approvals.statement import read_statement

DIGEST = "5e" * 32
UNTIL = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = f"drplan approval 1\nplan: {DIGEST}\nexpires: 2026-11-23T12:00:00Z\n"


def test_the_form() -> None:
    """Four lines, or three without a comment; times are in UTC."""
    assert str(statement(DIGEST, UNTIL, "")) == TEXT
    assert str(statement(DIGEST, UNTIL, "CHG-1234: fine")) == f"{TEXT}comment: CHG-1234: fine\n"
    east = UNTIL.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert str(statement(DIGEST, east.replace(microsecond=999), "")) == TEXT
    assert read_moment(moment(UNTIL)) == UNTIL


@given(
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.integers(min_value=-30_000_000_000, max_value=250_000_000_000),
    st.text(max_size=220),
)
def test_what_is_written_is_read(digest: str, seconds: int, comment: str) -> None:
    """Every statement that can be made reads back to itself; a comment that could not be is refused."""
    try:
        made = statement(digest, UNTIL + timedelta(seconds=seconds), comment)
    except ValueError:
        assert len(comment) > 200 or comment != comment.strip() or not comment.isprintable()
        return
    assert read_statement(str(made).encode()) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "\n",
        " " + TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("approval 1", "approval 2"),
        TEXT.replace(DIGEST, DIGEST.upper()),
        TEXT.replace(DIGEST, DIGEST[1:]),
        TEXT.replace(DIGEST, DIGEST + "0"),
        TEXT.replace("12:00:00Z", "12:00:00+00:00"),
        TEXT.replace("12:00:00Z", "12:00:00"),
        TEXT.replace("11-23", "13-23"),
        TEXT.replace("2026", "0999"),
        TEXT.replace("12:00:00Z", "24:00:00Z"),
        TEXT.replace("12:00:00Z", "12:00:60Z"),
        TEXT.replace("expires: ", "expires:  "),
        TEXT + "comment: \n",
        TEXT + "comment: a\nplan: b\n",
        TEXT + "comment:  a\n",
        TEXT + "comment: a \n",
        TEXT + "comment: \x1b[2J\n",
        TEXT + f"comment: {'x' * 201}\n",
        TEXT + "note: a\n",
        TEXT + TEXT,
        TEXT.replace("2026", "٢٠٢٦"),
    ],
)
def test_what_is_none(text: str) -> None:
    """A text that differs from the form by a byte is no statement."""
    with pytest.raises(ValueError, match=r"it is not|a line of it"):
        read_statement(text.encode())


def test_what_is_no_text() -> None:
    """Bytes that are no text are no statement."""
    with pytest.raises(ValueError, match="it is not text"):
        read_statement(b"\xff" + TEXT.encode())


@pytest.mark.parametrize("comment", ["a\nb", " a", "a ", "\x00", "x" * 201, "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_comments(comment: str) -> None:
    """A comment is one short line without tricks."""
    with pytest.raises(ValueError, match="a comment is one line of at most 200 characters"):
        statement(DIGEST, UNTIL, comment)


def test_equal_statements() -> None:
    """A statement is a value."""
    assert statement(DIGEST, UNTIL, "a") == Statement(DIGEST, UNTIL, "a")
