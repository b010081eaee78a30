"""Policies through the commands: what is shown, what is kept, what is refused, and that nothing is sent then."""

import json
import stat

import pytest
from config_repository import Repository

ALWAYS = {"zone": "UTC", "dates": {"from": "2000-01-01", "to": "2999-12-31"}}


def rule(when: str, outcome: str, **more: object) -> dict[str, object]:
    """Return a rule of a project file."""
    return {"name": "r", "when": when, "outcome": outcome, "message": "Not so.", **more}


def test_a_denied_plan_is_shown_and_not_kept(repository: Repository) -> None:
    """A plan that a rule denies is shown with the finding, is not kept, and exits with 4; nor is it applied."""
    repository.project(policies=[rule('action.verb == "create"', "deny")])
    kept = repository.path("plan.json")
    code, out, err = repository.drplan("plan", "--out", kept)
    assert code == 4
    assert "Denied: r: Not so.\n  deployment.churn/create\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n" in out
    assert err.splitlines()[-2:] == [
        "Error: deployment.churn/create: denied by r: Not so.",
        "Error: the policies do not allow this plan; nothing was changed",
    ]
    assert not (repository.root / "plan.json").exists()
    assert repository.drplan("apply", "--auto-approve")[0] == 4
    assert repository.live() == 0


def test_findings_are_in_the_json(repository: Repository) -> None:
    """`--format json` has the findings, whether they deny or not."""
    repository.project(policies=[rule("plan.summary.create == 1", "deny")])
    code, out, _ = repository.drplan("plan", "--format", "json")
    finding = {"rule": "r", "demand": "deny", "message": "Not so.", "about": "", "count": 0, "group": ""}
    assert (code, json.loads(out)["plan"]["findings"]) == (4, [finding])


def test_a_plan_that_needs_approval_is_kept(repository: Repository) -> None:
    """It exits as other plans do, says what it needs, and is refused when applied as it is, or unsaved."""
    repository.project(policies=[rule("plan.summary.create > 0", "require_approval")])
    kept = repository.path("plan.json")
    code, out, err = repository.drplan("plan", "--out", kept, "--detailed-exitcode")
    assert code == 2
    assert "Needs approval (1): r: Not so.\n\nPlan: 1 to add" in out
    assert "Before that it needs 1 approval (r).\n" in err
    assert stat.S_IMODE((repository.root / "plan.json").stat().st_mode) == 0o600
    code, _, err = repository.drplan("apply", kept)
    assert (code, "r asks for 1 approval, and there are 0\n  name the digest that was approved" in err) == (4, True)
    code, _, err = repository.drplan("apply", "--auto-approve")
    assert (code, err.splitlines()[-1]) == (
        4,
        "Error: save the plan (drplan plan --out FILE), have it approved, and apply that file",
    )
    assert repository.live() == 0


def test_a_warning_changes_nothing(repository: Repository) -> None:
    """A rule that warns is shown, and the plan is applied."""
    repository.project(policies=[rule("plan.summary.create > 0", "warn")])
    code, out, _ = repository.drplan("apply", "--auto-approve")
    assert (code, "Warning: r: Not so.\n" in out) == (0, True)
    assert repository.live() == 1


def test_a_policy_that_was_tightened_bites(repository: Repository) -> None:
    """A kept plan is judged again by today's rules: a new rule or a freeze refuses it, and it is not used up."""
    kept = repository.path("plan.json")
    assert repository.drplan("plan", "--out", kept)[0] == 0
    repository.project(builtin_policies={"freeze": {"windows": [ALWAYS]}})
    code, _, err = repository.drplan("apply", kept)
    frozen = "denied by freeze: changes are frozen: from 2000-01-01 to 2999-12-31 (UTC)"
    assert (code, err.splitlines()[0]) == (4, f"Error: {frozen}")
    repository.project(policies=[rule("nosuch(plan.dirty)", "warn")])
    code, _, err = repository.drplan("apply", kept)
    assert (code, "denied by r: the rule cannot be evaluated: " in err) == (4, True)
    assert repository.live() == 0
    repository.project()
    assert repository.drplan("apply", kept)[0] == 0


