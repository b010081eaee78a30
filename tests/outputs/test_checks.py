"""SARIF and JUnit: read by others' readers, at the right place, and never an empty success."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import samples
from junitparser import Failure, JUnitXml, Skipped
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from drplan.gate.policy.cases import Case as PolicyCase
from drplan.gate.policy.cases import Verdict
from drplan.records.plans import Demand, Finding, Validation
from drplan.records.specs import Diagnostic, Severity, Where
from drplan.render.junit import JunitCase, Mark, file_cases, junit_text, plan_cases
from drplan.render.sarif import diagnostics_sarif, plan_sarif
from drplan.render.verdicts import cases_junit, cases_sarif, gate_junit, gate_sarif

PLACES = {samples.address("churn-prod"): Where("deployments/churn.yaml", 8, 3)}


def run_of(text: str) -> dict[str, Any]:
    """Return the one run of a SARIF log that fits the standard's schema; every result's rule is declared."""
    document = json.loads(text)
    Sarif.model_validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    return dict(run)


def marks(text: str, path: Path) -> dict[str, dict[tuple[str, str], str]]:
    """Return how each case ended, by suite and by class and name, as another reader of JUnit files has it."""
    path.write_text(text, encoding="utf-8")
    xml = JUnitXml.fromfile(str(path))
    found: dict[str, dict[tuple[str, str], str]] = {}
    for suite in xml:
        cases = found.setdefault(suite.name, {})
        for case in suite:
            (result,) = case.result or [None]
            kind = "failed" if isinstance(result, Failure) else "skipped" if isinstance(result, Skipped) else "passed"
            cases[case.classname, case.name] = kind
        counts = [list(cases.values()).count(kind) for kind in ("failed", "skipped")]
        assert (suite.tests, suite.failures, suite.skipped, suite.errors) == (len(cases), *counts, 0)
    assert xml.tests == sum(map(len, found.values()))
    return found


def test_sarif_of_a_plan() -> None:
    """Each check that does not pass and each policy is a result with its level, at the object's spec."""
    run = run_of(plan_sarif(samples.everything(), PLACES, lambda file: f"team/{file}"))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "validation/target",
        "validation/features",
        "validation/permission",
        "policy/no-deletes",
        "policy/risky",
        "plan",
    ]
    found = [(each["ruleId"], each["level"], each["message"]["text"]) for each in run["results"]]
    assert found == [
        (
            "validation/features",
            "error",
            (
                "deployment.churn-prod: the replacement's check features is warning: "
                "Features are needed that the current model does not use: tickets."
            ),
        ),
        ("policy/no-deletes", "error", "deployment.old: delete: nothing is deleted in prod"),
        (
            "policy/risky",
            "warning",
            "deployment.churn-prod: replace model: a critical model is replaced (approvals needed: 2 of mlops)",
        ),
        ("policy/risky", "note", "many changes at once"),
        (
            "plan",
            "warning",
            (
                "deployment.churn-canary: a deployment with the label 'Customer churn (canary)' exists already: "
                "5a0000000000000000000009 (add `id: 5a0000000000000000000009` to adopt it instead of creating another)"
            ),
        ),
    ]
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "team/deployments/churn.yaml"},
                "region": {"startLine": 8, "startColumn": 3},
            },
            "logicalLocations": [{"fullyQualifiedName": "deployment.churn-prod"}],
        }
    ]
    assert "locations" not in run["results"][3]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_of_a_plan_without_changes() -> None:
    """The log says in a note that there are no changes: an empty list of results is not all there is."""
    run = run_of(plan_sarif(samples.nothing(), {}, str))
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "toolExecutionNotifications": [
                {"level": "note", "message": {"text": "No changes. The platform is as the specs say."}}
            ],
        }
    ]


@pytest.mark.parametrize(
    ("status", "on_warning", "found"),
    [
        ("failing", "allow", [("validation", "error")]),
        ("", "block", [("validation", "error")]),
        ("passing", "block", []),
    ],
)
def test_sarif_of_a_validation_without_checks(status: str, on_warning: str, found: list[tuple[str, str]]) -> None:
    """A refusal that names no check is a result of its own; a passing one is none."""
    plan = replace(samples.hostile(), findings=(), diagnostics=())
    plan = replace(plan, validations=(Validation(plan.validations[0].key, status, "no", (), on_warning),))
    run = run_of(plan_sarif(plan, {}, str))
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == found


