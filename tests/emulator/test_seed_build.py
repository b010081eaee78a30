"""Seeds: projects, models, datasets, environments, custom models, use cases, and what is wrong with them."""

import io
import zipfile

import httpx
import pytest

from drplan.emulator import Emulator, SeedError

WORLD = """
users: [{name: ada@example.com, token: emulator}]
prediction_servers: [{url: "https://predictions.example.com"}]
projects:
  - {name: churn 2024, target: churned, target_type: Binary, class_names: ["no", "yes"], rows: 1000,
     features: {tenure: Numeric, plan: Categorical}}
models:
  - {name: Light GBM, project: churn 2024, scores: {LogLoss: 0.4}, sample_pct: 80}
  - {name: Elastic Net, project: churn 2024, without_features: [plan], deprecated: true}
datasets:
  - {name: training.csv, csv: "id,tenure,churned,fold\\n1,12,no,T\\n2,3,yes,H\\n", categories: [TRAINING]}
execution_environments: [{name: Python, language: python}]
custom_models:
  - name: churn in Python
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    environment: Python
    user_provided_id: git/churn
    features: {tenure: Numeric, plan: Categorical}
    versions:
      - {files: {custom.py: "x = 1\\n", requirements.txt: "pandas==2.2.0\\n"}}
      - {extra_features: {region: Categorical}, tested: false, drift_baseline: false}
      - {training_data: training.csv, partition_column: fold}
      - files:
          model-metadata.yaml: "runtimeParameterDefinitions: [{fieldName: LEVEL, type: string, defaultValue: low}]"
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    versions:
      - {model: Light GBM}
      - {model: Elastic Net}
      - {custom_model_version: churn in Python v1.0}
      - {custom_model_version: churn in Python v2.0}
      - {custom_model_version: churn in Python v3.0}
      - {custom_model_version: churn in Python v4.0}
deployments:
  - {label: churn, model: {registered_model: churn, version: 1}, prediction_server: "https://predictions.example.com"}
use_cases:
  - {name: Retention, projects: [churn 2024], datasets: [training.csv], deployments: [churn]}
resource_bundles: [{id: big, name: Big, cpu_count: 32, memory: 128, default: true}]
"""


def _models(api):
    project = api.get("projects/")[0]["id"]
    return {each["modelType"]: each for each in api.get(f"projects/{project}/models/")}


def test_leaderboard_models_have_what_their_project_has(open_api):
    """Target, features and project come from the project; size and score make the rest."""
    api = open_api(WORLD)
    models = _models(api)
    light = models["Light GBM"]
    assert (light["trainingRowCount"], light["isTrainedIntoValidation"], light["modelNumber"]) == (800, True, 1)
    at = f"projects/{light['projectId']}/models"
    assert api.get(f"{at}/{light['id']}/features/") == {"featureNames": ["tenure", "plan"]}
    assert api.get(f"{at}/{models['Elastic Net']['id']}/features/") == {"featureNames": ["tenure"]}
    api.get(f"projects/{light['projectId']}/datetimeModels/", 404)
    api.get(f"{at}/?orderBy=colour", 400)
    api.get(f"{at}/5f0000000000000000000000/", 404)


def test_registered_versions_are_made_of_models_of_both_kinds(open_api):
    """A version has the facts of its leaderboard model or custom model version, and replacements are judged by them."""
    api = open_api(WORLD)
    deployment = api.get("deployments/")["data"][0]["id"]

    def judged(number):
        body = {"modelPackageId": api.version("churn", number)}
        checks = api.send("POST", f"deployments/{deployment}/model/validation/", body, 200).json()["checks"]
        return {name: check["status"] for name, check in checks.items() if check["status"] != "passing"}

    assert [judged(number) for number in range(1, 7)] == [
        {"notCurrentModel": "failing"},
        {"modelStatus": "warning"},
        {},
        {"features": "warning", "driftTracking": "failing", "modelCanBeDeployed": "warning"},
        {"features": "warning"},  # `id`, which the training data has
        {},
    ]
    package = api.get(f"modelPackages/{api.version('churn', 3)}/")
    version = api.get(f"customModels/{api.get('customModels/')['data'][0]['id']}/versions/{package['modelId']}/")
    assert (package["modelExecutionType"], version["label"], version["isFrozen"]) == (
        "custom_inference_model",
        "v1.0",
        True,
    )


def test_custom_models_are_seeded_with_files_and_data(open_api):
    """Files, requirements, declared parameters and training data are as if they had been uploaded."""
    api = open_api(WORLD)
    model = api.get("customModels/?customModelType=inference")["data"][0]
    assert (model["positiveClassLabel"], model["negativeClassLabel"], model["userProvidedId"]) == (
        "yes",
        "no",
        "git/churn",
    )
    fourth, third, second, first = api.get(f"customModels/{model['id']}/versions/")["data"]
    assert model["latestVersion"] == fourth
    assert [item["filePath"] for item in first["items"]] == ["custom.py", "requirements.txt"]
    assert [each["packageName"] for each in first["dependencies"]] == ["pandas"]
    assert (third["trainingData"]["datasetName"], third["holdoutData"]["partitionColumn"]) == ("training.csv", "fold")
    assert [each["currentValue"] for each in fourth["runtimeParameters"]] == ["low"]
    assert {each["versionMajor"] for each in (first, second, third, fourth)} == {1, 2, 3, 4}
    environment = api.get("executionEnvironments/")["data"][0]
    assert {each["baseEnvironmentVersionId"] for each in (first, second)} == {environment["latestVersion"]["id"]}


