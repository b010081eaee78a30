"""24-hex object ids: random for created objects, derived for seeded ones."""

import hashlib
import secrets


def new_id() -> str:
    """Give a random id."""
    return secrets.token_hex(12)


def derived_id(kind: str, *names: object) -> str:
    """Give the id that a seeded object of this kind and these names has in every world."""
    text = "\0".join((kind, *map(str, names)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
