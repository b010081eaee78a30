"""The vendor's SDK, unmodified, against the served emulator: a deployment's life."""

import warnings

import pytest

from drplan.emulator import default_world_text

dr = pytest.importorskip("datarobot")
from datarobot.errors import ClientError  # noqa: E402 - the SDK may be missing
from datarobot.models.deployment import DeploymentListFilters  # noqa: E402 - as above

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # the SDK and its libraries warn about themselves
    pytest.mark.usefixtures("served"),
]

PROJECTS = """
projects:
  - {name: churn 2024, description: c, target: churned, target_type: Binary, class_names: ["no", "yes"],
     features: {tenure: Numeric, monthly_charge: Numeric, plan: Categorical, region: Categorical, calls: Numeric}}
models: [{name: Leader, project: churn 2024, recommended: true}]
"""


@pytest.fixture
def served(serve_world):
    """The default world with a project beside it, and the SDK's client set to it."""
    running = serve_world(default_world_text() + PROJECTS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="emulator", endpoint=running.url)
    return running


def _versions():
    churn = next(model for model in dr.RegisteredModel.list() if model.name == "churn")
    return churn.list_versions()


def _deploy(label="x", **more):
    server = dr.PredictionServer.list()[0]
    return dr.Deployment.create_from_registered_model_version(
        _versions()[0].id, label=label, default_prediction_server_id=server.id, **more
    )


def test_create_from_a_registered_model_version(served):
    """The SDK creates, waits and reads; what it holds is what the emulator's store holds."""
    made = _deploy(label="lab", description="d", importance="CRITICAL")
    assert (made.label, made.description, made.status, made.importance) == ("lab", "d", "active", "CRITICAL")
    assert made.model["type"] == "Logistic Regression"
    assert made.default_prediction_server["url"] == served.url.removesuffix("/api/v2")
    row = served.emulator.store.db.execute("SELECT label, importance FROM deployments WHERE id = ?", (made.id,))
    assert row.fetchone() == ("lab", "CRITICAL")


def test_create_in_a_prediction_environment():
    """A deployment can run in an environment that the SDK made."""
    environment = dr.PredictionEnvironment.create(
        name="pe", platform="datarobotServerless", supported_model_formats=["datarobot"]
    )
    made = dr.Deployment.create_from_registered_model_version(
        _versions()[0].id, label="x", prediction_environment_id=environment.id
    )
    assert made.prediction_environment["name"] == "pe"
    with pytest.raises(ClientError, match="409"):
        environment.delete()
    made.delete()
    environment.delete()
    assert environment.id not in {each.id for each in dr.PredictionEnvironment.list()}


@pytest.mark.parametrize("route", ["create_from_learning_model", "create_from_leaderboard"])
def test_create_from_a_leaderboard_model(route):
    """Both old ways deploy the model of a leaderboard."""
    project = dr.Project.list()[0]
    model = project.get_models()[0]
    create = getattr(dr.Deployment, route)
    made = create(model.id, label=route, default_prediction_server_id=dr.PredictionServer.list()[0].id)
    assert (made.label, made.model["id"], made.model["project_id"]) == (route, model.id, project.id)
    assert made.model["project_name"] == "churn 2024"


def test_a_missing_server_raises_the_platforms_error():
    """The SDK's exception has the 422's fields."""
    with pytest.raises(ClientError) as raised:
        dr.Deployment.create_from_registered_model_version(_versions()[0].id, label="x")
    assert raised.value.json["errors"] == {"defaultPredictionServerId": "required in DataRobot Cloud"}
    assert str(raised.value).startswith("422 client error: {'message': 'Invalid field data'")


def test_list_pages_filters_and_orders():
    """`list` follows pages, and takes every filter, a search and an order."""
    made = [_deploy(label=f"d{index:02}", importance="HIGH" if index % 2 else "LOW") for index in range(23)]
    made[3].create_tag("team", "red")
    assert [each.label for each in dr.Deployment.list()] == [f"d{index:02}" for index in range(23)]
    by_age = dr.Deployment.list(order_by="-createdAtTimestamp")
    assert [each.label for each in by_age] == [f"d{index:02}" for index in reversed(range(23))]
    assert [each.label for each in dr.Deployment.list(limit=2, offset=1, order_by="-label")] == ["d21", "d20"]
    assert [each.label for each in dr.Deployment.list(search="D1")] == [f"d1{index}" for index in range(10)]
    filters = {
        "role": ("OWNER", 23),
        "service_health": (["unknown", "failing"], 23),
        "model_health": (["passing"], 0),
        "accuracy_health": (["unavailable", "unknown"], 23),
        "execution_environment_type": (["datarobot"], 23),
        "importance": (["HIGH"], 11),
        "tag_keys": (["team", "other"], 1),
        "tag_values": (["red"], 1),
        "is_a2a_agent": (False, 23),
    }
    for name, (value, count) in filters.items():
        found = dr.Deployment.list(filters=DeploymentListFilters(**{name: value}))
        assert (name, len(found)) == (name, count)


def test_get_update_stop_start_delete():
    """Label and description change, the status goes both ways, and a deleted deployment is gone."""
    made = _deploy()
    made.update(label="new", description="text", importance="LOW")
    again = dr.Deployment.get(made.id)
    assert (again.label, again.description, again.importance) == ("new", "text", "LOW")
    made.deactivate()
    assert (made.status, dr.Deployment.get(made.id).status) == ("inactive", "inactive")
    made.activate()
    assert dr.Deployment.get(made.id).status == "active"
    made.delete()
    with pytest.raises(ClientError, match="404"):
        dr.Deployment.get(made.id)


