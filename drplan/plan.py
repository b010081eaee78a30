"""From what is desired and what is live to an ordered list of actions.

Order comes from declared facts (a group's `after`, `requires` and `gate`), never from statement order: the same
resources, rows and live documents in any order give the same plan. Nothing here does I/O.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from drplan.diff import (
    Answers,
    differences,
    entries,
    entry_changes,
    has_entries,
    identity,
    ignores,
    live_value,
    observed,
)
from drplan.errors import DrplanError, Refused, SpecError
from drplan.kinds import KINDS
from drplan.model import (
    Action,
    Address,
    Change,
    Diagnostic,
    Live,
    Observed,
    Plan,
    Resource,
    Severity,
    Validation,
    Verb,
    bury,
    dig,
    freeze,
)
from drplan.registry import ID, PREVENT_DESTROY, Absent, Found, Group, Kind, Setting, Unmade
from drplan.request import body_of
from drplan.spec import digest


@dataclass(frozen=True, slots=True)
class Observation:
    """What was read from the platform.

    live      the objects that specs describe, by address
    orphans   the objects that carry this project's identity and are in no spec
    answers   the outcome of each lookup, by address and setting path; a settled reference has none
    unclaimed kind and name -> ids of objects without any project's identity, to warn of twins
    problems  what is wrong with the identities found
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    orphans: Mapping[Address, Live] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    unclaimed: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


def build(resources: Iterable[Resource], seen: Observation, *, target: str, project: str) -> Plan:
    """Return the plan that makes the platform as `resources` say.

    Raises SpecError when a reference leads nowhere, Refused when a change is not possible or not allowed; both carry
    every problem found.
    """
    ordered = sorted(resources, key=lambda resource: resource.address)
    builder = _Builder({resource.address: resource for resource in ordered}, seen, project)
    steps = {address: builder.steps(resource) for address, resource in builder.resources.items()}
    doomed = [builder.delete(address, live) for address, live in sorted(seen.orphans.items())]
    builder.check()
    observations = [
        observed(KINDS[address.kind], resource, seen.live.get(address), project)
        for address, resource in builder.resources.items()
    ]
    observations += [_observed_orphan(address, live) for address, live in sorted(seen.orphans.items())]
    return Plan(
        target=target,
        project=project,
        spec_digest=digest(ordered),
        observed=tuple(observations),
        actions=_ordered(steps, doomed),
        diagnostics=tuple(builder.warnings()),
    )


def destroy(
    resources: Iterable[Resource], seen: Observation, addresses: Iterable[Address], *, target: str, project: str
) -> Plan:
    """Return the plan that deletes the live objects at `addresses`; raise Refused where one is guarded."""
    known = {resource.address: resource for resource in resources}
    builder = _Builder(known, seen, project)
    doomed: list[Action] = []
    observations: list[Observed] = []
    for address in sorted(addresses):
        live = seen.live.get(address) or seen.orphans.get(address)
        if live is None:
            continue
        doomed.append(builder.delete(address, live))
        observations.append(_observed_orphan(address, live))
    builder.check()
    return Plan(
        target=target,
        project=project,
        spec_digest=digest(known[address] for address in sorted(known)),
        observed=tuple(observations),
        actions=_ordered({}, doomed),
    )


def judged(plan: Plan, validations: Iterable[Validation]) -> Plan:
    """Return the plan with what the platform said to its `validate` actions."""
    return replace(plan, validations=tuple(sorted(validations, key=lambda validation: validation.key)))


def refusal(plan: Plan) -> Refused | None:
    """Return the error with which a plan whose validations block must be refused, or None."""
    if not plan.blocking:
        return None
    diagnostics = []
    for validation in plan.blocking:
        address = next(action.address for action in plan if action.key == validation.key)
        how = "" if validation.status == "failing" else " (replacement.on_warning is block)"
        bad = [f"{check.name}: {check.message}" for check in validation.checks if check.status != "passing"]
        diagnostics.append(
            Diagnostic(
                Severity.ERROR,
                f"the replacement's validation is {validation.status}{how}",
                "; ".join(bad) or validation.message,
                path=str(address),
            )
        )
    return Refused("the platform would not take every replacement; nothing was changed", diagnostics)


# --------------------------------------------------------------------------------------------------------- building