def test_a_policy_that_was_loosened_does_not_help(repository: Repository) -> None:
    """What a kept plan recorded stays: taking the rule away does not spare it the approval."""
    repository.project(policies=[rule("plan.summary.create > 0", "require_approval")])
    kept = repository.path("plan.json")
    assert repository.drplan("plan", "--out", kept)[0] == 0
    repository.project()
    code, _, err = repository.drplan("apply", kept)
    assert (code, "r asks for 1 approval" in err) == (4, True)


def test_the_last_word_of_the_platform_is_judged(repository: Repository) -> None:
    """A replacement that began to warn after the plan was made meets the rule about warnings before any write."""
    import sqlite3

    repository.project(builtin_policies={"validation_warning": {"outcome": "deny"}})
    allowed = {"replacement": {"on_warning": "allow"}}
    repository.specs(churn=allowed)
    assert repository.drplan("apply", "--auto-approve")[0] == 0
    repository.specs(churn={**allowed, "model": {"registered_model": "churn", "version": 2}})
    kept = repository.path("plan.json")
    assert repository.drplan("plan", "--out", kept)[0] == 0
    with sqlite3.connect(repository.root / ".drplan" / "emulator.sqlite") as database:
        database.execute(
            "UPDATE objects SET doc = json_set(doc, '$._facts.deprecated', json('true')) "
            "WHERE kind = 'modelPackage' AND json_extract(doc, '$.registeredModelVersion') = 2"
        )
    code, _, err = repository.drplan("apply", kept)
    assert (code, "denied by validation_warning: the replacement's validation is warning: modelStatus" in err) == (
        4,
        True,
    )


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"]])
def test_forbid(repository: Repository, command: list[str]) -> None:
    """`--forbid` refuses a plan with one of the actions named, and lets others through."""
    code, _, err = repository.drplan(*command, "--forbid", "replace,create")
    assert (code, err.splitlines()[-2]) == (
        4,
        "Error: deployment.churn/create: denied by --forbid: --forbid create was given",
    )
    assert repository.live() == 0
    assert repository.drplan(*command, "--forbid", "replace", "--forbid", "delete")[0] == 0


def test_forbid_on_a_saved_plan(repository: Repository) -> None:
    """A saved plan with a forbidden action is refused, and not used up."""
    kept = repository.path("plan.json")
    assert repository.drplan("plan", "--out", kept)[0] == 0
    assert repository.drplan("apply", kept, "--forbid", "create")[0] == 4
    assert repository.live() == 0
    assert repository.drplan("apply", kept, "--forbid", "delete")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("replce", "--forbid: 'replce' is nothing that a plan does; did you mean 'replace'?"),
        ("validate", "--forbid: 'validate' is nothing that a plan does; "),
        ("create,", "--forbid: '' is nothing that a plan does; there are: create, adopt, "),
    ],
)
def test_unknown_verbs_are_a_usage_error(repository: Repository, words: str, said: str) -> None:
    """A word that no plan does is not silently forbidden."""
    code, _, err = repository.drplan("plan", "--forbid", words)
    assert (code, said in err) == (64, True)


def test_destroy_is_judged_too(repository: Repository) -> None:
    """`destroy` meets the rules: denied, or refused where a deletion needs approval; a project without rules may."""
    assert repository.drplan("apply", "--auto-approve")[0] == 0
    repository.project(builtin_policies={"no_deletes": {}})
    code, out, _ = repository.drplan("destroy", "--auto-approve")
    assert (code, "Denied: no_deletes: nothing may be deleted here\n  deployment.churn/delete\n" in out) == (4, True)
    repository.project(builtin_policies={"interruption": {}})
    code, _, err = repository.drplan("destroy", "--auto-approve")
    assert (code, "interruption asks for 1 approval" in err) == (4, True)
    assert repository.live() == 1
    repository.project()
    assert repository.drplan("destroy", "--auto-approve")[0] == 0
    assert repository.live() == 0


