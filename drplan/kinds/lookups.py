"""What lookups have in common: finding one object by id or by name in a list route."""

from collections.abc import Mapping
from typing import Any

from drplan.registry.lookups import Absent, Found, Lookup, Read
from drplan.suggest import did_you_mean


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