def test_an_allowed_warning_is_a_warning() -> None:
    """A warning that the spec lets through is shown as one, and is no error."""
    plan = samples.everything()
    plan = replace(plan, findings=(), validations=(replace(plan.validations[0], on_warning="allow"),))
    run = run_of(plan_sarif(plan, PLACES, str))
    assert [each["level"] for each in run["results"]] == ["warning", "warning"]
    assert run["invocations"][0]["executionSuccessful"] is True


def fingerprints(*diagnostics: Diagnostic) -> list[str]:
    """Return the fingerprints of the results."""
    run = run_of(diagnostics_sarif(diagnostics, "", str))
    return [each["partialFingerprints"]["drplan/v1"] for each in run["results"]]


def test_fingerprints_outlive_a_line_above() -> None:
    """A result that moved is the same; another message, another subject and a twin are not."""
    one = Diagnostic(Severity.ERROR, "wrong", "", Where("a.yaml", 2, 3), "deployments.a")
    moved = replace(one, where=Where("a.yaml", 9, 3))
    others = [
        replace(one, summary="odd"),
        replace(one, path="deployments.b"),
        replace(one, where=Where("b.yaml", 2, 3)),
    ]
    assert fingerprints(one) == fingerprints(moved)
    assert len({*fingerprints(one), *(fingerprints(each)[0] for each in others), *fingerprints(one, one)}) == 5


def test_sarif_of_diagnostics() -> None:
    """Wrong specs are errors at their places; a remark without a place has none; valid specs are a note."""
    found = (
        Diagnostic(Severity.ERROR, "unknown key", "did you mean 'label'?", Where("a.yaml", 2, 3), "deployments.a"),
        Diagnostic(Severity.WARNING, "odd"),
    )
    run = run_of(diagnostics_sarif(found, "2 problems", str))
    assert [(each["level"], each["message"]["text"]) for each in run["results"]] == [
        ("error", "deployments.a: unknown key (did you mean 'label'?)"),
        ("warning", "odd"),
    ]
    assert "locations" not in run["results"][1]
    run = run_of(diagnostics_sarif((), "The specs are valid.", str))
    assert (run["results"], run["invocations"][0]["executionSuccessful"]) == ([], True)


def test_junit_of_a_plan(tmp_path: Path) -> None:
    """Every check is a case: a blocking warning and a denial fail, a needed approval is skipped, a remark passes."""
    found = marks(junit_text(plan_cases(samples.everything())), tmp_path / "x.xml")
    assert found == {
        "plan": {("churn", "changes"): "failed"},
        "validation": {
            ("deployment.churn-prod", "target"): "passed",
            ("deployment.churn-prod", "features"): "failed",
            ("deployment.churn-prod", "permission"): "passed",
        },
        "policy": {
            ("churn", "no-deletes: deployment.old: delete"): "failed",
            ("churn", "risky: deployment.churn-prod: replace model"): "skipped",
            ("churn", "risky"): "passed",
        },
        "remarks": {
            (
                "deployment.churn-canary",
                "a deployment with the label 'Customer churn (canary)' exists already: 5a0000000000000000000009",
            ): "passed"
        },
    }


def test_junit_of_a_plan_without_changes(tmp_path: Path) -> None:
    """There is a case, and its name is `no changes`."""
    assert marks(junit_text(plan_cases(samples.nothing())), tmp_path / "x.xml") == {
        "plan": {("churn", "no changes"): "passed"}
    }


@pytest.mark.parametrize(
    ("status", "on_warning", "mark"),
    [("warning", "allow", "passed"), ("warning", "block", "failed"), ("failing", "allow", "failed")],
)
def test_junit_of_a_warning(status: str, on_warning: str, mark: str, tmp_path: Path) -> None:
    """A warning fails exactly where it blocks, with checks and without."""
    plan = samples.hostile()
    for checks in ((replace(plan.validations[0].checks[0], status=status),), ()):
        asked = Validation(plan.validations[0].key, status, "", checks, on_warning)
        found = marks(junit_text(plan_cases(replace(plan, validations=(asked,)))), tmp_path / "x.xml")
        assert list(found["validation"].values()) == [mark]


