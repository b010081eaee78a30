"""What `policy test` finds, as JUnit and SARIF: rules on plans as a gate, or cases against what they expect."""

from collections.abc import Callable, Iterable

from drplan.gate.policy.cases import Verdict
from drplan.records.plans import Demand, Finding
from drplan.records.specs import Where
from drplan.render.junit import JunitCase, Mark, junit_text
from drplan.render.rows import needed
from drplan.render.sarif import LEVEL, Problem, SarifRule, sarif_text

NO_CHANGES = "no changes: the rules had nothing to judge"
_MARK = {Demand.DENY: Mark.FAILED, Demand.REQUIRE_APPROVAL: Mark.SKIPPED, Demand.WARN: Mark.PASSED}


def gate_junit(verdicts: Iterable[Verdict], rules: Iterable[str]) -> str:
    """Return a case per plan and rule; of a plan without changes every case is skipped, as nothing was judged."""
    names = tuple(rules)
    return junit_text(case for verdict in verdicts for case in _gate_cases(verdict, names))


def cases_junit(verdicts: Iterable[Verdict]) -> str:
    """Return a case per case: it fails with what was not as expected."""
    return junit_text(
        JunitCase(
            "policy test",
            verdict.case.plan,
            verdict.case.name,
            Mark.FAILED if verdict.failures else Mark.PASSED,
            verdict.failures[0] if verdict.failures else "",
            "\n".join(verdict.failures),
        )
        for verdict in verdicts
    )


def gate_sarif(verdicts: Iterable[Verdict], rules: Iterable[str], uri_of: Callable[[str], str]) -> str:
    """Return what the rules find, at the plan files."""
    verdicts = tuple(verdicts)
    problems = [
        Problem(f"policy/{each.rule}", LEVEL[each.demand], _said(each), Where(verdict.case.plan, 1, 1), each.about)
        for verdict in verdicts
        for each in verdict.findings
    ]
    empty = [f"{verdict.case.plan}: {NO_CHANGES}" for verdict in verdicts if not verdict.changes]
    listed = dict.fromkeys([*rules, *(each.rule for verdict in verdicts for each in verdict.findings)])
    good = not any(problem.level == "error" for problem in problems)
    remark = "; ".join(empty) or ("nothing is denied" if good else "denied by the policies")
    return sarif_text([_rule(name) for name in listed], problems, remark, uri_of, good=good)


def cases_sarif(verdicts: Iterable[Verdict], file: str, uri_of: Callable[[str], str]) -> str:
    """Return what is not as expected, at the file of cases."""
    verdicts = tuple(verdicts)
    problems = [
        Problem("case", "error", f"{verdict.case.name}: {failure}", Where(file, 1, 1), verdict.case.name)
        for verdict in verdicts
        for failure in verdict.failures
    ]
    bad = sum(bool(verdict.failures) for verdict in verdicts)
    rule = SarifRule("case", "The rules find in a recorded plan what its case expects.")
    return sarif_text([rule], problems, f"{bad} of {len(verdicts)} cases are not as expected", uri_of, good=not bad)


def _gate_cases(verdict: Verdict, rules: tuple[str, ...]) -> Iterable[JunitCase]:
    found: dict[str, list[Finding]] = {name: [] for name in rules}
    for finding in verdict.findings:
        found.setdefault(finding.rule, []).append(finding)
    for rule, findings in found.items():
        mark, message = Mark.PASSED, ""
        if not verdict.changes:
            mark, message = Mark.SKIPPED, NO_CHANGES
        elif findings:
            worst = max(findings, key=lambda finding: list(Demand).index(finding.demand))
            mark, message = _MARK[worst.demand], _said(worst)
        yield JunitCase("policy", verdict.case.plan, rule, mark, message, "\n".join(map(_said, findings)))


def _said(finding: Finding) -> str:
    about = f"{finding.about}: " if finding.about else ""
    return f"{about}{finding.message}{needed(finding)}"


def _rule(name: str) -> SarifRule:
    return SarifRule(f"policy/{name}", f"The policy '{name}' of the project file.")
