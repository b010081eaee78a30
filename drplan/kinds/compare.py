"""What counts as equal: the forms in which desired and live values are compared."""

from typing import Any


def blank(value: Any) -> Any:
    """Return a text, where the platform keeps a cleared one as an empty one."""
    return value or None


def unordered(value: Any) -> Any:
    """Return a list whose order says nothing, or that is not there at all."""
    return sorted(value or ())
