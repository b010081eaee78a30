"""Plans in Terraform's shape: complete, masked by path, and never a plan without resources."""

import json
from dataclasses import replace
from typing import Any

import pytest
import samples
from jsonschema import Draft202012Validator
from terraform_shapes import ORDER, PLAN

from drplan.kinds import KINDS
from drplan.records.plans import Change, Check, Demand, Finding, Plan, Validation, Verb
from drplan.records.specs import Address
from drplan.records.values import Secret, seal
from drplan.render.terraform import terraform_document, terraform_text


def change_of(plan: Plan, address: str) -> dict[str, Any]:
    """Return the change of one resource."""
    (found,) = (each for each in terraform_document(plan)["resource_changes"] if each["address"] == address)
    return {key: found[key] for key in found if key in ("change", "action_reason")}


@pytest.mark.parametrize("make", [samples.everything, samples.nothing, samples.hostile, lambda: samples.large(200)])
def test_the_format(make: Any) -> None:
    """Every plan fits the schema of the format; its keys stand in Terraform's order, ours after them."""
    plan = make()
    Draft202012Validator(PLAN).validate(terraform_document(plan))
    keys = list(json.loads(terraform_text(plan)))
    assert keys == [key for key in (*ORDER, "drplan") if key in keys]


@pytest.mark.parametrize("make", [samples.everything, samples.nothing, lambda: samples.large(50)])
def test_every_object_of_the_plan_is_there(make: Any) -> None:
    """What is planned, what is changed and what was there agree by address; objects without a change are no-ops."""
    plan = make()
    document = terraform_document(plan)
    changes = {each["address"]: each["change"]["actions"] for each in document["resource_changes"]}
    assert list(changes) == sorted(changes)
    assert len(changes) == len(plan.observed)
    planned = {each["address"] for each in document["planned_values"]["root_module"]["resources"]}
    assert planned == {address for address, actions in changes.items() if actions != ["delete"]}
    prior = {each["address"] for each in document["prior_state"]["values"]["root_module"]["resources"]}
    assert prior == {address for address, actions in changes.items() if actions != ["create"]}
    untouched = {seen.address for seen in plan.observed} - {action.address for action in plan}
    assert sum(actions == ["no-op"] for actions in changes.values()) == len(untouched) > 0 or not untouched


def test_a_plan_of_nothing_at_all_has_its_keys() -> None:
    """Without a single object the keys that readers depend on are there, and a summary says what that means."""
    document = terraform_document(replace(samples.nothing(), observed=()))
    Draft202012Validator(PLAN).validate(document)
    assert document["planned_values"] == {"root_module": {}}
    assert (document["resource_changes"], document["terraform_version"]) == ([], "1.11.4")
    assert document["drplan"]["summary"].startswith("No changes.")
    assert document["applyable"] is False


def test_a_secret_is_masked_by_its_path() -> None:
    """The value of a secret is nowhere, its mask is true exactly at its path, and equal text elsewhere is whole."""
    secret = seal(Secret("61fa1ea0", "${env.X}"))
    plan = samples.nothing()
    action = samples.write(
        "quiet",
        Verb.UPDATE,
        "tags/team",
        Change("description", None, "61fa1ea0 in a sentence"),
        Change("tags.team", None, secret),
        id="61fa1ea061fa1ea061fa1ea0",
    )
    plan = replace(plan, actions=(action,), observed=(samples.observed("quiet", action.id, {"description": None}),))
    assert change_of(plan, "datarobot_deployment.quiet")["change"] == {
        "actions": ["update"],
        "before": {"description": None, "id": "61fa1ea061fa1ea061fa1ea0"},
        "after": {
            "description": "61fa1ea0 in a sentence",
            "id": "61fa1ea061fa1ea061fa1ea0",
            "tags": {"team": "(secret)"},
        },
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {"tags": {"team": True}},
    }


def test_an_entry_name_with_dots_is_one_key() -> None:
    """A tag is one attribute of the map, whatever its name."""
    action = samples.write("quiet", Verb.UPDATE, "tags/x", Change("tags.cost.centre", "a", "b"), id=samples.CHURN)
    plan = replace(samples.nothing(), actions=(action,))
    assert change_of(plan, "datarobot_deployment.quiet")["change"]["after"]["tags"] == {
        "cost.centre": "b",
        "drplan": "churn/quiet",
    }


def test_what_is_taken_away() -> None:
    """A cleared setting is null afterwards; a removed tag is gone."""
    action = samples.write(
        "quiet", Verb.UPDATE, "details", Change("label", "Quiet", None), Change("tags.old", "x", None), id=samples.CHURN
    )
    change = change_of(replace(samples.nothing(), actions=(action,)), "datarobot_deployment.quiet")["change"]
    assert change["before"]["tags"] == {"drplan": "churn/quiet", "old": "x"}
    assert (change["after"]["label"], change["after"]["tags"]) == (None, {"drplan": "churn/quiet"})


def test_a_deletion_and_an_adoption() -> None:
    """A deletion has no after and its reason; an adoption imports its id."""
    plan = samples.everything()
    deleted = change_of(plan, "datarobot_deployment.old")
    assert deleted["action_reason"] == "delete_because_no_resource_config"
    assert (deleted["change"]["after"], deleted["change"]["after_sensitive"]) == (None, False)
    adopted = change_of(plan, "datarobot_deployment.lifetime-value")["change"]
    assert (adopted["actions"], adopted["importing"]) == (["update"], {"id": samples.VALUE})


