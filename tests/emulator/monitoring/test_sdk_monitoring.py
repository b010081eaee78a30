"""The vendor's SDK, unmodified, against the served emulator: everything it can read of monitoring."""

import json
import urllib.error
import urllib.request
import warnings
from datetime import UTC, datetime, timedelta

import pytest

dr = pytest.importorskip("datarobot")
import pandas as pd  # noqa: E402 - comes with the SDK
from datarobot.enums import ACCURACY_METRIC, DATA_DRIFT_METRIC, SERVICE_STAT_METRIC  # noqa: E402 - the SDK may be missing
from datarobot.errors import ClientError  # noqa: E402 - as above
from datarobot.helpers.partitioning_methods import construct_duration_string  # noqa: E402 - as above
from datarobot.models.deployment import (  # noqa: E402 - as above
    Accuracy,
    AccuracyOverTime,
    ActualsDataExport,
    FeatureDrift,
    PredictionDataExport,
    PredictionsOverTime,
    PredictionsVsActualsOverTime,
    ServiceStats,
    ServiceStatsOverTime,
    TargetDrift,
    TrainingDataExport,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves
DAY = construct_duration_string(days=1)


@pytest.fixture
def deployment(serve_world, known_world):
    """A deployment with a week of drifting traffic, read through the SDK; `served` is the emulator behind it."""
    served = serve_world(known_world)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="ada", endpoint=served.url)
    return served, _deploy("churn", served)


def _deploy(name, served, rows=3000):
    model = next(model for model in dr.RegisteredModel.list() if model.name == name)
    made = dr.Deployment.create_from_registered_model_version(
        model.list_versions()[0].id, label=name, default_prediction_server_id=dr.PredictionServer.list()[0].id
    )
    made.update_association_id_settings(column_names=["id"], required_in_prediction_requests=True)
    made.update_predictions_data_collection_settings(enabled=True)
    if name == "churn":
        made.update_bias_and_fairness_settings(["plan"], "proportionalParity", 0.8, "no")
        made.update_segment_analysis_settings(True, ["plan"])
    body = {"deploymentId": made.id, "rows": rows, "days": 10, "drift": 0.5, "errorRate": 0.02, "seed": 1}
    request = urllib.request.Request(
        served.url.replace("/api/v2", "/emulator/traffic/"),
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["rows"] == rows
    return made


def _predict(made, rows, key="the-key"):
    """Ask the prediction server whose URL and key the SDK shows, as the vendor's sample code does."""
    server = made.default_prediction_server
    url = f"{server['url']}/predApi/v1.0/deployments/{made.id}/predictions"
    headers = {"Authorization": "Bearer ada", "DataRobot-Key": key, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(rows).encode(), headers)) as response:
        return json.load(response)["data"]


def test_service_stats(deployment):
    """Every metric is read as a whole and over time, by quantile, threshold and segment."""
    _, made = deployment
    stats = made.get_service_stats()
    assert set(stats.metrics) == set(SERVICE_STAT_METRIC.ALL)
    assert 0 < stats[SERVICE_STAT_METRIC.TOTAL_PREDICTIONS] < 3000
    slow = ServiceStats.get(made.id, execution_time_quantile=0.9, slow_requests_threshold=10)
    assert slow["slowRequests"] > stats["slowRequests"]
    assert slow["executionTime"] > stats["executionTime"]
    one = made.get_service_stats(segment_attribute="DataRobot-Consumer", segment_value="web-shop")
    assert 0 < one["totalRequests"] < stats["totalRequests"]
    for metric in SERVICE_STAT_METRIC.ALL:
        over = ServiceStatsOverTime.get(made.id, metric=metric, bucket_size=DAY)
        assert (over.metric, len(over.bucket_values)) == (metric, 7)
    over = made.get_service_stats_over_time(metric=SERVICE_STAT_METRIC.TOTAL_PREDICTIONS, bucket_size=DAY)
    assert sum(over.bucket_values.values()) == stats["totalPredictions"]


def test_drift(deployment):
    """Target and feature drift by every metric, and predictions over time."""
    _, made = deployment
    for metric in DATA_DRIFT_METRIC.ALL:
        target = made.get_target_drift(metric=metric)
        assert (target.metric, target.target_name) == (metric, "churned")
        assert target.drift_score > 0
        features = FeatureDrift.list(made.id, metric=metric)
        assert sorted(feature.name for feature in features) == ["charge", "plan", "tenure"]
        assert all(feature.drift_score > 0 and feature.sample_size > 0 for feature in features)
    assert TargetDrift.get(made.id, segment_attribute="plan", segment_value="gold").sample_size < target.sample_size
    over = made.get_predictions_over_time(include_percentiles=True, bucket_size="P1D")
    assert len(over.buckets) == 7
    assert over.buckets[0]["mean_predicted_value"] is not None
    assert len(PredictionsOverTime.get(made.id).baselines) == 1
    made.update_drift_tracking_settings(target_drift_enabled=False)
    with pytest.raises(ClientError) as error:
        made.get_target_drift()
    assert error.value.status_code == 403


