"""JSON values: frozen, read and written at dotted paths, with secrets that do not show themselves."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

EMPTY: Mapping[Any, Any] = MappingProxyType({})

_SCALARS = frozenset((str, int, float, bool))

SECRET = "(secret)"  # noqa: S105  not one, but what stands for a secret wherever people or files would see it


class Secret(str):
    """A text from the process's environment: it compares and is sent as it is, and shows itself as a marker.

    `template` is what the spec says instead, `${env.X}`; plans keep that.
    """

    __slots__ = ("template",)
    template: str

    def __new__(cls, value: str, template: str) -> Self:
        secret = super().__new__(cls, value)
        secret.template = template
        return secret

    def __str__(self) -> str:
        return SECRET

    def __repr__(self) -> str:
        return SECRET

    def __format__(self, form: str) -> str:
        return format(SECRET, form)


def freeze(value: Any) -> Any:
    """Return `value` (JSON) with its lists as tuples and its objects as read-only mappings, all the way down."""
    if value is None or type(value) in _SCALARS:  # most values are, and asking for a Mapping is slow
        return value
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """Return `value` as plain lists and dicts, which json, yaml and httpx take."""
    if value is None or type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def seal(value: Any) -> Any:
    """Return `value`, frozen, with every secret replaced by `{"$secret": TEMPLATE}`, which plans may hold."""
    if isinstance(value, Secret):
        return MappingProxyType({"$secret": value.template})
    if isinstance(value, Mapping):
        return MappingProxyType({key: seal(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(seal(item) for item in value)
    return value


def sealed(value: Any) -> bool:
    """Tell whether a value is, or holds, a secret or what stands for one."""
    if isinstance(value, Mapping):
        return set(value) == {"$secret"} or any(map(sealed, value.values()))
    if isinstance(value, list | tuple):
        return any(map(sealed, value))
    return isinstance(value, Secret)


def trimmed(value: Any) -> Any:
    """Return a text in the form in which texts are compared; any other value as it is.

    Platforms cut off blanks at the ends, and say one letter by other code points (NFC) or one line's end by others.
    """
    if not isinstance(value, str) or (value.isascii() and "\r" not in value and value.strip() == value):
        return value
    return unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()


def equal(desired: Any, live: Any) -> bool:
    """Compare frozen values as JSON does: 1 and 1.0 are one number, 1 and true are not; texts count `trimmed`."""
    if isinstance(desired, bool) or isinstance(live, bool):
        return desired is live
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        return desired.keys() == live.keys() and all(equal(desired[key], live[key]) for key in desired)
    if isinstance(desired, tuple) and isinstance(live, tuple):
        return len(desired) == len(live) and all(map(equal, desired, live))
    if isinstance(desired, str) and isinstance(live, str):
        return bool(trimmed(desired) == trimmed(live))
    return bool(desired == live)


def contains(desired: Any, live: Any) -> bool:
    """Tell whether a live value has all that is desired, where the platform adds to lists and objects on its own."""
    if isinstance(desired, Mapping) and isinstance(live, Mapping):
        return all(key in live and contains(desired[key], live[key]) for key in desired)
    if isinstance(desired, tuple) and isinstance(live, tuple):
        return all(any(contains(wanted, held) for held in live) for wanted in desired)
    return equal(desired, live)


def folded(value: Any) -> Any:
    """Return an id, or anything else, in the case in which platforms show ids: hexadecimal digits mean the same in
    either.
    """
    return value.lower() if type(value) is str else value


def dig(document: Any, path: str) -> Any:
    """Return what `document` holds at a dotted path, or None where a step is missing or null."""
    for step in path.split("."):
        if type(document) is not dict and not isinstance(document, Mapping):
            return None
        document = document.get(step)
    return document


def bury(document: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at a dotted path of `document`, making the objects on the way, also in the place of a null."""
    *steps, last = path.split(".")
    for step in steps:
        if not isinstance(document.get(step), dict):
            document[step] = {}
        document = document[step]
    document[last] = value
