"""The vendor's SDK, unmodified, builds a world on the served emulator, deploys what it built, replaces the model."""

import io
import json
import warnings
import zipfile

import httpx
import pytest

dr = pytest.importorskip("datarobot")
from datarobot.errors import ClientError, TrainingDataAssignmentError  # noqa: E402 - the SDK may be missing
from datarobot.models.custom_model_version import CustomModelVersionDependencyBuild  # noqa: E402 - as above
from datarobot.models.runtime_parameters import RuntimeParameterValue  # noqa: E402 - as above

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # the SDK and its libraries warn about themselves
    pytest.mark.usefixtures("served"),
]

WORLD = """
users:
  - {name: ada@example.com, token: emulator, first_name: Ada, last_name: Lovelace}
  - {name: bob@example.com, token: bob}
prediction_servers: [{name: default, url: "https://predictions.example.com"}]
projects:
  - {name: churn 2024, target: churned, target_type: Binary, class_names: ["no", "yes"],
     features: {tenure: Numeric, plan: Categorical}}
  - name: sales
    target: sold
    target_type: Regression
    features: {date: Date, sold_before: Numeric}
    time_series: {datetime_column: date, forecast_window_end: 7}
models:
  - {name: Elastic Net, project: churn 2024, scores: {LogLoss: 0.5, AUC: 0.7}}
  - {name: Light GBM, project: churn 2024, scores: {LogLoss: 0.4, AUC: 0.8}, recommended: true, starred: true}
  - {name: Seasonal, project: sales, prediction_intervals: true}
  - {name: Seasonal 2, project: sales, prediction_intervals: true}
  - {name: Naive, project: sales}
"""
TRAINING = "id,tenure,plan,churned,fold\n1,12,gold,no,T\n2,1,free,yes,T\n3,30,gold,no,H\n4,2,free,yes,H\n"
METADATA = """
name: churn
type: inference
targetType: binary
runtimeParameterDefinitions:
  - {fieldName: LOG_LEVEL, type: string, defaultValue: info, description: How much is logged.}
  - {fieldName: WORKERS, type: numeric, defaultValue: 1, minValue: 1, maxValue: 8}
"""


@pytest.fixture
def served(serve_world):
    """A world with projects but without anything registered, and the SDK's client set to it."""
    running = serve_world(WORLD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="emulator", endpoint=running.url)
    return running


@pytest.fixture
def context(tmp_path):
    """A directory with a Dockerfile."""
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM python:3.11\n")
    return str(tmp_path / "context")


@pytest.fixture
def environment(context):
    """An execution environment whose first version was built."""
    made = dr.ExecutionEnvironment.create("Python", programming_language="python")
    dr.ExecutionEnvironmentVersion.create(made.id, context)
    return made


@pytest.fixture
def code(tmp_path):
    """A directory with a custom model."""
    folder = tmp_path / "model"
    (folder / "lib").mkdir(parents=True)
    (folder / "custom.py").write_text("def score(data, model): return data\n")
    (folder / "lib" / "trees.py").write_text("TREES = 3\n")
    (folder / "model-metadata.yaml").write_text(METADATA)
    (folder / "requirements.txt").write_text("# ours\npandas>=2.0,<3\nnumpy==1.26.4\n")
    return folder


@pytest.fixture
def data(tmp_path):
    """A dataset in the catalogue."""
    path = tmp_path / "training.csv"
    path.write_text(TRAINING)
    return dr.Dataset.create_from_file(str(path))


def _model(**more):
    given = {"positive_class_label": "yes", "negative_class_label": "no", "language": "Python", **more}
    return dr.CustomInferenceModel.create("churn in Python", dr.TARGET_TYPE.BINARY, "churned", description="d", **given)


def _trained():
    return _model(is_training_data_for_versions_permanently_enabled=True)


