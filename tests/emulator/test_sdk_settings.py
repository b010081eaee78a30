"""The vendor's SDK against the served emulator: every settings group, written and read."""

import warnings

import pytest

from drplan.emulator import default_world_text

dr = pytest.importorskip("datarobot")
from datarobot.errors import ClientError  # noqa: E402 - the SDK may be missing
from datarobot.models.deployment.challenger import Challenger  # noqa: E402 - as above

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # the SDK and its libraries warn about themselves
    pytest.mark.usefixtures("served"),
]

SERIES = """
projects: [{name: sales, description: Sales, target: sold, target_type: Regression, features: {day: Date},
            time_series: {datetime_column: day}}]
models: [{name: Forecaster, project: sales, prediction_intervals: true}]
"""


@pytest.fixture
def served(serve_world):
    """The default world with a time series model beside it, and the SDK's client set to it."""
    running = serve_world(default_world_text() + SERIES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="emulator", endpoint=running.url)
    return running


@pytest.fixture
def deployment():
    """A deployment of churn, version 1."""
    churn = next(model for model in dr.RegisteredModel.list() if model.name == "churn")
    return dr.Deployment.create_from_registered_model_version(
        churn.list_versions()[0].id, label="x", default_prediction_server_id=dr.PredictionServer.list()[0].id
    )


def test_drift_tracking(deployment):
    """Target and feature drift, one alone and both."""
    assert deployment.get_drift_tracking_settings()["target_drift"] == {"enabled": True}
    deployment.update_drift_tracking_settings(target_drift_enabled=False)
    got = deployment.get_drift_tracking_settings()
    assert (got["target_drift"]["enabled"], got["feature_drift"]["enabled"]) == (False, True)
    deployment.update_drift_tracking_settings(target_drift_enabled=True, feature_drift_enabled=False)
    got = deployment.get_drift_tracking_settings()
    assert (got["target_drift"]["enabled"], got["feature_drift"]["enabled"]) == (True, False)


def test_association_id(deployment):
    """Unset at first; the column and the flag are kept apart."""
    assert deployment.get_association_id_settings() == {
        "column_names": None,
        "required_in_prediction_requests": False,
        "auto_generate_id": False,
    }
    deployment.update_association_id_settings(column_names=["id"], required_in_prediction_requests=True)
    deployment.update_association_id_settings(required_in_prediction_requests=False)
    assert deployment.get_association_id_settings() == {
        "column_names": ["id"],
        "required_in_prediction_requests": False,
        "auto_generate_id": False,
    }


def test_data_collection_and_challengers(deployment):
    """Challengers turn data collection on for good; a challenger can be made, renamed, listed and removed."""
    assert deployment.get_predictions_data_collection_settings() == {"enabled": False}
    deployment.update_challenger_models_settings(True)
    assert deployment.get_predictions_data_collection_settings() == {"enabled": True}
    with pytest.raises(ClientError, match="409"):
        deployment.update_predictions_data_collection_settings(False)
    assert deployment.get_predictions_data_collection_settings() == {"enabled": True}
    assert deployment.get_challenger_models_settings() == {"enabled": True}
    environment = dr.PredictionEnvironment.list()[0]
    churn = next(model for model in dr.RegisteredModel.list() if model.name == "churn")
    made = Challenger.create(deployment.id, churn.list_versions()[1].id, environment.id, "rival")
    made.update(name="rival 2")
    assert [each.name for each in deployment.list_challengers()] == ["Champion", "rival 2"]
    deployment.update_challenger_replay_settings(True, None)
    assert deployment.get_challenger_replay_settings()["enabled"] is True
    made.delete()
    assert [each.name for each in deployment.list_challengers()] == ["Champion"]


def test_prediction_warning(deployment):
    """Custom boundaries are set, kept and reset."""
    deployment.update_prediction_warning_settings(
        True, use_default_boundaries=False, lower_boundary=0, upper_boundary=1337
    )
    assert deployment.get_prediction_warning_settings() == {
        "enabled": True,
        "custom_boundaries": {"lower": 0, "upper": 1337},
    }
    deployment.update_prediction_warning_settings(True, use_default_boundaries=True)
    assert deployment.get_prediction_warning_settings()["enabled"] is True
    assert not deployment.get_prediction_warning_settings().get("custom_boundaries")


