"""`drplan policy`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drplan.cli.forms import CHECK_FORMS, form_option, uris
from drplan.cli.globals import Globals
from drplan.cli.terminal import note, say, say_document, say_json
from drplan.errors import Refused, UsageError
from drplan.records.plans import Demand

if TYPE_CHECKING:
    from drplan.gate.policy.cases import Case, Verdict
    from drplan.gate.policy.rules import Policy
    from drplan.project.file import Project

CASES = "policy-cases.yaml"


@click.group()
def policy() -> None:
    """The rules of the project file that judge plans."""


@policy.command()
@click.argument("planfiles", metavar="[PLAN]...", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--cases",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Recorded plans and what the rules must find in them; {CASES} beside the project file when left out.",
)
@form_option("text", "json", *CHECK_FORMS)
@click.pass_obj
def test(given: Globals, planfiles: tuple[Path, ...], cases: Path | None, form: str) -> None:
    """Try the rules on recorded plans, offline: as a gate (PLAN...), or against what a file of cases expects.

    \b
    Examples:
      drplan policy test                    the cases in policy-cases.yaml
      drplan policy test --cases ci/policies.yaml
      drplan policy test plan.json          what the rules find in one plan; exits with 4 where they deny it
      drplan policy test --format junit     for a CI's panel of test results

    A plan without changes is said to have none: it proves nothing about a rule. In a file of cases it must be expected
    (`no_changes: true`). A rule that cannot be evaluated denies. Exits with 4 when a case fails or a plan is denied.
    """
    from drplan.project.file import load_project

    if planfiles and cases:
        raise UsageError("name plans, or a file of cases, not both")
    project = load_project(given.directory, given.environment, now=given.now)
    if not project.policy.rules:
        raise Refused("the project file has no policies: there is nothing to test")
    if planfiles:
        verdicts = [_run(_bare(path), path, project) for path in planfiles]
        bad = [verdict for verdict in verdicts if any(each.demand is Demand.DENY for each in verdict.findings)]
    else:
        verdicts = _expected(cases or project.root / CASES, project)
        bad = [verdict for verdict in verdicts if verdict.failures]
    if form == "json":
        say_json(cases_document(verdicts, gate=bool(planfiles)))
    elif form != "text":
        _say_checks(form, verdicts, project.policy, given, None if planfiles else cases or project.root / CASES)
    else:
        for line in (line for verdict in verdicts for line in _lines(verdict, gate=bool(planfiles))):
            say(line)
    if not planfiles:
        _remark(project.policy, verdicts)
    if bad:
        what = "denied by the policies" if planfiles else "not as expected"
        raise Refused(f"{len(bad)} of {len(verdicts)} {'plans are' if planfiles else 'cases are'} {what}")


def _say_checks(form: str, verdicts: "list[Verdict]", rules: "Policy", given: Globals, cases: Path | None) -> None:
    """Print the verdicts as SARIF or JUnit; `cases` is the file of cases, None where plans were named."""
    from drplan.render.verdicts import cases_junit, cases_sarif, gate_junit, gate_sarif

    names = [rule.name for rule in rules.rules]
    if form == "junit":
        say_document(cases_junit(verdicts) if cases else gate_junit(verdicts, names))
    else:
        of = uris(given.directory)
        say_json(cases_sarif(verdicts, str(cases), of) if cases else gate_sarif(verdicts, names, of))


def cases_document(verdicts: "list[Verdict]", *, gate: bool) -> dict[str, Any]:
    """Return `{format_version, cases}`: each plan with its findings and, without `gate`, what is wrong with them."""
    return {
        "format_version": "1.0",
        "cases": [
            {
                "name": verdict.case.name,
                "plan": verdict.case.plan,
                "changes": verdict.changes,
                "passed": not (
                    any(each.demand is Demand.DENY for each in verdict.findings) if gate else verdict.failures
                ),
                "failures": list(verdict.failures),
                "findings": [
                    {
                        "rule": each.rule,
                        "outcome": each.demand.value,
                        "message": each.message,
                        "about": each.about,
                        "count": each.count,
                        "group": each.group,
                    }
                    for each in verdict.findings
                ],
            }
            for verdict in verdicts
        ],
    }


def _expected(file: Path, project: "Project") -> "list[Verdict]":
    from drplan.gate.policy.cases import read_cases
    from drplan.project.files import named_text

    if not file.is_file():
        raise UsageError(f"there is no {file}; name plans, or a file of cases with --cases")
    cases = read_cases(named_text(file), str(file), project.policy)
    return [_run(case, file.parent / case.plan, project) for case in cases]


def _bare(path: Path) -> "Case":
    from drplan.gate.policy.cases import Case

    return Case(str(path), str(path), None, ())


def _run(case: "Case", path: Path, project: "Project") -> "Verdict":
    from drplan.engine.saved import read_plan
    from drplan.gate.policy.cases import run_case

    return run_case(case, read_plan(path).plan, project.policy, project.now())


def _lines(verdict: "Verdict", *, gate: bool) -> list[str]:
    from drplan.render.oneline import printable

    lines = []
    if gate:
        lines = [f"{verdict.case.plan}: {'findings' if verdict.findings else 'nothing found'}"]
        if not verdict.changes:
            lines = [f"{verdict.case.plan}: no changes: the rules had nothing to judge"]
        for each in verdict.findings:
            about = f" about {each.about}" if each.about else ""
            lines.append(f"  {each.demand}: {each.rule}{about}: {each.message}")
    else:
        lines = [f"{'FAILED' if verdict.failures else 'passed'} {verdict.case.name}"]
        lines += [f"  {failure}" for failure in verdict.failures]
    return [printable(line) for line in lines]


def _remark(rules: "Policy", verdicts: "list[Verdict]") -> None:
    from drplan.gate.policy.cases import untested

    names = untested(rules, verdicts)
    if names:
        note(f"No case has these rules find anything: {', '.join(names)}.")
