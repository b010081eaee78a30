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

    and what the platform wants beside it: rows that travel along, rows that it never shows and that a change may have
    lost, and rows that their wire object cannot go without, with the desired value or else the live one.
    """
    changed = list(changed)
    sets = {row.path: value for row, value in changed}
    touched = {row.wire_in(group.name).rpartition(".")[0] for row, _ in changed}
    for row in kind.rows(group.name):
        if row.wire is None or row.path in sets:
            continue
        value = desired(row.path)
        if row.in_request:
            value = row.default if value is None else value
            if value is not None:  # null would clear what somebody else has set
                sets[row.path] = value
        elif row.write_only:
            if value is not None:
                sets[row.path] = value
        elif row.with_object and row.wire.rpartition(".")[0] in touched:
            value = live(row) if value is None else value
            if value is not None:
                sets[row.path] = value
    return sets


def body_of(kind: Kind, group: str, sets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a group's request that says what `sets` (path -> value) says, on the wire."""
    body: dict[str, Any] = {}
    for path, value in sets.items():
        row = kind.setting(path)
        bury(body, row.wire_in(group), row.sent(value))
    return body


def documents_needed(kind: Kind, group: Group, sets: Iterable[str]) -> set[str]:
    """Return the groups whose documents complete a group's body: see `completed_body`; most need none."""
    partial = {str(row.group) for path in sets if (row := kind.setting(path)).form.partial}
    return partial | ({group.name} if group.whole else set())


def completed_body(
    kind: Kind, group: Group, sets: Iterable[str], documents: Mapping[str, Mapping[str, Any]], body: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a body completed by what stands on the platform, `documents` by group.

    Where the platform replaces the whole document, it is all that no setting in `sets` says; and in each value of which
    a spec may say a part, it is the rest:

        the document          {"a": 1, "b": {"c": 2, "d": 3}}
        the body              {"b": {"c": 5}}                        where `b` is a `Shape`
        what is sent          {"b": {"c": 5, "d": 3}}
        by a `whole` group    {"a": 1, "b": {"c": 5, "d": 3}}
    """
    complete: dict[str, Any] = thaw(documents[group.name]) if group.whole else thaw(body)
    for path in sets:
        row = kind.setting(path)
        wire = row.wire_in(group.name)
        found = dig(documents[row.group], row.live or str(row.wire)) if row.form.partial and row.group else None
        bury(complete, wire, thaw(row.form.keep(dig(body, wire), found)))
    return complete
