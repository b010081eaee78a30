"""The forms on the command line: what is printed where, what exit code goes with it, and what GitHub Actions reads."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from config_repository import Repository
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from terraform_shapes import PLAN

WARNS = {"model": {"registered_model": "churn", "version": 3}}


def sarif(text: str) -> list[tuple[str, str, str, int]]:
    """Return rule, level, URI and line of each result (the last two empty without a place)."""
    document = json.loads(text)
    Sarif.model_validate(document)
    found = []
    for each in document["runs"][0]["results"]:
        (place,) = [location.get("physicalLocation", {}) for location in each.get("locations", [{}])]
        uri = place.get("artifactLocation", {}).get("uri", "")
        found.append((each["ruleId"], each["level"], uri, place.get("region", {}).get("startLine", 0)))
    return found


def junit(text: str) -> dict[str, bool]:
    """Return whether each case passed, by its name."""
    return {case.name: not case.is_failure for suite in JUnitXml.fromstring(text.encode()) for case in suite}


FORMS: dict[str, Callable[[str], bool]] = {
    "json": lambda text: set(json.loads(text)) == {"format_version", "plan"},
    "markdown": lambda text: text.startswith("<!-- drplan:shop -->\n### Plan: shop\n"),
    "html": lambda text: text.startswith("<!DOCTYPE html>\n<html lang="),
    "terraform-json": lambda text: Draft202012Validator(PLAN).is_valid(json.loads(text)),
    "mermaid": lambda text: text.startswith("flowchart TD\n"),
    "sarif": lambda text: sarif(text) == [],
    "junit": lambda text: junit(text) == {"changes": True},
}


@pytest.mark.parametrize("form", FORMS)
def test_plan_in_every_form(repository: Repository, form: str) -> None:
    """`plan --format` makes stdout one document of that form; progress and remarks stay on stderr."""
    code, out, err = repository.drplan(
        "plan", "--format", form, "--detailed-exitcode", "--out", repository.path("p.json")
    )
    assert (code, FORMS[form](out)) == (2, True)
    assert "Kept in" in err


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("sarif", "junit")])
def test_show_says_what_plan_said(repository: Repository, form: str) -> None:
    """A saved plan is shown in the same words as when it was made."""
    _, planned, _ = repository.drplan("plan", "--format", form, "--out", repository.path("p.json"))
    assert repository.drplan("show", repository.path("p.json"), "--format", form)[:2] == (0, planned)


def test_one_object_has_no_plan_forms(repository: Repository) -> None:
    """The live state of one object is text or JSON; checks are printed where checking is done."""
    code, out, err = repository.drplan("show", "deployment.churn", "--format", "html")
    assert (code, out) == (64, "")
    assert "--format html is for plans" in err
    assert repository.drplan("show", repository.path("p.json"), "--format", "sarif")[0] == 64


@pytest.mark.parametrize("form", FORMS)
def test_no_changes_in_every_form(repository: Repository, form: str) -> None:
    """A gate on any form reads that there are no changes."""
    repository.drplan("apply", "--auto-approve")
    code, out, _ = repository.drplan("plan", "--format", form, "--detailed-exitcode")
    assert code == 0
    if form == "json":
        assert (json.loads(out)["plan"]["actions"], len(json.loads(out)["plan"]["observed"])) == ([], 1)
    else:
        assert "No changes." in out


def test_a_refused_plan_is_printed_and_refused(repository: Repository) -> None:
    """A blocking warning is an error at the deployment's spec, a failed case, and exit code 4."""
    repository.commit()
    repository.drplan("apply", "--auto-approve")
    repository.specs(churn=WARNS)
    code, out, _ = repository.drplan("plan", "--format", "sarif")
    assert (code, sarif(out)) == (4, [("validation/features", "error", "deployments/all.yaml", 1)])
    code, out, _ = repository.drplan("plan", "--format", "junit")
    assert code == 4
    assert {name for name, passed in junit(out).items() if not passed} == {"changes", "features"}
    code, out, _ = repository.drplan("plan", "--format", "terraform-json")
    assert (code, json.loads(out)["errored"]) == (4, True)


