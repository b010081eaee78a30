"""One plan being made: the actions of each resource, and everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from drplan.errors import DrplanError, Refused, SpecError
from drplan.kinds import KINDS
from drplan.plan.body import body_of, sets_of
from drplan.plan.chain import Chain
from drplan.plan.diff import (
    Answers,
    differences,
    entries,
    entry_changes,
    entry_value,
    has_entries,
    identity,
    ignores,
    live_value,
    managed,
    standing,
)
from drplan.plan.observation import Observation
from drplan.plan.order import groups_in_order
from drplan.plan.targets import parent_of
from drplan.records.plans import Action, Change, Observed, Verb
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.records.values import bury, dig, freeze
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Absent, Found, Planned, Unmade
from drplan.registry.rows import ID, PREVENT_DESTROY, Entries, Group, Setting

Changed = tuple[Setting, Change]

SPEC_DIFFERS = "the spec says so"


class Builder:
    """Makes the actions of one plan and gathers what is wrong with it; `check` raises that."""

    def __init__(self, resources: Mapping[Address, Resource], seen: Observation, project: str) -> None:
        self.resources = resources
        self.seen = seen
        self.project = project
        self.answers: Answers = {**seen.answers, **dict(self._siblings())}
        self._wrong_specs: list[Diagnostic] = []
        self._not_allowed: list[Diagnostic] = list(seen.problems)
        self._warnings: list[Diagnostic] = []
        self._registered: dict[tuple[str, str], str] = {}
        self._orders: dict[str, list[Group]] = {}
        self.made: dict[Address, list[Action]] = {}

    def _siblings(self) -> Iterator[tuple[tuple[Address, str], Found | Planned]]:
        """Yield the references that name another spec; that one comes before an object of the same name elsewhere."""
        for address, resource in self.resources.items():
            for row in KINDS[address.kind].settings:
                if row.reference and row.reference.kind and row.path in resource.desired:
                    sibling = Address(row.reference.kind, str(resource.value(row.path)))
                    if sibling in self.seen.live:
                        yield (address, row.path), Found(self.seen.live[sibling].id, sibling.name)
                    elif sibling in self.resources:
                        yield (address, row.path), Planned(sibling.name, f"{sibling}/create")

    def _in_order(self, kind: Kind) -> list[Group]:
        if kind.name not in self._orders:
            self._orders[kind.name] = groups_in_order(kind)
        return self._orders[kind.name]

    def check(self) -> None:
        """Raise what was found: SpecError when a spec must be edited, else Refused."""
        problems = sorted((*self._wrong_specs, *self._not_allowed), key=attrgetter("place"))
        if problems:
            failure: type[DrplanError] = SpecError if self._wrong_specs else Refused
            raise failure.listing(problems, "nothing was changed")

    def warnings(self) -> Iterator[Diagnostic]:
        """Yield each warning; equal ones once."""
        yield from dict.fromkeys(self._warnings)

    def _warn(self, summary: str, detail: str, resource: Resource | None = None) -> None:
        where = resource.where if resource else None
        path = str(resource.address) if resource else ""
        self._warnings.append(Diagnostic(Severity.WARNING, summary, detail, where, path))

    # ----------------------------------------------------------------------------------------------- one resource

    def steps(self, resource: Resource) -> list[Action]:
        """Return the actions of one resource, validations included, in order; those of its parent come before."""
        kind = self._kind(resource.address)
        live = self.seen.live.get(resource.address)
        chain = Chain(kind, resource.address, live.id if live else None, self._around(resource.address))
        self.made[resource.address] = chain.actions
        if not self._references_hold(kind, resource, live):
            return []
        if live is None:
            self._create(kind, resource, chain)
        self._change(kind, resource, live, chain)
        return chain.actions

    def _kind(self, address: Address) -> Kind:
        """Return the kind of an address, its routes inside the parent where that exists."""
        around = parent_of(address)
        live = self.seen.live.get(around) if around else None
        return KINDS[address.kind].at(live.id if live else None)

    def _around(self, address: Address) -> tuple[str, ...]:
        """Return the keys of the parent's actions that an object inside it must come after."""
        around, within = parent_of(address), KINDS[address.kind].parent
        return (
            tuple(
                action.key
                for action in self.made.get(around, ())
                if within and action.verb is not Verb.VALIDATE
                if action.group in within.after or action.key == f"{around}/create"
            )
            if around
            else ()
        )

    def _references_hold(self, kind: Kind, resource: Resource, live: Live | None) -> bool:
        """Note every reference that leads nowhere, an adopted id among them."""
        problems = []
        if live is None and ID in resource.desired:
            summary = f"there is no {_words(kind)} with the id {resource.value(ID)}"
            problems.append(_about(resource, ID, summary, "remove the id to have one created"))
        for row in kind.settings:
            answer = self.answers.get((resource.address, row.path))
            if isinstance(answer, Absent):
                problems.append(_about(resource, row.path, answer.summary, answer.detail))
        self._wrong_specs += problems
        return not problems

    def _create(self, kind: Kind, resource: Resource, chain: Chain) -> None:
        body: dict[str, Any] = {}
        sets: dict[str, Any] = {}
        changes: list[Change] = []
        needs: list[str] = []
        for row in kind.settings:
            value = resource.value(row.path)
            if row.on_create is None or value is None:
                continue
            if row.reference:
                sent, name, made_by = self._reference(row, resource, chain)
                needs += made_by
                changes.append(Change(row.path, None, None if made_by else sent, after_name=name))
            else:
                sent = value
                changes.append(Change(row.path, None, value))
            sets[row.path] = sent
            bury(body, row.on_create, row.sent(sent))
        if kind.identity:
            body[kind.identity.on_create] = identity(self.project, resource.address)
        why = "it is in the specs and not on the platform"
        chain.append(
            chain.make(
                Verb.CREATE,
                "create",
                "POST",
                kind.create_path,
                body=body,
                sets=sets,
                changes=changes,
                needs=needs,
                why=why,
            )
        )
        named = resource.value(kind.named_by)
        twins = self.seen.unclaimed.get((kind.name, named), ()) if kind.identity else ()
        if twins:
            self._warn(
                f"a {_words(kind)} with the {kind.named_by} '{named}' exists already: {', '.join(twins)}",
                f"add `id: {twins[0]}` to adopt it instead of creating another",
                resource,
            )

    def _change(self, kind: Kind, resource: Resource, live: Live | None, chain: Chain) -> None:
        by_group: dict[str, list[Changed]] = {}
        for row, change in self._wanted(kind, resource, live):
            if row.group is None:
                self._forbid_frozen(resource, change)
            else:
                by_group.setdefault(row.group, []).append((row, change))
        switch = kind.switch
        if switch:
            by_group.pop(switch.group, None)
        was_on, final = self._ends(kind, resource, live)
        on = was_on
        for group in self._in_order(kind):
            for action in self._group(kind, resource, live, group, by_group.get(group.name, []), chain):
                requires = kind.group(action.group).requires  # a reassert's own, which may be another
                if switch and requires and (requires == "on") is not on:
                    on = not on
                    before = switch.off if on else switch.on
                    why = f"it must be {switch.on if on else switch.off} for what follows"
                    chain.turn(switch, on=on, before=before, why=why)
                chain.append(action)
        if switch and on is not final:
            if final is was_on:
                chain.turn_back(switch, on=final, why="it was so before")
            else:
                status = live.status if live and live.status not in switch.between else None
                chain.turn(switch, on=final, before=status or (switch.off if final else switch.on), why=SPEC_DIFFERS)

    def _ends(self, kind: Kind, resource: Resource, live: Live | None) -> tuple[bool, bool]:
        """Return whether the object is on now, and whether it shall be on after the plan.

        An object that does not exist will be created on. In a state that is neither (which is warned of), it counts as
        on; but where the spec says how it shall be, and the state does not end by itself, it counts as the contrary of
        that.
        """
        switch = kind.switch
        if switch is None:
            return True, True
        on = live is None or live_value(kind.setting(switch.setting), kind, live) != switch.off
        said = switch.setting in resource.desired and not (live and ignores(resource, switch.setting))
        final = resource.value(switch.setting) == switch.on if said else on
        if live and live.status not in (switch.on, switch.off):
            self._warn(
                f"it is '{live.status}' on the platform right now",
                "a change may be refused until that is over",
                resource,
            )
            if said and live.status not in switch.between:
                on = not final
        return on, final

    def _wanted(self, kind: Kind, resource: Resource, live: Live | None) -> Iterator[Changed]:
        if live is not None:
            yield from differences(kind, resource, live, self.answers)
            return
        for row in kind.settings:
            value = resource.value(row.path)
            if not (row.on_create or row.policy or row.in_request or value is None):
                yield row, Change(row.path, None, value)

    def _forbid_frozen(self, resource: Resource, change: Change) -> None:
        before = change.before_name or change.before or "not set"
        after = change.after_name or change.after
        self._not_allowed.append(
            _about(
                resource,
                change.setting,
                f"only creation sets it: it is {before} and cannot become {after}",
                f"put it under lifecycle.ignore_changes, or `drplan destroy {resource.address}` and apply again",
            )
        )

    # -------------------------------------------------------------------------------------------------- one group

    def _group(
        self, kind: Kind, resource: Resource, live: Live | None, group: Group, changed: list[Changed], chain: Chain
    ) -> Iterator[Action]:
        if group.entries:
            yield from self._entries(kind, resource, live, group, chain)
        if group.entries or not changed:
            return
        reason = group.unless(resource, live) if group.unless else None
        if reason:
            path = changed[0][1].setting
            self._not_allowed.append(
                _about(resource, path, reason, f"take {path} out of the spec, or back to what it is")
            )
            return
        values, needs, stand_in = self._values(resource, changed, chain)
        sets = sets_of(
            kind,
            group,
            values,
            lambda path: None if live and ignores(resource, path) else resource.value(path),
            lambda row: live_value(row, kind, live) if live else None,
        )
        if group.validation:
            policy = resource.value(group.validation.policy) or kind.setting(group.validation.policy).default
            chain.validate(group, group.validation, stand_in, policy)
        yield chain.make(
            Verb(group.verb),
            group.name,
            group.method,
            group.path,
            group=group.name,
            body=body_of(kind, sets),
            sets=sets,
            changes=[change for _, change in changed],
            needs=needs,
            why=SPEC_DIFFERS,
        )
        for name in group.resets:
            yield from self._reassert(kind, resource, kind.group(name), chain, group)

    def _values(
        self, resource: Resource, changed: list[Changed], chain: Chain
    ) -> tuple[list[tuple[Setting, Any]], list[str], dict[str, Any]]:
        """Return what to send for each change, the actions that make it first, and what a validation sends instead."""
        values: list[tuple[Setting, Any]] = []
        needs: list[str] = []
        stand_in: dict[str, Any] = {}
        for row, change in changed:
            sent = change.after
            if row.reference:
                sent, _, made_by = self._reference(row, resource, chain)
                needs += made_by
                answer = self.answers.get((resource.address, row.path))
                stand_in |= answer.stand_in if isinstance(answer, Unmade) else {str(row.wire): sent}
            values.append((row, sent))
        return values, needs, stand_in

    def _entries(
        self, kind: Kind, resource: Resource, live: Live | None, group: Group, chain: Chain
    ) -> Iterator[Action]:
        changes = list(entry_changes(kind, group, resource, live, self.project))
        if not (changes and group.entries):
            return
        seal = kind.identity if kind.identity and kind.identity.group == group.name else None
        if live is not None and not has_entries(live, group):
            detail = "what the specs say of them is left out"
            if seal:
                detail = (
                    f"identity rests on {seal.on_create} and on `id:` in the specs; "
                    f"{group.name} and the memory of prevent_destroy are left out"
                )
            self._warn(f"this platform has no {group.name}", detail)
            return
        found = entries(live, group) if live else {}
        for name, change in changes:
            verb, why = Verb.UPDATE, SPEC_DIFFERS
            if seal and name == seal.entry:
                verb = Verb.ADOPT if ID in resource.desired else Verb.UPDATE
                why = "drplan finds it again by its identity"
            elif seal and name == seal.guard:
                why = "prevent_destroy is kept where deleting the spec does not delete it"
            method, path, body = _entry_request(group, group.entries, name, found.get(name), change.after)
            yield chain.make(
                verb,
                f"{group.name}/{name}",
                method,
                path,
                group=group.name,
                body=body,
                sets={change.setting: change.after},
                changes=[change],
                why=why,
            )

    def _reassert(self, kind: Kind, resource: Resource, group: Group, chain: Chain, cause: Group) -> Iterator[Action]:
        """Yield the action that reads `group` back and sends again what was reset; it may find nothing to send."""
        changes = [
            Change(row.path, None, resource.value(row.path))
            for row in managed(kind, resource)
            if row.group == group.name
        ]
        if changes:
            yield chain.make(
                Verb.REASSERT,
                f"reassert-{group.name}",
                group.method,
                group.path,
                group=group.name,
                sets={change.setting: change.after for change in changes},
                changes=changes,
                why=f"a {cause.verb} may reset some of these",
            )

    def _reference(self, row: Setting, resource: Resource, chain: Chain) -> tuple[Any, str | None, tuple[str, ...]]:
        """Return what to send for a reference, its name, and the actions that must make it first."""
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

    # --------------------------------------------------------------------------------------------------- deleting

    def delete(self, address: Address, live: Live) -> Action:
        """Return the action that deletes a live object; note it as not allowed where it is guarded."""
        kind = self._kind(address)
        resource = self.resources.get(address)
        guarded = bool(resource and resource.value(PREVENT_DESTROY))
        if kind.identity:
            guarded = guarded or kind.identity.guard in entries(live, kind.group(kind.identity.group))
        if guarded:
            self._not_allowed.append(
                Diagnostic(
                    Severity.ERROR,
                    f"it is protected by prevent_destroy and would be deleted ({live.id})",
                    "write lifecycle.prevent_destroy: false in its spec and apply, before you delete it",
                    resource.where if resource else None,
                    str(address),
                )
            )
        name = dig(live.item, str(kind.setting(kind.named_by).wire))
        why = "you asked for it" if resource else "it carries this project's identity and is in no spec"
        change = Change(kind.named_by, name, None)
        chain = Chain(kind, address, live.id)
        return chain.make(Verb.DELETE, "delete", "DELETE", kind.item_path, changes=[change], why=why)

    def identity_of(self, address: Address, live: Live) -> Observed:
        """Return the fields that planning a deletion reads: the identity, the guard, and what policies look at."""
        kind = KINDS[address.kind]
        fields: dict[str, Any] = standing(kind, live)
        if kind.identity:
            for name in (kind.identity.entry, kind.identity.guard):
                path = f"{kind.rows(kind.identity.group)[0].path}.{name}"
                fields[path] = entry_value(kind, live, path)
        return Observed(address, live.id, freeze(fields))


def _entry_request(
    group: Group, form: Entries, name: str, found: Mapping[str, Any] | None, after: str | None
) -> tuple[str, str, Any]:
    """Return method, path and body of the request that brings one entry to the value `after` (None: it is deleted).

    `found` is the live entry of that name, None where there is none.
    """
    body = {form.name: name, form.value: after}
    if found is None:
        return "POST", group.path, body
    path = form.item_path.replace("{entry}", str(found["id"]))
    return ("DELETE", path, None) if after is None else ("PATCH", path, body)


def _about(resource: Resource, path: str, summary: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, summary, detail, resource.place(path), f"{resource.address}.{path}")


def _words(kind: Kind) -> str:
    return kind.name.replace("_", " ")
