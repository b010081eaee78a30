"""An object that is deleted and created again, as only a creation sets what is to change: how each picture shows it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import goldens
import pytest
from jsonschema import Draft202012Validator
from terraform_shapes import PLAN, event

from drplan.gate.policy.facts import Facts
from drplan.plan.file import dumps, loads
from drplan.records.plans import Plan, Verb
from drplan.records.values import freeze
from drplan.render import events
from drplan.render.graph import MOST_ACTIONS, graph
from drplan.render.markdown import plan_markdown
from drplan.render.rows import objects
from drplan.render.terraform import terraform_document
from drplan.render.text import plan_text

NOW = datetime(2026, 11, 22, 12, 0, 0, 42, tzinfo=UTC)


@pytest.fixture
def plan() -> Plan:
    """Give a plan in which a challenger gets another model, and its deployment another setting."""
    return planned("another model")


def planned(name: str) -> Plan:
    """Return the plan of a golden case of objects inside others."""
    (case,) = (case for case in goldens.every_case() if case.name == f"inside: {name}")
    return goldens.planned(case)


def test_the_text(plan: Plan) -> None:
    """It comes first, says why, and shows what was and what will be; and counts as one more and one less."""
    assert (
        plan_text(plan)
        == """\
Project shop on https://platform.example/api/v2

  # challenger.churn/shadow must be replaced
  - name: "shadow" (c1)
      because only creation sets model, so it is made again
  + model: churn v2 (m2) → churn v1 (m1)
  + name: "shadow"
  + prediction_environment: zone (p1) → other (p2)
      because it takes the place of the one deleted

  # deployment.churn will be updated in-place
  ~ settings.challenger_models.enabled: false → true
      because the spec says so

Plan: 1 to add, 1 to change, 1 to destroy.
"""
    )


def test_markdown(plan: Plan) -> None:
    """A reviewer's comment shows the same."""
    assert """\
<details><summary>- <code>challenger.churn/shadow</code> will be destroyed and created again</summary>

```diff
# delete, because only creation sets model, so it is made again
- name: "shadow"
# create, because it takes the place of the one deleted
- model: churn v2 (m2)
+ model: churn v1 (m1)
+ name: "shadow"
- prediction_environment: zone (p1)
+ prediction_environment: other (p2)
```
""" in plan_markdown(plan)


def test_terraform(plan: Plan) -> None:
    """It is a replacement in Terraform's sense, with its reason and the attribute that caused it."""
    document = terraform_document(plan)
    Draft202012Validator(PLAN).validate(document)
    change = document["resource_changes"][0]
    assert [change[key] for key in ("address", "name", "index")] == [
        'datarobot_challenger.churn["shadow"]',
        "churn",
        "shadow",
    ]
    before = {"id": "c1", "model_id": "m2", "name": "shadow", "prediction_environment_id": "p1"}
    assert (change["action_reason"], change["change"]) == (
        "replace_because_cannot_update",
        {
            "actions": ["delete", "create"],
            "before": before,
            "after": {"model_id": "m1", "name": "shadow", "prediction_environment_id": "p2"},
            "after_unknown": {"id": True},
            "before_sensitive": {},
            "after_sensitive": {},
            "replace_paths": [["model_id"]],
        },
    )
    values = document["planned_values"]["root_module"]["resources"][0]["values"]
    assert values == {"model_id": "m1", "name": "shadow", "prediction_environment_id": "p2"}
    assert document["prior_state"]["values"]["root_module"]["resources"][0]["values"] == before


def test_the_stream(plan: Plan) -> None:
    """Events speak of a replacement too."""
    each = objects(plan)[0]
    said: list[Any] = [
        json.loads(events.planned_change(each, NOW)),
        json.loads(events.apply_start(each, NOW)),
        json.loads(events.apply_ended(each, 2.0, "c9", NOW, good=True)),
    ]
    for found in said:
        Draft202012Validator(event(found["type"])).validate(found)
    assert [found["@message"].partition(": ")[2] for found in said] == [
        "Plan to replace",
        "Replacing...",
        "Replacement complete after 2s [id=c9]",
    ]
    subject = said[0]["change"]["resource"]
    assert (subject["resource_name"], subject["resource_key"]) == ("churn", "shadow")
    assert (said[0]["change"]["action"], said[0]["change"]["reason"]) == ("replace", "cannot_update")


def test_a_saved_plan_is_the_same(plan: Plan) -> None:
    """A plan file keeps what the object was before."""
    assert loads(dumps(plan), "plan.json") == plan


@pytest.mark.parametrize("more", [0, MOST_ACTIONS])
@pytest.mark.parametrize(
    "name", ["another model", "another model beside what stays as it is", "one goes and another comes"]
)
def test_the_graph(name: str, more: int) -> None:
    """A deletion stands before the creations that need it, and not at the end with those that end it all."""
    plan = planned(name)
    others = tuple(replace(plan.actions[0], key=f"{plan.actions[0].address}/{turn}") for turn in range(more))
    drawn = graph(replace(plan, actions=(*plan.actions, *others)))
    assert drawn.arrows
    for first, second in drawn.arrows:
        assert drawn.nodes[first].layer < drawn.nodes[second].layer


def test_what_rules_see(plan: Plan) -> None:
    """A rule sees what is deleted and what takes its place."""
    action = plan.actions[2]
    assert action.verb is Verb.CREATE
    found = Facts(plan, protected=False).of_object(action.address)
    assert {key: found[key] for key in ("exists", "verbs")} == {"exists": True, "verbs": ["create", "delete"]}
    assert [found[side]["model"] for side in ("live", "desired")] == ["m2", "m1"]
    assert freeze(found["desired"]["prediction_environment"]) == "p2"
