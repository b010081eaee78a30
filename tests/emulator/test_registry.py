"""Registered models, model packages of every source, prediction servers and environments."""

import pytest

WORLD = """
users: [{name: ada, token: ada}, {name: bob, token: bob}]
prediction_servers: [{url: "https://p.example.com"}]
prediction_environments:
  - {name: Own, platform: datarobotServerless, supported_model_formats: [datarobot]}
  - {name: Far, platform: aws, supported_model_formats: [externalModel]}
projects: [{name: pr, target: y, target_type: Binary, class_names: [n, p], features: [a]}]
models: [{name: leader, project: pr, prediction_threshold: 0.3}]
registered_models:
  - {name: first, description: Say, target: y, target_type: Binary, class_names: [n, p], versions: [{}, {}]}
  - {name: second, target: z, execution_type: external, versions: [{build_status: inProgress}]}
"""


@pytest.fixture
def world(open_api):
    """A leaderboard model, two registered models and two environments."""
    return open_api(WORLD)


def _leader(api):
    return api.emulator.store.db.execute("SELECT id FROM objects WHERE kind = 'model'").fetchone()[0]


def test_a_leaderboard_model_becomes_a_version(world):
    """From a leaderboard model: a new registered model, or the next version of one with the same target."""
    body = {"modelId": _leader(world), "name": "n", "tags": [{"name": "a", "value": "b"}]}
    response = world.send("POST", "modelPackages/fromLeaderboard/", {**body, "registeredModelName": "new"}, 201)
    made = response.json()
    assert response.headers["location"] == f"http://emulated/api/v2/modelPackages/{made['id']}/"
    assert made == world.get(f"modelPackages/{made['id']}/")
    assert (made["name"], made["modelId"], made["registeredModelVersion"]) == ("n", _leader(world), 1)
    assert made["target"] == {"name": "y", "type": "Binary", "classNames": ["n", "p"], "predictionThreshold": 0.3}
    assert [(each["name"], each["value"]) for each in made["tags"]] == [("a", "b")]
    again = world.send(
        "POST", "modelPackages/fromLeaderboard/", {**body, "registeredModelId": made["registeredModelId"]}, 201
    ).json()
    assert again["registeredModelVersion"] == 2
    assert world.get(f"registeredModels/{made['registeredModelId']}/")["lastVersionNum"] == 2
    found = world.get(f"modelPackages/?modelId={_leader(world)}")["data"]
    assert [each["id"] for each in found] == [made["id"], again["id"]]


def test_what_cannot_be_registered_is_refused(world):
    """A taken name is a 409, another target or both ways of naming a 422, a missing model a 404."""
    ids = {each["name"]: each["id"] for each in world.get("registeredModels/")["data"]}
    path, body = "modelPackages/fromLeaderboard/", {"modelId": _leader(world)}
    assert "already in use" in world.send("POST", path, {**body, "registeredModelName": "first"}, 409).json()["message"]
    errors = world.send("POST", path, {**body, "registeredModelId": ids["second"]}, 422).json()["errors"]
    assert errors == {"registeredModelId": "the target of the model is not the target of the registered model"}
    both = {**body, "registeredModelId": ids["first"], "registeredModelName": "x"}
    assert sorted(world.send("POST", path, both, 422).json()["errors"]) == ["registeredModelId", "registeredModelName"]
    world.send("POST", path, {"modelId": "0" * 24}, 404)


def test_an_external_model_is_described_by_json(world):
    """From JSON: an external model whose training data is known only when a dataset is named."""
    body = {"name": "out", "target": {"name": "t", "type": "Regression"}, "modelDescription": {"modelName": "Theirs"}}
    made = world.send("POST", "modelPackages/fromJSON/", body, 201).json()
    assert (made["modelExecutionType"], made["modelDescription"]["modelName"]) == ("external", "Theirs")
    environment = {each["name"]: each["id"] for each in world.get("predictionEnvironments/")["data"]}["Far"]
    create = {"modelPackageId": made["id"], "label": "x", "predictionEnvironmentId": environment}
    deployment = world.send("POST", "deployments/fromModelPackage/", create).json()["id"]
    assert world.get(f"deployments/{deployment}/")["capabilities"]["supportsTargetDriftTracking"] is False
    errors = world.send("POST", "modelPackages/fromJSON/", {"name": "x", "target": {"type": "Odd"}}, 422).json()[
        "errors"
    ]
    assert list(errors["target"]) == ["type"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["first", "second"]),
        ("sortKey=name&sortDirection=desc", ["second", "first"]),
        ("search=SAY", ["first"]),
        ("targetName=z", ["second"]),
        ("targetType=Binary", ["first"]),
        ("createdBy=ada", ["first", "second"]),
        ("createdAtStartTs=2024-05-01T10:00:00%2B00:00", ["first", "second"]),
        ("createdAtEndTs=2024-05-01T10:00:00Z", []),
        ("modifiedAtStartTs=2025-01-01", []),
        ("forChallenger=True", ["first"]),
        ("predictionThreshold=0.5", ["first"]),
        ("imported=true", []),
        ("buildStatus=inProgress", ["second"]),
        ("modelExecutionType=external", ["second"]),
    ],
)
def test_registered_models_are_filtered(world, query, names):
    """Filters look at the model itself or at its versions."""
    assert [each["name"] for each in world.get(f"registeredModels/?{query}")["data"]] == names


