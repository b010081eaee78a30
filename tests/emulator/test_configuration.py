"""The small documents of a deployment: what they start as, what changes them, what is refused."""

import pytest

WORLD = """
prediction_servers: [{url: "https://p.example.com"}]
prediction_environments: [{name: pe, platform: datarobotServerless}]
projects: [{name: one, target_type: Regression, target: y}, {name: two, target_type: Regression, target: y}]
models: [{name: of one, project: one, secondary_datasets: required}]
secondary_dataset_configs:
  - {name: fits, project: one, featurelist_id: 5f0000000000000000000001, is_default: true}
  - {name: foreign, project: two}
  - {name: gone, is_deleted: true}
registered_models:
  - {name: discovery, versions: [{model: of one}]}
  - name: custom
    target: y
    execution_type: custom_inference_model
    features: [{name: size, importance: 0.5}, {name: kind, type: Categorical, categories: [big, small], importance: 1}]
    versions:
      - runtime_parameters:
          - {name: LEVEL, type: string, default: info}
          - {name: COUNT, type: numeric, default: 1, min: 0, max: 10}
      - runtime_parameters: [{name: LEVEL, type: string}]
  - {name: plain, target: y, versions: [{}]}
"""
TIMES = {"dayOfWeek": ["*"], "month": ["*"], "dayOfMonth": ["*"], "hour": [1], "minute": [0]}


@pytest.fixture
def world(open_api):
    """Models of three kinds, secondary dataset configurations, and an environment."""
    return open_api(WORLD)


def _config(api, name):
    row = api.emulator.store.db.execute(
        "SELECT id FROM objects WHERE kind = 'secondaryDatasetConfig' AND name = ?", (name,)
    )
    return row.fetchone()[0]


def test_secondary_datasets_belong_to_the_models_project(world):
    """A configuration of the project is used and kept in the history; others and deleted ones are refused."""
    made = world.deploy("discovery", 1)
    path = f"deployments/{made}/model/secondaryDatasetConfiguration/"
    world.get(path, 404)
    for name in ("foreign", "gone"):
        body = {"secondaryDatasetConfigId": _config(world, name)}
        assert list(world.send("PATCH", path, body, 422).json()["errors"]) == ["secondaryDatasetConfigId"]
    world.send("PATCH", path, {"secondaryDatasetConfigId": _config(world, "fits"), "credentialsIds": ["0" * 24]}, 403)
    world.send("PATCH", path, {"secondaryDatasetConfigId": _config(world, "fits")}, 204)
    got = world.get(path)
    assert (got["secondaryDatasetConfigId"], got["name"], got["isDefault"], got["credentialIds"]) == (
        _config(world, "fits"),
        "fits",
        True,
        [],
    )
    history = world.get(f"deployments/{made}/model/secondaryDatasetConfigurationHistory/")["data"]
    assert [(each["configName"], each["username"]) for each in history] == [("fits", "emulator@example.com")]
    plain = world.deploy("plain", 1)
    body = {"secondaryDatasetConfigId": _config(world, "fits")}
    world.send("PATCH", f"deployments/{plain}/model/secondaryDatasetConfiguration/", body, 422)


