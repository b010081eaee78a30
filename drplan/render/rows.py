"""A plan as rows: what every picture of it shows, made once and in one order; renderers only print it.

A plan touches objects, each object has its steps, each step a row for every setting that it changes:

    Object      deployment.churn    replace, "will be updated in-place", one validation
    Step          replace model     because "the spec says so", note "recorded reason: ACCURACY"
    SettingRow      model           before "churn v1 (5f01)", after "churn v2 (5f02)"
    Step          update settings   because "the spec says so"
    SettingRow      settings.prediction_warning.enabled    before "false", after "true"
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.change_requests import change_request_of
from drplan.plan.diff import leaves
from drplan.plan.file import headline, made_again
from drplan.records.plans import Action, Change, Check, Demand, Finding, Plan, Validation, Verb
from drplan.records.specs import Address
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group
from drplan.render.oneline import printable, shown

ORDER = (Verb.DELETE, Verb.REPLACE, Verb.ADOPT, Verb.UPDATE, Verb.CREATE)
"""What a reviewer must see first."""

KNOWN_LATER = "(known after apply)"

_WILL: Mapping[Verb, str] = MappingProxyType(
    {
        Verb.DELETE: "will be destroyed",
        Verb.REPLACE: "will be updated in-place",
        Verb.UPDATE: "will be updated in-place",
        Verb.ADOPT: "will be imported",
        Verb.CREATE: "will be created",
    }
)
_ALONE = (Verb.VALIDATE, Verb.CREATE, Verb.ACTIVATE, Verb.DEACTIVATE, Verb.DELETE)
"""Verbs that say by themselves what is done to an object."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value in spec terms, and the platform's name for it where it is an id.

    `later`: it is the id of something that the plan makes first, so that only its name is known.
    """

    plain: Any
    name: str | None = None
    later: bool = False

    @property
    def text(self) -> str:
        """The value as in YAML, or `name (id)`."""
        if self.name is None:
            return shown(self.plain)
        return printable(self.name if self.plain in (None, self.name) else f"{self.name} ({self.plain})")

    @property
    def short(self) -> str:
        """The name, where there is one; else the value."""
        return self.text if self.name is None else printable(self.name)

    @property
    def whole(self) -> str:
        """The text, and that the id is known only after the apply where that is so."""
        return f"{self.text} {KNOWN_LATER}" if self.later else self.text

    @property
    def id(self) -> str:
        """The value alone, without a name."""
        return KNOWN_LATER if self.later else str(self.plain)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting, or a part of one, before and after.

    `before` is None where nothing was there or nothing is known, `after` where the object goes.
    """

    setting: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Step:
    """One action, inside its object.

    name      its verb and what of the object it is about: `update settings`, `adopt tags/drplan`, `delete`
    aim       what comes of it in the end: for a request, the verb of the change that is asked for
    settings  each whole setting that it changes; `rows` has the parts that differ, for people to read
    notes     what travels along (the reason that a replacement records, what cannot be read back), and how it is
              asked for
    needs     keys of the steps that must be done before; `after`: those that must be over, whatever became of them
    makes     what a creation makes for the object to refer to; empty: the object itself
    """

    key: str
    address: Address
    verb: Verb
    aim: Verb
    group: str
    name: str
    why: str
    id: str | None
    settings: tuple[SettingRow, ...]
    notes: tuple[str, ...]
    needs: tuple[str, ...]
    after: tuple[str, ...]
    makes: str

    @property
    def title(self) -> str:
        """The step by itself: `deployment.churn: update settings`."""
        return f"{printable(str(self.address))}: {self.name}"

    @property
    def rows(self) -> tuple[SettingRow, ...]:
        """What it changes: of a setting that holds many values, a row for each that differs."""
        return tuple(part for row in self.settings for part in _parts(row))

    @property
    def own(self) -> tuple[SettingRow, ...]:
        """The settings of the object that it changes: not what is only read back, or made for it to refer to."""
        return () if self.verb in (Verb.VALIDATE, Verb.REASSERT) or self.makes else self.settings


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a plan.

    `fate` is the verb that says best what happens to it, `will` that in Terraform's words; `again`: it is deleted only
    to be made again. `steps` are those that change something, the replacement first, then in the plan's order;
    `actions` counts the validations too.
    """

    address: Address
    fate: Verb
    again: bool
    id: str | None
    steps: tuple[Step, ...]
    validations: tuple[Validation, ...]
    findings: tuple[Finding, ...]
    actions: int

    @property
    def will(self) -> str:
        """What happens to it, in the words that readers of Terraform's plans look for."""
        return "must be replaced" if self.again else _WILL[self.fate]

    @property
    def becomes(self) -> str:
        """What happens to it, in words that tell a replacement from another change."""
        if self.again:
            return "will be destroyed and created again"
        return "its model will be replaced" if self.fate is Verb.REPLACE else self.will


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What a policy rule finds, and the step that it is about; None: the whole plan."""

    finding: Finding
    step: Step | None

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return self.step.title if self.step else "the whole plan"

    @property
    def message(self) -> str:
        """The rule's message, after what it is about where that is one step."""
        return f"{self.step.title}: {self.finding.message}" if self.step else self.finding.message


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return every action of a plan as a step, in the plan's order, validations among them."""
    return tuple(_step(action) for action in plan)