def test_projects_and_their_leaderboards_read_as_the_seed_says():
    """Projects, models sorted best first, the recommended one, its features, and records of the newer route."""
    sales, churn = dr.Project.list()
    assert (sales.project_name, churn.project_name) == ("sales", "churn 2024")
    project = dr.Project.get(churn.id)
    assert (project.target, project.target_type, project.metric, project.stage) == (
        "churned",
        "Binary",
        "LogLoss",
        "modeling",
    )
    best, other = project.get_models()
    assert (best.model_type, other.model_type) == ("Light GBM", "Elastic Net")
    assert best.metrics["AUC"]["validation"] == 0.8
    assert [model.model_type for model in project.get_models(order_by="metric")] == ["Elastic Net", "Light GBM"]
    assert project.recommended_model().id == best.id
    assert dr.Model.get(project.id, best.id).get_features_used() == ["tenure", "plan"]
    assert [record.model_type for record in project.get_model_records(labels=["starred"])] == ["Light GBM"]
    assert not project.is_datetime_partitioned
    assert sales.is_datetime_partitioned
    seasonal = dr.Model.get(sales.id, sales.get_datetime_models()[0].id)
    assert type(seasonal) is dr.DatetimeModel
    assert (seasonal.model_type, seasonal.forecast_window_end) == ("Seasonal", 7)


def test_an_environment_is_built_from_a_context(context, tmp_path):
    """A context with a Dockerfile is built, one without is not; both logs say so; the context can be had back."""
    made = dr.ExecutionEnvironment.create(
        "Python", description="d", programming_language="python", use_cases=["customModel"]
    )
    good = dr.ExecutionEnvironmentVersion.create(made.id, context, label="first")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README").write_text("nothing to build")
    bad = dr.ExecutionEnvironmentVersion.create(made.id, str(tmp_path / "empty"), label="second")
    pulled = dr.ExecutionEnvironmentVersion.create(made.id, docker_image_uri="registry.example.com/image:1")
    assert [each.build_status for each in (good, bad, pulled)] == ["success", "failed", "success"]
    assert good.get_build_log() == ("Step 1: reading the context\nBuilt.\n", None)
    assert bad.get_build_log()[1] == "The context has no Dockerfile."
    good.download(str(tmp_path / "back.zip"))
    assert "Dockerfile" in zipfile.ZipFile(tmp_path / "back.zip").namelist()
    made.refresh()
    assert (made.latest_version.id, made.latest_successful_version.id) == (pulled.id, pulled.id)
    assert [each.label for each in dr.ExecutionEnvironmentVersion.list(made.id, build_status="failed")] == ["second"]
    made.update(description="e", is_public=True)
    found = dr.ExecutionEnvironment.list(search_for="pyth", is_own=True)
    assert [(each.name, each.description, each.is_public) for each in found] == [("Python", "e", True)]
    made.delete()
    assert dr.ExecutionEnvironment.list() == []


def test_a_dataset_is_read_from_a_file(data, tmp_path):
    """Columns get types and statistics; the file comes back as it was; a next version is the latest one."""
    assert (data.name, data.row_count, data.processing_state) == ("training.csv", 4, "COMPLETED")
    assert data.categories == ["TRAINING", "PREDICTION"]
    columns = {column.name: column.feature_type for column in data.get_all_features()}
    assert columns == {
        "id": "Numeric",
        "tenure": "Numeric",
        "plan": "Categorical",
        "churned": "Categorical",
        "fold": "Categorical",
    }
    held = io.BytesIO()
    data.get_file(filelike=held)
    assert held.getvalue().decode() == TRAINING
    assert list(data.get_as_dataframe()["tenure"]) == [12, 1, 30, 2]
    details = data.get_details()
    assert {each.feature_type: each.count for each in details.feature_count_by_type} == {"Categorical": 3, "Numeric": 2}
    data.modify(name="customers", categories=["TRAINING"])
    (tmp_path / "next.csv").write_text("a\n1\n")
    following = dr.Dataset.create_version_from_file(data.id, str(tmp_path / "next.csv"))
    assert (following.id, following.row_count, following.is_latest_version) == (data.id, 1, True)
    assert [(each.name, each.categories) for each in dr.Dataset.list(category="TRAINING")] == [
        ("customers", ["TRAINING"])
    ]
    dr.Dataset.delete(data.id)
    assert dr.Dataset.list() == []
    dr.Dataset.un_delete(data.id)
    assert [each.id for each in dr.Dataset.list()] == [data.id]


