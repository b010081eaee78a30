"""What a rule's expression sees, made from a plan alone.

    action       {key, verb, address, kind, name, group, why, changes [{setting, before, after, before_name,
                 after_name}], validation {status, message, on_warning, checks {NAME: STATUS}}}
    before, after  the action's object before and after it, in the shape of a spec; null where not set or not known
    deployment   (or another kind's name) the object: {address, kind, name, id, exists, verbs, live, desired}, and the
                 setting that says how much depends on it, at the higher of its live and desired values
    plan         {project, target, environment, protected, commit, author, dirty, summary, actions, validations}, and
                 under each kind's section the objects that the plan has read
    environment  the environment's name, empty when none was chosen

Every setting that a kind has is there, with null, so that an expression names it without asking first.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.file import summary
from drplan.records.plans import Action, Observed, Plan, Verb
from drplan.records.specs import Address
from drplan.records.values import EMPTY, bury, dig, thaw
from drplan.registry.kinds import Kind

PLAN = "plan"
ENVIRONMENT = "environment"
OF_AN_ACTION = frozenset({"action", "before", "after", *KINDS})
"""The variables that exist once for each action; a rule that names a kind is about the actions of that kind."""

VARIABLES = frozenset({PLAN, ENVIRONMENT}) | OF_AN_ACTION

_NO_VALIDATION = {"status": "", "message": "", "on_warning": "", "checks": {}}


class Facts:
    """The facts of one plan. Each is made when it is first asked for."""

    def __init__(self, plan: Plan, *, protected: bool) -> None:
        self.plan = plan
        self.protected = protected
        self.seen: Mapping[Address, Observed] = {seen.address: seen for seen in plan.observed}
        self._answers = {validation.key: validation for validation in plan.validations}
        self._writes: dict[Address, list[Action]] = {}
        for action in plan.writes:
            self._writes.setdefault(action.address, []).append(action)
        self._objects: dict[Address, dict[str, Any]] = {}
        self._of_plan: dict[str, Any] = {}

    def of_plan(self, fields: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the facts of the whole plan, or only the fields named (those that exist)."""
        makers = {**_PLAIN, **{kind.section: lambda facts, kind=kind: facts.objects(kind) for kind in KINDS.values()}}
        for name in makers if fields is None else fields:
            if name in makers and name not in self._of_plan:
                self._of_plan[name] = makers[name](self)
        return {name: self._of_plan[name] for name in (makers if fields is None else fields) if name in makers}

    def of_action(self, action: Action, names: Iterable[str]) -> dict[str, Any]:
        """Return those of the variables `names` that an action has."""
        makers = {
            "action": lambda: self._action(action),
            "before": lambda: self._before(action.address),
            "after": lambda: self._after(action),
            action.address.kind: lambda: self.of_object(action.address),
        }
        return {name: makers[name]() for name in names if name in makers}

    def of_object(self, address: Address) -> dict[str, Any]:
        """Return the facts of one object."""
        if address not in self._objects:
            kind = KINDS[address.kind]
            seen = self.seen.get(address)
            writes = self._writes.get(address, [])
            live = self._before(address)
            desired = self._start(address)
            for action in writes:
                if not _deletes(action):
                    _overlay(kind, desired, action)
            found = {
                "address": str(address),
                "kind": address.kind,
                "name": address.name,
                "id": seen.id if seen else None,
                "exists": bool(seen and seen.id),
                "verbs": sorted({action.aim.value for action in writes}),
                "live": live,
                "desired": desired,
            }
            if kind.criticality:
                found[kind.criticality.setting] = higher(kind, live, desired)
            self._objects[address] = found
        return self._objects[address]

    def objects(self, kind: Kind) -> list[dict[str, Any]]:
        """Return the facts of every object of a kind that the plan has read or would make."""
        addresses = {*self.seen, *self._writes}
        return [self.of_object(address) for address in sorted(addresses) if address.kind == kind.name]

    def actions(self) -> list[dict[str, Any]]:
        """Return the facts of every action that changes something."""
        return [self._action(action) for action in self.plan.writes]

    def validations(self) -> list[dict[str, Any]]:
        """Return what the platform has said to each validation."""
        owners = {action.key: str(action.address) for action in self.plan}
        return [
            {
                "address": owners.get(validation.key, ""),
                "status": validation.status,
                "message": validation.message,
                "on_warning": validation.on_warning,
                "checks": {check.name: check.status for check in validation.checks},
            }
            for validation in self.plan.validations
        ]

    # ------------------------------------------------------------------------------------------------------- pieces

    def _before(self, address: Address) -> dict[str, Any]:
        kind = KINDS[address.kind]
        values = _blank(kind)
        seen = self.seen.get(address)
        for path, value in (seen.fields if seen else EMPTY).items():
            _put(kind, values, path, thaw(value))
        return values

    def _after(self, action: Action) -> dict[str, Any]:
        kind = KINDS[action.address.kind]
        if _deletes(action):
            return _blank(kind)
        values = self._start(action.address)
        _overlay(kind, values, action)
        return values

    def _start(self, address: Address) -> dict[str, Any]:
        """Return what the actions of an object start from: what is there, or nothing where it is deleted first."""
        gone = any(map(_deletes, self._writes.get(address, ())))
        return _blank(KINDS[address.kind]) if gone else self._before(address)

    def _action(self, action: Action) -> dict[str, Any]:
        asked = (other for other in self.plan if other.verb is Verb.VALIDATE and other.address == action.address)
        keys = [other.key for other in asked if other.group == action.group] if action.group else []
        validation = next((self._answers[key] for key in keys if key in self._answers), None)
        return {
            "key": action.key,
            "verb": action.aim.value,
            "address": str(action.address),
            "kind": action.address.kind,
            "name": action.address.name,
            "group": action.group,
            "why": action.why,
            "changes": [change.as_json() for change in action.changes],
            "validation": _NO_VALIDATION
            if validation is None
            else {
                "status": validation.status,
                "message": validation.message,
                "on_warning": validation.on_warning,
                "checks": {check.name: check.status for check in validation.checks},
            },
        }