def objects(plan: Plan) -> tuple[Object, ...]:
    """Return the objects that a plan touches: destructive and replacing ones first, then as the plan has them."""
    by_address: dict[Address, list[Step]] = {}
    for step in steps(plan):
        by_address.setdefault(step.address, []).append(step)
    found = [_object(plan, address, of_it) for address, of_it in by_address.items()]
    return tuple(sorted(found, key=lambda each: (ORDER.index(each.fate), each.again)))


def finding_rows(plan: Plan) -> tuple[FindingRow, ...]:
    """Return what policies find, the strictest first."""
    by_key = {action.key: action for action in plan}
    return tuple(
        FindingRow(finding, _step(by_key[finding.about]) if finding.about in by_key else None)
        for finding in _strictest_first(plan.findings)
    )


def checks(validation: Validation) -> tuple[Check, ...]:
    """Return a validation's checks; what is not passing comes first, as it is what a reviewer looks for."""
    return tuple(sorted(validation.checks, key=lambda check: check.status == "passing"))


def describe(action: Action) -> str:
    """Name an action in a few words: its address, its verb, and the part of the object it is about."""
    return f"{printable(str(action.address))}: {name(action)}"


def name(action: Action) -> str:
    """Return an action's verb and the part of the object that it is about, as far as the verb does not say it."""
    if action.makes:
        part = action.makes
    elif action.verb in _ALONE:
        part = ""
    elif action.verb is Verb.REQUEST and action.aim in _ALONE:
        part = action.aim.value
    else:
        part = _part(action)
    return f"{action.verb.value} {printable(part)}".rstrip()


def denied(plan: Plan) -> bool:
    """Tell whether a plan must not be applied: a validation blocks it, or a policy denies it."""
    return bool(plan.blocking) or any(finding.demand is Demand.DENY for finding in plan.findings)


def needed(finding: Finding) -> str:
    """Return what approvals a finding asks for, in brackets, or nothing."""
    if finding.demand is not Demand.REQUIRE_APPROVAL:
        return ""
    return f" (approvals needed: {finding.count}{f' of {finding.group}' if finding.group else ''})"


# ------------------------------------------------------------------------------------------------------------- pieces


def _object(plan: Plan, address: Address, of_it: list[Step]) -> Object:
    keys = {step.key for step in of_it}
    writes = [step for step in of_it if step.verb is not Verb.VALIDATE]
    aims = {step.aim for step in writes if not step.makes}
    return Object(
        address,
        headline(aims),
        made_again(aims),
        of_it[0].id,
        tuple(sorted(writes, key=lambda step: step.aim is not Verb.REPLACE)),
        tuple(validation for validation in plan.validations if validation.key in keys),
        tuple(finding for finding in _strictest_first(plan.findings) if finding.about in keys),
        len(of_it),
    )


def _strictest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: list(Demand).index(finding.demand), reverse=True)


def _step(action: Action) -> Step:
    return Step(
        key=action.key,
        address=action.address,
        verb=action.verb,
        aim=action.aim,
        group=action.group,
        name=name(action),
        why=action.why,
        id=action.id,
        settings=tuple(_row(change, gone=action.aim is Verb.DELETE) for change in action.changes),
        notes=tuple(_notes(action)),
        needs=action.needs,
        after=action.after,
        makes=action.makes,
    )


def _row(change: Change, *, gone: bool = False) -> SettingRow:
    known = change.before is not None or change.before_name is not None
    made_first = change.after is None and change.after_name is not None
    return SettingRow(
        change.setting,
        Value(change.before, change.before_name) if known else None,
        None if gone else Value(change.after, change.after_name, later=made_first),
    )


def _parts(row: SettingRow) -> tuple[SettingRow, ...]:
    if row.before is None or row.after is None:
        return (row,)
    change = Change(row.setting, row.before.plain, row.after.plain)
    parts = leaves(change)
    return (row,) if parts == (change,) else tuple(map(_row, parts))


def _part(action: Action) -> str:
    """Return the group of an action's request; with the name of the entry, where each entry has a request."""
    kind, group = _rows_of(action)
    if kind and group and group.entries:
        return f"{group.name}/{action.changes[0].setting.removeprefix(kind.entry_path(group.name, ''))}"
    return action.group


def _notes(action: Action) -> Iterator[str]:
    kind, group = _rows_of(action)
    changed = {change.setting for change in action.changes}
    for row in kind.rows(group.name) if kind and group else ():
        value = action.sets.get(row.path)
        if row.in_request and value is not None:
            yield f"{row.words or row.path}: {printable(value) if isinstance(value, str) else shown(value)}"
        elif row.write_only and value is not None and row.path not in changed:
            yield f"{row.path}: {shown(value)}, sent along as it cannot be read back"
    if action.verb is Verb.REPLACE and group and group.keeps:
        yield "settings that no spec mentions may be reset: the report says which, with both values"
    known = kind and (group or action.aim is Verb.DELETE)
    change_request = change_request_of(action) if action.verb is Verb.REQUEST and known else None
    if change_request:
        yield f"asked for by a change request: {change_request.action}"


def _rows_of(action: Action) -> tuple[Kind | None, Group | None]:
    """Return an action's kind and group; None where a plan was made by a drplan that knows others than this one."""
    kind = KINDS.get(action.address.kind)
    return kind, next((group for group in kind.groups if group.name == action.group), None) if kind else None
