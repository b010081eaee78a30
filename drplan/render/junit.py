"""Checks as JUnit XML, which CI panels show: one test case per check, never a file without a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from drplan.errors import counted
from drplan.plan.file import digest
from drplan.records.plans import Demand, Plan, Validation
from drplan.records.specs import Diagnostic, Severity
from drplan.render.oneline import printable
from drplan.render.rows import denied, finding_rows, needed, objects
from drplan.render.text import summary_line


class Mark(StrEnum):
    """How a case ended. `skipped`: it waits for somebody, which is neither good nor bad."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One check: what it is about (`group`), its name, how it ended, a line why, and more lines."""

    suite: str
    group: str
    name: str
    mark: Mark = Mark.PASSED
    message: str = ""
    detail: str = ""


def junit_text(cases: Iterable[JunitCase]) -> str:
    """Return the XML of the cases, gathered in their suites; raise ValueError when there is none."""
    suites: dict[str, list[JunitCase]] = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    if not suites:
        raise ValueError("a result without a case would be read as a success")
    root = Element("testsuites", _counts("drplan", [case for each in suites.values() for case in each]))
    for name, each in suites.items():
        suite = SubElement(root, "testsuite", _counts(name, each))
        for case in each:
            _case(suite, case)
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def plan_cases(plan: Plan) -> Iterable[JunitCase]:
    """Yield the plan itself (with or without changes), each check of each validation, and each policy that applies.

    A warning that the spec allows passes, one that blocks fails; a needed approval is skipped.
    """
    line = summary_line(plan)
    refused = denied(plan)
    message = "the plan is refused; nothing of it will be applied" if refused else ""
    about = f"{line}\n{plan.project} on {plan.target}\ndigest {digest(plan)}"
    mark = Mark.FAILED if refused else Mark.PASSED
    yield JunitCase("plan", plan.project, "changes" if plan.writes else "no changes", mark, message, about)
    for each in objects(plan):
        for validation in each.validations:
            yield from _validation(str(each.address), validation)
    marks = {Demand.DENY: Mark.FAILED, Demand.REQUIRE_APPROVAL: Mark.SKIPPED, Demand.WARN: Mark.PASSED}
    for row in finding_rows(plan):
        finding = row.finding
        name = f"{finding.rule}: {row.about}" if row.step else finding.rule
        yield JunitCase("policy", plan.project, name, marks[finding.demand], finding.message + needed(finding))
    for diagnostic in plan.diagnostics:
        yield JunitCase("remarks", diagnostic.path or plan.project, diagnostic.summary, detail=str(diagnostic))


def file_cases(files: Iterable[str], diagnostics: Iterable[Diagnostic]) -> Iterable[JunitCase]:
    """Yield a case per spec file; it fails with the problems in it. What has no file of its own fails by itself."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for diagnostic in diagnostics:
        by_file.setdefault(diagnostic.where.file if diagnostic.where else "", []).append(diagnostic)
    for file, found in by_file.items():
        bad = sum(each.severity is Severity.ERROR for each in found)
        count = counted(bad, "problem") if bad else ""
        text = "\n".join(map(str, found))
        yield JunitCase("validate", "specs", file or "project", Mark.FAILED if bad else Mark.PASSED, count, text)


def _validation(address: str, validation: Validation) -> Iterable[JunitCase]:
    allowed = not validation.blocks
    if not validation.checks:
        yield JunitCase(
            "validation", address, "validation", _mark(validation.status, allowed=allowed), validation.message
        )
    for check in validation.checks:
        text = "" if check.status == "passing" else f"{check.status}: {check.message}"
        yield JunitCase("validation", address, check.name, _mark(check.status, allowed=allowed), text)


def _mark(status: str, *, allowed: bool) -> Mark:
    return Mark.PASSED if status == "passing" or (status == "warning" and allowed) else Mark.FAILED


def _counts(name: str, cases: list[JunitCase]) -> dict[str, str]:
    counted = {mark: sum(case.mark is mark for case in cases) for mark in Mark}
    return {
        "name": name,
        "tests": str(len(cases)),
        "failures": str(counted[Mark.FAILED]),
        "errors": "0",
        "skipped": str(counted[Mark.SKIPPED]),
    }


def _case(suite: Element, case: JunitCase) -> None:
    element = SubElement(suite, "testcase", {"classname": printable(case.group), "name": printable(case.name)})
    message, detail = printable(case.message), "\n".join(map(printable, case.detail.splitlines()))
    if case.mark is Mark.FAILED:
        SubElement(element, "failure", {"message": message, "type": case.suite}).text = detail or message
        return
    if case.mark is Mark.SKIPPED:
        SubElement(element, "skipped", {"message": message})
    text = "\n".join(filter(None, (message if case.mark is Mark.PASSED else "", detail)))
    if text:
        SubElement(element, "system-out").text = text