def test_use_cases_and_bundles_are_seeded(open_api):
    """Links lead to what the seed names; bundles of the seed take the place of the default ones."""
    api = open_api(WORLD)
    case = api.get("useCases/")["data"][0]
    counts = (case["projectsCount"], case["datasetsCount"], case["deploymentsCount"], case["modelsCount"])
    assert counts == (1, 1, 1, 2)
    link = api.get(f"useCases/{case['id']}/deployments/")["data"][0]
    assert link["entityId"] == api.get("deployments/")["data"][0]["id"]
    bundles = api.get("mlops/compute/bundles/")["data"]
    assert [(each["id"], each["memoryBytes"], each["hasGpu"]) for each in bundles] == [("big", 128 * 1024**3, False)]


WRONG = """
projects:
  - {name: churn, target_type: Binry}
  - {name: sales, target: sold, target_type: Regression}
models:
  - {name: a, project: sale}
  - {name: a, project: sales}
  - {name: a, project: sales}
datasets:
  - {name: bad.csv, csv: "a,b\\n1\\n"}
  - {name: good.csv, csv: "a,b\\n1,2\\n"}
execution_environments: [{name: Python, language: pyton}]
custom_models:
  - name: m
    target: t
    target_type: Regression
    versions:
      - {training_data: good.csv}
      - {training_data: none.csv}
      - {environment: Ruby, files: {model-metadata.yaml: "a: ["}}
registered_models:
  - {name: r, versions: [{model: b}, {custom_model_version: m v9.0}]}
use_cases: [{name: u, projects: [churns]}]
"""


def test_everything_wrong_with_what_was_built_is_told(tmp_path):
    """Each mistake with its line and path, near misses named, in one error."""
    path = tmp_path / "world.yaml"
    path.write_text(WRONG)
    with pytest.raises(SeedError) as caught:
        Emulator.open(path)
    found = [(each.line, each.path, each.message) for each in caught.value.diagnostics]
    assert found == [
        (3, "projects[0].target_type", found[0][2]),
        (6, "models[0].project", "there is no sale in projects; did you mean sales?"),
        (7, "models[1]", "a is there twice in models"),
        (8, "models[2]", "a is there twice in models"),
        (10, "datasets[0].csv", "Line 2 has 1 values for 2 columns."),
        (12, "execution_environments[0].language", found[5][2]),
        (18, "custom_models[0].versions[0].training_data", "has no column t, which is the target"),
        (
            19,
            "custom_models[0].versions[1].training_data",
            "there is no none.csv in datasets; did you mean good.csv?",
        ),
        (20, "custom_models[0].versions[2].environment", "there is no Ruby in execution_environments"),
        (20, "custom_models[0].versions[2].files", found[9][2]),
        (22, "registered_models[0].versions[0].model", "there is no b in models"),
        (
            22,
            "registered_models[0].versions[1].custom_model_version",
            "there is no m v9.0 in custom_models; did you mean m v3.0?",
        ),
        (23, "use_cases[0].projects[0]", "there is no churns in projects"),
    ]
    assert found[0][2].endswith("did you mean Binary?")
    assert found[5][2].endswith("did you mean python?")
    assert found[9][2].startswith("model-metadata.yaml is not YAML")


def test_a_changed_seed_updates_what_was_built(open_api, tmp_path):
    """Files and data follow the seed; what was uploaded beside them stays."""
    state = tmp_path / "state.db"
    api = open_api(WORLD, state=state)
    at = f"customModels/{api.get('customModels/')['data'][0]['id']}/versions/"
    uploaded = api("PATCH", at, files=[("file", ("own.py", b"y = 1"))]).json()
    first = api.get(at)["data"][-1]
    dataset = api.get("datasets/")["data"][0]
    api.emulator.close()
    changed = WORLD.replace("x = 1", "x = 2").replace("2,3,yes,H", "2,3,yes,H\\n3,4,no,T")
    api = open_api(changed, state=state)
    found = api.get(at)["data"]
    assert sorted(each["label"] for each in found) == ["v1.0", "v2.0", "v3.0", "v4.0", "v5.0"]

    def read(version, name):
        with zipfile.ZipFile(io.BytesIO(api("GET", f"{at}{version['id']}/download/").content)) as archive:
            return archive.read(name)

    assert read(first, "custom.py") == b"x = 2\n"
    assert read(uploaded, "own.py") == b"y = 1"
    latest = api.get(f"datasets/{dataset['datasetId']}/")
    assert (dataset["rowCount"], latest["rowCount"]) == (2, 3)


def test_building_is_atomic(open_api):
    """A refused request leaves nothing behind, whatever it had written before the refusal."""
    api = open_api(WORLD)
    model = api.get("customModels/")["data"][0]["id"]
    before = api.emulator.store.db.execute("SELECT count(*) FROM objects").fetchone()
    response: httpx.Response = api(
        "POST",
        f"customModels/{model}/versions/",
        files=[("file", ("a.py", b"a = 1"))],
        data={"baseEnvironmentId": "5f0000000000000000000000"},
    )
    assert response.status_code == 422
    assert api.emulator.store.db.execute("SELECT count(*) FROM objects").fetchone() == before