def test_validate_and_replace():
    """Validation gives status, message and checks in the SDK's form; replacement changes model and package."""
    made = _deploy()
    first, second, _, warning, failing = _versions()
    status, message, checks = made.validate_replacement_model(new_registered_model_version_id=second.id)
    assert (status, message) == ("passing", "Model can be used to replace the current model of the deployment.")
    assert checks["target"] == {"status": "passing", "message": "Target is compatible."}
    assert checks["not_current_model"] == {"status": "passing"}
    assert made.validate_replacement_model(new_registered_model_version_id=warning.id)[0] == "warning"
    assert made.validate_replacement_model(new_registered_model_version_id=failing.id)[0] == "failing"
    assert made.validate_replacement_model(new_registered_model_version_id=first.id)[2]["not_current_model"] == {
        "status": "failing",
        "message": "Model is already used as current model of the deployment.",
    }
    made.perform_model_replace(second.id, dr.enums.MODEL_REPLACEMENT_REASON.ACCURACY)
    assert (made.model["type"], made.model_package["id"]) == ("Random Forest Classifier", second.id)
    with pytest.raises(ClientError) as raised:
        made.perform_model_replace(failing.id, dr.enums.MODEL_REPLACEMENT_REASON.OTHER)
    assert raised.value.status_code == 409
    assert raised.value.json["checks"]["target"]["status"] == "failing"


def test_replace_by_the_id_of_a_model():
    """The older call, with a leaderboard model's id, replaces too."""
    made = _deploy()
    model = dr.Project.list()[0].get_models()[0]
    assert made.validate_replacement_model(new_model_id=model.id)[0] == "passing"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.replace_model(model.id, dr.enums.MODEL_REPLACEMENT_REASON.SCHEDULED_REFRESH)
    assert dr.Deployment.get(made.id).model["id"] == model.id


def test_a_failed_job_is_the_sdks_error(served):
    """A replacement whose job ends in ERROR raises, and the old model still serves."""
    made = _deploy()
    fault = {"route": "PATCH deployments/{id}/model/", "kind": "job_error", "message": "No memory."}
    served.emulator.faults.add(fault)
    with pytest.raises(dr.errors.AsyncProcessUnsuccessfulError, match="No memory"):
        made.perform_model_replace(_versions()[1].id, "OTHER")
    assert dr.Deployment.get(made.id).model["type"] == "Logistic Regression"


def test_tags():
    """Tags are created, changed and removed."""
    made = _deploy()
    tag = made.create_tag("team", "red")
    assert dr.Deployment.get(made.id).tags == [{"id": tag["id"], "name": "team", "value": "red"}]
    made.update_tag(tag["id"], "team", "blue")
    assert dr.Deployment.get(made.id).tags == [{"id": tag["id"], "name": "team", "value": "blue"}]
    made.delete_tag(tag["id"])
    assert dr.Deployment.get(made.id).tags == []


def test_a_busy_platform_is_waited_for(served):
    """The SDK retries 429 and 503 as the platform asks, and gets through."""
    served.emulator.faults.add({"route": "GET deployments/", "kind": "status", "status": 503, "count": 2})
    assert dr.Deployment.list() == []
    assert served.emulator.requests.counts["GET deployments/"] == 3


def test_registered_models_and_packages():
    """The registry is listed, filtered, renamed; a leaderboard model and an external one become versions."""
    from datarobot.models.model_registry import RegisteredModelVersion

    assert [
        each.name
        for each in dr.RegisteredModel.list(
            sort_key=dr.enums.RegisteredModelSortKey.NAME, sort_direction=dr.enums.RegisteredModelSortDirection.DESC
        )
    ] == [
        "revenue",
        "churn",
    ]
    churn = dr.RegisteredModel.list(search="chu")[0]
    assert (churn.last_version_num, churn.target["type"]) == (5, "Binary")
    newest = churn.list_versions(
        sort_key=dr.enums.RegisteredModelVersionSortKey.VERSION,
        sort_direction=dr.enums.RegisteredModelSortDirection.DESC,
    )
    assert [each.registered_model_version for each in newest] == [5, 4, 3, 2, 1]
    version = churn.get_version(_versions()[2].id)
    assert (version.registered_model_version, version.build_status) == (3, "complete")
    model = dr.Project.list()[0].get_models()[0]
    made = RegisteredModelVersion.create_for_leaderboard_item(
        model.id, name="from the leaderboard", registered_model_id=churn.id
    )
    assert (made.registered_model_version, made.model_id) == (6, model.id)
    external = RegisteredModelVersion.create_for_external(
        name="outside", target={"name": "y", "type": "Regression"}, registered_model_name="outside model"
    )
    assert (external.model_execution_type, external.registered_model_version) == ("external", 1)
    renamed = dr.RegisteredModel.update(external.registered_model_id, name="other")
    assert renamed.name == "other"
    deployment = _deploy()
    assert [each.id for each in churn.list_associated_deployments()] == [deployment.id]
    champion = deployment.get_champion_model_package()
    assert (champion.registered_model_id, champion.registered_model_version) == (churn.id, 1)
    dr.RegisteredModel.archive(external.registered_model_id)
    assert {each.name for each in dr.RegisteredModel.list()} == {"churn", "revenue"}
