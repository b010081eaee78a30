"""A deletion beside a creation that looks like the same thing may be meant as a rename. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from drplan.kinds import KINDS
from drplan.plan.diff import Answers, live_value
from drplan.plan.observation import Observation
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import dig, trimmed
from drplan.registry.lookups import Found
from drplan.registry.rows import MOVED_FROM


@dataclass(frozen=True, slots=True)
class Rename:
    """A spec that may describe what another name had before, and the path of the setting in which the two are alike."""

    before: Address
    resource: Resource
    live: Live
    alike: str

    @property
    def way(self) -> str:
        """What to write, so that nothing is deleted or created."""
        return f"`{MOVED_FROM}: {self.before.name}` (or `id: {self.live.id}`)"


def possible_renames(resources: Mapping[Address, Resource], seen: Observation, answers: Answers) -> Iterator[Rename]:
    """Yield each orphan with the new spec that looks like it; each stands in one pair at most.

    They look alike where they have the name that people see in common, or else where they serve the same and nothing
    else of their kind goes or comes. With orphans `a` (Churn) and `b` (Value), and new specs `c` (Churn) and `d` (Risk,
    of the model that `b` serves):
        a, c        by their label
        b, d        by their model, as they are all that is left
    """
    goes = {address: live for address, live in sorted(seen.orphans.items()) if KINDS[address.kind].identity}
    comes = {
        address: resource
        for address, resource in sorted(resources.items())
        if KINDS[address.kind].identity and address not in seen.live and not resource.absent
    }
    for before, live in [*goes.items()]:
        row = KINDS[before.kind].setting(KINDS[before.kind].named_by)
        name = trimmed(dig(live.item, str(row.wire)))
        for address, resource in comes.items():
            if address.kind == before.kind and trimmed(resource.value(row.path)) == name:
                yield Rename(before, resource, goes.pop(before), row.path)
                del comes[address]
                break
    for kind in {address.kind for address in goes}:
        left, new = _of(kind, goes), _of(kind, comes)
        if len(left) == len(new) == 1:
            before, address = left[0], new[0]
            alike = _same_reference(address, goes[before], answers)
            if alike:
                yield Rename(before, comes[address], goes[before], alike)


def _of(kind: str, addresses: Iterable[Address]) -> list[Address]:
    return [address for address in addresses if address.kind == kind]


def _same_reference(address: Address, live: Live, answers: Answers) -> str:
    """Return the path of a reference that can change and leads where the live object's does; an empty text for none."""
    kind = KINDS[address.kind]
    for row in kind.settings:
        answer = answers.get((address, row.path))
        there = live_value(row, kind, live) if row.group and not kind.group(row.group).read else None
        if isinstance(answer, Found) and answer.id == there:
            return row.path
    return ""
