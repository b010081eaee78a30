"""The rules that come with drplan; each is switched on by its name in the project file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drplan.gate.policy.facts import Facts
from drplan.gate.policy.freeze import DAYS, window
from drplan.kinds import KINDS
from drplan.records.plans import CheckStatus, Demand, Plan, Verb

Hits = Iterator[tuple[str, str]]
"""What a rule finds: the key of the action it is about (empty: the plan), and what there is to say."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """A rule that comes with drplan: what it does, what it asks for by default, its parameters, and how it judges.

    With `guards`, it applies by default in protected environments only, or everywhere where a project has no
    environments.
    """

    name: str
    doc: str
    demand: Demand
    judge: Callable[[Facts, datetime, Mapping[str, Any]], Hits]
    parameters: Mapping[str, Any]
    required: tuple[str, ...] = ()
    guards: bool = False


def _no_deletes(facts: Facts, _now: datetime, _given: Mapping[str, Any]) -> Hits:
    for action in facts.plan.writes:
        if action.aim is Verb.DELETE:
            yield action.key, "nothing may be deleted here"


def _validation_warning(facts: Facts, _now: datetime, _given: Mapping[str, Any]) -> Hits:
    for validation in facts.plan.validations:
        if validation.status != CheckStatus.PASSING:
            bad = ", ".join(check.name for check in validation.checks if check.status != CheckStatus.PASSING)
            yield validation.key, f"the replacement's validation is {validation.status}" + (f": {bad}" if bad else "")


def _risk_budget(facts: Facts, _now: datetime, given: Mapping[str, Any]) -> Hits:
    replaced = len(_with(facts.plan, Verb.REPLACE))
    most = given.get("replacements")
    if most is not None and replaced > most:
        yield "", f"{replaced} models would be replaced in one plan, and {most} may be"
    share = given.get("percent")
    if share is None:
        return
    at_risk = _with(facts.plan, Verb.REPLACE, Verb.DEACTIVATE, Verb.DELETE)
    for kind in KINDS.values():
        if kind.criticality is None:
            continue
        existing = [seen for seen in facts.seen.values() if seen.id and seen.address.kind == kind.name]
        facts_of = [facts.of_object(seen.address) for seen in existing]
        high = {each["address"] for each in facts_of if each[kind.criticality.setting] in kind.criticality.high}
        if len(high & at_risk) * 100 > share * len(high):
            which = f"{kind.section} of {kind.criticality.setting} {' or '.join(kind.criticality.high)}"
            shares = f"{len(high & at_risk)} of {len(high)} {which}"
            yield "", f"{shares} would be replaced, deactivated or deleted in one plan, and {share:g} % may be"


def _freeze(facts: Facts, now: datetime, given: Mapping[str, Any]) -> Hits:
    verbs = given.get("verbs")
    if verbs and not any(action.aim in verbs for action in facts.plan.writes):
        return
    for each in map(window, given["windows"]):
        if each.holds(now):
            yield "", f"changes are frozen: {each.text}"


def _interruption(facts: Facts, _now: datetime, _given: Mapping[str, Any]) -> Hits:
    for action in facts.plan.writes:
        switch = KINDS[action.address.kind].switch
        if switch is None or action.aim not in (Verb.DEACTIVATE, Verb.DELETE):
            continue
        seen = facts.seen.get(action.address)
        if not (seen and seen.fields.get(switch.setting) == switch.off):
            yield action.key, "it would stop answering prediction requests"


def _with(plan: Plan, *verbs: Verb) -> set[str]:
    return {str(action.address) for action in plan.writes if action.aim in verbs}


_VERBS = [verb.value for verb in Verb if verb is not Verb.VALIDATE]

_WINDOW = {
    "description": "When it is frozen: on some days of the week, during some hours, between two dates, or all of it.",
    "type": "object",
    "additionalProperties": False,
    "required": ["zone"],
    "properties": {
        "zone": {
            "description": "The time zone whose wall clock counts, by its IANA name.",
            "type": "string",
            "examples": ["Europe/Berlin"],
        },
        "days": {
            "description": "The days on which the window begins (every day when left out).",
            "type": "array",
            "items": {
                "type": "string",
                "enum": list(DAYS),
            },
            "uniqueItems": True,
            "minItems": 1,
            "examples": [["friday", "saturday"]],
        },
        "hours": {
            "description": "From when to when, on the next day where that is earlier (the whole day when left out).",
            "type": "object",
            "additionalProperties": False,
            "required": ["from", "to"],
            "properties": {
                "from": {"description": "The first minute of it.", "type": "string", "examples": ["16:00"]},
                "to": {"description": "The first minute after it.", "type": "string", "examples": ["24:00"]},
            },
            "examples": [{"from": "16:00", "to": "24:00"}],
        },
        "dates": {
            "description": "The first and the last day on which the window begins.",
            "type": "object",
            "additionalProperties": False,
            "required": ["from", "to"],
            "properties": {
                "from": {"description": "The first day.", "type": "string", "examples": ["2026-12-20"]},
                "to": {"description": "The last day; it is inside.", "type": "string", "examples": ["2027-01-06"]},
            },
            "examples": [{"from": "2026-12-20", "to": "2027-01-06"}],
        },
    },
}

BUILTINS: Mapping[str, Builtin] = {
    each.name: each
    for each in (
        Builtin(
            "no_deletes",
            "Nothing is deleted: in protected environments, or in those named; everywhere in a project without "
            "environments.",
            Demand.DENY,
            _no_deletes,
            {},
            guards=True,
        ),
        Builtin(
            "validation_warning",
            "A replacement whose validation does not simply pass (a warning that the spec allows) needs an approval.",
            Demand.REQUIRE_APPROVAL,
            _validation_warning,
            {},
        ),
        Builtin(
            "risk_budget",
            "One plan does not put too much at risk at once.",
            Demand.DENY,
            _risk_budget,
            {
                "replacements": {
                    "description": "How many models one plan may replace.",
                    "type": "integer",
                    "minimum": 0,
                    "examples": [3],
                },
                "percent": {
                    "description": "Of the deployments of HIGH and CRITICAL importance that the plan has read, how "
                    "many percent it may replace, deactivate or delete.",
                    "type": "number",
                    "minimum": 0,
                    "maximum": 100,
                    "examples": [25],
                },
            },
        ),
        Builtin(
            "freeze",
            "Nothing is applied during these windows.",
            Demand.DENY,
            _freeze,
            {
                "windows": {
                    "description": "The windows; it is frozen when one of them holds.",
                    "type": "array",
                    "items": _WINDOW,
                    "minItems": 1,
                    "examples": [[{"zone": "Europe/Berlin", "days": ["friday"]}]],
                },
                "verbs": {
                    "description": "Freeze only plans with one of these actions (any change when left out).",
                    "type": "array",
                    "items": {"type": "string", "enum": _VERBS},
                    "minItems": 1,
                    "uniqueItems": True,
                    "examples": [["replace", "delete"]],
                },
            },
            required=("windows",),
        ),
        Builtin(
            "interruption",
            "What stops a deployment from answering (deactivating it, or deleting it while active) needs an approval.",
            Demand.REQUIRE_APPROVAL,
            _interruption,
            {},
        ),
    )
}
"""Every builtin rule by its name."""
