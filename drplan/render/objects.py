"""A plan by its objects: what happens to each, and what the platform and the policies say to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drplan.plan.file import headline, summary
from drplan.records.plans import Action, Change, Demand, Finding, Outcome, Plan, Result, Validation, Verb
from drplan.records.specs import Address

ORDER = (Verb.DELETE, Verb.REPLACE, Verb.ADOPT, Verb.UPDATE, Verb.CREATE)
"""What a reviewer must see first."""

WILL: Mapping[Verb, str] = MappingProxyType(
    {
        Verb.DELETE: "will be destroyed",
        Verb.REPLACE: "will be updated in-place",
        Verb.UPDATE: "will be updated in-place",
        Verb.ADOPT: "will be imported",
        Verb.CREATE: "will be created",
    }
)


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a plan: its actions in the plan's order, validations among them; `fate` says it best."""

    address: Address
    fate: Verb
    actions: tuple[Action, ...]
    validations: tuple[Validation, ...]
    findings: tuple[Finding, ...]

    @property
    def id(self) -> str | None:
        """The id on the platform; None while it does not exist."""
        return self.actions[0].id

    @property
    def writes(self) -> tuple[Action, ...]:
        """The actions that change something."""
        return tuple(action for action in self.actions if action.verb is not Verb.VALIDATE)


def objects(plan: Plan) -> tuple[Object, ...]:
    """Return the objects that a plan touches, destructive and replacing ones first, then by address."""
    by_address: dict[Address, list[Action]] = {}
    for action in plan.actions:
        by_address.setdefault(action.address, []).append(action)
    found = []
    for address, actions in by_address.items():
        keys = {action.key for action in actions}
        found.append(
            Object(
                address,
                headline({action.aim for action in actions if action.verb is not Verb.VALIDATE}),
                tuple(actions),
                tuple(validation for validation in plan.validations if validation.key in keys),
                tuple(finding for finding in plan.findings if finding.about in keys),
            )
        )
    return tuple(sorted(found, key=lambda each: (ORDER.index(each.fate), each.address)))


def changes(action: Action) -> tuple[Change, ...]:
    """Return what an action changes in the terms of specs; what it only makes for others, or reads back, is nothing."""
    if action.verb in (Verb.VALIDATE, Verb.REASSERT) or registers(action):
        return ()
    return action.changes


def registers(action: Action) -> bool:
    """Tell whether an action makes something that the object refers to, and not the object."""
    return action.verb is Verb.CREATE and not action.key.endswith(f"/{Verb.CREATE}")


@dataclass(frozen=True, slots=True)
class Tally:
    """Objects counted as Terraform counts: `replace` and `adopt` are among `change`."""

    add: int
    change: int
    destroy: int
    replace: int
    adopt: int

    def __bool__(self) -> bool:
        return bool(self.add or self.change or self.destroy)


def planned(plan: Plan) -> Tally:
    """Count the objects that a plan is to change."""
    counts = summary(plan)
    return _tally({verb: counts[verb.value] for verb in ORDER})


def effected(plan: Plan, outcomes: Iterable[Outcome]) -> Tally:
    """Count the objects of which at least one action was done, each under what was done to it: partial work counts."""
    done = {outcome.key for outcome in outcomes if outcome.result is Result.DONE}
    verbs: dict[Address, set[Verb]] = {}
    for action in plan.writes:
        if action.key in done and not registers(action):
            verbs.setdefault(action.address, set()).add(action.aim)
    counts = dict.fromkeys(ORDER, 0)
    for each in verbs.values():
        counts[headline(each)] += 1
    return _tally(counts)


def denied(plan: Plan) -> bool:
    """Tell whether a plan must not be applied: a validation blocks it, or a policy denies it."""
    return bool(plan.blocking) or any(finding.demand is Demand.DENY for finding in plan.findings)


def needed(finding: Finding) -> str:
    """Return what approvals a finding asks for, in brackets, or nothing."""
    if finding.demand is not Demand.REQUIRE_APPROVAL:
        return ""
    return f" (approvals needed: {finding.count}{f' of {finding.group}' if finding.group else ''})"


def _tally(counts: Mapping[Verb, int]) -> Tally:
    change = counts[Verb.UPDATE] + counts[Verb.REPLACE] + counts[Verb.ADOPT]
    return Tally(counts[Verb.CREATE], change, counts[Verb.DELETE], counts[Verb.REPLACE], counts[Verb.ADOPT])
