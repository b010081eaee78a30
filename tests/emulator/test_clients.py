"""What other clients send, request by request: Terraform provider, custom-models action, R package, and others."""

import io
import json
import zipfile
from urllib.parse import urlsplit

import pytest

WORLD = """
users:
  - {name: ada@example.com, token: emulator, first_name: Ada, last_name: Lovelace}
  - {name: bob@example.com, token: bob}
prediction_servers: [{name: default, url: "https://predictions.example.com"}]
prediction_environments: [{name: serverless, platform: datarobotServerless}]
execution_environments: [{name: Python, language: python}, {name: broken, built: false}]
projects:
  - {name: churn 2024, target: churned, target_type: Binary, class_names: ["no", "yes"], features: {tenure: Numeric}}
models: [{name: Light GBM, project: churn 2024}, {name: Elastic Net, project: churn 2024}]
datasets:
  - {name: training.csv, csv: "id,tenure,churned,fold\\n1,12,no,T\\n2,3,yes,H\\n"}
  - {name: scored.csv, csv: "id,prediction\\n1,0.5\\n"}
use_cases: [{name: Retention}]
credentials: [{name: warehouse}]
entitlements: {ENABLE_NOTHING: false}
"""
ZIP, CSV = "application/zip", "text/csv"


@pytest.fixture
def world(open_api):
    """A world to build in."""
    return open_api(WORLD)


def _by_name(api, path, name, key="name"):
    return next(each for each in api.get(path)["data"] if each[key] == name)


def _upload(api, method, path, files, fields=(), status=201):
    """Send files and fields as a multipart form; fields may come twice."""
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    response = api(method, path, files=[(name, (called, content)) for name, called, content in files], data=data)
    assert response.status_code == status, response.text
    return response


def _followed(api, response):
    """Give the JSON to which a 202 leads: before the job is through its record, afterwards the 303's target."""
    assert response.status_code in {201, 202}, response.text
    location = response.headers["Location"]
    scheme, _, host, *rest = location.split("/")
    assert (scheme, host, rest[:3], rest[4]) == ("http:", "emulated", ["api", "v2", "status"], "")
    path = location.removeprefix("http://emulated/api/v2/")
    assert api.get(path)["status"] in {"INITIALIZED", "RUNNING"}
    api.wait()
    done = api("GET", path)
    assert done.status_code == 303
    target = done.headers["Location"]
    assert target.endswith("/")
    return api.get(urlsplit(target).path.removeprefix("/api/v2/")) if not target.endswith("logs/") else target


