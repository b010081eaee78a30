"""Whether a saved plan may be applied now: its age, what the rules find in it today, and who has approved it. Pure.

A plan must satisfy the findings that it recorded and those of today's rules. Made when `R` asked for one approval:
    today R asks for two approvals        two are needed
    today R is gone                       one is needed, by the recorded finding
    today a freeze window has begun       the plan is denied
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from drplan.errors import counted
from drplan.gate.approvals import Need, Rejection, Terms, read_moment
from drplan.records.plans import Demand, Finding, Plan, Verb
from drplan.records.specs import Diagnostic, Severity

FORBIDDEN = "--forbid"

_FAST_CLOCK = timedelta(minutes=5)  # by how much the clock of whoever made the plan may be ahead


def forbidden(plan: Plan, verbs: Iterable[Verb]) -> tuple[Finding, ...]:
    """Return a finding that denies for each action that does what `--forbid` names."""
    unwanted = set(verbs)
    return tuple(
        Finding(FORBIDDEN, Demand.DENY, f"--forbid {action.aim} was given", action.key)
        for action in plan.writes
        if action.aim in unwanted
    )


def with_findings(plan: Plan, found: Iterable[Finding]) -> Plan:
    """Return the plan with `found` after the findings that it has recorded; equal ones stand once."""
    return replace(plan, findings=tuple(dict.fromkeys((*plan.findings, *found))))


def too_old(plan: Plan, max_age: timedelta | None, now: datetime) -> str:
    """Return why a plan's age forbids applying it; an empty text where it does not."""
    if max_age is None:
        return ""
    if not plan.made_at:
        return "the project limits the age of its plans, and this one does not say when it was made"
    try:
        made = read_moment(plan.made_at)
    except ValueError:
        return f"it says that it was made at '{plan.made_at}', which is no time"
    if made - now > _FAST_CLOCK:
        return f"it says that it was made at {plan.made_at}, which is yet to come"
    if now - made > max_age:
        return f"it was made at {plan.made_at}, and a plan may be applied for {_words(max_age)}"
    return ""


def denials(plan: Plan) -> Iterator[Diagnostic]:
    """Yield an error for each finding that denies."""
    for finding in plan.findings:
        if finding.demand is Demand.DENY:
            yield Diagnostic(Severity.ERROR, f"denied by {finding.rule}: {finding.message}", "", None, finding.about)


def unmet(needs: Iterable[Need], rejections: Iterable[Rejection], terms: Terms) -> Iterator[Diagnostic]:
    """Yield an error for each need with too few approvals and, if there is one, for each rejected statement."""
    missing = [need for need in needs if not need.met]
    for need in missing:
        by = f" by members of {need.group}" if need.group else ""
        count = counted(need.count, "approval")
        yield Diagnostic(
            Severity.ERROR, f"{need.rule} asks for {count}{by}, and there are {need.given}", _how(need, terms)
        )
    for rejection in rejections if missing else ():
        yield Diagnostic(Severity.ERROR, "this is no approval", rejection.reason, None, rejection.file)


def _how(need: Need, terms: Terms) -> str:
    """Return how the approvals that a need lacks can be given."""
    if terms.signed:
        return "have it signed: drplan approve PLANFILE --key KEY"
    if need.count > 1 or need.group:
        return "nobody can give it: the project file names no allowed_signers under approvals"
    return "name the digest that was approved: --approve-digest SHA256"


def _words(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours" if hours >= 2 else f"{hours * 60:g} minutes"
