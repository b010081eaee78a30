"""The only prints: results to stdout, progress, questions and errors to stderr; colour only where it is seen.

Whatever is printed can be printed: what an encoding lacks is written plainly, and hidden characters are spelled out.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from drplan.errors import UsageError
from drplan.records.specs import Diagnostic
from drplan.render.harmless import PLAINLY, harmless, harmless_json, one_line

_STYLES: dict[str, dict[str, Any]] = {
    "bold": {"bold": True},
    "dim": {"dim": True},
    "good": {"fg": "green"},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "create": {"fg": "green"},
    "adopt": {"fg": "cyan"},
    "update": {"fg": "yellow"},
    "activate": {"fg": "green"},
    "deactivate": {"fg": "yellow"},
    "replace": {"fg": "magenta", "bold": True},
    "reassert": {"fg": "magenta"},
    "request": {"fg": "yellow"},
    "delete": {"fg": "red", "bold": True},
}


def open_streams() -> None:
    """Make the streams of this process take any text: closed ones swallow it, no encoding fails on it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, _nowhere(mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=PLAINLY)


def _nowhere(mode: str) -> Any:
    return Path(os.devnull).open(mode, encoding="utf-8")


def coloured(stream: Any, *, no_color: bool = False) -> bool:
    """Tell whether a stream is a terminal that may be coloured (https://no-color.org)."""
    return bool(stream.isatty()) and not no_color and not os.environ.get("NO_COLOR")


def painter(stream: Any, *, no_color: bool = False) -> Callable[[str, str], str]:
    """Return a function that styles text for a stream, or leaves it as it is."""
    if not coloured(stream, no_color=no_color):
        return lambda text, _style: text
    return lambda text, style: click.style(text, **_STYLES.get(style, {}))


def say(text: str) -> None:
    """Print a result of one line."""
    say_lines(one_line(text))


def say_lines(text: str) -> None:
    """Print a result of many lines, whose values stand on one line each (`printable`)."""
    _print(harmless(text, coloured=coloured(sys.stdout)))


def say_document(text: str) -> None:
    """Print a document of a format of its own: UTF-8 whatever the locale, except where people see it on a terminal."""
    if isinstance(sys.stdout, TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors=PLAINLY)
    _print(harmless(text))


def say_json(document: Any) -> None:
    """Print one JSON object to stdout; a text is JSON already."""
    import json

    text = document if isinstance(document, str) else json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    _print(harmless_json(text, ascii_only=not str(sys.stdout.encoding).lower().startswith("utf")))


def _print(text: str) -> None:
    """Write to stdout; BrokenPipeError where nobody reads it, UsageError where it cannot be written."""
    try:
        click.echo(text, sys.stdout, nl=not text.endswith("\n"), color=True)
    except OSError as error:
        sys.stdout = _nowhere("w")
        if error.errno == errno.EPIPE:
            raise
        raise UsageError(f"the output cannot be written: {error.strerror}") from None


def note(text: str) -> None:
    """Print a remark of one line to stderr; where nobody can read it, nothing happens: the work goes on."""
    note_lines(one_line(text))


def note_lines(text: str) -> None:
    """Print a remark of many lines, whose values stand on one line each, likewise."""
    with suppress(OSError):
        click.echo(harmless(text, coloured=coloured(sys.stderr)), sys.stderr, color=True)


def say_error(summary: str, diagnostics: Iterable[Diagnostic] = ()) -> None:
    """Print an error with its diagnostics to stderr."""
    from drplan.render.text import diagnostic_text

    no_color = "--no-color" in sys.argv
    paint = painter(sys.stderr, no_color=no_color)
    for diagnostic in diagnostics:
        note_lines(diagnostic_text(diagnostic, paint))
    note(f"{paint('Error: ', 'error')}{summary}")


def asks() -> bool:
    """Tell whether there is somebody to ask: a terminal to read from and one to show the question on."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """Ask on stderr; only `yes` is yes."""
    note(question)
    # The event loop's own handler would only cancel its task, once the question is answered.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        click.echo("Only 'yes' will be accepted: ", nl=False, err=True)
        return sys.stdin.readline().strip() == "yes"
    finally:
        signal.signal(signal.SIGINT, handler)