class _Builder:
    """Makes the actions of one plan and gathers what is wrong with it."""

    def __init__(self, resources: Mapping[Address, Resource], seen: Observation, project: str) -> None:
        self.resources = resources
        self.seen = seen
        self.project = project
        self.wrong_specs: list[Diagnostic] = []
        self.not_allowed: list[Diagnostic] = list(seen.problems)
        self._warnings: list[Diagnostic] = []

    def check(self) -> None:
        """Raise what was found: SpecError when a spec must be edited, else Refused."""
        problems = (*self.wrong_specs, *self.not_allowed)
        if problems:
            failure: type[DrplanError] = SpecError if self.wrong_specs else Refused
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            raise failure(f"{count}; nothing was changed", problems)

    def warnings(self) -> Iterator[Diagnostic]:
        """Yield each warning once."""
        yield from dict.fromkeys(self._warnings)

    def _wrong(self, resource: Resource, path: str, summary: str, detail: str) -> None:
        self.wrong_specs.append(_about(resource, path, summary, detail))

    def _forbid(self, resource: Resource, path: str, summary: str, detail: str) -> None:
        self.not_allowed.append(_about(resource, path, summary, detail))

    def _warn(self, summary: str, detail: str, resource: Resource | None = None) -> None:
        where = resource.where if resource else None
        path = str(resource.address) if resource else ""
        self._warnings.append(Diagnostic(Severity.WARNING, summary, detail, where, path))

    # ------------------------------------------------------------------------------------------- one resource

    def steps(self, resource: Resource) -> list[Action]:
        """Return the actions of one resource, validations included, in order."""
        kind = KINDS[resource.address.kind]
        live = self.seen.live.get(resource.address)
        self._check_answers(kind, resource)
        chain = _Chain(kind, resource.address, live.id if live else None)
        if live is None:
            if ID in resource.desired:
                summary = f"there is no {kind.name.replace('_', ' ')} with the id {resource.value(ID)}"
                self._wrong(resource, ID, summary, "remove the id to have one created")
                return []
            self._create(kind, resource, chain)
            on = True
        else:
            on = kind.switch is None or live_value(kind.setting(kind.switch.setting), kind, live) != kind.switch.off
        self._change(kind, resource, live, chain, on=on)
        return chain.actions

    def _check_answers(self, kind: Kind, resource: Resource) -> None:
        for row in kind.settings:
            answer = self.seen.answers.get((resource.address, row.path))
            if isinstance(answer, Absent):
                self._wrong(resource, row.path, answer.summary, answer.detail)

    def _create(self, kind: Kind, resource: Resource, chain: "_Chain") -> None:
        body: dict[str, Any] = {}
        changes: list[Change] = []
        needs: list[str] = []
        for row in kind.settings:
            value = resource.value(row.path)
            if row.on_create is None or value is None:
                continue
            sent, name, need = self._reference(row, resource, chain) if row.reference else (row.encode(value), None, ())
            bury(body, row.on_create, sent)
            needs += need
            shown = sent if row.reference and not isinstance(sent, Mapping) else None if row.reference else value
            changes.append(Change(row.path, None, shown, after_name=name))
        if kind.identity:
            body[kind.identity.on_create] = identity(self.project, resource.address)
        why = "it is in the specs and not on the platform"
        chain.add(Verb.CREATE, "create", "", "POST", kind.create_path, body, changes, needs=needs, why=why)
        named = resource.value(kind.named_by)
        twins = self.seen.unclaimed.get((kind.name, named), ()) if kind.identity else ()
        if twins:
            self._warn(
                f"a {kind.name.replace('_', ' ')} with the {kind.named_by} '{named}' exists already: {', '.join(twins)}",
                f"add `id: {twins[0]}` to adopt it instead of creating another",
                resource,
            )

    def _change(self, kind: Kind, resource: Resource, live: Live | None, chain: "_Chain", *, on: bool) -> None:
        by_group: dict[str, list[tuple[Setting, Change]]] = {}
        for row, change in self._wanted(kind, resource, live):
            if row.group is None:
                self._frozen(kind, resource, change)
            else:
                by_group.setdefault(row.group, []).append((row, change))
        switch = kind.switch
        final = on
        if switch and switch.setting in resource.desired and not (live and ignores(resource, switch.setting)):
            final = resource.value(switch.setting) == switch.on
        by_group.pop(switch.group if switch else "", None)
        for group in _in_order(kind):
            actions = list(self._group(kind, resource, live, group, by_group.get(group.name, []), chain))
            if not actions:
                continue
            if switch and group.requires and (group.requires == "on") is not on:
                on = not on
                why = f"the {kind.name.replace('_', ' ')} must be {switch.on if on else switch.off} for what follows"
                chain.turn(switch, on=on, why=why)
            for action in actions:
                chain.append(action)
        if switch and on is not final:
            chain.turn(switch, on=final, why="" if final != _was_on(kind, live) else "back to what it was")

    def _wanted(self, kind: Kind, resource: Resource, live: Live | None) -> Iterator[tuple[Setting, Change]]:
        if live is not None:
            yield from differences(kind, resource, live, self.seen.answers)
            return
        for row in kind.settings:
            value = resource.value(row.path)
            if row.on_create or row.policy or row.rides or value is None or row.path not in resource.desired:
                continue
            yield row, Change(row.path, None, value)

    def _frozen(self, kind: Kind, resource: Resource, change: Change) -> None:
        before, after = _said(change.before, change.before_name), _said(change.after, change.after_name)
        self._forbid(
            resource,
            change.setting,
            f"only creation sets it: it is {before} and cannot become {after}",
            f"put it under lifecycle.ignore_changes, or recreate it: `drplan destroy {resource.address}`, then apply",
        )

    # ---------------------------------------------------------------------------------------------- one group

    def _group(
        self,
        kind: Kind,
        resource: Resource,
        live: Live | None,
        group: Group,
        changed: list[tuple[Setting, Change]],
        chain: "_Chain",
    ) -> Iterator[Action]:
        if group.entries:
            yield from self._entries(kind, resource, live, group, chain)
        elif changed:
            changes = [change for _, change in changed]
            values, needs, stand_in = self._values(resource, changed, chain)
            body = body_of(
                kind, group, values, resource.value, lambda row: live_value(row, kind, live) if live else None
            )
            if group.gate:
                chain.validate(
                    group, stand_in, str(resource.value(group.gate.policy) or _default(kind, group.gate.policy))
                )
            verb = Verb(group.verb)
            yield chain.make(verb, group.name, group.name, group.method, group.path, body, changes, needs, group.why)
            for name in group.resets:
                yield from self._reassert(kind, resource, kind.group(name), chain, group)

    def _values(
        self, resource: Resource, changed: list[tuple[Setting, Change]], chain: "_Chain"
    ) -> tuple[list[tuple[Setting, Any]], list[str], dict[str, Any]]:
        """Return what to send for each change, the actions that make it first, and what a validation sends instead."""
        values: list[tuple[Setting, Any]] = []
        needs: list[str] = []
        stand_in: dict[str, Any] = {}
        for row, change in changed:
            sent = change.after
            if row.reference:
                sent, _, need = self._reference(row, resource, chain)
                needs += need
                answer = self.seen.answers.get((resource.address, row.path))
                stand_in |= answer.stand_in if isinstance(answer, Unmade) else {str(row.wire): sent}
            values.append((row, sent))
        return values, needs, stand_in

    def _entries(
        self, kind: Kind, resource: Resource, live: Live | None, group: Group, chain: "_Chain"
    ) -> Iterator[Action]:
        if group.entries is None or kind.identity is None:
            return
        changes = list(entry_changes(kind, resource, live, self.project))
        if live is not None and not has_entries(live, group):
            if changes:
                self._warn(
                    f"this platform has no {group.name}",
                    f"identity rests on {kind.identity.on_create} and on `id:` in the specs; "
                    f"{group.name} and the memory of prevent_destroy are left out",
                )
            return
        prefix = kind.rows(group.name)[0].path
        found = entries(live, group) if live else {}
        for change in changes:
            name = change.setting.removeprefix(f"{prefix}.")
            body = {group.entries.name: name, group.entries.value: change.after}
            item_path = group.entries.item_path
            verb, why = Verb.UPDATE, group.why
            if name == kind.identity.entry:
                why = "the identity by which drplan finds it again"
                if ID in resource.desired:
                    verb, why = Verb.ADOPT, "the spec names its id"
            elif name == kind.identity.guard:
                why = "prevent_destroy, remembered where deleting the spec does not delete it"
            key = f"{group.name}/{name}"
            if name not in found:
                yield chain.make(verb, key, group.name, "POST", group.path, body, [change], (), why)
            else:
                path = item_path.replace("{entry}", str(found[name]["id"]))
                if change.after is None:
                    yield chain.make(verb, key, group.name, "DELETE", path, None, [change], (), why)
                else:
                    yield chain.make(verb, key, group.name, "PATCH", path, body, [change], (), why)

    def _reassert(
        self, kind: Kind, resource: Resource, group: Group, chain: "_Chain", cause: Group
    ) -> Iterator[Action]:
        """Yield the action that reads `group` back and sends again what was reset; it may find nothing to send."""
        changes = [
            Change(row.path, None, resource.value(row.path))
            for row in kind.rows(group.name)
            if resource.value(row.path) is not None and not ignores(resource, row.path)
        ]
        if changes:
            why = f"a {cause.verb} may reset some of these"
            key = f"reassert-{group.name}"
            yield chain.make(Verb.REASSERT, key, group.name, group.method, group.path, None, changes, (), why)

    def _reference(self, row: Setting, resource: Resource, chain: "_Chain") -> tuple[Any, str | None, tuple[str, ...]]:
        """Return what to send for a reference, its name, and the actions that must make it first."""
        value = resource.value(row.path)
        sibling = row.reference and row.reference.kind and Address(row.reference.kind, str(value))
        if sibling and sibling in self.resources:
            live = self.seen.live.get(sibling)
            key = f"{sibling}/create"
            return (live.id, str(value), ()) if live else ({"$ref": key}, str(value), (key,))
        answer = self.seen.answers.get((resource.address, row.path))
        if isinstance(answer, Found):
            return answer.id, answer.name, ()
        if isinstance(answer, Unmade):
            key = f"{resource.address}/register"
            if not chain.has(key):
                why = f"there is no {answer.name} yet"
                change = Change(row.path, None, value)
                chain.add(Verb.CREATE, "register", "", "POST", answer.path, dict(answer.body), [change], why=why)
            return {"$ref": key}, answer.name, (key,)
        return None, None, ()

    # ----------------------------------------------------------------------------------------------- deleting

    def delete(self, address: Address, live: Live) -> Action:
        """Return the action that deletes a live object; note it as not allowed where it is guarded."""
        kind = KINDS[address.kind]
        resource = self.resources.get(address)
        guarded = bool(resource and resource.value(PREVENT_DESTROY))
        if kind.identity:
            guard = entries(live, kind.group(kind.identity.group)).get(kind.identity.guard)
            guarded = guarded or guard is not None
        if guarded:
            self.not_allowed.append(
                Diagnostic(
                    Severity.ERROR,
                    f"it is protected by prevent_destroy and would be deleted ({live.id})",
                    "write lifecycle.prevent_destroy: false in its spec and apply, before you delete it",
                    resource.where if resource else None,
                    str(address),
                )
            )
        name = dig(live.item, str(kind.setting(kind.named_by).wire))
        chain = _Chain(kind, address, live.id)
        why = "you asked for it" if resource else "it carries this project's identity and is in no spec"
        change = Change(kind.named_by, name, None)
        chain.add(Verb.DELETE, "delete", "", "DELETE", kind.item_path, None, [change], why=why)
        return chain.actions[0]