def test_a_file_that_is_no_table_fails_to_become_a_dataset(tmp_path):
    """The upload's job ends in ERROR with the line; the list can leave out what failed."""
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(dr.errors.AsyncProcessUnsuccessfulError, match="Line 3 has 1 values for 2 columns"):
        dr.Dataset.create_from_file(str(tmp_path / "bad.csv"))
    assert [each.processing_state for each in dr.Dataset.list()] == ["ERROR"]
    assert dr.Dataset.list(filter_failed=True) == []


def test_a_custom_model_and_its_versions(environment, code, tmp_path):
    """Versions are numbered, keep and lose files by path, declare parameters and requirements, and are archives."""
    model = _model()
    first = dr.CustomModelVersion.create_clean(model.id, environment.id, folder_path=str(code))
    assert (first.label, first.version_major, first.version_minor) == ("v1.0", 1, 0)
    paths = [item.file_path for item in first.items]
    assert paths == ["custom.py", "lib/trees.py", "model-metadata.yaml", "requirements.txt"]
    assert [
        (each.package_name, [(c.constraint_type, c.version) for c in each.constraints]) for each in first.dependencies
    ] == [
        ("pandas", [(">=", "2.0"), ("<", "3")]),
        ("numpy", [("==", "1.26.4")]),
    ]
    assert {each.field_name: (each.default_value, each.current_value) for each in first.runtime_parameters} == {
        "LOG_LEVEL": ("info", "info"),
        "WORKERS": (1, 1),
    }
    (tmp_path / "other.py").write_text("TREES = 4\n")
    second = dr.CustomModelVersion.create_from_previous(
        model.id,
        is_major_update=False,
        files=[(str(tmp_path / "other.py"), "lib/trees.py")],
        files_to_delete=[item.id for item in first.items if item.file_path == "requirements.txt"],
        maximum_memory=2048 * 1024 * 1024,
        replicas=2,
        network_egress_policy="PUBLIC",
        runtime_parameter_values=[RuntimeParameterValue(field_name="WORKERS", type="numeric", value=4)],
    )
    assert (second.label, second.replicas, second.network_egress_policy) == ("v1.1", 2, "PUBLIC")
    assert second.base_environment_id == environment.id
    assert [item.file_path for item in second.items] == ["custom.py", "lib/trees.py", "model-metadata.yaml"]
    assert second.dependencies == []
    assert {each.field_name: each.current_value for each in second.runtime_parameters} == {
        "LOG_LEVEL": "info",
        "WORKERS": 4,
    }
    second.download(str(tmp_path / "second.zip"))
    with zipfile.ZipFile(tmp_path / "second.zip") as archive:
        assert archive.read("lib/trees.py") == b"TREES = 4\n"
        assert archive.read("custom.py") == (code / "custom.py").read_bytes()
    second.update(description="better")
    third = dr.CustomModelVersion.create_clean(model.id, environment.id, files=[str(code / "custom.py")])
    assert (third.label, [item.file_path for item in third.items]) == ("v2.0", ["custom.py"])
    listed = dr.CustomModelVersion.list(model.id)
    assert [(each.label, each.description) for each in listed] == [("v2.0", ""), ("v1.1", "better"), ("v1.0", "")]
    model.refresh()
    assert (model.latest_version.id, model.deployments_count) == (third.id, 0)
    copied = dr.CustomInferenceModel.copy_custom_model(model.id)
    assert (copied.target_name, [item.file_path for item in copied.latest_version.items]) == ("churned", ["custom.py"])
    model.update(name="churn 2", description="e")
    assert sorted(each.name for each in dr.CustomInferenceModel.list(search_for="churn")) == [
        "churn 2",
        "churn in Python (copy)",
    ]
    copied.delete()
    assert [each.id for each in dr.CustomInferenceModel.list(is_deployed=False)] == [model.id]


