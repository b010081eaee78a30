"""The references of the resources of one plan: what they lead to, and what must be made before they lead anywhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from drplan.errors import DrplanError
from drplan.kinds import KINDS
from drplan.plan.chain import Chain
from drplan.plan.diff import Answers
from drplan.plan.observation import Observation
from drplan.records.plans import Change, Verb
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import bury, dig
from drplan.registry.lookups import Absent, Found, Planned, Unmade
from drplan.registry.rows import Group, Setting

Changed = tuple[Setting, Change]


class References:
    """What the references of a plan's resources lead to.

    `answers` has them by address and path: what was looked up, and what is in the specs, which comes first.
    """

    def __init__(self, resources: Mapping[Address, Resource], seen: Observation) -> None:
        self._resources = resources
        self._seen = seen
        self._registered: dict[tuple[str, str], str] = {}
        self.answers: Answers = {**seen.answers, **dict(self._siblings())}

    def _siblings(self) -> Iterator[tuple[tuple[Address, str], Found | Planned]]:
        """Yield the references that name another spec; that one comes before an object of the same name elsewhere."""
        for address, resource in self._resources.items():
            for row in KINDS[address.kind].settings:
                if row.reference and row.reference.kind and row.path in resource.desired:
                    sibling = Address(row.reference.kind, str(resource.value(row.path)))
                    if sibling in self._seen.live:
                        yield (address, row.path), Found(self._seen.live[sibling].id, sibling.name)
                    elif sibling in self._resources:
                        yield (address, row.path), Planned(sibling.name, f"{sibling}/create")

    def absent(self, resource: Resource, live: Live | None) -> Iterator[tuple[str, Absent]]:
        """Yield the path of each reference of a resource that leads nowhere, and what is wrong with it.

        One that leads to what is not fit to be used is among them, unless the live object uses it already.
        """
        for row in KINDS[resource.address.kind].settings:
            answer = self.answers.get((resource.address, row.path))
            if isinstance(answer, Absent):
                yield row.path, answer
            elif isinstance(answer, Found) and answer.unfit and not _refers(row, live, answer):
                yield row.path, answer.unfit

    def unready(self, resource: Resource, live: Live | None) -> Iterator[tuple[str, str]]:
        """Yield the path of each reference to what cannot be used yet, and what of it is still under way."""
        for path, found in self.found(resource).items():
            if found.unready and not _refers(KINDS[resource.address.kind].setting(path), live, found):
                yield path, found.unready

    def found(self, resource: Resource) -> Mapping[str, Found]:
        """Return the references of a resource that lead to an object, by their paths."""
        paths = (row.path for row in KINDS[resource.address.kind].settings if row.reference)
        answers = {path: self.answers.get((resource.address, path)) for path in paths}
        return {path: answer for path, answer in answers.items() if isinstance(answer, Found)}

    def made(self, row: Setting, resource: Resource, chain: Chain) -> tuple[Any, str | None, tuple[str, ...]]:
        """Return what to send for a reference, its name, and the keys of the actions that must make it first.

        What no action makes yet is made by one that is put before all others of `chain`.
        """
        answer = self.answers.get((resource.address, row.path))
        if isinstance(answer, Found):
            return answer.id, answer.name, ()
        if isinstance(answer, Planned):
            return {"$ref": answer.key}, answer.name, (answer.key,)
        if isinstance(answer, Unmade):
            key = self._registered.get((answer.path, answer.name))
            if key is None:  # the first that needs it makes it; the others wait for it
                change = Change(row.path, None, resource.value(row.path))
                why = f"there is no {answer.name} yet"
                action = chain.make(
                    Verb.CREATE,
                    "register",
                    "POST",
                    answer.path,
                    body=answer.body,
                    makes=answer.what,
                    changes=[change],
                    why=why,
                )
                chain.prepend(action)
                key = self._registered[answer.path, answer.name] = action.key
            return {"$ref": key}, answer.name, (key,)
        raise DrplanError(f"{resource.address}.{row.path} was not looked up")

    def values(
        self, resource: Resource, group: Group, changed: list[Changed], chain: Chain
    ) -> tuple[list[tuple[Setting, Any]], list[str], dict[str, Any]]:
        """Return what a group's request sends for each change, the actions that make it first, and a validation's body.

        A validation is asked with the group's own rows alone, and where something must be made first, with what stands
        for it.
        """
        values: list[tuple[Setting, Any]] = []
        needs: list[str] = []
        asked: dict[str, Any] = {}
        for row, change in changed:
            sent = change.after
            if row.reference:
                sent, _, made_by = self.made(row, resource, chain)
                needs += made_by
            values.append((row, sent))
            answer = self.answers.get((resource.address, row.path))
            if isinstance(answer, Unmade):
                asked |= answer.stand_in
            elif row.group == group.name:
                bury(asked, str(row.wire), row.sent(sent))
        return values, needs, asked


def _refers(row: Setting, live: Live | None, found: Found) -> bool:
    return live is not None and dig(live.item, row.live or "") == found.id
