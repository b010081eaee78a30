"""CEL expressions: compiled once, with a syntax error at its place in the project file."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cel import Program

MAX_CHARACTERS = 2_000

_ERROR = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_MACRO = re.compile(r"\.(?:all|exists|exists_one|existsOne|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


class WrongExpression(ValueError):  # noqa: N818  says what it is
    """The expression cannot be parsed; `line` and `column`, from 1, are inside of it."""

    def __init__(self, summary: str, line: int, column: int) -> None:
        super().__init__(summary)
        self.line = line
        self.column = column


@cache
def program(source: str) -> "Program":
    """Return the compiled expression; raise WrongExpression where it is none."""
    import cel

    try:
        return cel.compile(source)
    except ValueError as error:
        found = _ERROR.search(str(error))
        if not found:
            raise WrongExpression("it cannot be parsed", 1, 1) from None
        line, column, summary = found.groups()
        raise WrongExpression(
            summary.partition(" expecting {")[0].replace("'<EOF>'", "its end").strip(), int(line), int(column)
        ) from None


def variables(source: str) -> frozenset[str]:
    """Return the names that an expression takes from outside, without those that its macros bind."""
    bound = set(_MACRO.findall(_TEXT.sub('""', source)))
    return frozenset(set(program(source).variables()) - bound)


def fields(source: str, name: str) -> frozenset[str] | None:
    """Return the fields of the variable `name` that an expression reads, or None where it may read any of them."""
    found: set[str] = set()
    for after in re.findall(rf"(?<![\w.]){name}(?!\w)(\s*\.\s*[A-Za-z_]\w*)?", _TEXT.sub('""', source)):
        if not after:
            return None
        found.add(after.strip().removeprefix(".").strip())
    return frozenset(found)


def value(source: str, facts: dict[str, Any]) -> Any:
    """Return the value of an expression for these facts; it may raise anything, which is to count as a refusal."""
    return program(source).execute(facts)