def test_registered_models_are_filtered_by_what_fits(world):
    """Compatibility with a model or a package, and with an environment's formats."""
    own = {each["name"]: each["id"] for each in world.get("predictionEnvironments/")["data"]}["Own"]
    for query in (
        f"compatibleWithLeaderboardModelId={_leader(world)}",
        f"compatibleWithModelPackageId={world.version('first', 1)}",
        f"predictionEnvironmentId={own}",
    ):
        assert [each["name"] for each in world.get(f"registeredModels/?{query}")["data"]] == ["first"]
    for query in ("sortKey=size", "sortDirection=up", "createdAtStartTs=soon", "predictionThreshold=x"):
        assert world("GET", f"registeredModels/?{query}").status_code == 400


def test_a_registered_model_is_renamed_shared_and_archived(world):
    """PATCH, sharedRoles and DELETE; the archived one leaves the list and cannot be deployed."""
    first = world.get("registeredModels/")["data"][0]
    path = f"registeredModels/{first['id']}/"
    world.send("PATCH", path, {"name": "second"}, 409)
    assert world.send("PATCH", path, {"name": "renamed", "description": None}, 200).json()["description"] == ""
    bob = {"role": "USER", "shareRecipientType": "user", "username": "bob"}
    ada = {"role": "NO_ROLE", "shareRecipientType": "user", "username": "ada"}
    world.send("PATCH", f"{path}sharedRoles/", {"operation": "updateRoles", "roles": [ada]}, 409)
    world.send("PATCH", f"{path}sharedRoles/", {"operation": "updateRoles", "roles": [bob]}, 204)
    assert [(each["name"], each["role"]) for each in world.get(f"{path}sharedRoles/")["data"]] == [
        ("ada", "OWNER"),
        ("bob", "USER"),
    ]
    package = world.version("renamed", 1)
    world.send("DELETE", path, status=204)
    assert [each["name"] for each in world.get("registeredModels/")["data"]] == ["second"]
    body = {"modelPackageId": package, "label": "x", "defaultPredictionServerId": world.server()}
    world.send("POST", "deployments/fromModelPackage/", body, 422)


def test_a_versions_threshold_and_name_change(world):
    """A version's PATCH takes a name, and a threshold where there is one."""
    first, second = world.get("registeredModels/")["data"]
    path = f"registeredModels/{first['id']}/versions/{world.version('first', 2)}/"
    got = world.send("PATCH", path, {"name": "new", "predictionThreshold": 0.9}, 200).json()
    assert (got["name"], got["target"]["predictionThreshold"]) == ("new", 0.9)
    world.get(path.replace(first["id"], second["id"]), 404)
    other = f"registeredModels/{second['id']}/versions/{world.version('second', 1)}/"
    world.send("PATCH", other, {"predictionThreshold": 0.9}, 422)


def test_packages_take_their_query_as_a_body_too(world):
    """One client sends the query of `modelPackages/` as a JSON body on GET."""
    wanted = world.get(f"modelPackages/{world.version('first', 2)}/")
    response = world("GET", "modelPackages/", {"modelId": wanted["modelId"], "forChallenger": False, "limit": 1})
    assert response.json()["data"] == [wanted]


def test_prediction_environments_are_made_changed_and_removed(world):
    """Whole objects; names are unique; a deployment shows a new name at once; what is in use stays."""
    body = {"name": "pe", "platform": "gcp", "isManagedByManagementAgent": True, "plugin": "k8s"}
    made = world.send("POST", "predictionEnvironments/", body, 201).json()
    user = made["importMeta"]["creatorId"]
    assert made == {
        "id": made["id"],
        "name": "pe",
        "description": "",
        "platform": "gcp",
        "plugin": "k8s",
        "supportedModelFormats": ["externalModel"],
        "isManagedByManagementAgent": True,
        "isDeleted": False,
        "permissions": ["CREATE", "READ", "UPDATE", "DELETE", "SHARE"],
        "importMeta": {"dateCreated": "2024-05-01T10:00:00.000000Z", "creatorId": user, "creatorUsername": "ada"},
        "managementMeta": {"userId": user, "username": "ada", "additionalMetadata": []},
        "health": {"status": "unknown", "message": "No report yet.", "timestamp": "2024-05-01T10:00:00.000000Z"},
        "datastoreId": None,
        "credentialId": None,
        "priority": None,
        "maxConcurrentBatchPredictionsJob": None,
        "managedBy": "managementAgent",
    }
    world.send("POST", "predictionEnvironments/", body, 409)
    path = f"predictionEnvironments/{made['id']}/"
    deployment = world.deploy("first", 1, predictionEnvironmentId=made["id"])
    world.send("PATCH", path, {"name": "Own"}, 409)
    world.send("PATCH", path, {"platform": "aws"}, 409)
    world.send("PATCH", path, {"name": "pe 2"}, 200)
    assert world.get(f"deployments/{deployment}/")["predictionEnvironment"]["name"] == "pe 2"
    world.send("DELETE", path, status=409)
    world.send("DELETE", f"deployments/{deployment}/?ignoreManagementAgent=true", status=204)
    world.wait()
    world.send("DELETE", path, status=204)
    world.get(path, 404)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=OW", ["Own"]),
        ("supportedModelFormats=externalModel", ["Far"]),
        ("platform=aws", ["Far"]),
        ("limit=1", ["Own"]),
    ],
)
def test_prediction_environments_are_filtered(world, query, names):
    """By part of a name, by format, by platform, by page."""
    assert [each["name"] for each in world.get(f"predictionEnvironments/?{query}")["data"]] == names