def test_runtime_parameters_change_while_inactive(world):
    """Values are read with defaults and overrides, changed while inactive, reset by null, and checked."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/runtimeParameters/"
    body = {"runtimeParameterValues": '[{"fieldName": "COUNT", "type": "numeric", "value": 3}]'}
    world.send("PUT", path, body, 409)
    world.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"})
    world.wait()
    world.send("PUT", path, body, 200)
    shown = {
        each["fieldName"]: (each["defaultValue"], each["overrideValue"], each["currentValue"])
        for each in world.get(path)["data"]
    }
    assert shown == {"LEVEL": ("info", None, "info"), "COUNT": (1, 3, 3)}
    world.send("PUT", path, {"runtimeParameterValues": '[{"fieldName": "COUNT", "value": null}]'}, 200)
    assert world.get(path)["data"][1]["currentValue"] == 1
    rows = (
        '[{"fieldName": "COUNT", "value": 11}, {"fieldName": "NONE", "value": 1}, {"fieldName": "LEVEL", "value": 1}]'
    )
    errors = world.send("PUT", path, {"runtimeParameterValues": rows}, 422).json()["errors"]
    assert errors["runtimeParameterValues"] == {
        "COUNT": "must be between 0 and 10",
        "NONE": "is not a runtime parameter of the model",
        "LEVEL": "must be a string value",
    }


def test_a_replacement_carries_runtime_parameters_over(world):
    """Overrides that the new model declares stay, others go, and the replacement can bring its own."""
    values = '[{"fieldName": "LEVEL", "value": "debug"}, {"fieldName": "COUNT", "value": 3}]'
    made = world.deploy("custom", 1, runtimeParameterValues=values)
    body = {"modelPackageId": world.version("custom", 2), "reason": "OTHER"}
    world.send("PATCH", f"deployments/{made}/model/", body)
    world.wait()
    items = world.get(f"deployments/{made}/runtimeParameters/")["data"]
    assert [(each["fieldName"], each["currentValue"]) for each in items] == [("LEVEL", "debug")]


def test_health_settings_are_partial_and_checked(world):
    """A PATCH changes fields inside keys; features must be the model's, frequencies the platform's."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/healthSettings/"
    before = world.get(path)
    assert before == world.get(f"{path}defaults/")
    after = world.send("PATCH", path, {"dataDrift": {"driftThreshold": 0.2}}, 200).json()
    assert after == {**before, "dataDrift": {**before["dataDrift"], "driftThreshold": 0.2}} == world.get(path)
    wrong = {
        "service": {"batchCount": 7},
        "dataDrift": {"timeInterval": "P2D"},
        "predictionsTimeliness": {"expectedFrequency": "P1D"},
    }
    assert world.send("PATCH", path, wrong, 422).json()["errors"] == {
        "service": {"batchCount": "must be one of 1, 5, 10, 50, 100, 1000, 10000"},
        "dataDrift": {"timeInterval": "must be one of T2H, P1D, P7D, P30D, P90D, P180D, P365D, ALL"},
        "predictionsTimeliness": {"enabled": "is required"},
    }
    unknown = world.send("PATCH", path, {"dataDrift": {"starredFeatures": ["x"]}}, 422).json()["errors"]
    assert unknown == {"dataDrift": {"starredFeatures": "not features of the model: x"}}
    world.send("PATCH", path, {}, 422)


def test_challenger_replay_needs_challengers_and_clears_its_schedule(world):
    """Replay is refused while challengers are off; a null schedule clears it."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/challengerReplaySettings/"
    assert world.get(path) == {"enabled": False, "schedule": None}
    world.send("PATCH", path, {"enabled": True}, 422)
    on = {"enabled": True}
    world.send("PATCH", f"deployments/{made}/settings/", {"challengerModels": on, "predictionsDataCollection": on})
    world.wait()
    assert world.send("PATCH", path, {"enabled": True, "schedule": TIMES}, 200).json() == {
        "enabled": True,
        "schedule": TIMES,
    }
    world.send("PATCH", path, {"enabled": False, "schedule": None}, 200)
    assert world.get(path) == {"enabled": False, "schedule": None}


def test_retraining_settings_refer_to_what_exists(world):
    """Ids are checked, shown as objects, and cleared by null."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/retrainingSettings/"
    nothing = {"retrainingUser": None, "dataset": None, "predictionEnvironment": None}
    assert world.get(path) == nothing
    errors = world.send("PATCH", path, {"retrainingUserId": "0" * 24, "datasetId": "1" * 24}, 422).json()["errors"]
    assert sorted(errors) == ["datasetId", "retrainingUserId"]
    environment = world.get("predictionEnvironments/")["data"][0]
    got = world.send("PATCH", path, {"predictionEnvironmentId": environment["id"]}, 200).json()
    assert got == {**nothing, "predictionEnvironment": {"id": environment["id"], "name": "pe"}}
    assert world.send("PATCH", path, {"predictionEnvironmentId": None}, 200).json() == nothing


