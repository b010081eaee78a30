"""Saved plans: applied as they are, or refused with nothing sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from harness import CONFIG, OLD_CONFIG, SERVER, World, deployment

from drplan.errors import Refused
from drplan.plan.file import dumps, loads
from drplan.records.plans import Plan

SPEC: dict[str, Any] = {
    "label": "A",
    "description": "About A.",
    "importance": "HIGH",
    "model": {"registered_model": "churn", "version": 1},
    "prediction_server": SERVER,
    "tags": {"team": "x"},
    "status": "active",
    "lifecycle": {"prevent_destroy": True},
    "settings": {
        "drift_tracking": {"target_drift_enabled": True, "feature_drift_enabled": True},
        "association_id": {
            "column_names": ["id"],
            "required_in_prediction_requests": True,
            "auto_generate_id": False,
        },
        "predictions_data_collection": {"enabled": True},
        "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 9}},
        "secondary_dataset_config": {"id": CONFIG},
    },
}


@pytest.fixture
def kept(world: World) -> tuple[World, Plan]:
    """Give a world with a live deployment `a`, an orphan `gone`, and a plan that renames one and deletes the other."""
    world.specs({"a": SPEC, "gone": deployment("Gone")}, prediction_environments={"env": {"platform": "aws"}})
    assert world.apply().exit_code == 0
    world.specs(
        {"a": {**SPEC, "label": "Renamed"}, "new": deployment("New")},
        prediction_environments={"env": {"platform": "aws", "description": "x"}, "soon": {"platform": "gcp"}},
    )
    return world, world.plan()


SETTINGS = "deployments/{a}/settings/"
MOVES: dict[str, tuple[str, str, Any, str]] = {
    "label": ("PATCH", "deployments/{a}/", {"label": "B"}, "deployment.a.label: it was 'A' and is 'B'"),
    "description": (
        "PATCH",
        "deployments/{a}/",
        {"description": None},
        "deployment.a.description: it was 'About A.' and is not set",
    ),
    "importance": (
        "PATCH",
        "deployments/{a}/",
        {"importance": "LOW"},
        "deployment.a.importance: it was 'HIGH' and is 'LOW'",
    ),
    "model": (
        "PATCH",
        "deployments/{a}/model/",
        {"modelPackageId": "{v2}", "reason": "OTHER"},
        "deployment.a.model: it ",
    ),
    "status": (
        "PATCH",
        "deployments/{a}/status/",
        {"status": "inactive"},
        "deployment.a.status: it was 'active' and is 'inactive'",
    ),
    "tag": ("PATCH", "deployments/{a}/tags/{team}/", {"value": "y"}, "deployment.a.tags.team: it was 'x' and is 'y'"),
    "identity": (
        "PATCH",
        "deployments/{a}/tags/{drplan}/",
        {"value": "shop/other"},
        "deployment.a.tags.drplan: it was 'shop/a' and is 'shop/other'",
    ),
    "guard": (
        "DELETE",
        "deployments/{a}/tags/{drplan-protected}/",
        None,
        "deployment.a.tags.drplan-protected: it was 'true' and is not set",
    ),
    "target drift": (
        "PATCH",
        SETTINGS,
        {"targetDrift": {"enabled": False}},
        "deployment.a.settings.drift_tracking.target_drift_enabled: it was True and is False",
    ),
    "feature drift": (
        "PATCH",
        SETTINGS,
        {"featureDrift": {"enabled": False}},
        "deployment.a.settings.drift_tracking.feature_drift_enabled: it was True and is False",
    ),
    "association column": (
        "PATCH",
        SETTINGS,
        {"associationId": {"columnNames": ["other"]}},
        "deployment.a.settings.association_id.column_names: it was ['id'] and is ['other']",
    ),
    "association required": (
        "PATCH",
        SETTINGS,
        {"associationId": {"requiredInPredictionRequests": False}},
        "deployment.a.settings.association_id.required_in_prediction_requests: it was True and is False",
    ),
    "association generated": (
        "PATCH",
        SETTINGS,
        {"associationId": {"autoGenerateId": True}},
        "deployment.a.settings.association_id.auto_generate_id: it was False and is True",
    ),
    "collection": (
        "PATCH",
        SETTINGS,
        {"predictionsDataCollection": {"enabled": False}},
        "deployment.a.settings.predictions_data_collection.enabled: it was True and is False",
    ),
    "warning": (
        "PATCH",
        SETTINGS,
        {"predictionWarning": {"enabled": False}},
        "deployment.a.settings.prediction_warning.enabled: it was True and is False",
    ),
    "boundaries": (
        "PATCH",
        SETTINGS,
        {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 10}}},
        (
            "deployment.a.settings.prediction_warning.custom_boundaries: it was "
            "{'lower_boundary': 0, 'upper_boundary': 9} "
            "and is {'lower_boundary': 0, 'upper_boundary': 10}"
        ),
    ),
    "secondary datasets": (
        "PATCH",
        "deployments/{a}/model/secondaryDatasetConfiguration/",
        {"secondaryDatasetConfigId": OLD_CONFIG},
        f"deployment.a.settings.secondary_dataset_config.id: it was '{CONFIG}' and is '{OLD_CONFIG}'",
    ),
    "deleted": ("DELETE", "deployments/{a}/", None, "deployment.a: it was {a} and is gone"),
    "made": (
        "POST",
        "deployments/fromModelPackage/",
        {"label": "N", "modelPackageId": "{v2}", "defaultPredictionServerId": SERVER, "userProvidedId": "shop/new"},
        "deployment.new: it did not exist and is ",
    ),
    "the orphan is somebody's": (
        "PATCH",
        "deployments/{gone}/tags/{gone drplan}/",
        {"value": "other/gone"},
        "deployment.gone.tags.drplan: it was 'shop/gone' and is 'other/gone'",
    ),
    "the orphan is protected": (
        "POST",
        "deployments/{gone}/tags/",
        {"name": "drplan-protected", "value": "true"},
        "deployment.gone.tags.drplan-protected: it was not set and is 'true'",
    ),
    "the environment": (
        "PATCH",
        "predictionEnvironments/{env}/",
        {"description": "y"},
        "prediction_environment.env.description: it was not set and is 'y'",
    ),
    "an environment made": (
        "POST",
        "predictionEnvironments/",
        {"name": "soon", "platform": "gcp"},
        "prediction_environment.soon: it did not exist and is ",
    ),
}


def _ids(world: World) -> dict[str, str]:
    items = {each["label"]: each for each in world.request("GET", "deployments/")["data"]}
    environments = world.request("GET", "predictionEnvironments/")["data"]
    packages = world.request("GET", "modelPackages/?limit=100")["data"]
    return {
        "a": items["A"]["id"],
        "gone": items["Gone"]["id"],
        **{tag["name"]: tag["id"] for tag in items["A"]["tags"]},
        **{f"gone {tag['name']}": tag["id"] for tag in items["Gone"]["tags"]},
        "env": next(each["id"] for each in environments if each["name"] == "env"),
        "v2": next(each["id"] for each in packages if each["name"] == "churn (v2)"),
    }


def _filled(value: Any, ids: dict[str, str]) -> Any:
    text = json.dumps(value)
    for name, id_ in ids.items():
        text = text.replace(f"{{{name}}}", id_)
    return json.loads(text)


@pytest.mark.parametrize("move", MOVES)
def test_a_live_field_moved(kept: tuple[World, Plan], move: str) -> None:
    """What the plan has read and somebody moved since: refused, naming the field with both values; nothing is sent."""
    world, plan = kept
    method, path, body, message = _filled(MOVES[move], _ids(world))
    world.change(method, path, body)
    world.forget()
    applied = world.apply(plan=plan, reread=True)
    assert (applied.exit_code, str(applied.error)) == (
        4,
        "the platform has changed since this plan was made; plan again",
    )
    assert any(str(each).startswith(message) for each in applied.error.diagnostics)  # type: ignore[union-attr]  # exit 4
    assert world.sent == []
    assert not any(route.endswith("validation/") for route in world.counts)


def test_what_the_plan_has_not_read_may_move(kept: tuple[World, Plan]) -> None:
    """A field that no spec mentions is nobody's business: the saved plan is applied."""
    world, plan = kept
    world.change("PATCH", f"deployments/{_ids(world)['a']}/settings/", {"humility": {"enabled": True}})
    world.change("POST", f"deployments/{_ids(world)['a']}/tags/", {"name": "mine", "value": "1"})
    assert world.apply(plan=plan, reread=True).exit_code == 0
    assert world.names() == ["shop/a", "shop/new"]


