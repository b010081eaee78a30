"""Values of variables that are given for one run: `--var NAME=VALUE` and files of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from drplan.errors import SpecError, UsageError
from drplan.project.files import named_text
from drplan.spec.document import as_written, parse, word


def variables_of_words(words: Iterable[str]) -> Mapping[str, Any]:
    """Return the values of `NAME=VALUE` texts, the last of a name; UsageError for what is none.

    A value is what YAML 1.2 reads in it: `version=4` is a number, `version="4"` (the quotes are part of it) a text.
    """
    found = {}
    for each in words:
        name, sign, text = each.partition("=")
        if not sign:
            raise UsageError(f"--var: '{each}' is no NAME=VALUE")
        try:
            found[name] = word(text)
        except ValueError as error:
            raise UsageError(f"--var {name}: {as_written(text)}: {error}") from None
    return found


def variables_of_file(file: Path) -> Mapping[str, Any]:
    """Return the values in a YAML file of `NAME: VALUE` lines.

    Raises UsageError where it cannot be read, SpecError with every value that is no text, number, true or false.
    """
    document = parse(named_text(file), str(file))
    content = {} if document.value is None else document.value
    if document.parsed and not isinstance(content, Mapping):
        document.complain((), "expected a mapping of NAME: VALUE")
        content = {}
    for name, value in content.items():
        if not isinstance(value, str | int | float) and not document.broken((name,)):
            document.complain((name,), f"expected text, a number, true or false, not {as_written(value)}")
    if document.problems:
        raise SpecError.listing(document.problems)
    return dict(content)