_PLAIN: Mapping[str, Any] = {
    "project": lambda facts: facts.plan.project,
    "target": lambda facts: facts.plan.target,
    "environment": lambda facts: facts.plan.environment,
    "protected": lambda facts: facts.protected,
    "commit": lambda facts: facts.plan.source.commit if facts.plan.source else "",
    "author": lambda facts: facts.plan.source.author if facts.plan.source else "",
    # Outside of git nothing is committed, so a rule that wants committed files is to apply.
    "dirty": lambda facts: facts.plan.source.dirty if facts.plan.source else True,
    "summary": lambda facts: summary(facts.plan),
    "actions": Facts.actions,
    "validations": Facts.validations,
}


def higher(kind: Kind, live: Mapping[str, Any], desired: Mapping[str, Any]) -> str | None:
    """Return the higher of an object's live and desired criticality, so that lowering it does not escape a rule."""
    if kind.criticality is None:
        return None
    values = [dig(side, kind.criticality.setting) for side in (live, desired)]
    known = [value for value in kind.criticality.values if value in values]
    return known[-1] if known else None


def _deletes(action: Action) -> bool:
    return action.aim is Verb.DELETE


def _blank(kind: Kind) -> dict[str, Any]:
    """Return every setting of a kind as null, in the shape of a spec; named entries as an empty mapping.

    The settings of other kinds are there too, as an expression is asked of actions on objects of every kind.
    """
    values: dict[str, Any] = {}
    for each in (kind, *(other for other in KINDS.values() if other is not kind)):
        for row in each.settings:
            if not row.policy and free(values, row.path):
                bury(values, row.path, {} if _has_entries(each, row.group) else None)
    return values


def free(values: Mapping[str, Any], path: str) -> bool:
    """Return whether a value can be put at a dotted path: nothing is there, and no value on the way."""
    place: Any = values
    for step in path.split("."):
        if not isinstance(place, Mapping):
            return False
        if step not in place:
            return True
        place = place[step]
    return False


def _has_entries(kind: Kind, group: str | None) -> bool:
    return bool(group and kind.group(group).entries)


def _entry_prefixes(kind: Kind) -> Iterator[str]:
    for row in kind.settings:
        if _has_entries(kind, row.group):
            yield row.path


def _put(kind: Kind, values: dict[str, Any], path: str, value: Any) -> None:
    for prefix in _entry_prefixes(kind):
        if path.startswith(f"{prefix}."):  # an entry's name may have dots of its own
            dig(values, prefix)[path.removeprefix(f"{prefix}.")] = value
            return
    bury(values, path, value)


def _overlay(kind: Kind, values: dict[str, Any], action: Action) -> None:
    for path, value in action.sets.items():
        made_first = isinstance(value, Mapping) and set(value) == {"$ref"}  # its id is not known yet
        _put(kind, values, path, None if made_first else thaw(value))