@pytest.mark.parametrize("command", [["validate"], ["plan"]])
def test_wrong_specs_are_results(repository: Repository, command: list[str]) -> None:
    """Each problem is a result at its line, from the root of the git repository; each file is a case."""
    repository.commit()
    odd = repository.root / "deployments" / "très odd.yaml"
    odd.write_text("deployments:\n  b:\n    labell: x\n", encoding="utf-8")
    code, out, _ = repository.drplan(*command, "--format", "sarif")
    uri = "deployments/tr%C3%A8s%20odd.yaml"
    assert (code, sorted(sarif(out))) == (
        3,
        [("spec", "error", uri, 2), ("spec", "error", uri, 2), ("spec", "error", uri, 3)],
    )
    code, out, _ = repository.drplan(*command, "--format", "junit")
    assert code == 3
    names = {Path(name).name: passed for name, passed in junit(out).items()}
    assert names == {"drplan.yaml": True, "all.yaml": True, "très odd.yaml": False}


def test_the_uri_is_from_the_root_of_git(repository: Repository) -> None:
    """A project in a directory of its repository is found by code scanning."""
    repository.commit()
    inner = Repository(repository.root / "team", repository.heard)
    (inner.root / "deployments" / "odd.yaml").write_text("deployments: {b: {labell: x}}\n")
    _, out, _ = inner.drplan("validate", "--format", "sarif")
    assert {uri for _, _, uri, _ in sarif(out)} == {"team/deployments/odd.yaml"}


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_valid_specs(repository: Repository, form: str) -> None:
    """Valid specs are a remark in SARIF, and passed cases in JUnit."""
    code, out, _ = repository.drplan("validate", "--format", form)
    assert code == 0
    if form == "sarif":
        assert sarif(out) == []
        assert '"The specs are valid."' in out
    else:
        assert {Path(name).name: passed for name, passed in junit(out).items()} == {
            "drplan.yaml": True,
            "all.yaml": True,
        }


@pytest.mark.parametrize("command", [["validate"], ["plan"]])
def test_no_project_is_a_result(repository: Repository, command: list[str]) -> None:
    """Where there is no project file, the error without a place is a result and a failed case all the same."""
    (repository.root / "drplan.yaml").unlink()
    code, out, _ = repository.drplan(*command, "--format", "sarif")
    assert (code, sarif(out)) == (3, [("spec", "error", "", 0)])
    code, out, _ = repository.drplan(*command, "--format", "junit")
    assert (code, junit(out)) == (3, {"project": False})
    if command == ["validate"]:
        _, out, _ = repository.drplan(*command, "--format", "json")
        assert json.loads(out)["error_count"] == 1
        assert "range" not in json.loads(out)["diagnostics"][0]


def test_validate_in_terraforms_shape(repository: Repository) -> None:
    """Each problem of `validate --format json` has a range with line, column and byte."""
    (repository.root / "deployments" / "odd.yaml").write_text("deployments:\n  é: {labell: x}\n", encoding="utf-8")
    code, out, _ = repository.drplan("validate", "--format", "json")
    verdict = json.loads(out)
    assert (code, verdict["valid"], verdict["error_count"]) == (3, False, len(verdict["diagnostics"]))
    point = {"line": 2, "column": 3, "byte": 15}
    assert {"filename": "deployments/odd.yaml", "start": point, "end": point} in [
        each["range"] for each in verdict["diagnostics"]
    ]


def test_a_refused_apply_is_a_stream(repository: Repository) -> None:
    """`apply --format json` without anybody to ask is a version and what is wrong, on stdout, and exit code 4."""
    code, out, err = repository.drplan("apply", "--format", "json")
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, [each["type"] for each in found]) == (4, ["version", "diagnostic"])
    assert found[1]["diagnostic"]["summary"] in err


