"""The vendor's own SDK as an independent client, in both directions: what drplan writes it reads, and the reverse."""

from collections.abc import Callable, Iterator
from typing import Any

import datarobot as dr
import pytest
from harness import CONFIG, OLD_CONFIG, SERVER, TOKEN, World, deployment

pytestmark = pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves

SPEC: dict[str, Any] = {
    "label": "Customer churn",
    "description": "Scores every customer nightly.",
    "importance": "HIGH",
    "model": {"registered_model": "churn", "version": 2},
    "prediction_server": "default",
    "tags": {"team": "retention"},
    "status": "active",
    "settings": {
        "drift_tracking": {"target_drift_enabled": False, "feature_drift_enabled": True},
        "association_id": {"column_names": ["customer_id"], "required_in_prediction_requests": True},
        "predictions_data_collection": {"enabled": True},
        "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 1337}},
        "secondary_dataset_config": {"id": CONFIG},
        "challenger_replay": {"enabled": False, "schedule": None},
        "health": {
            "data_drift": {"drift_threshold": 0.2, "high_importance_failing_count": 2},
            "accuracy": {"warning_threshold": 5, "failing_threshold": None},
            "predictions_timeliness": {"enabled": True, "expected_frequency": "P7D"},
        },
    },
}


@pytest.fixture
def sdk(shop: World, server: Any) -> Iterator[Any]:
    """Give the SDK, connected to the served platform."""
    del shop
    client = dr.Client(token=TOKEN, endpoint=server.url)
    yield dr
    client.close()


@pytest.fixture
def live(shop: World, drplan: Callable[..., Any], sdk: Any) -> Any:
    """Give the SDK's view of the deployment that drplan has made from SPEC."""
    shop.specs({"a": SPEC})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    (found,) = sdk.Deployment.list()
    return sdk.Deployment.get(found.id)


def test_what_drplan_made_the_sdk_reads(shop: World, live: Any) -> None:
    """Every field and every settings group of the guide, read by the vendor's own code."""
    assert (live.label, live.description, live.importance, live.status) == (
        "Customer churn",
        "Scores every customer nightly.",
        "HIGH",
        "active",
    )
    assert live.default_prediction_server["id"] == SERVER
    assert live.model_package["name"] == "churn (v2)"
    assert {tag["name"]: tag["value"] for tag in live.tags} == {"drplan": "shop/a", "team": "retention"}
    drift = live.get_drift_tracking_settings()
    assert (drift["target_drift"]["enabled"], drift["feature_drift"]["enabled"]) == (False, True)
    health, first = live.get_health_settings(), live.get_default_health_settings()
    assert health == {
        **first,
        "data_drift": {**first["data_drift"], "drift_threshold": 0.2, "high_importance_failing_count": 2},
        "accuracy": {**first["accuracy"], "warning_threshold": 5},
        "predictions_timeliness": {"enabled": True, "expected_frequency": "P7D"},
    }
    association = live.get_association_id_settings()
    assert (association["column_names"], association["required_in_prediction_requests"]) == (["customer_id"], True)
    assert live.get_predictions_data_collection_settings() == {"enabled": True}
    assert live.get_prediction_warning_settings() == {
        "enabled": True,
        "custom_boundaries": {"lower": 0, "upper": 1337},
    }
    assert live.get_secondary_dataset_config() == CONFIG
    assert shop.one("a")["id"] == live.id


