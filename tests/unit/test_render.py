"""What people read: plans, reports and objects as text, and the JSON of reports and lists."""

import re
from dataclasses import replace
from typing import Any

import goldens
import pytest

from drplan.kinds import KINDS, PRIMARY
from drplan.records.plans import Action, Change, Check, Outcome, Plan, Result, Validation, Verb
from drplan.records.specs import Address, Diagnostic, Live, Severity, Where
from drplan.records.values import Secret
from drplan.render.live import object_document, rows_document, shown_document, spec_of
from drplan.render.oneline import shown
from drplan.render.report import report_document
from drplan.render.rows import describe
from drplan.render.terraform import resource_address
from drplan.render.text import diagnostic_text, plan_text, report_text, summary_line

CASES = {case.name: case for case in goldens.every_case()}
HEAD = "Project shop on https://platform.example/api/v2\n\n"


def plan_of(name: str) -> Plan:
    """Return the plan of a golden case."""
    return goldens.planned(CASES[name])


def marked(text: str, style: str) -> str:
    """Show a style as people can read it in a test."""
    return f"<{style}>{text}</{style}>"


TEXTS = {
    "deletion: an orphan": """\
  # deployment.churn will be destroyed
  - label: "Churn" (5a0000000000000000000001)
      because it carries this project's identity and is in no spec

  # deployment.value will be updated in-place
  ~ label: "Value" → "Lifetime value"
      because the spec says so

Plan: 0 to add, 1 to change, 1 to destroy.
""",
    "identity: a platform without tags": """\
Warning: this platform has no tags
  identity rests on userProvidedId and on `id:` in the specs; tags and the memory of prevent_destroy are left out

No changes. The platform is as the specs say.
""",
    "validation: that the platform warns of, allowed": """\
  # deployment.churn will be updated in-place
  ± model: churn v1 → churn v2
      5f0000000000000000000201 → 5f0000000000000000000202
      recorded reason: OTHER
      settings that no spec mentions may be reset: the report says which, with both values
      because the spec says so
      validation: warning (allowed by on_warning), Look out.
        warning: features: The feature 'age' is new.
        passing: target

Plan: 0 to add, 1 to change, 0 to destroy. Among them: 1 model replacement.
""",
    "replace: of an inactive deployment": """\
  # deployment.churn will be updated in-place
  ± model: churn v1 → churn v2
      5f0000000000000000000201 → 5f0000000000000000000202
      recorded reason: OTHER
      settings that no spec mentions may be reset: the report says which, with both values
      because the spec says so
      validation: passing, Model can be used to replace the current model of the deployment.
        passing: notCurrentModel, target
  ● status: "inactive" → "active"
      because it must be active for what follows
  ! read back afterwards, and set again what was reset: settings.drift_tracking
  ○ status: "active" → "inactive"
      because it was so before

Plan: 0 to add, 1 to change, 0 to destroy. Among them: 1 model replacement.
""",
    "create: from a leaderboard model that is not registered": """\
  # deployment.churn will be created
  + model: {model_id: "5c0000000000000000000009"}
      because there is no model package of 5c0000000000000000000009 yet
  + label: "Churn"
  + model: model package of 5c0000000000000000000009
      because it is in the specs and not on the platform
  + tags.drplan: "shop/churn"

Plan: 1 to add, 0 to change, 0 to destroy.
""",
    "change: prediction warning, boundaries": """\
  # deployment.churn will be updated in-place
  ~ settings.prediction_warning.custom_boundaries.upper_boundary: 10 → 11
      because the spec says so

Plan: 0 to add, 1 to change, 0 to destroy.
""",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_plan_as_text(name: str) -> None:
    """A plan names its target, then what it does to each object and why, then the sum of it."""
    assert plan_text(plan_of(name)) == HEAD + TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_styles_add_nothing_to_the_text(name: str) -> None:
    """Without its styles a painted plan is the plain one, and its styles are ones that the terminal knows."""
    painted = plan_text(plan_of(name), marked)
    styles = set(re.findall(r"</(\w+)>", painted))
    assert re.sub(r"</?\w+>", "", painted) == HEAD + TEXTS[name]
    assert styles <= {*(verb.value for verb in Verb), "bold", "dim", "error", "warning", "good"}


def test_every_change_of_every_plan_is_shown() -> None:
    """Each golden plan's text has every setting that it changes, and each object once."""
    for name, case in CASES.items():
        if "plan" not in case.expected:
            continue
        plan = plan_of(name)
        text = plan_text(plan)
        for action in plan.writes:
            assert len(re.findall(rf"# {action.address} (will|must) be ", text)) == 1
            for change in action.changes:
                shortened = change.setting if action.verb is not Verb.REASSERT else change.setting.rpartition(".")[0]
                assert shortened in text, (name, change.setting)


def test_a_blocked_plan() -> None:
    """A plan that may not be applied shows what was found, each check on its line, and says so in its sum."""
    plan = plan_of("validation: that the platform warns of, allowed")
    checks = (
        Check("target", "failing", "Target is not compatible."),
        Check("features", "warning", "The feature 'age' is new."),
        *(Check(f"check{number}", "passing") for number in range(20)),
    )
    failing = Validation(plan.validations[0].key, "failing", "", checks, "block")
    lines = plan_text(replace(plan, validations=(failing,))).splitlines()
    start = lines.index("      validation: failing")
    assert lines[start : start + 5] == [
        "      validation: failing",
        "        failing: target: Target is not compatible.",
        "        warning: features: The feature 'age' is new.",
        "        passing: " + ", ".join(f"check{number}" for number in range(11)) + ",",
        " " * 17 + ", ".join(f"check{number}" for number in range(11, 20)),
    ]
    assert lines[-1].endswith("Among them: 1 model replacement, 1 blocked by validation.")
    warned = replace(failing, status="warning", message="Hm.", checks=())
    assert "validation: warning (on_warning is block), Hm.\n" in plan_text(replace(plan, validations=(warned,)))
    assert "validation" not in plan_text(replace(plan, validations=()))


def deletions(count: int) -> Plan:
    """Return a plan that deletes some deployments."""
    addresses = [Address("deployment", f"d{number:02}") for number in range(count)]
    return Plan(
        "t",
        "p",
        "",
        (),
        tuple(
            Action(f"{address}/delete", address, Verb.DELETE, "", "DELETE", "p", changes=(Change("label", "L", None),))
            for address in addresses
        ),
    )


def test_long_lists_fold() -> None:
    """More than 20 objects with one fate are folded, unless everything is asked for; the sum counts them all."""
    text = plan_text(deletions(23))
    assert text.count("will be destroyed\n") == 20
    assert "  … and 3 more that will be destroyed (--verbose shows them)\n" in text
    assert text.endswith("Plan: 0 to add, 0 to change, 23 to destroy.\n")
    assert plan_text(deletions(23), full=True).count("will be destroyed\n") == 23
    assert "more that" not in plan_text(deletions(20))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (False, "false"),
        (0, "0"),
        (0.5, "0.5"),
        ("", '""'),
        ("a b", '"a b"'),
        ("Grüße 😀", '"Grüße 😀"'),
        ("two\nlines\x1b[31m\u202e", '"two\\nlines\\x1b[31m\\u202e"'),
        ((), "[]"),
        (("a", 1), '["a", 1]'),
        ({"a": {"b": None}}, "{a: {b: null}}"),
        ("x" * 98, f'"{"x" * 98}"'),
        ("x" * 99, f'"{"x" * 98}… (101 characters)'),
        (Secret("hunter2", "${env.X}"), '"(secret)"'),
        ({"$secret": "${env.X}"}, "(secret) ${env.X}"),
        (("a", {"$secret": ""}), '["a", (secret)]'),
    ],
)
def test_values_as_people_write_them(value: Any, text: str) -> None:
    """A value is shown on one line, as it would stand in a spec, folded when long, and never with a secret."""
    assert shown(value) == text