def test_validate_for_people(repository: Repository) -> None:
    """As text, valid specs are a count; as JSON, an empty list; wrong ones leave stdout empty."""
    assert repository.drplan("validate")[:2] == (0, "Valid: 1 resource.\n")
    assert json.loads(repository.drplan("validate", "--format", "json")[1]) == {
        "format_version": "1.0",
        "valid": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
    }
    repository.specs(churn={"labell": "x"})
    assert repository.drplan("validate")[:2] == (3, "")


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_policy_test(repository: Repository, form: str) -> None:
    """Rules on a plan: what denies is an error, and a plan without changes is said to have none."""
    plan = repository.path("p.json")
    repository.drplan("plan", "--out", plan)
    rule = {"name": "never", "when": "plan.summary.create > 0", "outcome": "deny", "message": "nothing new"}
    repository.project(policies=[rule])
    code, out, _ = repository.drplan("policy", "test", plan, "--format", form)
    assert code == 4
    if form == "sarif":
        assert [(name, level) for name, level, _, _ in sarif(out)] == [("policy/never", "error")]
    else:
        assert junit(out) == {"never": False}
    (repository.root / "policy-cases.yaml").write_text("cases:\n  - {plan: p.json, expect: []}\n")
    code, out, _ = repository.drplan("policy", "test", "--format", form)
    assert code == 4
    assert "never" in out
    repository.project()
    repository.drplan("apply", "--auto-approve")
    repository.drplan("plan", "--out", plan)
    repository.project(policies=[rule])
    code, out, _ = repository.drplan("policy", "test", plan, "--format", form)
    assert code == 0
    assert "no changes: the rules had nothing to judge" in out


# ------------------------------------------------------------------------------------------------------ GitHub Actions


@pytest.fixture
def github(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[dict[str, str], str]]:
    """Run as a step of GitHub Actions; the function returns its outputs, read as the runner does, and its summary."""
    output, summary = repository.root / "output", repository.root / "summary"
    output.write_text("before=1\n")
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    def read() -> tuple[dict[str, str], str]:
        lines = output.read_text().splitlines()
        found: dict[str, str] = {}
        while lines:
            name, delimiter, end = lines.pop(0).partition("<<")
            if delimiter:
                place = lines.index(end)
                found[name] = "\n".join(lines[:place])
                del lines[: place + 1]
            else:
                name, _, found[name.partition("=")[0]] = name.partition("=")
        return found, summary.read_text()

    return read


def test_outputs_of_a_plan(repository: Repository, github: Callable[[], tuple[dict[str, str], str]]) -> None:
    """A plan's digest and counts are the step's outputs, its Markdown is appended to the step's summary."""
    kept = repository.path("p.json")
    _, out, _ = repository.drplan("plan", "--format", "markdown", "--out", kept)
    values, summary = github()
    digest = json.loads(Path(kept).read_text())["plan"]["digest"]
    counts = {"add": "1", "change": "0", "destroy": "0", "replace": "0"}
    assert values == {"before": "1", "digest": digest, "has_changes": "true", **counts}
    assert summary == f"before\n{out}"


def test_outputs_of_a_plan_without_changes(
    repository: Repository, github: Callable[[], tuple[dict[str, str], str]]
) -> None:
    """`has_changes` is the word false, and the summary says that there are none."""
    repository.drplan("apply", "--auto-approve")
    repository.drplan("plan")
    values, summary = github()
    assert (values["has_changes"], values["add"]) == ("false", "0")
    assert summary.rstrip().endswith("**No changes. The platform is as the specs say.**")


def test_outputs_of_an_apply(repository: Repository, github: Callable[[], tuple[dict[str, str], str]]) -> None:
    """An apply says what it has done."""
    repository.drplan("apply", "--auto-approve")
    values, summary = github()
    assert (values["has_changes"], values["add"]) == ("true", "1")
    assert "**Apply complete! Resources: 1 added, 0 changed, 0 destroyed.**" in summary


def test_the_delimiter_differs_each_time(
    repository: Repository, github: Callable[[], tuple[dict[str, str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can foresee the delimiter and so end a value early."""
    output = repository.root / "output"
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    repository.drplan("plan")
    repository.drplan("plan")
    found = re.findall(r"^digest<<(drplan_[0-9a-f]{32})$", output.read_text(), re.MULTILINE)
    assert len(set(found)) == 2
    assert github()[1] == "before\n"


def test_what_cannot_be_told_does_not_stop_a_run(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A summary that cannot be written is a remark on stderr."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(repository.root))
    code, _, err = repository.drplan("apply", "--auto-approve")
    assert code == 0
    assert "GITHUB_STEP_SUMMARY cannot be written: Is a directory" in err