def test_terraform_builds_deploys_updates_and_destroys(world):
    """Every request of the provider's life cycle in its own form, from files to a deployment that is gone again."""
    api = world
    model = api.send(
        "POST",
        "customModels/",
        {
            "name": "churn",
            "targetType": "Binary",
            "customModelType": "inference",
            "targetName": "churned",
            "negativeClassLabel": "no",
            "positiveClassLabel": "yes",
            "predictionThreshold": 0.5,
            "language": "python",
        },
        201,
    ).json()
    environment = _by_name(api, "executionEnvironments/", "Python")
    first = _upload(
        api,
        "POST",
        f"customModels/{model['id']}/versions/",
        [("file", "custom.py", b"def score(): ...\n"), ("file", "model-metadata.yaml", _METADATA.encode())],
        [
            ("isMajorUpdate", "false"),
            ("baseEnvironmentId", environment["id"]),
            ("filePath", "custom.py"),
            ("filePath", "model-metadata.yaml"),
        ],
    ).json()
    assert first["baseEnvironmentVersionId"] == environment["latestVersion"]["id"]
    dataset = _by_name(api, "datasets/", "training.csv")
    api.send("PATCH", f"customModels/{model['id']}/", {"isTrainingDataForVersionsPermanentlyEnabled": True}, 200)
    second = api.send(
        "PATCH",
        f"customModels/{model['id']}/versions/",
        {
            "isMajorUpdate": "false",
            "runtimeParameterValues": json.dumps([{"fieldName": "WORKERS", "type": "numeric", "value": 4}]),
            "trainingData": json.dumps({"datasetId": dataset["datasetId"]}),
            "holdoutData": json.dumps({"partitionColumn": "fold"}),
            "replicas": 2,
            "maximumMemory": 2147483648,
        },
        201,
    ).json()
    assert (second["label"], second["trainingData"]["assignmentInProgress"]) == ("v1.1", True)
    assert [each["currentValue"] for each in second["runtimeParameters"]] == [4]
    api.wait()
    second = api.get(f"customModels/{model['id']}/versions/{second['id']}/")
    assert (second["trainingData"]["assignmentInProgress"], second["trainingData"]["assignmentError"]) == (False, None)
    packages = []
    for version, more in ((first, {"registeredModelName": "churn"}), (second, {})):
        given = {"customModelVersionId": version["id"], "name": f"churn {version['label']}", "prompt": "", **more}
        if packages:
            given["registeredModelId"] = packages[0]["registeredModelId"]
        packages.append(api.send("POST", "modelPackages/fromCustomModelVersion/", given, 201).json())
        path = f"registeredModels/{packages[-1]['registeredModelId']}/versions/{packages[-1]['id']}/"
        assert api.get(path)["buildStatus"] == "complete"
    served_from = _by_name(api, "predictionEnvironments/", "serverless")["id"]
    made = api.send(
        "POST",
        "deployments/fromModelPackage/",
        {
            "modelPackageId": packages[0]["id"],
            "predictionEnvironmentId": served_from,
            "label": "churn",
            "importance": "LOW",
            "runtimeParameterValues": json.dumps([{"fieldName": "WORKERS", "type": "numeric", "value": 2}]),
        },
    )
    deployment = made.json()["id"]
    assert _followed(api, made)["status"] == "active"
    at = f"deployments/{deployment}/"
    settings = {
        "predictionWarning": {"enabled": True, "customBoundaries": {"lowerBoundary": 0, "upperBoundary": 9}},
        "associationId": {"autoGenerateId": False, "requiredInPredictionRequests": False},
        "targetDrift": {"enabled": False},
        "featureDrift": {"enabled": False},
    }
    api.send("PATCH", f"{at}settings/", settings)
    api.send("PATCH", f"{at}settings/", {})
    assert api("PATCH", f"{at}challengerReplaySettings/", {"enabled": False}).status_code in {200, 204}
    timely = {"enabled": True, "expectedFrequency": "P1D"}
    healthy = api.send("PATCH", f"{at}healthSettings/", {"predictionsTimeliness": timely}, 200).json()
    assert healthy["predictionsTimeliness"] == timely
    api.wait()
    case = _by_name(api, "useCases/", "Retention")["id"]
    linked = api.send("POST", f"useCases/{case}/deployments/{deployment}/", {}, 201).json()
    assert linked["entityId"] == deployment
    again = api.send("POST", f"useCases/{case}/deployments/{deployment}/", {}, 409).json()
    assert "already linked to this Use Case" in again["message"]

    api.send("PATCH", at, {"label": "churn 2", "importance": "HIGH"}, 204)
    validation = api.send("POST", f"{at}model/validation/", {"modelPackageId": packages[1]["id"]}, 200).json()
    assert {name for name, check in validation["checks"].items() if check["status"] != "passing"} == set()
    assert validation["status"] == "passing"
    replaced = _followed(
        api, api.send("PATCH", f"{at}model/", {"modelPackageId": packages[1]["id"], "reason": "OTHER"})
    )
    assert (replaced["status"], replaced["modelPackage"]["id"]) == ("active", packages[1]["id"])
    for status in ("inactive", "active"):
        _followed(api, api.send("PATCH", f"{at}status/", {"status": status}))
        if status == "inactive":
            api.send(
                "PATCH",
                f"{at}settings/",
                {"predictionsSettings": {"minComputes": 0, "maxComputes": 2, "resourceBundleId": "cpu.small"}},
            )
            api.wait()
    assert api.get(f"{at}settings/")["predictionsSettings"]["resourceBundleId"] == "cpu.small"

    assert [api("DELETE", f"useCases/{case}/deployments/{deployment}/").status_code for _ in range(2)] == [204, 404]
    api.send("DELETE", at, status=204)
    assert api("GET", at).status_code == 200
    assert "existing deployments" in api.send("DELETE", f"customModels/{model['id']}/", status=409).json()["message"]
    assert api("DELETE", f"predictionEnvironments/{served_from}/").status_code == 409
    assert api("DELETE", f"executionEnvironments/{environment['id']}/").status_code == 409
    api.wait()
    paths = (at, f"customModels/{model['id']}/", f"predictionEnvironments/{served_from}/")
    assert [api("DELETE", path).status_code for path in paths] == [404, 204, 204]
    assert [api("GET", path).status_code for path in paths] == [404, 404, 404]


_METADATA = """
name: churn
runtimeParameterDefinitions:
  - {fieldName: WORKERS, type: numeric, defaultValue: 1, minValue: 1, maxValue: 8}
"""
_GIT = {
    "refName": "main",
    "commitUrl": "https://example.com/commit/1",
    "mainBranchCommitSha": "a" * 40,
    "pullRequestCommitSha": None,
}