def test_junit_of_files(tmp_path: Path) -> None:
    """Each file is a case; warnings do not fail it; a problem that stands nowhere fails the project."""
    found = (
        Diagnostic(Severity.ERROR, "wrong", "", Where("b.yaml", 2, 3)),
        Diagnostic(Severity.ERROR, "wrong too", "", Where("b.yaml", 4, 3)),
        Diagnostic(Severity.WARNING, "odd", "", Where("c.yaml", 4, 3)),
        Diagnostic(Severity.ERROR, "nowhere"),
    )
    text = junit_text(file_cases(["a.yaml", "b.yaml", "c.yaml"], found))
    assert marks(text, tmp_path / "x.xml") == {
        "validate": {
            ("specs", "a.yaml"): "passed",
            ("specs", "b.yaml"): "failed",
            ("specs", "c.yaml"): "passed",
            ("specs", "project"): "failed",
        }
    }
    assert 'message="2 problems"' in text
    assert 'message="1 problem"' in text


def test_no_cases_are_no_success() -> None:
    """A file without a case cannot be written: panels would show it as green."""
    with pytest.raises(ValueError, match="without a case"):
        junit_text([])


def test_a_case_keeps_message_and_detail() -> None:
    """A passed case keeps its text as output."""
    assert "<system-out>a\nb</system-out>" in junit_text([JunitCase("s", "g", "n", Mark.PASSED, "a", "b")])


def verdict(name: str, *findings: Finding, changes: bool = True, failures: tuple[str, ...] = ()) -> Verdict:
    """Return how a case of the rules went."""
    return Verdict(PolicyCase(name, f"plans/{name}.json", None, ()), changes, findings, failures)


GATE = (
    verdict(
        "late",
        Finding("freeze", Demand.WARN, "soon"),
        Finding("freeze", Demand.DENY, "frozen", "deployment.a/model"),
        Finding("risky", Demand.REQUIRE_APPROVAL, "critical", "", 1, "mlops"),
        Finding("--forbid", Demand.DENY, "not on the command line"),
    ),
    verdict("calm"),
    verdict("empty", changes=False),
)


def test_rules_as_a_gate_in_junit(tmp_path: Path) -> None:
    """A rule on a plan is a case with the strictest of what it found; on a plan without changes it judged nothing."""
    assert marks(gate_junit(GATE, ["freeze", "risky"]), tmp_path / "x.xml") == {
        "policy": {
            ("plans/late.json", "freeze"): "failed",
            ("plans/late.json", "risky"): "skipped",
            ("plans/late.json", "--forbid"): "failed",
            ("plans/calm.json", "freeze"): "passed",
            ("plans/calm.json", "risky"): "passed",
            ("plans/empty.json", "freeze"): "skipped",
            ("plans/empty.json", "risky"): "skipped",
        }
    }
    assert "no changes: the rules had nothing to judge" in gate_junit(GATE, ["freeze"])


def test_rules_as_a_gate_in_sarif() -> None:
    """What rules find stands at the plan's file; plans without changes are named; nothing denied is good."""
    run = run_of(gate_sarif(GATE, ["freeze", "risky"], str))
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("policy/freeze", "note"),
        ("policy/freeze", "error"),
        ("policy/risky", "warning"),
        ("policy/--forbid", "error"),
    ]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "plans/empty.json: no changes: the rules had nothing to judge"
    calm = run_of(gate_sarif(GATE[1:2], ["freeze"], str))["invocations"][0]
    assert calm["toolExecutionNotifications"][0] == {"level": "note", "message": {"text": "nothing is denied"}}
    bad = run_of(gate_sarif(GATE[:1], ["freeze"], str))["invocations"][0]
    assert bad["toolExecutionNotifications"][0]["message"]["text"] == "denied by the policies"


def test_cases_of_rules(tmp_path: Path) -> None:
    """A case fails with what was not as expected, in both forms."""
    verdicts = [verdict("good"), verdict("bad", failures=("missing: freeze: deny", "unexpected: risky"))]
    assert marks(cases_junit(verdicts), tmp_path / "x.xml") == {
        "policy test": {("plans/good.json", "good"): "passed", ("plans/bad.json", "bad"): "failed"}
    }
    run = run_of(cases_sarif(verdicts, "policy-cases.yaml", str))
    assert [each["message"]["text"] for each in run["results"]] == [
        "bad: missing: freeze: deny",
        "bad: unexpected: risky",
    ]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "1 of 2 cases are not as expected"
