"""The actions of one address: each write needs the one before it, so that a failure skips those that follow."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from drplan.records.plans import Action, Change, Verb
from drplan.records.specs import Address
from drplan.records.values import EMPTY, bury, seal
from drplan.registry.kinds import Kind, Switch
from drplan.registry.rows import Group, ValidationRoute


class Chain:
    """The actions of one address, in the order in which they are carried out.

    `live_id` is the object's id, None while it does not exist. The first write needs the actions whose keys are in
    `around`: those of the object that this one lives inside.
    """

    def __init__(self, kind: Kind, address: Address, live_id: str | None, around: Iterable[str] = ()) -> None:
        self.kind = kind
        self.address = address
        self.id = live_id
        self.actions: list[Action] = []
        self._around = tuple(around)

    def make(
        self,
        verb: Verb,
        step: str,
        method: str,
        path: str,
        *,
        group: str = "",
        body: Any = None,
        sets: Mapping[str, Any] = EMPTY,
        makes: str = "",
        changes: Iterable[Change] = (),
        needs: Iterable[str] = (),
        why: str = "",
        policy: str = "",
    ) -> Action:
        """Return an action of this address, without adding it.

        Its key is `ADDRESS/step`; its changes are in the order of their settings, and secrets in it are sealed.
        """
        return Action(
            key=f"{self.address}/{step}",
            address=self.address,
            verb=verb,
            group=group,
            method=method,
            path=path,
            body=seal(body),
            sets=seal(sets),
            makes=makes,
            id=self.id,
            needs=tuple(sorted(set(needs))),
            changes=tuple(
                replace(change, before=seal(change.before), after=seal(change.after))
                for change in sorted(changes, key=lambda change: change.setting)
            ),
            why=why,
            policy=policy,
        )

    def append(self, action: Action) -> None:
        """Add a write; it needs the write before it.

        After a turn back that is the turn and the write before that too, as a turn back is made whatever became of it.
        """
        writes = [done for done in self.actions if done.verb is not Verb.VALIDATE]
        before = [done.key for done in writes[-2 if writes and writes[-1].undoes else -1 :]] or self._around
        self.actions.append(replace(action, needs=tuple(sorted({*action.needs, *before}))))

    def prepend(self, action: Action) -> None:
        """Add an action before all others; nothing is added to what it needs, nor do the others need it."""
        self.actions.insert(0, action)

    def delete_late(self) -> None:
        """Let a deletion before the creation wait for all that the creation needs: what goes can be made again then.

        A model package must be registered for the creation:
            register        needs nothing
            delete          needs register
            create          needs register and delete
        """
        deletion = next((action for action in self.actions if action.verb is Verb.DELETE), None)
        if deletion:
            at = self.actions.index(deletion)
            needs = {*deletion.needs, *self.actions[-1].needs} - {deletion.key}
            self.actions[at] = replace(deletion, needs=tuple(sorted(needs)))

    def validate(self, group: Group, route: ValidationRoute, body: Any, policy: str) -> None:
        """Add the action that asks, before every write, whether the platform would take the change of a group.

        `body` is that of `route`; `policy` is what a warning means: `block` or `allow`.
        """
        step = f"validate-{group.name}"
        why = "asked before anything is written"
        self.prepend(
            self.make(
                Verb.VALIDATE, step, route.method, route.path, group=group.name, body=body, why=why, policy=policy
            )
        )

    def turn(self, switch: Switch, *, on: bool, before: str, why: str, only_for: str = "") -> None:
        """Add an activation or deactivation; `only_for` is the key of the reassert without which it is not needed."""
        self.append(replace(self._turned(switch, on=on, before=before, why=why), only_for=only_for))

    def turn_back(self, switch: Switch, *, on: bool, why: str) -> None:
        """Add the action that takes the last turn back; `on` is the state before that turn, which there must be.

        It needs that turn to be done, and waits until all actions in between are over, done or not:
            deactivate        needs nothing
            update            needs deactivate
            activate          needs deactivate, comes after update, undoes deactivate
            replace           needs activate and update
        Where the update fails, the object is activated all the same; where the deactivation fails, neither is sent.
        """
        turned = max(index for index, action in enumerate(self.actions) if action.group == switch.group)
        action = self._turned(switch, on=on, before=switch.off if on else switch.on, why=why)
        later = tuple(sorted(done.key for done in self.actions[turned + 1 :]))
        undone = self.actions[turned].key
        self.actions.append(replace(action, needs=(undone,), after=later, undoes=undone))

    def _turned(self, switch: Switch, *, on: bool, before: str, why: str) -> Action:
        group = self.kind.group(switch.group)
        after = switch.on if on else switch.off
        verb = Verb.ACTIVATE if on else Verb.DEACTIVATE
        turns = sum(action.verb is verb for action in self.actions)
        step = f"{verb.value}-{turns + 1}" if turns else verb.value
        body: dict[str, Any] = {}
        bury(body, str(self.kind.setting(switch.setting).wire), after)
        change = Change(switch.setting, before, after)
        sets = {switch.setting: after}
        return self.make(
            verb, step, group.method, group.path, group=group.name, body=body, sets=sets, changes=[change], why=why
        )


class Turns:
    """Adds actions to a chain, and turns the object on or off around those that need it so, and around nothing else.

    `on` is which way it stands before the first action, `final` which way it shall stand after the last.
    """

    def __init__(self, chain: Chain, switch: Switch, *, on: bool, final: bool) -> None:
        self.chain = chain
        self.switch = switch
        self.was_on = self.on = on
        self.final = final

    def add(self, action: Action, requires: str | None) -> None:
        """Add an action whose request `requires` the switch "on" or "off", or does not mind."""
        wanted = self.on if requires is None else requires == "on"
        if requires is None and not self.on and self.was_on and self.final:
            wanted = True  # an object that serves is off no longer than it must
        only_for = ""
        if wanted is not self.on:
            if wanted is self.was_on and wanted is self.final:
                self._back()
            else:
                if action.verb is Verb.REASSERT and wanted is not self.final:
                    only_for = action.key
                self._turn(wanted, f"it must be {self._name(wanted)} for what follows", only_for)
        self.chain.append(action)
        if only_for:
            self._back()

    def end(self, before: str | None, why: str) -> None:
        """Leave the object as it shall be; `before` is the value that a turn to it shows, the switch's own if None."""
        if self.on is self.final:
            return
        if self.final is self.was_on:
            self._back()
        else:
            self.chain.turn(self.switch, on=self.final, before=before or self._name(self.on), why=why)

    def _turn(self, on: bool, why: str, only_for: str) -> None:
        self.chain.turn(self.switch, on=on, before=self._name(self.on), why=why, only_for=only_for)
        self.on = on

    def _back(self) -> None:
        self.on = not self.on
        self.chain.turn_back(self.switch, on=self.on, why="it was so before")

    def _name(self, on: bool) -> str:
        return self.switch.on if on else self.switch.off