def test_the_custom_models_action_runs_to_its_end(world):
    """The action's requests with the exact codes that it demands, from an empty account to a replaced model."""
    api = world
    assert api.get("/ping") == {"response": "pong"}  # it writes two slashes
    first_page = api.get("customModels/")
    assert (first_page["totalCount"], first_page["count"], first_page["next"], first_page["data"]) == (0, 0, None, [])
    model = api.send(
        "POST",
        "customModels/",
        {
            "customModelType": "inference",
            "targetType": "Binary",
            "targetName": "churned",
            "isUnstructuredModelKind": False,
            "userProvidedId": "git/churn",
            "gitModelVersion": _GIT,
            "name": "churn",
            "positiveClassLabel": "yes",
            "negativeClassLabel": "no",
        },
        201,
    ).json()
    twice = api.send("POST", "customModels/", {**_MINIMAL, "userProvidedId": "git/churn"}, 422).json()["message"]
    assert twice.startswith("Cannot create a custom model with a user provided ID")
    at = f"customModels/{model['id']}/"
    environment = _by_name(api, "executionEnvironments/", "Python")["id"]
    git = ("gitModelVersion", json.dumps(_GIT))
    first = _upload(
        api,
        "POST",
        f"{at}versions/",
        [("file", "custom.py", b"x = 1\n"), ("file", "requirements.txt", b"pandas==2.2.0\n")],
        [
            ("isMajorUpdate", "True"),
            git,
            ("filePath", "custom.py"),
            ("filePath", "requirements.txt"),
            ("baseEnvironmentId", environment),
            ("maximumMemory", "2147483648"),
            ("replicas", "1"),
        ],
    ).json()
    assert (first["label"], first["gitModelVersion"], first["maximumMemory"]) == ("v1.0", _GIT, 2147483648)
    second = _upload(
        api,
        "PATCH",
        f"{at}versions/",
        [("file", "lib/x.py", b"y = 1\n")],
        [("isMajorUpdate", "False"), git, ("filePath", "lib/x.py"), ("filesToDelete", first["items"][0]["id"])],
    ).json()
    assert [item["filePath"] for item in second["items"]] == ["lib/x.py", "requirements.txt"]
    latest = api("GET", f"{at}versions/", {"limit": 1}).json()
    assert ([each["id"] for each in latest["data"]], latest["totalCount"]) == ([second["id"]], 2)
    api.send("PATCH", at, {"isTrainingDataForVersionsPermanentlyEnabled": True}, 200)
    dataset = _by_name(api, "datasets/", "training.csv")["datasetId"]
    third = _followed(
        api,
        api.send(
            "PATCH",
            f"{at}versions/withTrainingData",
            {
                "trainingData": {"datasetId": dataset},
                "holdoutData": {"partitionColumn": None},
                "gitModelVersion": _GIT,
            },
        ),
    )
    assert (third["label"], third["trainingData"]["datasetName"], third["holdoutData"]) == (
        "v1.2",
        "training.csv",
        None,
    )
    moved = {**_GIT, "mainBranchCommitSha": "b" * 40}
    patched = api.send("PATCH", f"{at}versions/{third['id']}/", {"gitModelVersion": moved}, 200).json()
    assert patched["gitModelVersion"] == moved

    build = f"{at}versions/{third['id']}/dependencyBuild/"
    assert api("GET", build).status_code == 404
    assert api.send("POST", build).json()["buildStatus"] == "submitted"
    api.emulator.clock.advance(2)
    assert api.get(build)["buildStatus"] == "processing"
    api.wait()
    assert api.get(build)["buildStatus"] == "success"

    scored = _by_name(api, "datasets/", "scored.csv")["datasetId"]
    tested = api.send(
        "POST",
        "customModelTests/",
        {
            "customModelId": model["id"],
            "customModelVersionId": third["id"],
            "environmentId": environment,
            "configuration": {
                "longRunningService": "fail",
                "errorCheck": "fail",
                "predictionVerificationCheck": "fail",
                "stabilityCheck": "warn",
            },
            "parameters": {
                "predictionVerificationCheck": {"datasetId": scored, "predictionsColumn": "score", "matchingRate": 0.9}
            },
            "datasetId": dataset,
        },
    )
    running = api.get("customModelTests/?customModelId=" + model["id"])["data"][0]
    assert running["overallStatus"] == "in_progress"
    result = _followed(api, tested)
    assert (result["overallStatus"], result["id"]) == ("failed", running["id"])
    assert {check: found["status"] for check, found in result["testingStatus"].items()} == {
        "errorCheck": "succeeded",
        "nullValueImputation": "succeeded",
        "longRunningService": "succeeded",
        "sideEffects": "succeeded",
        "predictionVerificationCheck": "failed",
        "stabilityCheck": "succeeded",
    }
    assert "no column score" in result["testingStatus"]["predictionVerificationCheck"]["message"]

    uploaded = _upload(
        api, "POST", "datasets/fromFile/", [("file", "/home/me/actuals.csv", b"id,churned\n1,no\n")], status=202
    )
    actuals = _followed(api, uploaded)
    assert (actuals["name"], actuals["rowCount"], actuals["processingState"]) == ("actuals.csv", 1, "COMPLETED")
    api.send("DELETE", f"datasets/{actuals['datasetId']}/", status=204)

    package = api.send(
        "POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": third["id"]}, 201
    ).json()
    place = api.get("predictionEnvironments/?supportedModelFormats=customModel&search=serverless")["data"][0]["id"]
    given = {
        "userProvidedId": "git/deployment",
        "modelPackageId": package["id"],
        "label": f"{package['target']['name']} Predictions",
        "predictionEnvironmentId": place,
    }
    deployment = _followed(api, api.send("POST", "deployments/fromModelPackage/", given))
    image = deployment["model"]["customModelImage"]
    assert (image["customModelId"], image["customModelVersionId"]) == (model["id"], third["id"])
    assert deployment["userProvidedId"] == "git/deployment"
    logs = f"customModelDeployments/{deployment['id']}/logs/"
    assert _followed(api, api.send("POST", logs)).endswith(logs)
    text = api("GET", logs).text
    assert "WARNING The last test of the custom model version failed." in text
    assert api("POST", "customModelDeployments/5f0000000000000000000000/logs/").status_code == 404
    running_in = api("GET", "customModelDeployments/", {"customModelIds": [model["id"]]}).json()
    assert [(each["id"], each["customModel"]["id"]) for each in running_in["data"]] == [(deployment["id"], model["id"])]
    assert api("GET", "customModelDeployments/", {"customModelIds": ["5f0000000000000000000000"]}).json()["data"] == []

    at_deployment = f"deployments/{deployment['id']}/"
    wanted = {
        "associationId": {"columnNames": ["id"], "requiredInPredictionRequests": True},
        "targetDrift": {"enabled": True},
        "featureDrift": {"enabled": True},
        "predictionsDataCollection": {"enabled": True},
        "challengerModels": {"enabled": True},
    }
    assert _followed(api, api.send("PATCH", f"{at_deployment}settings/", wanted))["id"] == deployment["id"]
    held = api.get(f"{at_deployment}settings/")
    assert held["associationId"]["columnNames"] == ["id"]

    fourth = _upload(
        api,
        "PATCH",
        f"{at}versions/",
        [("file", "custom.py", b"x = 2\n")],
        [("isMajorUpdate", "True"), git, ("filePath", "custom.py")],
    ).json()
    assert (fourth["label"], fourth["trainingData"]["datasetId"]) == ("v2.0", dataset)
    better = api.send(
        "POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": fourth["id"]}, 201
    ).json()
    validation = api.send("POST", f"{at_deployment}model/validation/", {"modelPackageId": better["id"]}, 200).json()
    assert validation["status"] == "passing"
    challenger = {"modelPackageId": better["id"], "name": better["name"], "predictionEnvironmentId": place}
    assert _followed(api, api.send("POST", f"{at_deployment}challengers/", challenger))["name"] == better["name"]
    change = {"modelPackageId": better["id"], "reason": "DATA_DRIFT"}
    assert _followed(api, api.send("PATCH", f"{at_deployment}model/", change))["modelPackage"]["id"] == better["id"]
    assert "WARNING" not in api("GET", logs).text
    api.send("DELETE", at_deployment, status=204)
    api.send("DELETE", at, status=409)
    api.wait()
    api.send("DELETE", at, status=204)
    assert api.get("customModels/")["totalCount"] == 0