def test_what_does_not_fit_a_version_is_refused(environment, tmp_path, code):
    """Paths that leave the model, unknown parameters, foreign files and unknown environments are each a 422."""
    model = _model()
    (tmp_path / "x.py").write_text("")
    for given, field in (
        ({"files": [(str(tmp_path / "x.py"), "../x.py")]}, "filePath"),
        ({"base_environment_id": "5f0000000000000000000000"}, "baseEnvironmentId"),
        (
            {
                "folder_path": str(code),
                "runtime_parameter_values": [RuntimeParameterValue(field_name="NONE", type="string", value="x")],
            },
            "runtimeParameterValues",
        ),
        ({"training_dataset_id": "5f0000000000000000000000"}, "trainingData"),
    ):
        with pytest.raises(ClientError) as caught:
            dr.CustomModelVersion.create_clean(model.id, **{"base_environment_id": environment.id, **given})
        assert caught.value.status_code == 422
        assert list(caught.value.json["errors"]) == [field]
    dr.CustomModelVersion.create_clean(model.id, environment.id)
    with pytest.raises(ClientError) as caught:
        dr.CustomModelVersion.create_from_previous(model.id, files_to_delete=["5f0000000000000000000000"])
    assert list(caught.value.json["errors"]) == ["filesToDelete"]


def test_dependencies_are_built(environment, code):
    """Requirements are built once; those that pip could not read make the build fail, and its log tells which."""
    model = _model()
    version = dr.CustomModelVersion.create_clean(model.id, environment.id, folder_path=str(code))
    with pytest.raises(ClientError):
        CustomModelVersionDependencyBuild.get_build_info(model.id, version.id)
    built = CustomModelVersionDependencyBuild.start_build(model.id, version.id)
    assert (built.build_status, built.get_log()) == ("success", "Collecting pandas>=2.0,<3\nCollecting numpy==1.26.4\n")
    with pytest.raises(ClientError) as caught:
        CustomModelVersionDependencyBuild.start_build(model.id, version.id)
    assert caught.value.status_code == 409
    (code / "requirements.txt").write_text("pandas\nwhat is this?\n")
    worse = dr.CustomModelVersion.create_clean(model.id, environment.id, folder_path=str(code))
    failed = CustomModelVersionDependencyBuild.start_build(model.id, worse.id)
    assert failed.build_status == "failed"
    assert "ERROR: Invalid requirement: what is this?" in failed.get_log()


def test_training_data_makes_the_features(served, environment, code, data, tmp_path):
    """A version learns its features from its training data; data without the target is refused."""
    model = _trained()
    version = dr.CustomModelVersion.create_clean(
        model.id, environment.id, folder_path=str(code), training_dataset_id=data.id, partition_column="fold"
    )
    assert (version.training_data.dataset_name, version.training_data.assignment_in_progress) == ("training.csv", False)
    assert version.holdout_data.partition_column == "fold"
    kept = dr.CustomModelVersion.create_from_previous(model.id, environment.id)
    assert kept.training_data.dataset_id == data.id
    dropped = dr.CustomModelVersion.create_from_previous(model.id, environment.id, keep_training_holdout_data=False)
    assert dropped.training_data is None
    (tmp_path / "other.csv").write_text("x\n1\n")
    other = dr.Dataset.create_from_file(str(tmp_path / "other.csv"))
    with pytest.raises(ClientError, match="target is not found in the provided dataset") as caught:
        dr.CustomModelVersion.create_clean(model.id, environment.id, training_dataset_id=other.id)
    assert caught.value.status_code == 422
    fault = {"route": "POST customModels/{id}/versions/", "kind": "job_error"}
    httpx.post(served.url.removesuffix("api/v2") + "emulator/faults/", json=fault).raise_for_status()
    with pytest.raises(TrainingDataAssignmentError, match="assignment of the training data failed"):
        dr.CustomModelVersion.create_clean(model.id, environment.id, training_dataset_id=data.id)
    package = dr.RegisteredModelVersion.create_for_custom_model_version(
        version.id, registered_model_name="churn", name="churn v1"
    )
    deployment = _deploy(package)
    features = {feature["name"]: feature["feature_type"] for feature in deployment.get_features()}
    assert features == {"id": "Numeric", "tenure": "Numeric", "plan": "Categorical"}


