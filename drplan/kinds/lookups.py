"""What lookups have in common: the nearest names, and finding one object by id or by name in a list route."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from drplan.registry import Absent, Found, Lookup, Read


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?` for the nearest of the known names, or nothing."""
    near = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def in_list(path: str, value: str, *, by: tuple[str, ...], what: str) -> Lookup:
    """Find the one object of a list route of which one of the fields `by` (the id first) is `value`."""
    items = [item for item in (yield Read(path, paged=True)) if not item.get("isDeleted")]
    for field in by:
        hits = [item for item in items if item.get(field) == value]
        if len(hits) == 1:
            return Found(str(hits[0]["id"]), _name(hits[0], by))
        if hits:
            ids = ", ".join(sorted(str(item["id"]) for item in hits))
            return Absent(f"{len(hits)} {what}s have the {field} '{value}'", f"write one of their ids: {ids}")
    names = [str(item[field]) for item in items for field in by if item.get(field)]
    return Absent(f"there is no {what} '{value}'", did_you_mean(value, names) or f"the platform has {len(items)}")


def _name(item: Mapping[str, Any], by: tuple[str, ...]) -> str | None:
    return item.get(by[-1])