def test_destroy_knows_the_environment_and_the_commit(repository: Repository) -> None:
    """Rules about where and from what a plan is made see it in `destroy` as they do in `plan`."""
    places = {"prod": {}, "test": {}}
    repository.project(environments=places)
    for environment in places:
        assert repository.drplan("-e", environment, "apply", "--auto-approve")[0] == 0
    repository.project(environments=places, policies=[rule("plan.dirty", "deny", environments=["prod"])])
    assert repository.drplan("-e", "prod", "destroy", "--auto-approve")[0] == 4
    assert repository.drplan("-e", "test", "destroy", "--auto-approve")[0] == 0
    repository.commit()
    assert repository.drplan("-e", "prod", "destroy", "--auto-approve")[0] == 0


def test_a_wrong_rule_stops_every_command(repository: Repository) -> None:
    """A rule that cannot be compiled is an error of the specs, offline."""
    repository.project(policies=[rule("plan.dirty &&", "deny")])
    code, _, err = repository.drplan("validate")
    assert (code, "policies[0].when: not a CEL expression: mismatched input its end" in err) == (3, True)


# ------------------------------------------------------------------------------------------------------ policy test


CASES = """
cases:
  - name: a creation
    plan: create.json
    expect: [{rule: r, outcome: warn, about: deployment.churn/create}]
  - plan: create.json
    at: 2026-06-12T17:00:00+02:00
    expect:
      - {rule: r, outcome: warn}
      - {rule: freeze, outcome: deny}
  - plan: empty.json
    no_changes: true
"""
WEDNESDAY = "2026-06-10T12:00:00Z"
R = "{rule: r, outcome: warn}"
FRIDAY = {"zone": "Europe/Berlin", "days": ["friday"]}


@pytest.fixture
def recorded(repository: Repository) -> Repository:
    """Give a repository with a recorded plan that creates, and one without changes."""
    assert repository.drplan("plan", "--out", repository.path("create.json"))[0] == 0
    assert repository.drplan("apply", "--auto-approve")[0] == 0
    assert repository.drplan("plan", "--out", repository.path("empty.json"))[0] == 0
    repository.project(
        policies=[rule('action.verb == "create"', "warn")], builtin_policies={"freeze": {"windows": [FRIDAY]}}
    )
    return repository


def write_cases(repository: Repository, text: str = CASES) -> None:
    """Write the file of cases at its usual place."""
    (repository.root / "policy-cases.yaml").write_text(text)


def test_cases_pass(recorded: Repository) -> None:
    """Recorded plans are judged at the time that a case names; each case is named."""
    write_cases(recorded, CASES.replace("name: a creation", "name: a creation\n    at: 2026-06-10T12:00:00Z"))
    code, out, err = recorded.drplan("policy", "test")
    assert (code, out, err) == (0, "passed a creation\npassed create.json\npassed empty.json\n", "")


def test_rules_that_no_case_shows_are_named(recorded: Repository) -> None:
    """A rule that finds something in no case is untested, and said to be."""
    write_cases(recorded, "cases: [{plan: empty.json, no_changes: true}]")
    code, _, err = recorded.drplan("policy", "test")
    assert (code, err) == (0, "No case has these rules find anything: r, freeze.\n")


@pytest.mark.parametrize(
    ("case", "failure"),
    [
        (
            "{plan: create.json, at: 2026-06-10T12:00:00Z, expect: []}",
            "not expected: r: warn about deployment.churn/create (Not so.)",
        ),
        (
            "{plan: create.json, at: 2026-06-12T12:00:00Z, expect: [{rule: r, outcome: warn}]}",
            "not expected: freeze: deny (changes are frozen: friday (Europe/Berlin))",
        ),
        (
            f"{{plan: create.json, at: {WEDNESDAY}, expect: [{R}, {{rule: freeze, outcome: deny}}]}}",
            "not found: freeze: deny",
        ),
        (
            f"{{plan: create.json, at: {WEDNESDAY}, expect: [{{rule: r, outcome: warn, about: deployment.x/create}}]}}",
            "not found: r: warn about deployment.x/create",
        ),
        ("{plan: create.json, no_changes: true}", "the plan has 2 actions, and no changes were expected"),
        ("{plan: empty.json, expect: []}", "the plan has no changes: the rules had nothing to judge"),
    ],
)
def test_cases_fail(recorded: Repository, case: str, failure: str) -> None:
    """What is missing, what is too much, and a plan that proves nothing each fail a case, with 4."""
    write_cases(recorded, f"cases: [{case}]")
    code, out, err = recorded.drplan("policy", "test")
    assert (code, f"  {failure}\n" in out, err.splitlines()[-1]) == (4, True, "Error: 1 of 1 cases are not as expected")