def test_a_custom_model_is_tested(environment, code, data, tmp_path):
    """Checks pass for sound code and data, and fail for a reason; the deployed package learns of it."""
    model = _trained()
    version = dr.CustomModelVersion.create_clean(
        model.id, environment.id, folder_path=str(code), training_dataset_id=data.id
    )
    good = dr.CustomModelTest.create(model.id, version.id, data.id)
    assert good.overall_status == "succeeded"
    assert {name: check["status"] for name, check in good.detailed_status.items()} == dict.fromkeys(
        ("error_check", "null_value_imputation", "long_running_service", "side_effects"), "succeeded"
    )
    (tmp_path / "less.csv").write_text("id,tenure\n1,2\n")
    less = dr.Dataset.create_from_file(str(tmp_path / "less.csv"))
    bad = dr.CustomModelTest.create(model.id, version.id, less.id, maximum_memory=2048, replicas=1)
    assert bad.overall_status == "failed"
    assert bad.detailed_status["error_check"] == {
        "status": "failed",
        "message": "The dataset has no column plan, fold.",
    }
    assert bad.detailed_status["long_running_service"]["status"] == "succeeded"
    assert "errorCheck: failed The dataset has no column plan, fold." in bad.get_log()
    assert bad.get_log_tail().splitlines()[-1] == "overall: failed"
    assert [each.id for each in dr.CustomModelTest.list(model.id)] == [bad.id, good.id]
    (code / "model-metadata.yaml").write_text(
        METADATA
        + "typeSchema:\n  input_requirements: [{field: contains_missing, condition: EQUALS, value: FORBIDDEN}]\n"
    )
    strict = dr.CustomModelVersion.create_clean(model.id, environment.id, folder_path=str(code))
    test = dr.CustomModelTest.create(model.id, strict.id, data.id)
    assert {name: check["status"] for name, check in test.detailed_status.items()} == {
        "error_check": "succeeded",
        "null_value_imputation": "failed",
        "long_running_service": "succeeded",
        "side_effects": "succeeded",
    }


def _deploy(package, label="x"):
    server = dr.PredictionServer.list()[0]
    return dr.Deployment.create_from_registered_model_version(
        package.id, label=label, default_prediction_server_id=server.id
    )


def test_custom_model_versions_are_deployed_and_replaced(environment, code, data):
    """From files to a deployment, to a replacement by the next version, with checks computed from what was built."""
    model = _trained()
    first = dr.CustomModelVersion.create_clean(
        model.id, environment.id, folder_path=str(code), training_dataset_id=data.id
    )
    server = dr.PredictionServer.list()[0]
    deployment = dr.Deployment.create_from_custom_model_version(
        first.id, label="custom", description="d", default_prediction_server_id=server.id, importance="LOW"
    )
    assert deployment.status == "active"
    image = deployment.model["custom_model_image"]
    assert (image["custom_model_id"], image["custom_model_version_id"]) == (model.id, first.id)
    assert image["execution_environment_name"] == "Python"
    assert (deployment.model["target_name"], deployment.model["build_environment_type"]) == ("churned", "Python")
    again = dr.Deployment.create_from_custom_model_version(
        first.id, label="again", default_prediction_server_id=server.id
    )
    assert again.model_package["id"] == deployment.model_package["id"]
    second = dr.CustomModelVersion.create_from_previous(model.id, is_major_update=False)
    package = dr.RegisteredModelVersion.create_for_custom_model_version(
        second.id,
        name="second",
        description="better",
        registered_model_id=deployment.model_package["registered_model_id"],
        tags=[{"name": "team", "value": "risk"}],
    )
    assert (package.registered_model_version, package.model_id, package.build_status) == (2, second.id, "complete")
    assert (package.model_execution_type, package.target["class_names"]) == ("custom_inference_model", ["no", "yes"])
    status, message, checks = deployment.validate_replacement_model(new_registered_model_version_id=package.id)
    assert (status, message) == ("passing", "Model can be used to replace the current model of the deployment.")
    assert checks["features"]["status"] == "passing"
    deployment.perform_model_replace(package.id, "ACCURACY")
    assert dr.Deployment.get(deployment.id).model_package["id"] == package.id
    assert dr.RegisteredModel.get(package.registered_model_id).last_version_num == 2
    model.refresh()
    assert model.deployments_count == 2
    with pytest.raises(ClientError) as caught:
        model.delete()
    assert caught.value.status_code == 409
    assert "existing deployments" in caught.value.json["message"]
    for each in dr.Deployment.list():
        each.delete()
    assert dr.Deployment.list() == []
    model.delete()
    assert dr.CustomInferenceModel.list() == []
    with pytest.raises(ClientError) as caught:
        dr.CustomModelVersion.get(model.id, first.id)
    assert caught.value.status_code == 404