def test_a_plan_file_does_what_the_plan_does(kept: tuple[World, Plan]) -> None:
    """A plan read back from its file is the plan, and applying it converges."""
    world, plan = kept
    again = loads(dumps(plan), "plan.json")
    assert again == plan
    assert world.apply(plan=again, reread=True).exit_code == 0
    assert world.plan().writes == ()


def test_equal_platforms_give_equal_bytes(kept: tuple[World, Plan]) -> None:
    """Planning twice gives the same bytes, so that a review of one is a review of the other."""
    world, plan = kept
    assert dumps(world.plan()) == dumps(plan)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "is not a whole plan file"),
        (lambda text: text.replace("Renamed", "Renowned"), "was edited after it was made"),
        (lambda text: text.replace('"format_version":"1', '"format_version":"2'), "has plan format 2"),
        (lambda _: "", "is not a whole plan file"),
        (lambda _: "[]", "is not a plan file"),
    ],
)
def test_a_damaged_file_is_refused(kept: tuple[World, Plan], damage: Callable[[str], str], message: str) -> None:
    """Edited, cut short, or of another format: refused with a sentence that says what to do."""
    _, plan = kept
    text = dumps(plan).replace('"format_version": "', '"format_version":"')
    with pytest.raises(Refused, match=message):
        loads(damage(text), "plan.json")
