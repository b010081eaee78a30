"""The order of a plan's actions, from declared facts alone; ties go by name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from drplan.errors import DrplanError
from drplan.kinds import KINDS
from drplan.records.plans import Action, Verb
from drplan.records.specs import Address
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group


def groups_in_order(kind: Kind) -> list[Group]:
    """Return a kind's groups in the order in which their requests are made.

    Each comes after the groups in its `after` and before those in its `before`; what is left open goes by name:
        a: after c        b: before a        c            ->  b, c, a
    Raises DrplanError, naming the groups, where some of them want each other first.
    """
    first = {group.name: set(group.after) for group in kind.groups}
    for group in kind.groups:
        for later in group.before:
            first[later].add(group.name)
    return [kind.group(name) for name in _sorted(first)]


def ordered(steps: Mapping[Address, list[Action]], doomed: Iterable[Action]) -> tuple[Action, ...]:
    """Return the actions of a plan in order: every validation, all other writes, every deletion.

    `steps` are each address's actions in their own order, and they stay together; an address comes after those whose
    actions its own need. Where one of them is a deletion, what comes after it is on its own, as others may wait for the
    deletion. `doomed` are the deletions at the end: each comes after those of the objects that may refer to its own.
    What is left open goes by name:
        steps   x: validate, replace (needs y/create)        y: create        doomed   environment.e, deployment.d
        ->      x/validate, y/create, x/replace, d/delete, e/delete
    Raises DrplanError, naming the addresses, where some of them need each other.
    """
    everything = [action for actions in steps.values() for action in actions]
    parts = {
        (address, half): part
        for address, actions in steps.items()
        for half, part in enumerate(_halves(actions))
        if part
    }
    owner = {action.key: place for place, part in parts.items() for action in part}
    needs = {place: {owner[key] for action in part for key in action.needs} - {place} for place, part in parts.items()}
    validations = [action for action in everything if action.verb is Verb.VALIDATE]
    writes = [action for place in _sorted(needs) for action in parts[place] if action.verb is not Verb.VALIDATE]
    deletions = {action.key: action for action in _after_dependents(list(doomed))}
    last = _sorted({key: set(action.needs) for key, action in deletions.items()})
    return (*sorted(validations, key=lambda action: action.key), *writes, *(deletions[key] for key in last))


def _halves(actions: list[Action]) -> tuple[list[Action], list[Action]]:
    """Return an address's actions up to its deletion, and those after it; all are in the second where it has none."""
    end = next((index + 1 for index, action in enumerate(actions) if action.verb is Verb.DELETE), 0)
    return actions[:end], actions[end:]


def _sorted(graph: Mapping[Any, set[Any]]) -> Iterator[Any]:
    """Yield the keys of `graph` (key -> keys that come before it); those that could come next go by name."""
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise DrplanError(f"these need each other: {', '.join(map(str, error.args[1]))}") from error
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _after_dependents(doomed: list[Action]) -> Iterator[Action]:
    """Yield the deletions; each needs those of all objects that may refer to its own, or live inside it."""
    by_kind: dict[str, list[str]] = {}
    for action in doomed:
        by_kind.setdefault(action.address.kind, []).append(action.key)
    for action in doomed:
        referrers = {
            kind.name
            for kind in KINDS.values()
            if (kind.parent and kind.parent.kind == action.address.kind)
            or any(row.reference and row.reference.kind == action.address.kind for row in kind.settings)
        }
        yield replace(action, needs=tuple(sorted(key for name in referrers for key in by_kind.get(name, ()))))