_MINIMAL = {"name": "m", "targetType": "Binary", "targetName": "t"}


def test_the_r_package_sends_a_form_and_leaves_out_slashes(world):
    """It asks for the version, probes the projects, creates by a multipart form, and replaces by the model's id."""
    api = world
    assert api.get("version/")["major"] == 2
    project = api.get("projects/")[0]
    best, other = api.get(f"projects/{project['id']}/models/")
    form = {
        "modelId": (None, best["id"]),
        "label": (None, "from R"),
        "defaultPredictionServerId": (None, api.server()),
    }
    made = api("POST", "deployments/fromLearningModel/", files=form)
    assert _followed(api, made)["label"] == "from R"
    deployment = made.json()["id"]
    assert api.get(f"deployments/{deployment}")["model"]["id"] == best["id"]
    api.send("POST", f"deployments/{deployment}/model/validation/", {"modelId": other["id"]}, 200)
    body = {"modelId": other["id"], "reason": "SCORING_SPEED"}
    assert _followed(api, api.send("PATCH", f"deployments/{deployment}/model/", body))["model"]["id"] == other["id"]
    assert [each["label"] for each in api.get("deployments/?search=from")["data"]] == ["from R"]


def test_a_project_recommends_what_is_deployed_from_it(open_api):
    """`fromProjectRecommendedModel/` deploys the recommended model; a project without one says 404."""
    api = open_api(WORLD.replace("{name: Elastic Net, ", "{name: Elastic Net, recommended: true, "))
    project = api.get("projects/")[0]["id"]
    recommended = api.get(f"projects/{project}/recommendedModels/recommendedModel/")
    assert api.get(f"projects/{project}/recommendedModels/") == [recommended]
    body = {"projectId": project, "label": "x", "defaultPredictionServerId": api.server()}
    deployment = _followed(api, api.send("POST", "deployments/fromProjectRecommendedModel/", body))
    assert deployment["model"]["id"] == recommended["modelId"]
    assert deployment["model"]["type"] == "Elastic Net"
    plain = open_api(WORLD)
    project = plain.get("projects/")[0]["id"]
    assert plain.get(f"projects/{project}/recommendedModels/") == []
    plain.get(f"projects/{project}/recommendedModels/recommendedModel/", 404)