def test_replacing_by_another_custom_model_is_judged(environment, data, tmp_path):
    """Another target fails; without training data drift cannot be tracked; more features warn; a failed test warns."""
    model = _trained()
    served = dr.CustomModelVersion.create_clean(model.id, environment.id, training_dataset_id=data.id)
    deployment = _deploy(
        dr.RegisteredModelVersion.create_for_custom_model_version(served.id, registered_model_name="churn")
    )
    deployment.update_drift_tracking_settings(target_drift_enabled=True, feature_drift_enabled=True)

    def judge(version):
        package = dr.RegisteredModelVersion.create_for_custom_model_version(version.id)
        status, _, checks = deployment.validate_replacement_model(new_registered_model_version_id=package.id)
        return status, {name for name, check in checks.items() if check["status"] == status}, package

    bare = dr.CustomModelVersion.create_from_previous(model.id, keep_training_holdout_data=False)
    assert judge(bare)[:2] == ("failing", {"drift_tracking"})
    (tmp_path / "more.csv").write_text(TRAINING.replace("fold", "tickets"))
    more = dr.Dataset.create_from_file(str(tmp_path / "more.csv"))
    wider = dr.CustomModelVersion.create_from_previous(model.id, training_dataset_id=more.id)
    assert judge(wider)[:2] == ("warning", {"features"})
    other = dr.CustomInferenceModel.create("price", dr.TARGET_TYPE.REGRESSION, "price")
    priced = dr.CustomModelVersion.create_clean(other.id, environment.id)
    status, failing, _ = judge(priced)
    assert status == "failing"
    assert {"target", "target_type", "target_classes"} <= failing
    tested = dr.CustomModelVersion.create_from_previous(model.id, training_dataset_id=data.id)
    assert judge(tested)[0] == "passing"
    dr.CustomModelTest.create(model.id, tested.id, more.id)  # it has no column `fold`, which was trained on
    status, warned, package = judge(tested)
    assert (status, warned) == ("warning", {"model_can_be_deployed"})
    deployment.perform_model_replace(package.id, "OTHER")
    assert dr.Deployment.get(deployment.id).model_package["id"] == package.id


def test_leaderboard_and_external_models_are_registered_and_deployed():
    """A leaderboard model becomes a version with its project's target; an external model one of another kind."""
    project = dr.Project.list()[1]
    best, other = project.get_models()
    first = dr.RegisteredModelVersion.create_for_leaderboard_item(
        best.id, name="one", prediction_threshold=0.4, registered_model_name="churn", description="d"
    )
    assert (first.model_id, first.model_execution_type) == (best.id, "dedicated")
    assert first.source_meta["project_name"] == "churn 2024"
    assert first.target == {
        "name": "churned",
        "type": "Binary",
        "class_names": ["no", "yes"],
        "prediction_threshold": 0.4,
    }
    second = dr.RegisteredModelVersion.create_for_leaderboard_item(
        other.id, registered_model_id=first.registered_model_id
    )
    deployment = _deploy(first)
    assert deployment.validate_replacement_model(new_registered_model_version_id=second.id)[0] == "passing"
    external = dr.RegisteredModelVersion.create_for_external(
        "outside", {"name": "churned", "type": "Binary", "classNames": ["no", "yes"]}, registered_model_name="outside"
    )
    assert external.model_execution_type == "external"
    status, _, checks = deployment.validate_replacement_model(new_registered_model_version_id=external.id)
    assert (status, checks["model_can_be_deployed"]["status"]) == ("failing", "failing")
    elsewhere = dr.PredictionEnvironment.create("aws", dr.enums.PredictionEnvironmentPlatform.AWS)
    placed = dr.Deployment.create_from_registered_model_version(
        external.id, label="outside", prediction_environment_id=elsewhere.id
    )
    assert placed.prediction_environment["platform"] == "aws"
    bare = dr.Deployment.create_from_leaderboard(
        other.id, label="bare", default_prediction_server_id=dr.PredictionServer.list()[0].id
    )
    assert bare.model["id"] == other.id