def test_what_drplan_changed_the_sdk_reads(shop: World, drplan: Callable[..., Any], live: Any, sdk: Any) -> None:
    """Every field and group changed, false and zero and null among them, and a model replaced with its reason."""
    changed = {
        **SPEC,
        "label": "Renamed",
        "description": None,
        "importance": "LOW",
        "model": {"registered_model": "churn", "version": 3},
        "replacement": {"reason": "DATA_DRIFT"},
        "tags": {"team": None, "tier": "1"},
        "status": "inactive",
        "settings": {
            "drift_tracking": {"target_drift_enabled": True, "feature_drift_enabled": False},
            "association_id": {"column_names": ["id"], "required_in_prediction_requests": False},
            "predictions_data_collection": {"enabled": False},
            "prediction_warning": {"enabled": False, "custom_boundaries": None},
            "secondary_dataset_config": {"id": OLD_CONFIG},
        },
    }
    shop.specs({"a": changed})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    again = sdk.Deployment.get(live.id)
    assert (again.label, again.description or None, again.importance, again.status) == (
        "Renamed",
        None,
        "LOW",
        "inactive",
    )
    assert again.model_package["name"] == "churn (v3)"
    assert {tag["name"]: tag["value"] for tag in again.tags} == {"drplan": "shop/a", "tier": "1"}
    drift = again.get_drift_tracking_settings()
    assert (drift["target_drift"]["enabled"], drift["feature_drift"]["enabled"]) == (True, False)
    association = again.get_association_id_settings()
    assert (association["column_names"], association["required_in_prediction_requests"]) == (["id"], False)
    assert again.get_predictions_data_collection_settings() == {"enabled": False}
    assert again.get_prediction_warning_settings().get("custom_boundaries") is None
    assert again.get_prediction_warning_settings()["enabled"] is False
    assert again.get_secondary_dataset_config() == OLD_CONFIG