def test_a_query_in_the_body_is_checked(world):
    """Clients write list queries as JSON bodies; what cannot be one is a 422, and a limit below one is no limit."""
    refused = world.send("GET", "modelPackages/", {"modelId": ["a"]}, 422).json()["errors"]
    assert refused == {"modelId": "must be a string"}
    refused = world.send("GET", "customModelDeployments/", {"customModelIds": 5}, 422).json()["errors"]
    assert refused == {"customModelIds": "must be a list"}
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    for _ in range(2):
        world.send("POST", f"customModels/{model}/versions/", {}, 201)
    for limit, count in ((1, 1), (-1, 2), ("x", 2)):
        assert world("GET", f"customModels/{model}/versions/", {"limit": limit}).json()["count"] == count


def test_links_end_with_what_they_lead_to(world):
    """A use case forgets a deployment that is gone, and keeps its other links."""
    case = _by_name(world, "useCases/", "Retention")["id"]
    project = world.get("projects/")[0]["id"]
    best = world.get(f"projects/{project}/models/")[0]["id"]
    body = {"modelId": best, "label": "x", "defaultPredictionServerId": world.server()}
    deployment = world.send("POST", "deployments/fromLeaderboard/", body).json()["id"]
    world.wait()
    world.send("POST", f"useCases/{case}/deployments/{deployment}/", {}, 201)
    world.send("POST", f"useCases/{case}/projects/{project}/", {}, 201)
    world.send("DELETE", f"deployments/{deployment}/", status=204)
    world.wait()
    found = world.get(f"useCases/{case}/")
    assert (found["deploymentsCount"], found["projectsCount"]) == (0, 1)
    assert world.get(f"useCases/{case}/deployments/")["data"] == []


def test_uploads_are_taken_with_and_without_a_slash(world):
    """A dataset is there at once, still being read, and complete when its job is through."""
    for path in ("datasets/fromFile", "datasets/fromFile/"):
        made = _upload(world, "POST", path, [("file", "a.csv", b"a;b\n1;x\n2;y\n")], status=202)
        ids = made.json()
        assert world.get(f"datasets/{ids['datasetId']}/")["processingState"] == "RUNNING"
        found = _followed(world, made)
        assert (found["datasetId"], found["columnCount"], found["rowCount"]) == (ids["datasetId"], 2, 2)
    errors = world.send("POST", "datasets/fromFile/", {}, 422).json()["errors"]
    assert errors == {"file": "is required"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty."),
        (b"a,b\n", "The file has a header line only."),
        (b"a,a\n1,2\n", "Columns are there twice: a."),
        (b"a,\n1,2\n", "The header line has a column without a name."),
        (b"\xff\xfe\x00", "The file is not UTF-8 text."),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_job(world, content, why):
    """The job ends in ERROR with the reason, and the dataset says it too; nothing can be trained on it."""
    made = _upload(world, "POST", "datasets/fromFile/", [("file", "a.csv", content)], status=202)
    world.wait()
    job = world.get(made.headers["Location"].removeprefix("http://emulated/api/v2/"))
    assert (job["status"], job["message"]) == ("ERROR", why)
    dataset = made.json()["datasetId"]
    found = world.get(f"datasets/{dataset}/")
    assert (found["processingState"], found["error"]) == ("ERROR", why)
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    refused = world.send("PATCH", f"customModels/{model}/trainingData/", {"datasetId": dataset}, 422)
    assert list(refused.json()["errors"]) == ["datasetId"]


def test_the_older_way_of_training_data_belongs_to_the_model(world):
    """Data of the model makes the features of its versions until versions have their own, which is for good."""
    model = world.send("POST", "customModels/", {**_MINIMAL, "targetName": "churned"}, 201).json()["id"]
    environment = _by_name(world, "executionEnvironments/", "Python")["id"]
    version = world.send("POST", f"customModels/{model}/versions/", {"baseEnvironmentId": environment}, 201).json()
    dataset = _by_name(world, "datasets/", "training.csv")["datasetId"]
    body = {"datasetId": dataset, "partitionColumn": "fold"}
    assigned = world.send("PATCH", f"customModels/{model}/trainingData/", body)
    assert world.get(f"customModels/{model}/")["trainingDataAssignmentInProgress"] is True
    found = _followed(world, assigned)
    assert (found["trainingDatasetId"], found["trainingDataPartitionColumn"]) == (dataset, "fold")
    assert (found["trainingDataFileName"], found["trainingDataAssignmentInProgress"]) == ("training.csv", False)
    package = world.send(
        "POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": version["id"]}, 201
    ).json()
    assert package["target"]["classNames"] == ["no", "yes"]  # from the target's column
    body = {"modelPackageId": package["id"], "label": "x", "defaultPredictionServerId": world.server()}
    made = world.send("POST", "deployments/fromModelPackage/", body).json()["id"]
    features = world.get(f"deployments/{made}/features/")["data"]
    assert sorted(each["name"] for each in features) == ["id", "tenure"]
    on = {"isTrainingDataForVersionsPermanentlyEnabled": True}
    world.send("PATCH", f"customModels/{model}/", on, 200)
    world.send("PATCH", f"customModels/{model}/", dict.fromkeys(on, False), 422)
    world.send("PATCH", f"customModels/{model}/trainingData/", {"datasetId": dataset}, 422)