def test_secondary_datasets(deployment):
    """None at first, then the one that was chosen; an unknown one is refused."""
    with pytest.raises(ClientError, match="404"):
        deployment.get_secondary_dataset_config()
    assert deployment.update_secondary_dataset_config("5f48cb94408673683eca0fab") == "5f48cb94408673683eca0fab"
    assert deployment.get_secondary_dataset_config() == "5f48cb94408673683eca0fab"
    with pytest.raises(ClientError, match="422"):
        deployment.update_secondary_dataset_config("0" * 24)


def test_segments_and_fairness(deployment):
    """Segment analysis and bias and fairness, and what they make readable."""
    assert deployment.get_bias_and_fairness_settings() is None
    deployment.update_segment_analysis_settings(True, ["plan"])
    deployment.update_bias_and_fairness_settings(["region"], "equalParity", 0.8, "no")
    assert deployment.get_segment_analysis_settings() == {"enabled": True, "attributes": ["plan"]}
    assert deployment.get_bias_and_fairness_settings() == {
        "protected_features": ["region"],
        "preferable_target_value": "no",
        "fairness_metrics_set": "equalParity",
        "fairness_threshold": 0.8,
    }
    assert "plan" in deployment.get_segment_attributes("dataDrift")
    assert "plan" not in deployment.get_segment_attributes("serviceHealth")


def test_time_series_settings():
    """Forecast dates and intervals on a time series deployment."""
    model = dr.Project.list()[0].get_models()[0]
    made = dr.Deployment.create_from_learning_model(
        model.id, label="x", default_prediction_server_id=dr.PredictionServer.list()[0].id
    )
    made.update_predictions_by_forecast_date_settings(True, "day", "v2%Y-%m-%d")
    assert made.get_predictions_by_forecast_date_settings() == {
        "enabled": True,
        "column_name": "day",
        "datetime_format": "v2%Y-%m-%d",
    }
    assert made.get_prediction_intervals_settings() == {"enabled": False, "percentiles": []}


def test_health_settings(deployment):
    """Defaults, a partial change, and what is read back."""
    before = deployment.get_default_health_settings()
    assert deployment.get_health_settings() == before
    deployment.update_health_settings(data_drift={"drift_threshold": 0.3, "excluded_features": ["plan"]})
    after = deployment.get_health_settings()
    assert after == {
        **before,
        "data_drift": {**before["data_drift"], "drift_threshold": 0.3, "excluded_features": ["plan"]},
    }


def test_accuracy_metrics_and_retraining(deployment):
    """Metrics are replaced as a whole; retraining settings are set and cleared one by one."""
    assert deployment.update_accuracy_metrics_settings(["AUC", "LogLoss"]) == ["AUC", "LogLoss"]
    assert deployment.get_accuracy_metrics_settings() == ["AUC", "LogLoss"]
    environment = dr.PredictionEnvironment.list()[0]
    owner = deployment.owners["preview"][0]
    deployment.update_retraining_settings(retraining_user_id=owner["id"], prediction_environment_id=environment.id)
    got = deployment.get_retraining_settings()
    assert (got["retraining_user"]["id"], got["prediction_environment"]["name"]) == (owner["id"], environment.name)
    deployment.update_retraining_settings(prediction_environment_id=None)
    got = deployment.get_retraining_settings()
    assert (got["retraining_user"]["id"], got.get("prediction_environment")) == (owner["id"], None)


def test_features_capabilities_roles_and_card(deployment):
    """The reads that hang on a deployment."""
    assert [each["name"] for each in deployment.get_features()] == [
        "calls",
        "monthly_charge",
        "plan",
        "region",
        "tenure",
    ]
    abilities = {each["name"]: each["supported"] for each in deployment.get_capabilities()}
    assert (abilities["supportsModelReplacement"], abilities["supportsAutomaticActuals"]) == (True, False)
    assert [(each.name, each.role) for each in deployment.list_shared_roles()] == [("emulator@example.com", "OWNER")]
    card = {"name": "agent", "skills": [{"id": "a"}]}
    deployment.upload_agent_card(card)
    assert deployment.get_agent_card() == card
    deployment.delete_agent_card()
    with pytest.raises(ClientError, match="404"):
        deployment.get_agent_card()
