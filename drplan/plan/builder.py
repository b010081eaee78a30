"""One plan being made: the actions of each resource, and everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.body import body_of, sets_of
from drplan.plan.chain import Chain, Turns
from drplan.plan.diff import (
    differences,
    entries,
    entry_changes,
    entry_value,
    has_entries,
    identity,
    ignores,
    live_value,
    looked_after,
    standing,
)
from drplan.plan.observation import Observation
from drplan.plan.order import groups_in_order
from drplan.plan.problems import Problems
from drplan.plan.recognition import not_made_twice, not_ours
from drplan.plan.references import Changed, References
from drplan.plan.renames import possible_renames
from drplan.plan.requests import SPEC_DIFFERS, entry_actions, reassert_actions
from drplan.plan.targets import parent_of
from drplan.records.plans import Action, Change, Observed, Verb
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.records.values import EMPTY, bury, dig, freeze
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID, PREVENT_DESTROY, Group


class Builder:
    """Makes the actions of one plan; `problems` has what is wrong with it."""

    def __init__(self, resources: Mapping[Address, Resource], seen: Observation, project: str) -> None:
        self.resources = resources
        self.seen = seen
        self.project = project
        self.references = References(resources, seen)
        self.renames = {each.before: each for each in possible_renames(resources, seen, self.references.answers)}
        self.problems = Problems(seen.problems, seen.warnings)
        self._orders: dict[str, list[Group]] = {}
        self.made: dict[Address, list[Action]] = {}

    def _in_order(self, kind: Kind) -> list[Group]:
        if kind.name not in self._orders:
            self._orders[kind.name] = groups_in_order(kind)
        return self._orders[kind.name]

    # ----------------------------------------------------------------------------------------------- one resource

    def steps(self, resource: Resource) -> list[Action]:
        """Return the actions of one resource, validations included, in order; those of its parent come before."""
        kind = self.seen.kind(resource.address)
        live = self.seen.live.get(resource.address)
        chain = Chain(kind, resource.address, live.id if live else None, self._around(resource.address))
        self.made[resource.address] = chain.actions
        if not (self._references_hold(kind, resource, live) and self._rules_hold(kind, resource, live)):
            return []
        was = self._made_again(kind, resource, live, chain) if live else EMPTY
        if was:
            live = None
        if live is None:
            self._create(kind, resource, chain, was)
            chain.delete_late()
        self._change(kind, resource, live, chain)
        return chain.actions

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
        holds = True
        given = resource.value(ID)
        if given is not None and (live is None or live.id.lower() != given):
            there = f"{resource.address} is {live.id} on the platform: write that, or remove the id" if live else ""
            way = there or "remove the id to have one created"
            self.problems.wrong_spec(resource, ID, f"there is no {kind.words} with the id {given}", way)
            holds = False
        for path, answer in self.references.absent(resource, live):
            self.problems.wrong_spec(resource, path, answer.summary, answer.detail)
            holds = False
        for path, what in self.references.unready(resource, live):
            self.problems.warn(f"{what} is not over", "apply waits for it", resource, path)
        return holds

    def _rules_hold(self, kind: Kind, resource: Resource, live: Live | None) -> bool:
        """Note what the kind's checks have against the spec, now that the platform was read."""
        found = self.references.found(resource)
        objections = [each for rule in kind.live_rules for each in rule(resource, live, found)]
        for each in objections:
            self.problems.wrong_spec(resource, each.path, each.summary, each.detail)
        return not objections

    def _made_again(self, kind: Kind, resource: Resource, live: Live, chain: Chain) -> Mapping[str, Change]:
        """Delete an object that only a creation can bring to what the spec wants.

        Return what differs, by path; nothing where the object can stay.
        """
        changed = list(differences(kind, resource, live, self.references.answers))
        paths = [row.path for row, _ in changed if row.recreate]
        if not paths:
            return EMPTY
        why = f"only creation sets {', '.join(paths)}, so it is made again"
        chain.append(self._deletion(kind, resource.address, live, why))
        chain.id = None
        return {row.path: change for row, change in changed}

    def _create(self, kind: Kind, resource: Resource, chain: Chain, was: Mapping[str, Change]) -> None:
        """Add the creation; `was` is how the object that it takes the place of differs, empty where there is none."""
        body: dict[str, Any] = {}
        sets: dict[str, Any] = {}
        changes: list[Change] = []
        needs: list[str] = []
        for row in kind.settings:
            value = resource.value(row.path)
            if row.on_create is None or value is None:
                continue
            if row.reference:
                sent, name, made_by = self.references.made(row, resource, chain)
                needs += made_by
                change = Change(row.path, None, None if made_by else sent, after_name=name)
            else:
                sent = value
                change = Change(row.path, None, value)
            old = was.get(row.path)
            changes.append(replace(change, before=old.before, before_name=old.before_name) if old else change)
            sets[row.path] = sent
            bury(body, row.on_create, row.sent(sent))
        if kind.identity:
            body[kind.identity.on_create] = identity(self.project, resource.address)
        why = "it takes the place of the one deleted" if was else "it is in the specs and not on the platform"
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
        self.problems.note(not_made_twice(kind, resource, self.seen))

    def _change(self, kind: Kind, resource: Resource, live: Live | None, chain: Chain) -> None:
        by_group = self._by_group(kind, resource, live)
        switch = kind.switch
        on, final = self._ends(kind, resource, live)
        turns = Turns(chain, switch, on=on, final=final) if switch else None
        for group in self._in_order(kind):
            if switch and group.name == switch.group:
                continue
            for action in self._group(kind, resource, live, group, by_group.get(group.name, []), chain):
                if turns:  # a reassert's group may be another
                    turns.add(action, kind.group(action.group).requires if action.group else None)
                else:
                    chain.append(action)
        if turns and switch:
            turns.end(live.status if live and live.status not in switch.between else None, SPEC_DIFFERS)
            broken = live is not None and live.status in switch.broken and not ignores(resource, switch.setting)
            if broken and not any(action.group == switch.group or _replaces(action) for action in chain.actions):
                why = f"it is {live.status} and serves nothing, which no spec asks for" if live else ""
                chain.turn(switch, on=True, before=str(live and live.status), why=why)

    def _by_group(self, kind: Kind, resource: Resource, live: Live | None) -> dict[str, list[Changed]]:
        """Return what is to change by the group whose request changes it."""
        by_group: dict[str, list[Changed]] = {}
        for row, change in self._wanted(kind, resource, live):
            if row.group is None:
                self._forbid_frozen(resource, change)
            else:
                by_group.setdefault(row.group, []).append((row, change))
        for changed in [*by_group.values()]:
            for row, change in [*changed]:
                other = next((other for other in row.also_in if by_group.get(other)), None)
                if other:  # that request is made anyway
                    by_group[other].append((row, change))
                    changed.remove((row, change))
        return by_group

    def _ends(self, kind: Kind, resource: Resource, live: Live | None) -> tuple[bool, bool]:
        """Return whether the object is on now, and whether it shall be on after the plan.

        An object that does not exist will be created on. In a state that is neither (which is warned of), it counts as
        on; but where the spec says how it shall be, and the state does not end by itself, it counts as the contrary of
        that. A state that the platform does not show counts as the one that is wanted.
        """
        switch = kind.switch
        if switch is None:
            return True, True
        on = live is None or live_value(kind.setting(switch.setting), kind, live) != switch.off
        said = switch.setting in resource.desired and not (live and ignores(resource, switch.setting))
        final = resource.value(switch.setting) == switch.on if said else on
        if live and live.status is None:
            if said:
                self.problems.warn(
                    "the platform does not show whether it is on", "its status is left as it is", resource
                )
            return final, final
        if live and live.status not in (switch.on, switch.off):
            way = "a change may be refused until that is over"
            if live.status in switch.broken:
                way = "it serves nothing; the platform's own page of it says why"
            self.problems.warn(f"it is '{live.status}' on the platform right now", way, resource)
            if said and live.status not in switch.between:
                on = not final
        return on, final

    def _wanted(self, kind: Kind, resource: Resource, live: Live | None) -> Iterator[Changed]:
        if live is not None:
            for row, change in differences(kind, resource, live, self.references.answers):
                if self._kept(kind, resource, live, change):
                    yield row, change
                else:
                    self.problems.unkept(resource, change)
            return
        for row in kind.settings:
            value = resource.value(row.path)
            if not (row.on_create or row.policy or row.in_request or value is None):
                yield row, Change(row.path, None, value)

    def _kept(self, kind: Kind, resource: Resource, live: Live, change: Change) -> bool:
        """Tell whether the platform would keep a change, as far as what it shows of other objects tells."""
        known = (kind.name, change.setting) not in self.seen.unkept
        return known or not looked_after(kind, live, identity(self.project, resource.address))

    def _forbid_frozen(self, resource: Resource, change: Change) -> None:
        before = change.before_name or change.before or "not set"
        after = change.after_name or change.after
        self.problems.not_allowed(
            resource,
            change.setting,
            f"only creation sets it: it is {before} and cannot become {after}",
            f"put it under lifecycle.ignore_changes, or `drplan destroy {resource.address}` and apply again",
        )

    # -------------------------------------------------------------------------------------------------- one group

    def _group(
        self, kind: Kind, resource: Resource, live: Live | None, group: Group, changed: list[Changed], chain: Chain
    ) -> Iterator[Action]:
        if group.entries:
            yield from self._entries(kind, resource, live, group, chain)
        if group.entries or not changed:
            return
        reason = group.unless(resource, live, self.references.found(resource)) if group.unless else None
        if reason:
            path = changed[0][1].setting
            way = f"take {path} out of the spec, or back to what it is"
            self.problems.not_allowed(resource, path, reason, way)
            return
        values, needs, asked = self.references.values(resource, group, changed, chain)
        sets = sets_of(
            kind,
            group,
            values,
            lambda path: None if live and ignores(resource, path) else resource.value(path),
            lambda row: live_value(row, kind, live) if live else None,
        )
        if group.validation:
            policy = resource.value(group.validation.policy) or kind.setting(group.validation.policy).default
            chain.validate(group, group.validation, asked, policy)
        if group.prepare:
            yield chain.make(
                Verb.UPDATE,
                f"prepare-{group.name}",
                group.prepare.method,
                group.prepare.path,
                body=group.prepare.body or None,
                why=group.prepare.why,
            )
        yield chain.make(
            Verb(group.verb),
            group.name,
            group.method,
            group.path,
            group=group.name,
            body=body_of(kind, group.name, sets),
            sets=sets,
            changes=[change for _, change in changed],
            needs=needs,
            why=SPEC_DIFFERS,
        )
        for each in self._in_order(kind):
            if group.name in each.reset_by:
                yield from reassert_actions(kind, resource, each, chain, group)

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
            self.problems.warn(f"this platform has no {group.name}", detail)
            return
        yield from entry_actions(resource, live, group, group.entries, seal, changes, chain, self.project)

    # --------------------------------------------------------------------------------------------------- deleting

    def make_room(self, doomed: list[Action]) -> list[Action]:
        """Let creations wait for the deletions that make room for them; return the deletions that come at the end.

        Of a kind whose objects stand in each other's way, `a` is to go, `b` to be made again, and `c` is new:
            delete a, delete b, create b (needs both), create c (needs both)
        """
        crowded = {
            (action.address.kind, action.address.parent)
            for actions in self.made.values()
            for action in actions
            if (within := KINDS[action.address.kind].parent)
            and within.room
            and action.key == f"{action.address}/create"
        }
        last = [action for action in doomed if (action.address.kind, action.address.parent) not in crowded]
        for action in doomed:
            if action not in last:
                self.made[action.address] = [replace(action, needs=self._around(action.address))]
        for place in crowded:
            inside = [actions for address, actions in self.made.items() if (address.kind, address.parent) == place]
            gone = {action.key for actions in inside for action in actions if action.verb is Verb.DELETE}
            for actions in inside:
                actions[:] = [
                    replace(action, needs=tuple(sorted({*action.needs, *gone})))
                    if action.key == f"{action.address}/create"
                    else action
                    for action in actions
                ]
        return last

    def delete(self, address: Address, live: Live) -> Action:
        """Return the action that deletes a live object; note it as not allowed where it is guarded."""
        why = (
            "you asked for it" if address in self.resources else "it carries this project's identity and is in no spec"
        )
        return self._deletion(self.seen.kind(address), address, live, why)

    def _deletion(self, kind: Kind, address: Address, live: Live, why: str) -> Action:
        resource = self.resources.get(address)
        self.problems.note(not_ours(kind, address, live, self.project, resource))
        guarded = bool(resource and resource.value(PREVENT_DESTROY))
        if kind.identity:
            guarded = guarded or kind.identity.guard in entries(live, kind.group(kind.identity.group))
        rename = self.renames.get(address)
        if guarded:
            way = "write lifecycle.prevent_destroy: false in its spec and apply, before you delete it"
            self.problems.note(
                Diagnostic(
                    Severity.ERROR,
                    f"it is protected by prevent_destroy and would be deleted ({live.id})",
                    f"if it is {rename.resource.address} now, write {rename.way} there; else {way}" if rename else way,
                    resource.where if resource else None,
                    str(address),
                )
            )
        elif rename:
            self.problems.warn(
                f"{address} ({live.id}) would be deleted, with its history, and this be created with the same "
                f"{rename.alike}: is it a rename?",
                f"write {rename.way} here, and nothing is deleted or created",
                rename.resource,
            )
        name = dig(live.item, str(kind.setting(kind.named_by).wire))
        change = Change(kind.named_by, name, None)
        chain = Chain(kind, address, live.id)
        return chain.make(Verb.DELETE, "delete", "DELETE", kind.item_path, changes=[change], why=why)

    def identity_of(self, address: Address, live: Live) -> Observed:
        """Return the fields that planning a deletion reads: the identity, the guard, and what policies look at."""
        kind = KINDS[address.kind]
        fields: dict[str, Any] = standing(kind, live)
        if kind.identity:
            for name in (kind.identity.entry, kind.identity.guard):
                path = kind.entry_path(kind.identity.group, name)
                fields[path] = entry_value(kind, live, path)
        return Observed(address, live.id, freeze(fields))


def _replaces(action: Action) -> bool:
    return action.verb is Verb.REPLACE