def test_a_version_without_an_environment_cannot_be_deployed(world):
    """It can be registered, not deployed; an environment that was not built cannot be a base."""
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    broken = _by_name(world, "executionEnvironments/", "broken")["id"]
    refused = world.send("POST", f"customModels/{model}/versions/", {"baseEnvironmentId": broken}, 422)
    assert list(refused.json()["errors"]) == ["baseEnvironmentId"]
    version = world.send("POST", f"customModels/{model}/versions/", {}, 201).json()["id"]
    package = world.send(
        "POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": version}, 201
    ).json()["id"]
    body = {"modelPackageId": package, "label": "x", "defaultPredictionServerId": world.server()}
    assert (
        world.send("POST", "deployments/fromModelPackage/", body, 422).json()["message"] == "Model cannot be deployed."
    )
    tested = world.send(
        "POST",
        "customModelTests/",
        {
            "customModelId": model,
            "customModelVersionId": version,
            "datasetId": _by_name(world, "datasets/", "training.csv")["datasetId"],
        },
    )
    checks = _followed(world, tested)["testingStatus"]
    assert checks["longRunningService"] == {
        "status": "failed",
        "message": "The custom model version has no base environment.",
    }


def test_bad_custom_models_are_refused_field_by_field(world):
    """Missing names, wrong types, unknown keys and a target that the type needs are each named."""
    errors = world.send("POST", "customModels/", {"targetType": "Wrong", "colour": "red"}, 422).json()["errors"]
    assert sorted(errors) == ["colour", "name", "targetType"]
    assert errors["colour"] == "colour is not allowed key"
    errors = world.send("POST", "customModels/", {"name": "m", "targetType": "Binary"}, 422).json()["errors"]
    assert errors == {"targetName": "is required for the target type Binary"}
    multiclass = {"name": "m", "targetType": "Multiclass", "targetName": "t", "classLabels": ["one"]}
    assert list(world.send("POST", "customModels/", multiclass, 422).json()["errors"]) == ["classLabels"]
    made = world.send("POST", "customModels/", {"name": "m", "targetType": "Unstructured"}, 201).json()
    assert made["isUnstructuredModelKind"] is True
    world.send("PATCH", f"customModels/{made['id']}/versions/", {}, 404)
    world.get("customModels/?orderBy=colour", 400)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (b"x = 1\nraise Exception('no')\n", "custom.py, line 2: raise Exception('no')"),
        (b"def f(:\n", "custom.py, line 1: invalid syntax"),
        (b"def f():\n    raise ValueError\n", None),
    ],
)
def test_code_that_does_not_start_is_told_by_tests_and_logs(world, code, why):
    """The code is read, not run: its test fails, and the deployment's log has the error that clients look for."""
    model = world.send("POST", "customModels/", {**_MINIMAL, "targetName": "churned"}, 201).json()["id"]
    environment = _by_name(world, "executionEnvironments/", "Python")["id"]
    version = _upload(
        world,
        "POST",
        f"customModels/{model}/versions/",
        [("file", "custom.py", code)],
        [("baseEnvironmentId", environment)],
    ).json()["id"]
    dataset = _by_name(world, "datasets/", "training.csv")["datasetId"]
    body = {"customModelId": model, "customModelVersionId": version, "datasetId": dataset}
    check = _followed(world, world.send("POST", "customModelTests/", body))["testingStatus"]["longRunningService"]
    package = world.send(
        "POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": version}, 201
    ).json()["id"]
    body = {"modelPackageId": package, "label": "x", "defaultPredictionServerId": world.server()}
    deployment = world.send("POST", "deployments/fromModelPackage/", body).json()["id"]
    log = world("GET", f"customModelDeployments/{deployment}/logs/").text
    if why is None:
        assert check == {"status": "succeeded", "message": ""}
        assert log.splitlines()[1:] == ["INFO Ready to predict."]
    else:
        assert check == {"status": "failed", "message": f"The custom model version does not start: {why}"}
        assert log.splitlines()[1] == f"ERROR {why}"