def test_prediction_intervals_outlive_a_replacement():
    """The SDK computes intervals on the new model by a job of the project, and keeps the deployment's setting."""
    project = next(each for each in dr.Project.list() if each.project_name == "sales")
    first, second, naive = project.get_datetime_models()
    packages = [dr.RegisteredModelVersion.create_for_leaderboard_item(first.id, registered_model_name="sales")]
    packages.append(
        dr.RegisteredModelVersion.create_for_leaderboard_item(
            second.id, registered_model_id=packages[0].registered_model_id
        )
    )
    deployment = _deploy(packages[0])
    deployment.update_prediction_intervals_settings([80])
    assert first.get_calculated_prediction_intervals() == [80]
    deployment.perform_model_replace(packages[1].id, "ACCURACY")
    assert deployment.get_prediction_intervals_settings() == {"enabled": True, "percentiles": [80]}
    assert second.get_calculated_prediction_intervals() == [80]
    with pytest.raises(ClientError) as caught:
        naive.calculate_prediction_intervals(80)
    assert caught.value.status_code == 422


def test_use_cases_hold_projects_and_datasets(data):
    """A use case is made, filled, shared, listed by, emptied and deleted; only members see it."""
    case = dr.UseCase.create("Retention", "Keep them.")
    project = dr.Project.list()[1]
    link = case.add(project)
    assert (link.entity_type, link.entity_id, link.use_case_id) == ("project", project.id, case.id)
    case.add(data)
    held = dr.UseCase.get(case.id)
    assert (held.projects_count, held.datasets_count, held.models_count) == (1, 1, 2)
    assert [each.full_name for each in held.owners] == ["Ada Lovelace"]
    assert [each.id for each in case.list_projects()] == [project.id]
    assert [each.id for each in case.list_datasets()] == [data.id]
    assert dr.Project.get(project.id).use_case_id == case.id
    case.update(name="Retention 2")
    assert [each.name for each in dr.UseCase.list()] == ["Retention 2"]
    case.share(
        [dr.SharingRole(dr.enums.SHARING_ROLE.EDITOR, dr.enums.SHARING_RECIPIENT_TYPE.USER, username="bob@example.com")]
    )
    roles = {each.id: each.role for each in case.get_shared_roles()}
    members = {each.id: each.username for each in dr.UseCase.get(case.id).members}
    assert {members[user]: role for user, role in roles.items()} == {
        "ada@example.com": "OWNER",
        "bob@example.com": "EDITOR",
    }
    case.remove(data)
    assert dr.UseCase.get(case.id).datasets_count == 0
    dr.UseCase.delete(case.id)
    assert dr.UseCase.list() == []
    assert [each.id for each in dr.Dataset.list()] == [data.id]


def test_what_an_organization_has_is_read():
    """Resource bundles and credentials as the seed or the emulator's default gives them."""
    bundles = {bundle.id: bundle for bundle in dr.models.ResourceBundle.list()}
    assert (bundles["cpu.small"].is_default, bundles["cpu.small"].memory_bytes) == (True, 2 * 1024**3)
    assert dr.models.ResourceBundle.get("gpu.medium").has_gpu
    assert dr.Credential.list() == []


def test_the_store_holds_what_the_sdk_built(served, environment, code):
    """The emulator's own documents, read past the API, say what the SDK sent."""
    model = _model()
    version = dr.CustomModelVersion.create_clean(model.id, environment.id, files=[str(code / "custom.py")])
    (text,) = served.emulator.store.db.execute(
        "SELECT doc FROM objects WHERE kind = 'customModelVersion' AND id = ?", (version.id,)
    ).fetchone()
    facts = json.loads(text)["_facts"]
    assert (facts["targetName"], facts["targetType"], facts["classNames"]) == ("churned", "Binary", ["no", "yes"])
    assert (facts["executionType"], facts["deployable"], facts["driftBaseline"]) == (
        "custom_inference_model",
        True,
        False,
    )
