"""Texts and values on one line, with nothing in them that a terminal would act on."""

from collections.abc import Mapping
from typing import Any

from drplan.records.values import SECRET

FOLD_VALUE = 100


def printable(text: str) -> str:
    """Return text from files or the platform on one line, with nothing in it that a terminal would act on."""
    shown_as = str(text)  # a secret shows itself as a marker
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown_as)


def shown(value: Any) -> str:
    """Return a value as a person would write it in YAML, on one line, folded when it is long."""
    if value is None:
        text = "null"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = f'"{printable(value)}"'
    elif isinstance(value, Mapping) and set(value) == {"$secret"}:
        text = printable(f"{SECRET} {value['$secret']}".rstrip())
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{printable(key)}: {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(shown, value)) + "]"
    else:
        text = printable(str(value))
    return text if len(text) <= FOLD_VALUE else f"{text[: FOLD_VALUE - 1]}… ({len(text)} characters)"