def test_a_terminal_has_nothing_to_act_on() -> None:
    """Whatever the platform says, no control character of it reaches the text."""
    evil = "x\x1b]0;owned\x07\r\n  # deployment.z will be created\u202e\x9b"
    plan = plan_of("validation: that the platform warns of, allowed")
    (validation,) = plan.validations
    bad = replace(validation, message=evil, checks=(Check(evil, "warning", evil),))
    actions = tuple(
        replace(
            action,
            changes=tuple(replace(change, before_name=evil, after_name=evil) for change in action.changes),
        )
        for action in plan.actions
    )
    outcome = Outcome("k", Result.FAILED, evil)
    texts = [
        plan_text(replace(plan, validations=(bad,), actions=actions)),
        diagnostic_text(Diagnostic(Severity.ERROR, evil, evil, Where(evil, 1, 1), evil)),
        report_text(plan, [replace(outcome, key=action.key) for action in plan.writes]),
    ]
    for text in texts:
        assert all(char.isprintable() or char == "\n" for char in text)
        assert "# deployment.z will" not in [line.strip() for line in text.splitlines()]
        assert "\n  # deployment.z" not in text


@pytest.mark.parametrize(
    ("diagnostic", "text"),
    [
        (Diagnostic(Severity.ERROR, "wrong"), "<error>Error: </error>wrong"),
        (
            Diagnostic(Severity.WARNING, "odd", "mend it", Where("a.yaml", 1, 2), "a.b"),
            "<warning>Warning: </warning>a.yaml:1:2: a.b: odd\n  mend it",
        ),
    ],
)
def test_diagnostics_as_text(diagnostic: Diagnostic, text: str) -> None:
    """A diagnostic says how bad it is, where, what, and on a line of its own what to do."""
    assert diagnostic_text(diagnostic, marked) == text


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ((0, 0, 0), "No changes. The platform is as the specs say."),
        ((1, 0, 0), "Plan: 1 to add, 0 to change, 0 to destroy."),
        ((0, 1, 0), "Plan: 0 to add, 1 to change, 0 to destroy. Among them: 1 model replacement."),
        ((0, 2, 1), "Plan: 0 to add, 3 to change, 0 to destroy. Among them: 2 model replacements, 1 to adopt."),
    ],
)
def test_the_sum_of_a_plan(counts: tuple[int, int, int], line: str) -> None:
    """The last line counts objects, not requests, each under what matters most about it."""
    verbs = [Verb.CREATE] * counts[0] + [Verb.REPLACE] * counts[1] + [Verb.ADOPT] * counts[2]
    actions = tuple(
        Action(f"deployment.d{number}/{step}", Address("deployment", f"d{number}"), what, "", "PATCH", "p")
        for number, verb in enumerate(verbs)
        for step, what in (("first", verb), ("second", Verb.UPDATE), ("validate", Verb.VALIDATE))
    )
    assert summary_line(Plan("t", "p", "", (), actions)) == line


