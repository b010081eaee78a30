"""24-hex object ids: random for created objects, derived for seeded ones."""

import hashlib
import re
import secrets

HEX24 = re.compile(r"[0-9a-f]{24}\Z")


def new_id() -> str:
    """Give a random id."""
    return secrets.token_hex(12)


def derived_id(kind: str, *names: object) -> str:
    """Give the id that a seeded object of this kind and these names has in every world."""
    text = "\0".join((kind, *map(str, names)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def is_id(text: object) -> bool:
    """Tell whether a value has the form of an id."""
    return isinstance(text, str) and HEX24.match(text) is not None
