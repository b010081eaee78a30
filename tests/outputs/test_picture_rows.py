"""A plan as rows: what every picture shows, in which order, and in which words."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import samples
import terraform_shapes
from jsonschema import Draft202012Validator

import drplan.render
from drplan.records.plans import Change, Check, Demand, Finding, Plan, Result, Validation, Verb
from drplan.records.values import freeze
from drplan.render import events
from drplan.render.graph import graph
from drplan.render.rows import Object, SettingRow, Value, checks, finding_rows, objects, steps
from drplan.render.tally import Tally, effected, planned
from drplan.render.terraform import terraform_document
from drplan.render.text import plan_text


def told(each: Object) -> dict[str, list[Any]]:
    """Return the rows of an object's steps, and their notes, by the steps' names."""
    return {
        step.name: [
            *((row.setting, row.before and row.before.whole, row.after and row.after.whole) for row in step.rows),
            *step.notes,
        ]
        for step in each.steps
    }


def test_what_a_reviewer_must_see_comes_first() -> None:
    """Objects go by what happens to them, then in the plan's order; of an object the replacement is first."""
    found = objects(samples.everything())
    assert [(str(each.address), each.fate, each.becomes, each.actions) for each in found] == [
        ("deployment.old", Verb.DELETE, "will be destroyed", 1),
        ("deployment.churn-prod", Verb.REPLACE, "its model will be replaced", 7),
        ("deployment.lifetime-value", Verb.ADOPT, "will be imported", 2),
        ("prediction_environment.serverless", Verb.CREATE, "will be created", 1),
        ("deployment.churn-canary", Verb.CREATE, "will be created", 3),
    ]
    old, churn, value, _, canary = map(told, found)
    assert old == {"delete": [("label", '"Old churn"', None)]}
    boundary = "settings.prediction_warning.custom_boundaries.upper_boundary"
    assert list(churn.items()) == [
        (
            "replace model",
            [
                ("model", f"churn (v3) ({samples.V3})", f"churn v4 ({samples.V4})"),
                "recorded reason: SCHEDULED_REFRESH",
                "settings that no spec mentions may be reset: the report says which, with both values",
            ],
        ),
        ("update details", [("importance", '"HIGH"', '"CRITICAL"')]),
        ("update settings", [(boundary, "10", "1337")]),
        ("activate", [("status", '"inactive"', '"active"')]),
        ("reassert settings", [("settings.association_id.column_names", None, '["customer_id"]')]),
        ("deactivate", [("status", '"active"', '"inactive"')]),
    ]
    assert value == {
        "adopt tags/drplan": [("tags.drplan", None, '"churn/lifetime-value"')],
        "update tags/cost": [("tags.cost", "(secret)", "(secret) ${env.COST_CENTRE}")],
    }
    assert canary == {
        "create model package": [("model", None, '{model_id: "5c0a979859b00004ba52e431"}')],
        "create": [
            ("description", None, '"The newest version."'),
            ("label", None, '"Customer churn (canary)"'),
            ("model", None, "model package of 5c0a979859b00004ba52e431 (known after apply)"),
            ("prediction_environment", None, "serverless (known after apply)"),
        ],
        "update tags/cost": [("tags.cost", None, "(secret) ${env.COST_CENTRE}")],
    }


def test_what_a_step_changes_of_its_own_object() -> None:
    """What is made for the object to refer to, validated or read back is no change of the object itself."""
    own = {step.title: [row.setting for row in step.own] for step in steps(samples.everything())}
    assert own["deployment.churn-prod: replace model"] == ["model"]
    assert own["deployment.churn-prod: update settings"] == ["settings.prediction_warning.custom_boundaries"]
    nothing = [title for title, settings in own.items() if not settings]
    assert nothing == [
        "deployment.churn-prod: validate",
        "deployment.churn-canary: create model package",
        "deployment.churn-prod: reassert settings",
    ]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (Value("5f01", "churn v1"), ("churn v1 (5f01)", "churn v1", "churn v1 (5f01)", "5f01")),
        (Value("x", "x"), ("x", "x", "x", "x")),
        (Value(None, "a\nb", later=True), ("a\\nb", "a\\nb", "a\\nb (known after apply)", "(known after apply)")),
        (Value(None), ("null", "null", "null", "None")),
        (Value(0.5), ("0.5", "0.5", "0.5", "0.5")),
    ],
)
def test_the_words_for_a_value(value: Value, texts: tuple[str, ...]) -> None:
    """A value is itself, or a name with its id; what the plan makes first has a name alone."""
    assert (value.text, value.short, value.whole, value.id) == texts