CHANGES: dict[str, tuple[Callable[[Any], Any], dict[str, tuple[Any, Any]]]] = {
    "label": (lambda d: d.update(label="Theirs"), {"label": ("Theirs", "Customer churn")}),
    "description": (
        lambda d: d.update(description="Theirs"),
        {"description": ("Theirs", "Scores every customer nightly.")},
    ),
    "importance": (lambda d: d.update(importance="LOW"), {"importance": ("LOW", "HIGH")}),
    "status": (lambda d: d.deactivate(), {"status": ("inactive", "active")}),
    "target drift": (
        lambda d: d.update_drift_tracking_settings(target_drift_enabled=True),
        {"settings.drift_tracking.target_drift_enabled": (True, False)},
    ),
    "feature drift": (
        lambda d: d.update_drift_tracking_settings(feature_drift_enabled=False),
        {"settings.drift_tracking.feature_drift_enabled": (False, True)},
    ),
    "association": (
        lambda d: d.update_association_id_settings(column_names=["id"], required_in_prediction_requests=False),
        {
            "settings.association_id.column_names": (["id"], ["customer_id"]),
            "settings.association_id.required_in_prediction_requests": (False, True),
        },
    ),
    "collection": (
        lambda d: d.update_predictions_data_collection_settings(enabled=False),
        {"settings.predictions_data_collection.enabled": (False, True)},
    ),
    "warning": (
        lambda d: d.update_prediction_warning_settings(prediction_warning_enabled=False),
        {"settings.prediction_warning.enabled": (False, True)},
    ),
    "default boundaries": (
        lambda d: d.update_prediction_warning_settings(prediction_warning_enabled=True, use_default_boundaries=True),
        {
            "settings.prediction_warning.custom_boundaries": (None, {"lower_boundary": 0, "upper_boundary": 1337}),
        },
    ),
    "boundaries": (
        lambda d: d.update_prediction_warning_settings(
            prediction_warning_enabled=True, use_default_boundaries=False, lower_boundary=1337, upper_boundary=2000
        ),
        {
            "settings.prediction_warning.custom_boundaries": (
                {"lower_boundary": 1337, "upper_boundary": 2000},
                {"lower_boundary": 0, "upper_boundary": 1337},
            ),
        },
    ),
    "secondary datasets": (
        lambda d: d.update_secondary_dataset_config(secondary_dataset_config_id=OLD_CONFIG),
        {"settings.secondary_dataset_config.id": (OLD_CONFIG, CONFIG)},
    ),
    "health": (
        lambda d: d.update_health_settings(data_drift={"drift_threshold": 0.5, "importance_threshold": 0.9}),
        {
            "settings.health.data_drift": (
                {"drift_threshold": 0.5, "high_importance_failing_count": 2},
                {"drift_threshold": 0.2, "high_importance_failing_count": 2},
            ),
        },
    ),
    "tag": (
        lambda d: d.update_tag(next(tag["id"] for tag in d.tags if tag["name"] == "team"), "team", "theirs"),
        {"tags.team": ("theirs", "retention")},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_sdk_changed_drplan_plans_back(
    shop: World, drplan: Callable[..., Any], live: Any, change: str
) -> None:
    """Whatever the SDK's user changes of what a spec says, drplan shows with both values, and puts back."""
    make, expected = CHANGES[change]
    make(live)
    planned = drplan(shop, "plan", "--format", "json").json["plan"]
    found = {
        each["setting"]: (each["before"], each["after"]) for action in planned["actions"] for each in action["changes"]
    }
    assert found == expected
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert drplan(shop, "plan", "--detailed-exitcode").code == 0


def test_a_model_that_the_sdk_replaced_drplan_replaces_back(
    shop: World, drplan: Callable[..., Any], live: Any, sdk: Any
) -> None:
    """A replacement by the SDK is seen, validated and undone by drplan."""
    packages = {each["name"]: each["id"] for each in shop.request("GET", "modelPackages/?limit=100")["data"]}
    status, _, _ = live.validate_replacement_model(new_registered_model_version_id=packages["churn (v3)"])
    assert status == "passing"
    live.perform_model_replace(packages["churn (v3)"], dr.enums.MODEL_REPLACEMENT_REASON.ACCURACY)
    planned = drplan(shop, "plan", "--format", "json").json["plan"]
    assert [action["verb"] for action in planned["actions"]] == ["validate", "replace", *["reassert"] * 4]
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert sdk.Deployment.get(live.id).model_package["name"] == "churn (v2)"


def test_a_deployment_that_the_sdk_made_is_adopted(shop: World, drplan: Callable[..., Any], sdk: Any) -> None:
    """Made by the SDK, adopted by its id, and from then on found by its identity."""
    packages = {each["name"]: each["id"] for each in shop.request("GET", "modelPackages/?limit=100")["data"]}
    theirs = sdk.Deployment.create_from_registered_model_version(
        packages["churn (v1)"], label="Theirs", default_prediction_server_id=SERVER
    )
    shop.specs({"a": deployment("Ours", id=theirs.id)})
    planned = drplan(shop, "plan", "--format", "json").json["plan"]
    assert [(action["verb"], action["id"]) for action in planned["actions"]] == [
        ("update", theirs.id),
        ("adopt", theirs.id),
    ]
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert sdk.Deployment.get(theirs.id).label == "Ours"
    shop.specs({"a": deployment("Ours")})
    assert drplan(shop, "plan", "--detailed-exitcode").code == 0
    assert [each.id for each in sdk.Deployment.list()] == [theirs.id]


def test_what_drplan_deleted_the_sdk_misses(shop: World, drplan: Callable[..., Any], live: Any, sdk: Any) -> None:
    """After a destroy the SDK's get is a 404; and what the SDK deletes drplan plans to make anew."""
    assert drplan(shop, "destroy", "--auto-approve").code == 0
    with pytest.raises(dr.errors.ClientError) as error:
        sdk.Deployment.get(live.id)
    assert error.value.status_code == 404
    assert drplan(shop, "apply", "--auto-approve").code == 0
    (again,) = sdk.Deployment.list()
    sdk.Deployment.get(again.id).delete()
    planned = drplan(shop, "plan", "--format", "json").json["plan"]
    assert planned["summary"]["create"] == 1


def test_filters_of_the_sdk_and_of_list_agree(shop: World, drplan: Callable[..., Any], live: Any, sdk: Any) -> None:
    """The same filter gives the same deployments from both."""
    filters = sdk.models.deployment.DeploymentListFilters(role="OWNER", importance=["HIGH"], tag_keys=["team"])
    theirs = [each.id for each in sdk.Deployment.list(filters=filters)]
    arguments = ["--role", "OWNER", "--importance", "HIGH", "--tag-key", "team"]
    ours = drplan(shop, "list", "--format", "json", *arguments).json["deployments"]
    assert theirs == [row["id"] for row in ours] == [live.id]