# ---------------------------------------------------------------------------------------------------------- reports


def outcomes(plan: Plan, **results: Result) -> list[Outcome]:
    """Return an outcome for each write: the result named after its step, or done."""
    return [
        Outcome(
            action.key,
            results.get(action.key.partition("/")[2].replace("-", "_"), Result.DONE),
            "" if action.key.partition("/")[2] not in results else "why",
            "5a" if action.verb is Verb.CREATE else None,
            1.26,
        )
        for action in plan.writes
    ]


def test_a_report_of_success() -> None:
    """When everything is done the report is one line with its counts."""
    plan = plan_of("create: from a registered model's version, with everything")
    assert report_text(plan, outcomes(plan)) == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
    plan = plan_of("deletion: an orphan")
    assert report_text(plan, outcomes(plan)) == "Apply complete! Resources: 0 added, 1 changed, 1 destroyed.\n"


def test_a_report_of_failure() -> None:
    """What failed, what is unknown and what was not attempted are listed apart; what was done counts."""
    plan = plan_of("replace: with other changes")
    told = outcomes(plan, settings=Result.FAILED, secondary_dataset_config=Result.UNKNOWN, model=Result.SKIPPED)
    assert report_text(plan, told) == (
        "Apply incomplete: 3 of 7 actions were not done. Resources touched: 0 added, 1 changed, 0 destroyed.\n"
        "Failed:\n"
        "  ~ deployment.churn: update settings: failed: why\n"
        "Unknown:\n"
        "  ~ deployment.churn: update secondary_dataset_config: unknown: why\n"
        "Not attempted:\n"
        "  ± deployment.churn: replace model: not attempted: why\n"
        "What was done stays done; `drplan plan` shows what remains.\n"
    )


def test_actions_in_a_few_words() -> None:
    """Each action of a plan is named by its address, its verb, and the part of the object it is about."""
    named = {
        describe(action)
        for name in (
            "replace: of an inactive deployment",
            "create: from a leaderboard model that is not registered",
            "identity: adopt",
            "deletion: an orphan",
        )
        for action in plan_of(name).writes
    }
    assert named == {
        "deployment.churn: activate",
        "deployment.churn: adopt tags/drplan",
        "deployment.churn: create",
        "deployment.churn: create model package",
        "deployment.churn: deactivate",
        "deployment.churn: delete",
        "deployment.churn: reassert settings",
        "deployment.churn: replace model",
        "deployment.churn: update details",
        "deployment.churn: update tags/drplan",
        "deployment.value: update details",
    }