class _Chain:
    """The actions of one address: each needs the one before it, so that a failure skips what follows."""

    def __init__(self, kind: Kind, address: Address, live_id: str | None) -> None:
        self.kind = kind
        self.address = address
        self.id = live_id
        self.actions: list[Action] = []

    def has(self, key: str) -> bool:
        return any(action.key == key for action in self.actions)

    def make(
        self,
        verb: Verb,
        step: str,
        group: str,
        method: str,
        path: str,
        body: Any,
        changes: Iterable[Change],
        needs: Iterable[str] = (),
        why: str = "",
        policy: str = "",
    ) -> Action:
        return Action(
            key=f"{self.address}/{step}",
            address=self.address,
            verb=verb,
            group=group,
            method=method,
            path=path,
            body=freeze(body),
            id=self.id,
            needs=tuple(sorted(set(needs))),
            changes=tuple(sorted((_frozen_change(change) for change in changes), key=lambda change: change.setting)),
            why=why,
            policy=policy,
        )

    def append(self, action: Action) -> None:
        before = [done.key for done in self.actions if done.verb is not Verb.VALIDATE][-1:]
        needs = tuple(sorted({*action.needs, *before} - {action.key}))
        self.actions.append(replace(action, needs=needs))

    def add(
        self,
        verb: Verb,
        step: str,
        group: str,
        method: str,
        path: str,
        body: Any,
        changes: Iterable[Change],
        *,
        needs: Iterable[str] = (),
        why: str = "",
    ) -> None:
        self.append(self.make(verb, step, group, method, path, body, changes, needs, why))

    def validate(self, group: Group, body: Any, policy: str) -> None:
        gate = group.gate
        if gate:
            why = "asked before anything is written"
            step = f"validate-{group.name}"
            action = self.make(Verb.VALIDATE, step, group.name, gate.method, gate.path, body, (), (), why, policy)
            self.actions.insert(0, action)

    def turn(self, switch: Any, *, on: bool, why: str) -> None:
        group = self.kind.group(switch.group)
        row = self.kind.setting(switch.setting)
        before, after = (switch.off, switch.on) if on else (switch.on, switch.off)
        verb = Verb.ACTIVATE if on else Verb.DEACTIVATE
        body: dict[str, Any] = {}
        bury(body, str(row.wire), after)
        change = Change(switch.setting, before, after)
        self.add(verb, verb.value, group.name, group.method, group.path, body, [change], why=why or group.why)