def test_a_setting_of_many_values_is_shown_by_what_differs() -> None:
    """Each value inside that differs has a row; one that only one side has is null on the other."""
    before, after = freeze({"a": 1, "b": {"c": "x"}}), freeze({"a": 1, "b": {"c": "y", "d": True}})
    (step,) = steps(one(Verb.UPDATE, "settings", Change("settings.x", before, after)))
    assert step.settings == (SettingRow("settings.x", Value(before), Value(after)),)
    assert step.rows == (
        SettingRow("settings.x.b.c", Value("x"), Value("y")),
        SettingRow("settings.x.b.d", None, Value(after["b"]["d"])),
    )


def test_a_request_says_what_it_asks_for() -> None:
    """A change request is named by the change that it asks for, and its notes say how the platform calls it."""
    label = Change("label", "Quiet", None)
    asked = one(Verb.REQUEST, "request-delete", label, asks=Verb.DELETE, group="")
    (step,) = steps(asked)
    assert (step.name, step.aim, step.notes) == (
        "request delete",
        Verb.DELETE,
        ("asked for by a change request: delete",),
    )
    importance = Change("importance", "LOW", "HIGH")
    (step,) = steps(one(Verb.REQUEST, "request-details", importance, asks=Verb.UPDATE, group="details"))
    assert (step.name, step.notes) == (
        "request details",
        ("asked for by a change request: changeImportance",),
    )


def test_a_plan_of_another_drplan_is_shown() -> None:
    """Kinds and groups that this drplan does not know are shown by their names; nothing is looked up in vain."""
    plan = one(Verb.UPDATE, "zones/eu", Change("zones.eu", None, "a"), kind="galaxy", group="zones")
    guarded = one(Verb.REQUEST, "zones", Change("zones.eu", "a", "b"), asks=Verb.UPDATE)
    assert plan_text(replace(plan, actions=(*plan.actions, *guarded.actions))).splitlines()[2:8] == [
        "  # galaxy.quiet will be updated in-place",
        '  + zones.eu: "a"',
        "      because the spec says so",
        "",
        "  # deployment.quiet will be updated in-place",
        '  … zones.eu: "a" → "b"',
    ]
    assert [step.name for step in steps(plan)] == ["update zones"]


def test_what_is_found_goes_by_how_strict_it_is() -> None:
    """Denials come before approvals and warnings, for the plan and for its objects; each names what it is about."""
    plan = one(Verb.UPDATE, "details", Change("label", "a", "b"))
    key = plan.actions[0].key
    warn, deny = Finding("odd", Demand.WARN, "look", key), Finding("never", Demand.DENY, "no", "")
    ask = Finding("risky", Demand.REQUIRE_APPROVAL, "ask", key, 1)
    plan = replace(plan, findings=(warn, ask, deny))
    assert [(row.finding.rule, row.about, row.message) for row in finding_rows(plan)] == [
        ("never", "the whole plan", "no"),
        ("risky", "deployment.quiet: update details", "deployment.quiet: update details: ask"),
        ("odd", "deployment.quiet: update details", "deployment.quiet: update details: look"),
    ]
    assert objects(plan)[0].findings == (ask, warn)


def test_what_is_made_for_an_object_is_not_the_object() -> None:
    """An object that is changed to refer to something new is changed: what is made for it counts as nothing added."""
    make = samples.write("quiet", Verb.CREATE, "register", Change("model", None, "x"), makes="model package")
    plan = one(Verb.UPDATE, "details", Change("label", "a", "b"), needs=(make.key,))
    plan = replace(plan, actions=(make, *plan.actions))
    assert [(each.fate, [step.name for step in each.steps]) for each in objects(plan)] == [
        (Verb.UPDATE, ["create model package", "update details"])
    ]
    assert planned(plan) == effected(plan, samples.outcomes(plan)) == Tally(0, 1, 0, 0, 0)
    assert plan_text(plan).splitlines()[-1] == "Plan: 0 to add, 1 to change, 0 to destroy."


def test_what_is_not_passing_comes_first() -> None:
    """The checks of a validation that a reviewer looks for come before those that pass."""
    named = [Check("a", "passing"), Check("b", "warning"), Check("c", "passing"), Check("d", "failing")]
    found = checks(Validation("k", "failing", "", tuple(named), "block"))
    assert [check.name for check in found] == ["b", "d", "a", "c"]


def test_a_deletion_of_what_has_no_name() -> None:
    """Where nothing is known of what is deleted, the text says null and its id."""
    plan = one(Verb.DELETE, "delete", Change("label", None, None), group="")
    assert plan_text(plan).splitlines()[2:4] == [
        "  # deployment.quiet will be destroyed",
        f"  - label: null ({samples.CHURN})",
    ]
    bare = one(Verb.UPDATE, "details")
    assert plan_text(bare).splitlines()[3] == "  ~ update details"


