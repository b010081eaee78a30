"""Others' tools on our Terraform shapes: a real Checkov with its own policies, a real Terraform to compare with."""

import json
import shutil
import subprocess
import venv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import samples
from jsonschema import Draft202012Validator
from terraform_shapes import ORDER, PAYLOADS, PLAN, event

from drplan.records.plans import Plan
from drplan.render.terraform import terraform_text

pytestmark = pytest.mark.slow

YAML_POLICY = """
metadata: {id: CKV2_DRPLAN_1, name: Nothing is critical, category: GENERAL_SECURITY}
definition:
  cond_type: attribute
  resource_types: [datarobot_deployment]
  attribute: importance
  operator: not_equals
  value: CRITICAL
"""
PYTHON_POLICY = """
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

class Boundaries(BaseResourceCheck):
    def __init__(self):
        super().__init__("Predictions are watched", "CKV_DRPLAN_2", [CheckCategories.LOGGING], ["datarobot_deployment"])

    def scan_resource_conf(self, conf):
        (settings,) = conf.get("prediction_warning_settings", [{}])
        (boundaries,) = settings.get("custom_boundaries", [{}])
        return CheckResult.PASSED if boundaries.get("upper_boundary") else CheckResult.FAILED

check = Boundaries()
"""


@pytest.fixture(scope="module")
def checkov(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install Checkov in an environment of its own: its dependencies are many and pinned."""
    root = tmp_path_factory.mktemp("checkov")
    venv.create(root / "venv", with_pip=True)
    command = [str(root / "venv" / "bin" / "pip"), "install", "-q", "checkov"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip(f"Checkov cannot be installed: {done.stderr.splitlines()[-1:]}")
    policies = root / "policies"
    policies.mkdir()
    (policies / "__init__.py").touch()
    (policies / "critical.yaml").write_text(YAML_POLICY)
    (policies / "boundaries.py").write_text(PYTHON_POLICY)
    return root


def judged(checkov: Path, plan: Plan, tmp_path: Path) -> dict[str, set[tuple[str, str]]]:
    """Return which resources pass and fail which policy."""
    file = tmp_path / "plan.json"
    file.write_text(terraform_text(plan), encoding="utf-8")
    command = [str(checkov / "venv" / "bin" / "checkov"), "-f", str(file), "--framework", "terraform_plan"]
    command += ["--external-checks-dir", str(checkov / "policies"), "--check", "CKV2_DRPLAN_1,CKV_DRPLAN_2"]
    command += ["-o", "json", "--skip-download"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    results = json.loads(done.stdout).get("results", {})
    return {
        word: {(each["check_id"], each["resource"]) for each in results.get(f"{word}_checks", ())}
        for word in ("passed", "failed")
    }


def test_a_policy_pack_judges_our_plans(checkov: Path, tmp_path: Path) -> None:
    """Policies for the provider's resource find every deployment, nested settings too, and fail the right one."""
    found = judged(checkov, samples.everything(), tmp_path)
    prod, canary = "datarobot_deployment.churn-prod", "datarobot_deployment.churn-canary"
    assert ("CKV2_DRPLAN_1", prod) in found["failed"]
    assert ("CKV_DRPLAN_2", prod) in found["passed"]
    assert {("CKV2_DRPLAN_1", canary)} <= found["passed"]
    assert {("CKV_DRPLAN_2", canary)} <= found["failed"]


def test_a_policy_pack_sees_what_does_not_change(checkov: Path, tmp_path: Path) -> None:
    """In a plan without changes deployments are judged all the same: no gate passes for lack of resources."""
    seen = samples.observed("quiet", samples.CHURN, {"importance": "CRITICAL"})
    found = judged(checkov, replace(samples.nothing(), observed=(seen,)), tmp_path)
    assert ("CKV2_DRPLAN_1", "datarobot_deployment.quiet") in found["failed"]


# --------------------------------------------------------------------------------------------------------- Terraform

BEFORE = 'resource "terraform_data" "a" { input = "one" }\nresource "terraform_data" "b" { input = sensitive("two") }\n'
AFTER = """
resource "terraform_data" "a" { input = "uno" }
resource "terraform_data" "d" { input = 1 }
resource "terraform_data" "k" { input = "kept" }
check "c" {
  assert {
    condition     = terraform_data.a.input == "zero"
    error_message = "not zero"
  }
}
"""


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Give what a real Terraform says of a small world: a plan as JSON, and the events of two runs."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("there is no terraform on the PATH")
    root = tmp_path_factory.mktemp("terraform")

    def run(*arguments: str) -> str:
        command = [program, f"-chdir={root}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    main = root / "main.tf"
    main.write_text(BEFORE + 'resource "terraform_data" "k" { input = "kept" }\n')
    run("init", "-no-color")
    first = run("apply", "-auto-approve", "-json")
    main.write_text(AFTER)
    run("plan", "-out", str(root / "plan"))
    plan = json.loads(run("show", "-json", str(root / "plan")))
    second = run("apply", "-auto-approve", "-json")
    lines = [line for line in (first + second).splitlines() if line.startswith("{")]
    return {"plan": plan, "events": [json.loads(line) for line in lines]}


def test_our_idea_of_a_plan_is_terraforms(terraform: Mapping[str, Any]) -> None:
    """The schema that our plans fit is one that Terraform's own plan fits, in the same order of keys."""
    plan = terraform["plan"]
    Draft202012Validator(PLAN).validate(plan)
    assert list(plan) == [key for key in ORDER if key in plan]
    assert {tuple(each["change"]["actions"]) for each in plan["resource_changes"]} == {
        ("update",),
        ("delete",),
        ("create",),
        ("no-op",),
    }


def keys(rows: Iterable[Mapping[str, Any]], *path: str) -> dict[str, list[str]]:
    """Return the keys of each row at a path, in order, by the row's action."""
    found = {}
    for row in rows:
        node: Any = row
        for step in path:
            node = node[step]
        found["/".join(row["change"]["actions"])] = list(node)
    return found


def test_our_changes_have_terraforms_keys(terraform: Mapping[str, Any]) -> None:
    """For every action that both know, a resource change has the same keys in the same order."""
    ours = json.loads(terraform_text(samples.everything()))["resource_changes"]
    ours = [each for each in ours if "importing" not in each["change"]]
    theirs = terraform["plan"]["resource_changes"]
    assert keys(ours) == keys(theirs)
    assert keys(ours, "change") == keys(theirs, "change")


def test_our_idea_of_events_is_terraforms(terraform: Mapping[str, Any]) -> None:
    """Every event of Terraform that drplan has too fits the schema that our own events fit."""
    seen = set()
    for each in terraform["events"]:
        if each["type"] in PAYLOADS:
            seen.add(each["type"])
            Draft202012Validator(event(each["type"])).validate(each)
    assert seen == {"version", "planned_change", "change_summary", "apply_start", "apply_complete", "diagnostic"}
