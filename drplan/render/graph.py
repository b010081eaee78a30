"""The order of a plan as a graph, folded until it can be read: actions, then objects, then kinds of change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drplan.errors import counted
from drplan.records.plans import Plan, Verb
from drplan.records.specs import Address
from drplan.render.rows import ORDER, Object, Step, objects, steps

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
    every, touched = steps(plan), objects(plan)
    if len(every) <= MOST_ACTIONS:
        return _of_actions(every)
    if len(touched) <= MOST_OBJECTS:
        return _of_objects(every, touched)
    return _of_fates(every, touched)


def _of_actions(every: tuple[Step, ...]) -> Graph:
    """Show every action; a validation comes before the action that it judges."""
    place = {step.key: index for index, step in enumerate(every)}
    judged = {(step.address, step.group): place[step.key] for step in every if step.verb is Verb.VALIDATE}
    arrows = []
    for index, step in enumerate(every):
        arrows += [(place[key], index) for key in (*step.needs, *step.after) if key in place]
        gate = judged.get((step.address, step.group))
        if gate is not None and step.verb is Verb.REPLACE:
            arrows.append((gate, index))
    early = {step.key for step in _early(every)}
    layers = _layers([_phase(step.verb, early=step.key in early) for step in every], arrows)
    nodes = tuple(
        Node(str(step.address), step.verb, step.name, layer, address=step.address)
        for step, layer in zip(every, layers, strict=True)
    )
    return Graph(nodes, tuple(sorted(arrows)))


def _of_objects(every: tuple[Step, ...], touched: Iterable[Object]) -> Graph:
    by_address = {each.address: each for each in touched}
    order = [by_address[address] for address in dict.fromkeys(s.address for s in every if s.verb is not Verb.VALIDATE)]
    place = {each.address: index for index, each in enumerate(order)}
    owner = {step.key: step.address for step in every}
    arrows = sorted(
        {
            (place[owner[key]], place[step.address])
            for step in every
            for key in (*step.needs, *step.after)
            if key in owner
            and place[owner[key]] < place[step.address]  # two that are made again may wait for each other
        }
    )
    early = {step.address for step in _early(every)}
    nodes = tuple(
        Node(str(each.address), each.fate, each.fate.value, layer, each.actions, each.address)
        for each, layer in zip(
            order, _layers([_phase(each.fate, early=each.address in early) for each in order], arrows), strict=True
        )
    )
    return Graph(nodes, tuple(arrows), f"The {len(owner)} actions are shown by their objects.")


def _of_fates(every: tuple[Step, ...], touched: tuple[Object, ...]) -> Graph:
    """Show how many objects share a fate: validations come before every write, deletions after all others."""
    counts: Mapping[Verb, int] = {
        Verb.VALIDATE: sum(step.verb is Verb.VALIDATE for step in every),
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
    return Graph(nodes, arrows, f"The {len(every)} actions on {len(touched)} objects are shown by their kind.")


def _plural(verb: Verb, count: int) -> str:
    what = "replacement" if verb is Verb.VALIDATE else "object"
    return f"{verb.value} {counted(count, what)}"


def _early(every: Iterable[Step]) -> list[Step]:
    """Return the deletions that something else waits for: what is made again, or what makes room."""
    needed = {key for step in every if step.aim is not Verb.DELETE for key in step.needs}
    return [step for step in every if step.aim is Verb.DELETE and step.key in needed]


def _phase(verb: Verb, *, early: bool = False) -> int:
    """Return 0 for what comes before every write, 2 for what comes after all others, else 1; `early`: see `_early`."""
    return 1 if early and verb is Verb.DELETE else {Verb.VALIDATE: 0, Verb.DELETE: 2}.get(verb, 1)


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
