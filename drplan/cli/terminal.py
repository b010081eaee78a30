"""The only prints: results to stdout, progress, questions and errors to stderr; colour only where it is seen."""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from drplan.records.specs import Diagnostic

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


def coloured(stream: Any, *, no_color: bool = False) -> bool:
    """Tell whether a stream is a terminal that may be coloured (https://no-color.org)."""
    return bool(stream.isatty()) and not no_color and not os.environ.get("NO_COLOR")


def painter(stream: Any, *, no_color: bool = False) -> Callable[[str, str], str]:
    """Return a function that styles text for a stream, or leaves it as it is."""
    if not coloured(stream, no_color=no_color):
        return lambda text, _style: text
    return lambda text, style: click.style(text, **_STYLES.get(style, {}))


def say(text: str) -> None:
    """Print a result."""
    click.echo(text, nl=not text.endswith("\n"), color=True)


def note(text: str) -> None:
    """Print a remark to stderr."""
    click.echo(text, err=True, color=True)


def say_error(summary: str, diagnostics: Iterable[Diagnostic] = ()) -> None:
    """Print an error with its diagnostics to stderr."""
    from drplan.render.text import diagnostic_text

    no_color = "--no-color" in sys.argv
    paint = painter(sys.stderr, no_color=no_color)
    for diagnostic in diagnostics:
        note(diagnostic_text(diagnostic, paint))
    note(f"{paint('Error: ', 'error')}{summary}")


def say_json(document: Any) -> None:
    """Print one JSON object to stdout."""
    import json

    click.echo(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False))


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
