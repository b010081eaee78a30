"""The body of a group's request: what changed, in the wire's terms, and what must travel with it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from drplan.records.values import bury, dig, thaw
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group, Setting


def sets_of(
    kind: Kind,
    group: Group,
    changed: Iterable[tuple[Setting, Any]],
    desired: Callable[[str], Any],
    live: Callable[[Setting], Any],
) -> dict[str, Any]:
    """Return what a group's request sets, path -> value: `changed` (row and value, a reference's as an id),

    and what the platform wants beside it: rows that travel along, and rows that their wire object cannot go without,
    with the desired value or else the live one.
    """
    changed = list(changed)
    sets = {row.path: value for row, value in changed}
    touched = {str(row.wire).rpartition(".")[0] for row, _ in changed}
    for row in kind.rows(group.name):
        if row.wire is None or row.path in sets:
            continue
        value = desired(row.path)
        if row.in_request:
            value = row.default if value is None else value
            if value is not None:  # null would clear what somebody else has set
                sets[row.path] = value
        elif row.with_object and row.wire.rpartition(".")[0] in touched:
            value = live(row) if value is None else value
            if value is not None:
                sets[row.path] = value
    return sets


def body_of(kind: Kind, sets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request body that says what `sets` (path -> value) says, on the wire."""
    body: dict[str, Any] = {}
    for path, value in sets.items():
        row = kind.setting(path)
        bury(body, str(row.wire), row.sent(value))
    return body


def whole_body(kind: Kind, group: Group, document: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what a body says of the group's settings put in its place; all else in it is kept."""
    whole: dict[str, Any] = thaw(document)
    for row in kind.rows(group.name):
        if row.wire and has(body, row.wire):
            node = whole
            *steps, last = row.wire.split(".")
            for step in steps:
                if not isinstance(node.get(step), dict):
                    node[step] = {}
                node = node[step]
            node[last] = thaw(dig(body, row.wire))
    return whole


def has(body: Mapping[str, Any], path: str) -> bool:
    """Tell whether a body holds something, even null, at a dotted path."""
    *steps, last = path.split(".")
    node: Any = body
    for step in steps:
        node = node.get(step, {})
    return last in node