def made_again() -> Plan:
    """Return a plan that deletes a deployment and makes it again, beside one that is deleted for good."""
    environment = Change("prediction_environment", None, "5e00", after_name="serverless")
    gone = samples.write("quiet", Verb.DELETE, "delete", Change("label", "Quiet", None), id=samples.CHURN, group="")
    make = samples.write(
        "quiet", Verb.CREATE, "create", Change("label", None, "Quiet"), environment, group="", needs=(gone.key,), why=""
    )
    tag = samples.write("quiet", Verb.UPDATE, "tags/a", Change("tags.a", None, "b"), group="tags", needs=(make.key,))
    old = samples.write("a", Verb.DELETE, "delete", Change("label", "Old", None), id=samples.OLD, group="")
    plan = samples.nothing()
    seen = samples.observed("quiet", samples.CHURN, {"label": "Quiet", "prediction_environment": "5d00"})
    return replace(plan, actions=(gone, make, tag, old), observed=(seen, samples.observed("a", samples.OLD)))


def test_what_is_made_again_is_no_mere_deletion() -> None:
    """An object that is deleted to be made again is said to be, counts under both, and is created after that."""
    plan = made_again()
    assert [(each.address.name, each.fate, each.again, each.becomes) for each in objects(plan)] == [
        ("a", Verb.DELETE, False, "will be destroyed"),
        ("quiet", Verb.DELETE, True, "will be destroyed and created again"),
    ]
    assert plan_text(plan).splitlines()[2:] == [
        "  # deployment.a will be destroyed",
        f'  - label: "Old" ({samples.OLD})',
        "      because the spec says so",
        "",
        "  # deployment.quiet must be replaced",
        f'  - label: "Quiet" ({samples.CHURN})',
        "      because the spec says so",
        '  + label: "Quiet"',
        "  + prediction_environment: serverless (5e00)",
        '  + tags.a: "b"',
        "",
        "Plan: 1 to add, 0 to change, 2 to destroy.",
    ]
    assert (planned(plan), effected(plan, samples.outcomes(plan))) == (Tally(1, 0, 2, 0, 0), Tally(1, 0, 2, 0, 0))
    assert effected(plan, samples.outcomes(plan, create=Result.FAILED, a=Result.SKIPPED)) == Tally(0, 0, 2, 0, 0)
    drawn = graph(plan)
    assert [(node.name, node.label, node.layer) for node in drawn.nodes] == [
        ("deployment.quiet", "delete", 0),
        ("deployment.quiet", "create", 1),
        ("deployment.quiet", "update tags/a", 2),
        ("deployment.a", "delete", 3),
    ]


def test_terraforms_words_for_what_is_made_again() -> None:
    """Terraform calls it a replacement: deleted, then created, with an id that is known later."""
    plan = made_again()
    document = terraform_document(plan)
    Draft202012Validator(terraform_shapes.PLAN).validate(document)
    (change,) = (each for each in document["resource_changes"] if each["name"] == "quiet")
    assert (change["action_reason"], change["change"]) == (
        "replace_because_cannot_update",
        {
            "actions": ["delete", "create"],
            "before": {"id": samples.CHURN, "label": "Quiet", "prediction_environment_id": "5d00"},
            "after": {"label": "Quiet", "prediction_environment_id": "5e00", "tags": {"a": "b"}},
            "after_unknown": {"id": True},
            "before_sensitive": {},
            "after_sensitive": {},
        },
    )
    _, quiet = objects(plan)
    event = json.loads(events.planned_change(quiet, datetime(2026, 11, 25, tzinfo=UTC)))
    Draft202012Validator(terraform_shapes.event("planned_change")).validate(event)
    assert (event["@message"], event["change"]["action"], event["change"]["reason"]) == (
        "datarobot_deployment.quiet: Plan to replace",
        "replace",
        "cannot_update",
    )
    start = json.loads(events.apply_start(quiet, datetime(2026, 11, 25, tzinfo=UTC)))
    assert (start["@message"], start["hook"]["action"]) == ("datarobot_deployment.quiet: Replacing...", "create")


def one(verb: Verb, step: str, *changes: Change, **more: Any) -> Plan:
    """Return a plan of one action."""
    return replace(samples.nothing(), actions=(samples.write("quiet", verb, step, *changes, id=samples.CHURN, **more),))


def attributes(path: Path) -> Iterator[str]:
    """Yield every attribute that a module reads."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr


def test_only_rows_are_made_of_actions() -> None:
    """No renderer looks into an action: its changes, body and what it sets are read in one place."""
    modules = {path.stem: set(attributes(path)) for path in Path(drplan.render.__file__).parent.rglob("*.py")}
    looking = {name for name, found in modules.items() if found & {"changes", "body", "sets", "makes", "undoes"}}
    assert looking - {"verdicts"} == {"rows", "tally"}  # a verdict's `changes` is whether there are any