def test_accuracy_metrics_are_the_target_types(world):
    """Metrics of another target type are refused; the default is a few of its own."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/accuracyMetrics/"
    assert world.get(path)["data"][0] == "RMSE"
    assert world.send("PUT", path, {"data": ["AUC"]}, 422).json()["errors"] == {
        "data": "not metrics of this model: AUC"
    }
    assert (
        world.send("PUT", path, {"data": ["MAE", "RMSE"]}, 200).json() == {"data": ["MAE", "RMSE"]} == world.get(path)
    )


def test_feature_cache_is_for_feature_discovery(world):
    """The cache is refused for other models."""
    world.send("PATCH", f"deployments/{world.deploy('plain', 1)}/featureCache/", {"enabled": True}, 422)
    path = f"deployments/{world.deploy('discovery', 1)}/featureCache/"
    assert world.send("PATCH", path, {"enabled": True, "schedule": TIMES}, 200).json() == world.get(path)
    assert world.get(path) == {"enabled": True, "fetching": False, "schedule": TIMES}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["kind", "size"]),
        ("?orderBy=-importance", ["kind", "size"]),
        ("?orderBy=importance", ["size", "kind"]),
        ("?search=SIZ", ["size"]),
        ("?forSegmentedAnalysis=true", ["kind"]),
        ("?includeNonPredictionFeatures=True&orderBy=-name", ["y", "size", "kind"]),
    ],
)
def test_features_are_listed_filtered_and_ordered(world, query, names):
    """The features of the model that serves."""
    made = world.deploy("custom", 1)
    assert [each["name"] for each in world.get(f"deployments/{made}/features/{query}")["data"]] == names


def test_features_that_are_not_known_are_422(world):
    """A model without known features does not support the list."""
    world.get(f"deployments/{world.deploy('plain', 1)}/features/", 422)


def test_segments_have_the_values_of_training(world):
    """Tracked attributes and their categories can be read."""
    made = world.deploy("custom", 1)
    patch = {"segmentAnalysis": {"enabled": True, "attributes": ["kind"]}}
    world.send("PATCH", f"deployments/{made}/settings/", patch)
    world.wait()
    assert "kind" in world.get(f"deployments/{made}/segmentAttributes/?monitoringType=accuracy")["data"]
    assert world.get(f"deployments/{made}/segmentValues/?segmentAttribute=kind&search=b") == {"data": ["big"]}
    world.get(f"deployments/{made}/segmentValues/?segmentAttribute=size", 422)


def test_capabilities_follow_the_model(world):
    """The list and the embedded object agree, with reasons for what is missing."""
    made = world.deploy("custom", 1)
    listed = world.get(f"deployments/{made}/capabilities/")["data"]
    embedded = world.get(f"deployments/{made}/")["capabilities"]
    assert {each["name"]: each["supported"] for each in listed} == embedded
    assert all(bool(each["messages"]) != each["supported"] for each in listed)
    assert (embedded["supportsRetraining"], embedded["supportsChallengerModels"]) == (False, True)


def test_challengers_are_limited_unique_and_async(world):
    """A challenger appears when its job is through; a second one of the same package is a 409, a missing one a 404."""
    made = world.deploy("custom", 1)
    path = f"deployments/{made}/challengers/"
    body = {"modelPackageId": world.version("custom", 2), "name": "rival"}
    world.send("POST", path, body, 422)
    on = {"enabled": True}
    world.send("PATCH", f"deployments/{made}/settings/", {"challengerModels": on, "predictionsDataCollection": on})
    world.wait()
    location = world.send("POST", path, body).headers["location"].removeprefix("http://emulated/api/v2/")
    world.send("POST", path, body, 409)
    assert [each["name"] for each in world.get(path)["data"]] == ["Champion"]
    world.wait()
    target = world("GET", location).headers["location"].removeprefix("http://emulated/api/v2/")
    assert world.get(target)["name"] == "rival"
    assert list(world.get(target)) == ["id", "name", "model", "modelPackage", "predictionEnvironment"]
    world.send("POST", path, {**body, "modelPackageId": "0" * 24}, 404)
    world.send("POST", f"deployments/{made}/challengerPredictions/", {})
    world.send("POST", f"deployments/{made}/challengerPredictions/", {}, 429)
    other = world.deploy("custom", 1)
    world.get(target.replace(made, other), 404)
    world.send("DELETE", target, status=204)
    (champion,) = world.get(path)["data"]
    assert champion["modelPackage"]["id"] == world.version("custom", 1)
    world.send("DELETE", f"{path}{champion['id']}/", status=404)