def test_custom_models_without_training_data_replace_each_other(world):
    """Drift was not tracked before and is not tracked after, so it stands in nobody's way."""
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    environment = _by_name(world, "executionEnvironments/", "Python")["id"]
    packages = []
    for _ in range(2):
        made = world.send("POST", f"customModels/{model}/versions/", {"baseEnvironmentId": environment}, 201).json()
        body = {"customModelVersionId": made["id"]}
        packages.append(world.send("POST", "modelPackages/fromCustomModelVersion/", body, 201).json()["id"])
    body = {"modelPackageId": packages[0], "label": "x", "defaultPredictionServerId": world.server()}
    deployment = world.send("POST", "deployments/fromModelPackage/", body).json()["id"]
    world.wait()
    body = {"modelPackageId": packages[1]}
    got = world.send("POST", f"deployments/{deployment}/model/validation/", body, 200).json()
    assert got["status"] == "passing"
    assert got["checks"]["driftTracking"] == {
        "status": "passing",
        "message": "Drift is tracked for neither model: their training data is not known.",
    }


def test_a_package_whose_build_failed_is_not_deployed(world):
    """A fault in the build of a registered custom model version: its job ends in ERROR and deploying it is a 422."""
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    environment = _by_name(world, "executionEnvironments/", "Python")["id"]
    version = world.send("POST", f"customModels/{model}/versions/", {"baseEnvironmentId": environment}, 201).json()[
        "id"
    ]
    fault = {"route": "POST modelPackages/fromCustomModelVersion/", "kind": "job_error", "message": "No space."}
    world.raw("POST", "/emulator/faults/", json=fault).raise_for_status()
    made = world.send("POST", "modelPackages/fromCustomModelVersion/", {"customModelVersionId": version}, 201)
    world.wait()
    assert world.get(made.headers["Location"].removeprefix("http://emulated/api/v2/"))["message"] == "No space."
    package = world.get(f"modelPackages/{made.json()['id']}/")
    assert package["buildStatus"] == "failed"
    body = {"modelPackageId": package["id"], "label": "x", "defaultPredictionServerId": world.server()}
    assert list(world.send("POST", "deployments/fromModelPackage/", body, 422).json()["errors"]) == ["modelPackageId"]


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (b"a: [", "model-metadata.yaml is not YAML"),
        (b"- a", "model-metadata.yaml must be a mapping"),
        (b"runtimeParameterDefinitions: {a: 1}", "runtime parameters must be a list"),
        (b"runtimeParameterDefinitions: [{fieldName: A, type: date}]", "A: type must be one of"),
        (b"runtimeParameterDefinitions: [{type: string}]", "must have a fieldName"),
        (b"!!python/object/apply:os.system [echo]", "is not YAML"),
    ],
)
def test_bad_metadata_of_a_model_is_refused(world, metadata, why):
    """A metadata file that cannot be read is a 422 on `file`, and nothing is stored."""
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    refused = _upload(
        world, "POST", f"customModels/{model}/versions/", [("file", "model-metadata.yaml", metadata)], status=422
    )
    assert why in refused.json()["errors"]["file"]
    assert world.get(f"customModels/{model}/versions/")["data"] == []
    count = world.emulator.store.db.execute("SELECT count(*) FROM objects WHERE kind = 'file' AND parent = ?", (model,))
    assert count.fetchone() == (0,)


def test_files_come_back_as_they_were_sent(world):
    """Bytes that are no text survive upload, copy and download."""
    model = world.send("POST", "customModels/", _MINIMAL, 201).json()["id"]
    content = bytes(range(256))
    _upload(world, "POST", f"customModels/{model}/versions/", [("file", "model.pkl", content)])
    got = world("GET", f"customModels/{model}/download/")
    assert got.headers["content-type"] == ZIP
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.read("model.pkl") == content
    copied = world.send("POST", "customModels/fromCustomModel/", {"customModelId": model}, 201).json()
    world.send("DELETE", f"customModels/{model}/", status=204)
    with zipfile.ZipFile(io.BytesIO(world("GET", f"customModels/{copied['id']}/download/").content)) as archive:
        assert archive.read("model.pkl") == content
    dataset = _by_name(world, "datasets/", "training.csv")["datasetId"]
    got = world("GET", f"datasets/{dataset}/file/")
    assert (got.headers["content-type"], got.text.splitlines()[0]) == (CSV, "id,tenure,churned,fold")


