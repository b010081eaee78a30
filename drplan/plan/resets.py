"""What a request has reset beside what it was sent for: one document before and after it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from drplan.plan.diff import HIDDEN, ignores, leaves, managed
from drplan.records.plans import Change
from drplan.records.specs import Resource
from drplan.records.values import freeze
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group, covers


def kept(kind: Kind, resource: Resource, group: Group, cause: Group) -> tuple[str, ...]:
    """Return the settings of `group` that are put back as they were where a request of `cause` resets them.

    The spec says so of all that it does not manage; where it says nothing, what it ignores is put back.
    """
    keep = resource.value(cause.keeps) if cause.keeps else False
    mine = {row.path for row in managed(kind, resource)}
    return tuple(
        row.path
        for row in kind.rows(group.name)
        if not (row.path in mine or row.write_only or row.in_request or row.sensitive)
        and (ignores(resource, row.path) if keep is None else keep)
    )


def resets(kind: Kind, group: Group, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what differs between a group's document before and after a request; what no row knows has its wire's name.
    {"a": {"enabled": true}, "new": 1}   {"a": {"enabled": false}, "new": 2}     settings.a.enabled, new
    """
    rows = [row for row in kind.rows(group.name) if row.wire and not (row.write_only or row.in_request)]
    for row in rows:
        was, now = row.read(before), row.read(after)
        if freeze(was) == freeze(now) or row.as_wanted(was, now):
            continue
        yield from (
            (Change(row.path, HIDDEN, HIDDEN),) if row.sensitive else leaves(Change(row.path, freeze(was), freeze(now)))
        )
    known = [str(row.live or row.wire) for row in rows]
    was, now = dict(_flat(before)), dict(_flat(after))
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) != now.get(path) and not any(covers(each, path) for each in known):
            yield Change(path, freeze(was.get(path)), freeze(now.get(path)))


def _flat(document: Mapping[str, Any], around: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a document that is no object, under its dotted path."""
    for key, value in document.items():
        path = f"{around}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def held(value: Any) -> Any:
    """Return a value as it can be sent back: frozen, without the keys that it does not have."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: held(item) for key, item in value.items() if item is not None})
    return freeze(value)
