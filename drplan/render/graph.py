"""The order of a plan as a graph, folded until it can be read: actions, then objects, then kinds of change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drplan.errors import counted
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address
from drplan.render.objects import ORDER, Object, objects

MOST_ACTIONS = 60
MOST_OBJECTS = 40


@dataclass(frozen=True, slots=True)
class Node:
    """A step: one action, one object or many alike. `layer` counts from 0; an arrow never leads to a lower one."""

    name: str
    verb: Verb
    label: str
    layer: int
    count: int = 1
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the plan's order, and arrows as pairs of places in `nodes`: the first comes before the second.

    `folded` says what was put together, in words; it is empty where every action has its own node.
    """

    nodes: tuple[Node, ...]
    arrows: tuple[tuple[int, int], ...]
    folded: str = ""


def graph(plan: Plan) -> Graph:
    """Return the graph of a plan's actions, with at most some hundred nodes however large the plan is."""
    touched = objects(plan)
    if len(plan.actions) <= MOST_ACTIONS:
        return _of_actions(plan)
    if len(touched) <= MOST_OBJECTS:
        return _of_objects(plan, touched)
    return _of_fates(plan, touched)


def step(action: Action) -> str:
    """Name an action inside its object: the verb, and the part that it is about."""
    name = action.key.removeprefix(f"{action.address}/")
    return name if name.startswith(action.verb.value) or not action.group else f"{action.verb.value} {name}"


def _of_actions(plan: Plan) -> Graph:
    """Show every action; a validation comes before the action that it judges."""
    place = {action.key: index for index, action in enumerate(plan)}
    judged = {(action.address, action.group): place[action.key] for action in plan if action.verb is Verb.VALIDATE}
    arrows = []
    for index, action in enumerate(plan):
        arrows += [(place[key], index) for key in (*action.needs, *action.after) if key in place]
        gate = judged.get((action.address, action.group))
        if gate is not None and action.verb is Verb.REPLACE:
            arrows.append((gate, index))
    layers = _layers([_phase(action.verb) for action in plan], arrows)
    nodes = tuple(
        Node(str(action.address), action.verb, step(action), layer, address=action.address)
        for action, layer in zip(plan, layers, strict=True)
    )
    return Graph(nodes, tuple(sorted(arrows)))


def _of_objects(plan: Plan, touched: Iterable[Object]) -> Graph:
    by_address = {each.address: each for each in touched}
    order = [by_address[address] for address in dict.fromkeys(action.address for action in plan.writes)]
    place = {each.address: index for index, each in enumerate(order)}
    owner = {action.key: action.address for action in plan}
    arrows = sorted(
        {
            (place[owner[key]], place[action.address])
            for action in plan
            for key in (*action.needs, *action.after)
            if key in owner and owner[key] != action.address
        }
    )
    nodes = tuple(
        Node(str(each.address), each.fate, each.fate.value, layer, len(each.actions), each.address)
        for each, layer in zip(order, _layers([_phase(each.fate) for each in order], arrows), strict=True)
    )
    return Graph(nodes, tuple(arrows), f"The {len(owner)} actions are shown by their objects.")


def _of_fates(plan: Plan, touched: tuple[Object, ...]) -> Graph:
    """Show how many objects share a fate: validations come before every write, deletions after all others."""
    counts: Mapping[Verb, int] = {
        Verb.VALIDATE: len(plan.actions) - len(plan.writes),
        **{fate: sum(each.fate is fate for each in touched) for fate in reversed(ORDER)},
    }
    shown = [verb for verb, count in counts.items() if count]
    phases = sorted({_phase(verb) for verb in shown})
    nodes = tuple(
        Node("", verb, _plural(verb, counts[verb]), phases.index(_phase(verb)), counts[verb]) for verb in shown
    )
    arrows = tuple(
        (first, second)
        for first, before in enumerate(nodes)
        for second, after in enumerate(nodes)
        if after.layer == before.layer + 1
    )
    return Graph(nodes, arrows, f"The {len(plan.actions)} actions on {len(touched)} objects are shown by their kind.")


def _plural(verb: Verb, count: int) -> str:
    what = "replacement" if verb is Verb.VALIDATE else "object"
    return f"{verb.value} {counted(count, what)}"


def _phase(verb: Verb) -> int:
    """Return 0 for what comes before every write, 2 for what comes after all others, else 1."""
    return {Verb.VALIDATE: 0, Verb.DELETE: 2}.get(verb, 1)


def _layers(phases: list[int], arrows: Iterable[tuple[int, int]]) -> list[int]:
    """Return each node's layer: below whatever comes before it and below every earlier phase.

    Arrows lead forward in the plan's order, and never back to an earlier phase.
    """
    before: dict[int, list[int]] = {}
    for first, second in arrows:
        before.setdefault(second, []).append(first)
    layers = [0] * len(phases)
    floor = 0
    for phase in sorted(set(phases)):
        members = [index for index, each in enumerate(phases) if each == phase]
        for index in members:
            layers[index] = max([floor, *(layers[each] + 1 for each in before.get(index, ()))])
        floor = max(layers[index] for index in members) + 1
    return layers