@pytest.mark.parametrize(("name", "metrics"), [("churn", "ALL_CLASSIFICATION"), ("revenue", "ALL_REGRESSION")])
def test_accuracy(deployment, name, metrics):
    """Every metric of either kind of target, as a whole, over time, and several side by side in a frame."""
    served, made = deployment
    if name != "churn":
        made = _deploy(name, served, 1000)
    known = getattr(ACCURACY_METRIC, metrics)
    accuracy = made.get_accuracy()
    values = {item["metric_name"]: item["value"] for item in accuracy.data}
    assert set(known) <= set(values)
    assert all(accuracy[metric] is not None for metric in known)
    assert all(value is not None for value in accuracy.metric_baselines.values())
    assert Accuracy.get(made.id, metric=known[0]).data[0]["sample_size"] > 100
    frame = AccuracyOverTime.get_as_dataframe(made.id, known[:3], bucket_size=DAY)
    assert isinstance(frame, pd.DataFrame)
    assert (list(frame.columns), len(frame)) == (known[:3], 7)
    assert frame[known[0]].notna().all()
    over = made.get_accuracy_over_time(metric=known[1], bucket_size=DAY)
    assert len(over.bucket_values) == 7
    assert set(over.bucket_sample_sizes.values()) != {0}
    pair = PredictionsVsActualsOverTime.get(made.id, bucket_size="P1D")
    assert pair.summary["row_count_total"] > pair.summary["row_count_with_actual"] > 0
    assert len(made.get_predictions_vs_actuals_over_time().buckets) == 7


def test_fairness_and_health(deployment):
    """Fairness scores, the health of the deployment, and lists filtered by it."""
    _, made = deployment
    scores = made.get_fairness_scores_over_time(protected_feature="plan")
    assert {score["label"] for score in scores.summary["scores"]} == {"basic", "gold", "silver"}
    assert made.get_fairness_scores_over_time().protected_feature is None
    fresh = dr.Deployment.get(made.id)
    assert fresh.model_health["status"] in {"warning", "failing"}
    assert fresh.service_health["status"] in {"passing", "warning", "failing"}
    assert sum(fresh.prediction_usage["daily_rates"]) > 0
    filters = dr.models.deployment.DeploymentListFilters(model_health=[fresh.model_health["status"]])
    assert [each.id for each in dr.Deployment.list(filters=filters)] == [made.id]


def test_predictions_actuals_and_results(deployment):
    """Predictions at the server that the SDK shows, actuals through the SDK, results as a list and as a file."""
    _, made = deployment
    rows = [{"id": f"mine-{place}", "tenure": place, "charge": 50, "plan": "gold"} for place in range(4)]
    predicted = _predict(made, rows)
    assert [item["rowId"] for item in predicted] == [0, 1, 2, 3]
    with pytest.raises(urllib.error.HTTPError) as error:
        _predict(made, rows, key="wrong")
    assert error.value.code == 401
    made.submit_actuals(
        [
            {"association_id": "mine-0", "actual_value": "yes", "timestamp": datetime.now(UTC)},
            {"association_id": "mine-1", "actual_value": "no", "was_acted_on": True},
        ]
    )
    made.submit_actuals(pd.DataFrame({"association_id": ["mine-2"], "actual_value": ["no"]}))
    known = made.get_prediction_results(actuals_present=True, start_time=_hour(0), limit=1000)
    mine = {item["association_id"]: item["actual"] for item in known if item["association_id"].startswith("mine")}
    assert mine == {"mine-0": "yes", "mine-1": "no", "mine-2": "no"}
    dataset = dr.Dataset.create_from_in_memory_data(pd.DataFrame({"key": ["mine-3"], "result": ["yes"]}), fname="a.csv")
    job = made.submit_actuals_from_catalog_async(dataset.id, "result", "key")
    job.wait_for_completion()
    assert len(made.get_prediction_results(start_time=_hour(0), actuals_present=True, limit=1000)) == len(known) + 1


def test_result_file(deployment, tmp_path):
    """Prediction results are downloaded as CSV."""
    _, made = deployment
    path = tmp_path / "results.csv"
    made.download_prediction_results(str(path), limit=50)
    frame = pd.read_csv(path)
    assert len(frame) == 50
    assert frame["churned_yes_PREDICTION"].between(0, 1).all()


def test_segments_and_deletion(deployment):
    """Segments that came in are listed; deleting monitoring data empties the reads."""
    _, made = deployment
    assert "DataRobot-Consumer" in made.get_segment_attributes()
    assert set(made.get_segment_values("DataRobot-Consumer")) == {"nightly-batch", "web-shop", "call-centre"}
    made.delete_monitoring_data(made.model["id"], start_time=_hour(-20 * 24), end_time=_hour(1))
    assert made.get_service_stats()["totalRequests"] == 0
    assert made.get_target_drift().drift_score is None
    assert dr.Deployment.get(made.id).prediction_usage["daily_rates"] == [0] * 7


def test_exports(deployment):
    """Predictions, actuals and training data are exported to datasets that the SDK reads."""
    _, made = deployment
    now = datetime.now(UTC)
    predictions = PredictionDataExport.create(made.id, start=now - timedelta(days=3), end=now)
    assert predictions.status == "SUCCEEDED"
    (dataset,) = predictions.fetch_data()
    assert {"tenure", "plan", "churned_PREDICTION"} <= set(dataset.get_as_dataframe().columns)
    actuals = ActualsDataExport.create(made.id, start=now - timedelta(days=3), end=now)
    assert actuals.only_matched_predictions is True
    assert len(dr.Dataset.get(TrainingDataExport.create(made.id)).get_as_dataframe()) == 2000
    assert [each.id for each in made.list_prediction_data_exports()] == [predictions.id]
    assert len(made.list_actuals_data_exports()) == len(made.list_training_data_exports()) == 1


def test_half_hours(deployment):
    """A time that is not on the hour is a ClientError 400 that names the two next to it."""
    _, made = deployment
    with pytest.raises(ClientError) as error:
        made.get_service_stats(start_time=datetime(2024, 5, 1, 10, 30))  # noqa: DTZ001 - the SDK takes it as UTC
    assert error.value.status_code == 400
    assert "2024-05-01T10:00:00Z or 2024-05-01T11:00:00Z" in error.value.json["message"]


def _hour(offset):
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=offset)
