"""Tests of a project's rules: recorded plans, and what the rules must find in each. Pure.

cases:
  - plan: plans/late.json          # relative to this file
    at: 2026-12-24T10:00:00+01:00  # the time to judge at; now, when left out
    expect:
      - {rule: freeze, outcome: deny}
      - {rule: critical-needs-two, outcome: require_approval, about: deployment.churn-prod/replace}
  - plan: plans/nothing.json
    no_changes: true               # said, because a plan without changes proves nothing about rules
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from drplan.errors import SpecError
from drplan.gate.policy.rules import Policy, judge
from drplan.records.plans import Demand, Finding, Plan
from drplan.spec.complaints import check_form
from drplan.spec.document import Document, parse
from drplan.suggest import did_you_mean

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["cases"],
    "properties": {
        "cases": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["plan"],
                "properties": {
                    "plan": {"type": "string", "minLength": 1, "examples": ["plans/late.json"]},
                    "name": {"type": "string", "minLength": 1},
                    "at": {"type": "string", "examples": ["2026-12-24T10:00:00+01:00"]},
                    "no_changes": {"const": True, "type": "boolean"},
                    "expect": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["rule", "outcome"],
                            "properties": {
                                "rule": {"type": "string", "examples": ["freeze"]},
                                "outcome": {"type": "string", "enum": [demand.value for demand in Demand]},
                                "about": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must be there; `about` None: whatever it is about."""

    rule: str
    demand: Demand
    about: str | None = None

    def means(self, finding: Finding) -> bool:
        """Tell whether a finding is the expected one."""
        same = (finding.rule, finding.demand) == (self.rule, self.demand)
        return same and self.about in (None, finding.about)

    def __str__(self) -> str:
        return f"{self.rule}: {self.demand}" + (f" about {self.about}" if self.about else "")


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded plan: the file it is in, when to judge it (None: now), and what to find; None: no changes at all."""

    name: str
    plan: str
    at: datetime | None
    expected: tuple[Expected, ...] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case went: whether its plan has changes, what the rules found, and each failure (empty: it passes)."""

    case: Case
    changes: bool
    findings: tuple[Finding, ...]
    failures: tuple[str, ...]


def read_cases(text: str, file: str, policy: Policy) -> tuple[Case, ...]:
    """Return the cases in a file; raise SpecError with every problem in it."""
    document = parse(text, file)
    if document.parsed:
        check_form(document, _validator())
    cases = [] if document.problems else list(_cases(document, {rule.name for rule in policy.rules}))
    if document.problems:
        raise SpecError.listing(document.problems)
    return tuple(cases)


@cache
def _validator() -> Any:
    from drplan.spec.complaints import validator

    return validator(SCHEMA)


def _cases(document: Document, rules: set[str]) -> Iterator[Case]:
    for index, each in enumerate(document.value["cases"]):
        at = _time(document, index, each)
        said = each.get("expect")
        if (said is None) == ("no_changes" not in each):
            where = ("cases", index)
            document.complain(where, "give exactly one of: expect; no_changes", "`expect: []` expects no finding")
        for place, item in enumerate(said or ()):
            if item["rule"] not in rules:
                hint = (
                    did_you_mean(item["rule"], sorted(rules))
                    or f"the project file has: {', '.join(sorted(rules)) or 'none'}"
                )
                document.complain(("cases", index, "expect", place, "rule"), f"there is no rule '{item['rule']}'", hint)
        expected = tuple(Expected(item["rule"], Demand(item["outcome"]), item.get("about")) for item in said or ())
        yield Case(each.get("name", each["plan"]), each["plan"], at, None if said is None else expected)


def _time(document: Document, index: int, content: Mapping[str, Any]) -> datetime | None:
    text = content.get("at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        document.complain(("cases", index, "at"), f"'{text}' is no time with a zone", "write 2026-12-24T10:00:00+01:00")
        return None
    return at


def run_case(case: Case, plan: Plan, policy: Policy, now: datetime) -> Verdict:
    """Judge a case's plan by the rules alone (not by what it recorded) and compare."""
    findings = judge(policy, plan, case.at or now)
    return Verdict(case, bool(plan.writes), findings, tuple(_failures(case, plan, findings)))


def _failures(case: Case, plan: Plan, findings: tuple[Finding, ...]) -> Iterator[str]:
    if case.expected is None:
        if plan.writes:
            yield f"the plan has {len(plan.writes)} actions, and no changes were expected"
        return
    if not plan.writes:
        yield "the plan has no changes: the rules had nothing to judge"
        return
    for expected in case.expected:
        if not any(expected.means(finding) for finding in findings):
            yield f"not found: {expected}"
    for finding in findings:
        if not any(expected.means(finding) for expected in case.expected):
            about = f" about {finding.about}" if finding.about else ""
            yield f"not expected: {finding.rule}: {finding.demand}{about} ({finding.message})"


def untested(policy: Policy, verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return the names of the rules that found something in no case."""
    found = {finding.rule for verdict in verdicts for finding in verdict.findings}
    return tuple(rule.name for rule in policy.rules if rule.name not in found)
