"""Output that cannot say everything, or goes nowhere: every command ends as it should, and no write is lost to it."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, RawIOBase, TextIOWrapper
from typing import Any

import pytest
from harness import World, deployment

from drplan.cli import run
from drplan.cli.terminal import open_streams

LABEL = "Köln 値 →"
TEXTS = ("plan", "list", "explain deployment.a", "monitor", "no-such-command", "validate", "--help")
DOCUMENTS = (
    "show deployment.a",
    "plan --format markdown",
    "plan --format html",
    "plan --format mermaid",
    "plan --format junit",
    "monitor --format csv",
    "schema --markdown",
)
OBJECTS = ("plan --format json", "plan --format sarif", "plan --format terraform-json", "list --format json")


@contextmanager
def streams(out: TextIOWrapper | None, err: TextIOWrapper | None) -> Iterator[None]:
    """Let a process begin with these streams for a while."""
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]  # None: closed
    if out is None:
        sys.stdin = None  # type: ignore[assignment]
    open_streams()
    try:
        yield
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if getattr(stream, "name", "") == os.devnull:
                stream.close()
        sys.stdin, sys.stdout, sys.stderr = kept


def printed(world: World, line: str, encoding: str) -> tuple[int, bytes, bytes]:
    """Return how a command ends whose streams have this encoding, and the bytes on them."""
    out, err = BytesIO(), BytesIO()
    wrapped = TextIOWrapper(out, encoding), TextIOWrapper(err, encoding)
    with streams(*wrapped):
        code = run(["-C", str(world.root), *line.split()])
        for stream in wrapped:
            stream.flush()
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def told(shop: World, drplan: Callable[..., Any]) -> World:
    """Give a world with a deployment whose label few encodings can say, and a change to plan."""
    shop.specs({"a": deployment(LABEL, description="x"), "b": deployment("B")})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({"a": deployment(LABEL, description=LABEL, tags={LABEL: LABEL})})
    return shop


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_any_encoding(told: World, encoding: str) -> None:
    """Every command ends as in UTF-8; text says what it can, documents are UTF-8, and JSON is the same in ASCII."""
    for line in (*TEXTS, *DOCUMENTS, *OBJECTS):
        code, out, err = printed(told, line, encoding)
        expected, whole, _ = printed(told, line, "utf-8")
        assert (code, b"Traceback" in err, b"bug" in err) == (expected, False, False), line
        if line in TEXTS:
            out.decode(encoding)
        elif line in DOCUMENTS:
            assert (out.decode().count("値"), out) == (whole.decode().count("値"), whole), line
        else:
            assert (out.isascii(), json.loads(out)) == (True, json.loads(whole)), line
    assert b"\\u5024" in printed(told, "plan", encoding)[1]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_an_apply_in_any_encoding(told: World, encoding: str, form: str) -> None:
    """What the platform says of a failing write is reported, exit 6, and the other writes are done."""
    told.fault("POST deployments/{id}/tags/", status=422, body={"message": "値が長すぎます"})
    code, out, err = printed(told, f"apply --auto-approve --allow-deletions --format {form}", encoding)
    assert (code, b"Traceback" in err) == (6, False)
    assert b"\\u5024\\u304c" in out + err
    assert told.one("a")["description"] == LABEL


class Gone(RawIOBase):
    """A stream that takes some bytes, and then fails as a closed pipe or a full disk does."""

    def __init__(self, size: int, error: type[OSError], number: int) -> None:
        self.left, self.error, self.number = size, error, number

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Take the bytes, while there is room."""
        self.left -= len(data)
        if self.left < 0:
            raise self.error(self.number, "No space left on device")
        return len(data)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("number", "code", "sentence"), [(32, 141, ""), (28, 64, "the output cannot be written: No space left on device")]
)
def test_output_that_ends_during_an_apply(told: World, form: str, number: int, code: int, sentence: str) -> None:
    """Every write is done and reported on stderr all the same; the exit code says that the output is not whole."""
    err = BytesIO()
    size = len(printed(told, f"plan --format {'json' if form == 'json' else 'text'}", "utf-8")[1])
    room = 3000 if form == "json" else size
    stream = TextIOWrapper(Gone(room, OSError, number), "utf-8", write_through=True)  # type: ignore[type-var]
    wrapped = TextIOWrapper(err, "utf-8")
    with streams(stream, wrapped):
        ended = run(["-C", str(told.root), "apply", "--auto-approve", "--allow-deletions", "--format", form])
        wrapped.flush()
    assert ended == code
    assert told.names() == ["shop/a"]
    assert told.one("a")["tags"][LABEL] == LABEL
    assert sentence in err.getvalue().decode()
    assert "Traceback" not in err.getvalue().decode()


def test_closed_streams(told: World) -> None:
    """With no stream at all, an apply does what it does."""
    with streams(None, None):
        assert run(["-C", str(told.root), "apply", "--auto-approve", "--allow-deletions"]) == 0
    assert told.names() == ["shop/a"]


def test_a_remark_that_nobody_reads(told: World) -> None:
    """A stderr that fails stops nothing."""
    out = TextIOWrapper(BytesIO(), "utf-8")
    with streams(out, TextIOWrapper(Gone(0, OSError, 32), "utf-8", write_through=True)):  # type: ignore[type-var]
        assert run(["-C", str(told.root), "apply", "--auto-approve", "--allow-deletions"]) == 0
    assert told.names() == ["shop/a"]