def test_a_report_as_json() -> None:
    """The report has the plan's digest and target, each write's outcome, counts, and whether nothing is left."""
    plan = plan_of("change: details")
    (action,) = plan.writes
    document = report_document(plan, "d1", [Outcome(action.key, Result.DONE, "fine", None, 1.23456)], converged=True)
    assert document == {
        "format_version": "1.0",
        "report": {
            "plan_digest": "d1",
            "target": "https://platform.example/api/v2",
            "project": "shop",
            "outcomes": [
                {
                    "key": "deployment.churn/details",
                    "address": "deployment.churn",
                    "verb": "update",
                    "result": "done",
                    "message": "fine",
                    "id": "5a0000000000000000000001",
                    "seconds": 1.235,
                }
            ],
            "counts": {"done": 1, "pending": 0, "failed": 0, "skipped": 0, "unknown": 0},
            "converged": True,
        },
    }


# --------------------------------------------------------------------------------------------------- live, as a spec

LIVE = Live(
    "5a0000000000000000000001",
    {
        "": {
            "id": "5a0000000000000000000001",
            "label": "",
            "description": None,
            "importance": "LOW",
            "status": "launching",
            "modelPackage": {"id": "5f0000000000000000000201"},
            "defaultPredictionServer": {"id": "5f0000000000000000000501", "url": "u"},
            "tags": [
                {"name": "drplan", "value": "p/x"},
                {"name": "team", "value": "a"},
                {"name": "team", "value": "b"},
            ],
        },
        "settings": {
            "targetDrift": {"enabled": False},
            "associationId": {"columnNames": None, "requiredInPredictionRequests": False},
            "predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 1.5}},
        },
        "secondary_dataset_config": {},
    },
    "launching",
)


def test_a_live_object_as_a_spec() -> None:
    """A live object is shown in a spec's own terms, false and blank included, without what the platform leaves out."""
    assert spec_of(PRIMARY, LIVE, documents=["settings", "secondary_dataset_config"]) == {
        "label": "",
        "importance": "LOW",
        "model": {"model_package_id": "5f0000000000000000000201"},
        "prediction_server": "5f0000000000000000000501",
        "tags": {"team": "a"},
        "status": "launching",
        "settings": {
            "drift_tracking": {"target_drift_enabled": False},
            "association_id": {"required_in_prediction_requests": False},
            "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 1.5}},
        },
    }


def test_documents_that_were_not_read_are_not_shown() -> None:
    """Only the documents named are shown; an object without tags of its own has none."""
    bare = replace(LIVE, documents={"": {"id": "x", "label": "L", "tags": [{"name": "drplan", "value": "p/x"}]}})
    assert spec_of(PRIMARY, bare, documents=[]) == {"label": "L"}
    environment = KINDS["prediction_environment"]
    live = Live("e", {"": {"name": "zone", "platform": "aws", "supportedModelFormats": []}})
    assert spec_of(environment, live, documents=[]) == {
        "name": "zone",
        "platform": "aws",
        "supported_model_formats": [],
    }


def test_objects_as_json() -> None:
    """An object carries its address, null when nobody manages it, its id, and its fields; lists are named."""
    bare = Live("x", {"": {"id": "x", "label": "L"}})
    row = shown_document(PRIMARY, None, bare, documents=[])
    assert row == {"address": None, "id": "x", "label": "L"}
    managed = shown_document(PRIMARY, Address("deployment", "churn"), bare, documents=[])
    assert managed == {"address": "deployment.churn", "id": "x", "label": "L"}
    assert rows_document(PRIMARY, [row]) == {"format_version": "1.0", "deployments": [row]}
    assert object_document(PRIMARY, row) == {"format_version": "1.0", "deployment": row}


def test_terraform_writes_what_lives_inside_as_an_instance() -> None:
    """Terraform's address of an object inside another has the parent's name and its own as the key."""
    assert resource_address(Address("deployment", "churn")) == "datarobot_deployment.churn"
    assert resource_address(Address("challenger", "shadow", "churn")) == 'datarobot_challenger.churn["shadow"]'