def test_plans_as_a_gate(recorded: Repository) -> None:
    """A plan named is judged now; what denies it exits with 4, and no changes are said to be none."""
    create, empty = recorded.path("create.json"), recorded.path("empty.json")
    recorded.project(policies=[rule('action.verb == "create"', "warn")])
    code, out, _ = recorded.drplan("policy", "test", create, empty)
    assert (code, out.splitlines()) == (
        0,
        [
            f"{create}: findings",
            "  warn: r about deployment.churn/create: Not so.",
            f"{empty}: no changes: the rules had nothing to judge",
        ],
    )
    recorded.project(policies=[rule('action.verb == "create"', "deny")])
    assert recorded.drplan("policy", "test", create)[0] == 4
    recorded.project(policies=[rule('action.verb == "delete"', "deny")])
    assert recorded.drplan("policy", "test", create)[:2] == (0, f"{create}: nothing found\n")


def test_as_json(recorded: Repository) -> None:
    """`--format json` has each case with its findings and failures."""
    write_cases(recorded, "cases: [{plan: create.json, at: 2026-06-10T12:00:00Z, expect: []}]")
    code, out, _ = recorded.drplan("policy", "test", "--format", "json")
    finding = {
        "rule": "r",
        "outcome": "warn",
        "message": "Not so.",
        "about": "deployment.churn/create",
        "count": 0,
        "group": "",
    }
    assert code == 4
    assert json.loads(out) == {
        "format_version": "1.0",
        "cases": [
            {
                "name": "create.json",
                "plan": "create.json",
                "changes": True,
                "passed": False,
                "failures": ["not expected: r: warn about deployment.churn/create (Not so.)"],
                "findings": [finding],
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: [{plan: a.json}]", ":1:9: cases[0]: give exactly one of: expect; no_changes"),
        ("cases: [{plan: a.json, no_changes: false}]", ":1:36: cases[0].no_changes: expected true, not false"),
        (
            "cases: [{plan: a.json, expect: [], no_changes: true}]",
            ":1:9: cases[0]: give exactly one of: expect; no_changes",
        ),
        (
            "cases: [{plan: a.json, expect: [{rule: q, outcome: warn}]}]",
            ":1:40: cases[0].expect[0].rule: there is no rule 'q'",
        ),
        (
            "cases: [{plan: a.json, at: 2026-06-10T12:00:00, expect: []}]",
            ":1:28: cases[0].at: '2026-06-10T12:00:00' is no time with a zone",
        ),
        ("cases: [{plan: a.json, at: noon, expect: []}]", ":1:28: cases[0].at: 'noon' is no time with a zone"),
        ("cases: []", ":1:8: cases: "),
        ("cases: [", "not valid YAML"),
        ("{}", "'cases' is missing"),
    ],
)
def test_wrong_cases(recorded: Repository, text: str, said: str) -> None:
    """A file of cases is checked like every other, with its places."""
    write_cases(recorded, text)
    code, _, err = recorded.drplan("policy", "test")
    assert (code, said in err) == (3, True), err


def test_nothing_to_test(recorded: Repository) -> None:
    """Without rules, cases or readable plans nothing passes."""
    plan = recorded.path("create.json")
    assert recorded.drplan("policy", "test")[0] == 64
    assert recorded.drplan("policy", "test", plan, "--cases", plan)[0] == 64
    assert recorded.drplan("policy", "test", recorded.path("nosuch.json"))[0] == 64
    assert recorded.drplan("policy", "test", recorded.path("drplan.yaml"))[0] == 4
    recorded.project()
    code, _, err = recorded.drplan("policy", "test", plan)
    assert (code, err) == (4, "Error: the project file has no policies: there is nothing to test\n")