def test_jobs_that_fail_leave_what_they_worked_on_usable(world):
    """Faults: a build, a test, an assignment and an upload that end in ERROR say so, and can be tried again."""
    api = world
    fault = {"kind": "job_error", "message": "No capacity.", "count": 1}
    environment = _by_name(api, "executionEnvironments/", "Python")["id"]

    def failing(route):
        assert api.raw("POST", "/emulator/faults/", json={**fault, "route": route}).status_code in {200, 201}

    failing("POST executionEnvironments/{id}/versions/")
    body = {"dockerImageUri": "registry.example.com/i"}
    ids = [api.send("POST", f"executionEnvironments/{environment}/versions/", body).json()["id"] for _ in range(2)]
    api.wait()
    found = {
        each["id"]: each["buildStatus"] for each in api.get(f"executionEnvironments/{environment}/versions/")["data"]
    }
    assert [found[each] for each in ids] == ["failed", "success"]

    model = api.send("POST", "customModels/", {**_MINIMAL, "targetName": "churned"}, 201).json()["id"]
    api.send("PATCH", f"customModels/{model}/", {"isTrainingDataForVersionsPermanentlyEnabled": True}, 200)
    api.send("POST", f"customModels/{model}/versions/", {"baseEnvironmentId": environment}, 201)
    dataset = _by_name(api, "datasets/", "training.csv")["datasetId"]
    failing("PATCH customModels/{id}/versions/withTrainingData/")
    body = {"trainingData": {"datasetId": dataset}}
    made = api.send("PATCH", f"customModels/{model}/versions/withTrainingData/", body).json()["id"]
    api.wait()
    version = api.get(f"customModels/{model}/versions/{made}/")
    assert version["trainingData"]["assignmentError"] == {"message": "The assignment of the training data failed."}

    failing("POST customModelTests/")
    body = {"customModelId": model, "customModelVersionId": made, "datasetId": dataset}
    test = api.send("POST", "customModelTests/", body)
    api.wait()
    job = api.get(test.headers["Location"].removeprefix("http://emulated/api/v2/"))
    assert (job["status"], job["message"]) == ("ERROR", "No capacity.")
    assert api.get(f"customModelTests/{test.json()['id']}/")["overallStatus"] == "failed"
    test = api.send("POST", "customModelTests/", body).json()["id"]
    api.send("DELETE", f"customModelTests/{test}/", status=204)
    api.wait()
    assert api.get(f"customModelTests/{test}/")["overallStatus"] == "canceled"
    api.send("DELETE", f"customModelTests/{test}/", status=409)


def test_only_members_see_a_use_case(world):
    """Who has no role gets 404, a consumer may not link, and the last owner cannot leave."""
    case = _by_name(world, "useCases/", "Retention")["id"]
    project = world.get("projects/")[0]["id"]

    def share(role, name="bob@example.com", status=204):
        roles = [{"role": role, "shareRecipientType": "user", "username": name}]
        world.send("PATCH", f"useCases/{case}/sharedRoles/", {"operation": "updateRoles", "roles": roles}, status)

    world.token = "bob"
    world.get(f"useCases/{case}/", 404)
    assert world.get("useCases/")["data"] == []
    world.token = "emulator"
    share("CONSUMER")
    world.token = "bob"
    assert world.get(f"useCases/{case}/")["name"] == "Retention"
    world.send("POST", f"useCases/{case}/projects/{project}/", {}, 403)
    world.token = "emulator"
    share("EDITOR")
    share("NO_ROLE", "ada@example.com", 409)
    share("EDITOR", "nobody@example.com", 422)
    world.token = "bob"
    world.send("POST", f"useCases/{case}/projects/{project}/", {}, 201)
    world.send("POST", f"useCases/{case}/deployments/5f0000000000000000000000/", {}, 404)
    assert [link["entityId"] for link in world.get(f"useCases/{case}/projects/")["data"]] == [project]
    world.send("DELETE", f"useCases/{case}/", status=403)


def test_an_organization_tells_what_it_has(world):
    """Credentials without secrets, bundles by use, entitlements but those that the seed denies."""
    (credential,) = world.get("credentials/")["data"]
    assert credential == {
        "credentialId": credential["credentialId"],
        "name": "warehouse",
        "credentialType": "basic",
        "description": "",
        "creationDate": "2024-05-01T10:00:00.000000Z",
    }
    assert world.get(f"credentials/{credential['credentialId']}/") == credential
    assert world.get("mlops/compute/bundles/?useCases=nothing")["data"] == []
    asked = {"entitlements": [{"name": "ENABLE_NOTHING"}, {"name": "ENABLE_MLOPS"}]}
    assert world.send("POST", "entitlements/evaluate/", asked, 200).json() == {
        "entitlements": [{"name": "ENABLE_NOTHING", "value": False}, {"name": "ENABLE_MLOPS", "value": True}]
    }
