"""Problems as SARIF 2.1.0, which code scanning shows at the line of the spec."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drplan.records.plans import Demand, Plan
from drplan.records.specs import Address, Diagnostic, Severity, Where
from drplan.render.oneline import printable
from drplan.render.rows import denied, finding_rows, needed, objects
from drplan.render.text import summary_line
from drplan.version import __version__

FORMAT = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVEL = {Demand.DENY: "error", Demand.REQUIRE_APPROVAL: "warning", Demand.WARN: "note"}


@dataclass(frozen=True, slots=True)
class SarifRule:
    """One check: its id, and what it asks, in a sentence."""

    id: str
    about: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One result: the rule's id, `error`, `warning` or `note`, the message, where, and what it is about."""

    rule: str
    level: str
    message: str
    where: Where | None = None
    subject: str = ""


def sarif_text(
    rules: Iterable[SarifRule],
    problems: Iterable[Problem],
    remark: str,
    uri_of: Callable[[str], str] = str,
    *,
    good: bool,
) -> str:
    """Return the log: one run with every rule that was asked; `remark` says in a line what the run found.

    `uri_of` gives a file's URI from the repository's root, as viewers of SARIF expect it. `good` says that nothing
    was refused.
    """
    listed = {rule.id: rule for rule in rules}
    order = list(listed)
    seen: dict[str, int] = {}
    results = [_result(problem, order.index(problem.rule), uri_of, seen) for problem in problems]
    driver = {
        "name": "drplan",
        "semanticVersion": __version__,
        "rules": [
            {"id": printable(rule.id), "shortDescription": {"text": printable(rule.about)}} for rule in listed.values()
        ],
    }
    note = {"level": "note" if good else "error", "message": {"text": printable(remark)}}
    invocation = {"executionSuccessful": good, "toolExecutionNotifications": [note]}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "columnKind": "unicodeCodePoints"}
    log = {"$schema": SCHEMA, "version": FORMAT, "runs": [{**run, "results": results}]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def plan_sarif(plan: Plan, places: Mapping[Address, Where | None], uri_of: Callable[[str], str]) -> str:
    """Return a plan's checks that do not pass, its policy findings and its remarks, at the specs they are about."""
    rules: dict[str, SarifRule] = {}
    problems: list[Problem] = []
    for each in objects(plan):
        where = places.get(each.address)
        for validation in each.validations:
            for check in validation.checks:
                rule = SarifRule(
                    f"validation/{check.name}", f"The platform's check '{check.name}' of a model replacement."
                )
                rules.setdefault(rule.id, rule)
                if check.status != "passing":
                    level = "error" if check.status != "warning" or validation.blocks else "warning"
                    text = f"{each.address}: the replacement's check {check.name} is {check.status}: {check.message}"
                    problems.append(Problem(rule.id, level, text, where, str(each.address)))
            if validation.blocks and not any(check.status != "passing" for check in validation.checks):
                rules.setdefault("validation", SarifRule("validation", "The platform's answer to a model replacement."))
                status = validation.status or "without a status"
                text = f"{each.address}: the replacement's validation is {status}: {validation.message}"
                problems.append(Problem("validation", "error", text, where, str(each.address)))
    for row in finding_rows(plan):
        finding = row.finding
        rule = SarifRule(f"policy/{finding.rule}", f"The policy '{finding.rule}' of the project file.")
        rules.setdefault(rule.id, rule)
        where = places.get(row.step.address) if row.step else None
        problems.append(Problem(rule.id, LEVEL[finding.demand], row.message + needed(finding), where, finding.about))
    if plan.diagnostics:
        rules["plan"] = SarifRule("plan", "What planning remarks.")
        problems += [_diagnostic("plan", diagnostic) for diagnostic in plan.diagnostics]
    return sarif_text(rules.values(), problems, summary_line(plan), uri_of, good=not denied(plan))


def diagnostics_sarif(diagnostics: Iterable[Diagnostic], remark: str, uri_of: Callable[[str], str]) -> str:
    """Return diagnostics of spec files; without any, a run that says so. An error without a place is its own result."""
    found = [_diagnostic("spec", diagnostic) for diagnostic in diagnostics]
    rule = SarifRule("spec", "Specs and the project file are valid.")
    good = not any(problem.level == "error" for problem in found)
    return sarif_text([rule], found, remark, uri_of, good=good)


def _diagnostic(rule: str, diagnostic: Diagnostic) -> Problem:
    level = "error" if diagnostic.severity is Severity.ERROR else "warning"
    about = f"{diagnostic.path}: " if diagnostic.path else ""
    detail = f" ({diagnostic.detail})" if diagnostic.detail else ""
    return Problem(rule, level, f"{about}{diagnostic.summary}{detail}", diagnostic.where, diagnostic.path)


def _result(problem: Problem, index: int, uri_of: Callable[[str], str], seen: dict[str, int]) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if problem.where:
        region = {"startLine": problem.where.line, "startColumn": problem.where.column}
        location["physicalLocation"] = {"artifactLocation": {"uri": uri_of(problem.where.file)}, "region": region}
    if problem.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(problem.subject)}]
    # Without the line, so that a result stays the same one when something is written above it.
    file = uri_of(problem.where.file) if problem.where else ""
    same = json.dumps([problem.rule, problem.subject, file, problem.message])
    own = hashlib.sha256(same.encode()).hexdigest()[:32]
    seen[own] = seen.get(own, 0) + 1
    return {
        "ruleId": printable(problem.rule),
        "ruleIndex": index,
        "level": problem.level,
        "message": {"text": printable(problem.message)},
        **({"locations": [location]} if location else {}),
        "partialFingerprints": {"drplan/v1": f"{own}:{seen[own]}"},
    }