def test_a_requested_deletion_is_one() -> None:
    """What a change request asks the platform for is what the plan shows: the object is gone afterwards."""
    label = Change("label", "Quiet", None)
    asked = samples.write("quiet", Verb.REQUEST, "request-delete", label, id=samples.CHURN, asks=Verb.DELETE)
    change = change_of(replace(samples.nothing(), actions=(asked,)), "datarobot_deployment.quiet")["change"]
    assert (change["actions"], change["before"]["label"], change["after"]) == (["delete"], "Quiet", None)


PROVIDER = {
    "description": "description",
    "importance": "importance",
    "label": "label",
    "model": "registered_model_version_id",
    "prediction_environment": "prediction_environment_id",
    "settings.association_id.auto_generate_id": "association_id_settings.auto_generate_id",
    "settings.association_id.column_names": "association_id_settings.column_names",
    "settings.association_id.required_in_prediction_requests": (
        "association_id_settings.required_in_prediction_requests"
    ),
    "settings.drift_tracking.feature_drift_enabled": "drift_tracking_settings.feature_drift_enabled",
    "settings.drift_tracking.target_drift_enabled": "drift_tracking_settings.target_drift_enabled",
    "settings.prediction_warning.custom_boundaries": "prediction_warning_settings.custom_boundaries",
    "settings.prediction_warning.enabled": "prediction_warning_settings.enabled",
    "settings.predictions_data_collection.enabled": "predictions_data_collection_settings.enabled",
}
"""The vendor's provider's names, written by hand, so that a wrong row cannot agree with itself."""


@pytest.mark.parametrize(("path", "attribute"), PROVIDER.items())
def test_attributes_have_the_names_of_the_vendors_provider(path: str, attribute: str) -> None:
    """A policy written for the provider's resource finds the attribute under the provider's name."""
    seen = samples.observed("quiet", samples.CHURN, {path: "value"})
    (resource,) = terraform_document(replace(samples.nothing(), observed=(seen,)))["planned_values"]["root_module"][
        "resources"
    ]
    value = resource["values"]
    for step in attribute.split("."):
        value = value[step]
    assert value == "value"


def test_every_setting_has_an_attribute_of_its_own() -> None:
    """No two settings of a kind share an attribute, and no setting is lost."""
    for kind in KINDS.values():
        paths = [row.path for row in kind.settings if not (row.policy or row.in_request)]
        seen = replace(samples.observed("x", "5a", dict.fromkeys(paths, "value")), address=Address(kind.name, "x"))
        (resource,) = terraform_document(replace(samples.nothing(), observed=(seen,)))["planned_values"]["root_module"][
            "resources"
        ]
        assert resource["type"] == f"datarobot_{kind.name}"
        assert json.dumps(resource["values"]).count('"value"') == len(paths)


def judged(*findings: Finding, status: str = "passing", on_warning: str = "block", message: str = "") -> dict[str, Any]:
    """Return the document of a plan whose only action was judged so."""
    ask = samples.write("quiet", Verb.VALIDATE, "validate-model", id=samples.CHURN)
    replacement = samples.write("quiet", Verb.REPLACE, "model", Change("model", "a", "b"), id=samples.CHURN)
    checks = (Check("features", status, "one is new"),) if not message else ()
    return terraform_document(
        replace(
            samples.nothing(),
            actions=(ask, replacement),
            validations=(Validation(ask.key, status, message, checks, on_warning),),
            findings=findings,
        )
    )


@pytest.mark.parametrize(
    ("status", "on_warning", "check", "flags"),
    [
        ("passing", "block", "pass", (True, True, False)),
        ("warning", "allow", "pass", (True, True, False)),
        ("warning", "block", "fail", (False, False, True)),
        ("failing", "allow", "fail", (False, False, True)),
    ],
)
def test_a_check_fails_exactly_where_drplan_refuses(
    status: str, on_warning: str, check: str, flags: tuple[bool, bool, bool]
) -> None:
    """`fail` means refused, whatever the platform's word; an allowed warning passes and still says its problem."""
    document = judged(status=status, on_warning=on_warning)
    (found,) = document["checks"]
    assert (found["status"], found["instances"][0]["status"]) == (check, check)
    problems = [{"message": f"features is {status}: one is new"}] if status != "passing" else None
    assert found["instances"][0].get("problems") == problems
    assert (document["applyable"], document["complete"], document["errored"]) == flags


def test_a_refusal_without_checks_says_the_message() -> None:
    """A validation that fails without naming a check carries its message."""
    (found,) = judged(status="failing", message="no permission")["checks"]
    assert found["instances"][0]["problems"] == [{"message": "no permission"}]


def test_policies_are_checks() -> None:
    """A denial fails, a needed approval is unknown, a warning passes; a rule is one check with all that it found."""
    document = judged(
        Finding("a", Demand.WARN, "careful", "deployment.quiet/model"),
        Finding("a", Demand.REQUIRE_APPROVAL, "ask somebody", "", 2, "mlops"),
        Finding("b", Demand.DENY, "never", ""),
    )
    by_name = {each["address"]["name"]: each for each in document["checks"]}
    assert {name: each["status"] for name, each in by_name.items()} == {"quiet": "pass", "a": "unknown", "b": "fail"}
    assert by_name["a"]["instances"] == [
        {
            "address": {"to_display": "check.a"},
            "status": "unknown",
            "problems": [{"message": "ask somebody (approvals needed: 2 of mlops)"}],
        },
        {
            "address": {"to_display": "datarobot_deployment.quiet"},
            "status": "pass",
            "problems": [{"message": "deployment.quiet: replace model: careful"}],
        },
    ]
    assert (document["applyable"], document["errored"]) == (False, False)
