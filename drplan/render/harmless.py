"""The last look at what leaves for a terminal, a log or a file: nothing in it is acted on, whatever it came from.

Values are spelled out where they are put into a text (`drplan.render.oneline`), as only there it is known which line
breaks are ours. What is done here holds for all text, so that a place that forgets it makes no hole:
    controls, escapes, bidi marks, lone surrogates    \\x1b, \\u202e, \\ud800; in JSON, \\u001b
    ::set-env at the beginning of a line              \\x3a:set-env, which GitHub Actions does not take for a command
    ##[group], ##vso[task], ##teamcity[x] anywhere    \\x23#[group], likewise
"""

import codecs
import re

PLAINLY = "drplan.plainly"
"""The error handler for encodings that cannot say all: a sign that looks alike in ASCII, or else an escape."""

_COLOUR = r"\x1b\[[0-9;]*m"
_UNUSUAL = re.compile(rf"{_COLOUR}|[^\n\t -~]")
_LINE_COMMAND = re.compile(rf"(?m)^((?:[ \t]|{_COLOUR})*):(?=:)")
_COMMAND = re.compile(r"#(?=#\w*(?:\.\w+)*\[)")
_JOINER = "\u2060"  # the only hidden character of our own: it takes the effect of mentions in Markdown

_LOOK_ALIKE = {"…": "...", "→": "->", "±": "+/-", "●": "*", "○": "o", "·": "-"}


def harmless(text: str, *, coloured: bool = False) -> str:
    """Return lines of text with nothing in them that a terminal or a CI system acts on, but wanted colours."""

    def plainly(match: re.Match[str]) -> str:
        found = match.group()
        if len(found) > 1:
            return found if coloured else f"\\x1b{found[1:]}"
        return found if found.isprintable() or found == _JOINER else _spelled(found)

    text = _UNUSUAL.sub(plainly, text)
    return _COMMAND.sub(r"\\x23", _LINE_COMMAND.sub(r"\1\\x3a", text))


def one_line(text: str) -> str:
    """Return the same text, perhaps coloured, with its line breaks spelled out."""
    return text.replace("\n", "\\n")


def harmless_json(text: str, *, ascii_only: bool = False) -> str:
    """Return the same JSON with every hidden character (`ascii_only`: all but ASCII) as an escape of JSON's own."""

    def plainly(match: re.Match[str]) -> str:
        found = match.group()
        if found.isprintable() and not ascii_only:
            return found
        return "".join(f"\\u{high:02x}{low:02x}" for high, low in _pairs(found.encode("utf-16-be", "surrogatepass")))

    return _COMMAND.sub(r"\\u0023", re.sub(r"[^\n\t -~]", plainly, text))


def _pairs(content: bytes) -> list[tuple[int, int]]:
    return list(zip(content[::2], content[1::2], strict=True))


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_alike, error.object[error.start : error.end])), error.end


def _alike(character: str) -> str:
    """Return a character in ASCII: what looks alike, rules and bars by their shape, else its number."""
    if character in _LOOK_ALIKE:
        return _LOOK_ALIKE[character]
    if "\u2500" <= character <= "\u257f":  # box drawing
        return {"─": "-", "│": "|"}.get(character, "+")
    if "\u2580" <= character <= "\u259f":  # blocks
        return "#"
    if "\u2800" <= character <= "\u28ff":  # the dots that charts are drawn with
        return "*" if character > "\u2800" else " "
    return _spelled(character)


codecs.register_error(PLAINLY, _plainly)
