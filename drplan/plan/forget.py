"""Taking drplan's seal off a live object, and nothing else: afterwards it is nobody's. Pure."""

from collections.abc import Iterable, Iterator

from drplan.errors import Refused
from drplan.kinds import KINDS
from drplan.plan.builder import Builder
from drplan.plan.chain import Chain
from drplan.plan.diff import entries
from drplan.plan.observation import Observation
from drplan.plan.order import ordered
from drplan.plan.origin import origin_of
from drplan.records.plans import Action, Change, Plan, Verb
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.registry.kinds import Kind
from drplan.spec.load import spec_digest


def forget(
    resources: Iterable[Resource], seen: Observation, addresses: Iterable[Address], *, target: str, project: str
) -> Plan:
    """Return the plan that takes the seal, and the memory of prevent_destroy, off the live objects at `addresses`.

    The seal goes last, so that an object keeps both or is nobody's. Raises Refused, naming each, where there is no
    object that bears this project's seal.
    """
    known = {resource.address: resource for resource in sorted(resources, key=lambda resource: resource.address)}
    lives = {**seen.live, **seen.orphans}
    wanted = sorted(addresses)
    names = {str(address) for address in wanted}
    problems = [each for each in seen.problems if each.path in names]
    warnings = []
    steps: dict[Address, list[Action]] = {}
    for address in wanted:
        kind, live, resource = KINDS[address.kind], lives.get(address), known.get(address)
        actions = [*_unsealed(kind, address, live, project)] if live else []
        if actions:
            steps[address] = actions
        else:
            summary = "it bears no seal of this project" if live else "it is not on the platform"
            problems.append(Diagnostic(Severity.ERROR, summary, "there is nothing to forget", path=str(address)))
        if actions and resource:
            summary = "it is in the specs, and the next apply would adopt it again, or create another"
            detail = "take it out of the specs as well"
            warnings.append(Diagnostic(Severity.WARNING, summary, detail, resource.where, str(address)))
    if problems:
        raise Refused.listing(problems, "nothing was changed")
    builder = Builder(known, seen, project)
    return Plan(
        target=target,
        project=project,
        spec_digest=spec_digest(known.values()),
        origin=origin_of(wanted),
        observed=tuple(builder.identity_of(address, lives[address]) for address in wanted),
        actions=ordered(steps, ()),
        diagnostics=tuple(warnings),
    )


def _unsealed(kind: Kind, address: Address, live: Live, project: str) -> Iterator[Action]:
    """Yield the actions that take the entries of a kind's identity away; none where the seal is not this project's."""
    if kind.identity is None:
        return
    group = kind.group(kind.identity.group)
    found = entries(live, group)
    form = group.entries
    seal = found.get(kind.identity.entry)
    if form is None or seal is None or str(seal.get(form.value)).partition("/")[0] != project:
        return
    chain = Chain(kind, address, live.id)
    for name in (kind.identity.guard, kind.identity.entry):
        if name in found:
            path = kind.entry_path(group.name, name)
            chain.append(
                chain.make(
                    Verb.UPDATE,
                    f"{group.name}/{name}",
                    "DELETE",
                    form.item_path.replace("{entry}", str(found[name]["id"])),
                    group=group.name,
                    sets={path: None},
                    changes=[Change(path, found[name].get(form.value), None)],
                    why="you asked drplan to forget it",
                )
            )
    yield from chain.actions