# --------------------------------------------------------------------------------------------------------- ordering


def _in_order(kind: Kind) -> list[Group]:
    """Return a kind's groups so that each comes after the ones it declares; ties go by name."""
    sorter = TopologicalSorter({group.name: set(group.after) for group in kind.groups})
    return [kind.group(name) for name in _static(sorter)]


def _static(sorter: TopologicalSorter[Any]) -> Iterator[Any]:
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _ordered(steps: Mapping[Address, list[Action]], doomed: Iterable[Action]) -> tuple[Action, ...]:
    """Put validations first, then each address after those it needs, then deletions, dependents first."""
    everything = [action for actions in steps.values() for action in actions]
    owner = {action.key: action.address for action in everything}
    needs = {
        address: {owner[key] for action in actions for key in action.needs} - {address}
        for address, actions in steps.items()
    }
    try:
        addresses = list(_static(TopologicalSorter(needs)))
    except CycleError as error:
        raise DrplanError(f"these need each other: {', '.join(map(str, error.args[1]))}") from error
    validations = [action for action in everything if action.verb is Verb.VALIDATE]
    writes = [action for address in addresses for action in steps[address] if action.verb is not Verb.VALIDATE]
    return (
        *sorted(validations, key=lambda action: action.key),
        *writes,
        *sorted(_after_dependents(list(doomed)), key=_dependents_first),
    )


def _after_dependents(doomed: list[Action]) -> list[Action]:
    """Let the deletion of what others may refer to need the deletions of those others."""
    result = []
    for action in doomed:
        referrers = {
            kind.name
            for kind in KINDS.values()
            for row in kind.settings
            if row.reference and row.reference.kind == action.address.kind
        }
        needs = tuple(sorted(other.key for other in doomed if other.address.kind in referrers))
        result.append(replace(action, needs=needs))
    return result


def _dependents_first(action: Action) -> tuple[bool, Address]:
    return bool(action.needs), action.address


# ------------------------------------------------------------------------------------------------------ small facts


def _about(resource: Resource, path: str, summary: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, summary, detail, resource.place(path), f"{resource.address}.{path}")


def _observed_orphan(address: Address, live: Live) -> Observed:
    kind = KINDS[address.kind]
    fields: dict[str, Any] = {}
    if kind.identity:
        group = kind.group(kind.identity.group)
        names = (
            {name: item.get(group.entries.value) for name, item in entries(live, group).items()}
            if (group.entries)
            else {}
        )
        prefix = kind.rows(group.name)[0].path
        for name in (kind.identity.entry, kind.identity.guard):
            fields[f"{prefix}.{name}"] = names.get(name)
    return Observed(address, live.id, freeze(fields))


def _was_on(kind: Kind, live: Live | None) -> bool:
    if live is None or kind.switch is None:
        return True
    return bool(live_value(kind.setting(kind.switch.setting), kind, live) != kind.switch.off)


def _default(kind: Kind, path: str) -> Any:
    return kind.setting(path).default


def _said(value: Any, name: str | None) -> str:
    if name is None and value is None:
        return "not set"
    return str(name or value)


def _frozen_change(change: Change) -> Change:
    return replace(change, before=freeze(change.before), after=freeze(change.after))
