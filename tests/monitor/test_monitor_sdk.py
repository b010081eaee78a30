"""The vendor's SDK and drplan read the same platform, and see the same numbers."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, opened

from drplan import monitor
from drplan.readings.metrics import SERVICE

dr = pytest.importorskip("datarobot")
from datarobot.models.deployment import (  # noqa: E402  the SDK may be missing
    Accuracy,
    AccuracyOverTime,
    FeatureDrift,
    PredictionsOverTime,
    PredictionsVsActualsOverTime,
    ServiceStats,
    ServiceStatsOverTime,
    TargetDrift,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves


@pytest.fixture(scope="module")
def both(shop: Shop) -> Iterator[tuple[str, monitor.Deployment, dict[str, Any]]]:
    """Give a deployment's id, drplan's reader of it, and a period for the SDK; both talk to one served platform."""
    deployment = shop.id_of("churn")
    with shop.served() as (url, _), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="emulator", endpoint=url)
        now = datetime.now(UTC)  # once: an hour may end while the tests run
        reader = monitor.connect(endpoint=url, token="emulator", now=lambda: now)[deployment]
        period = reader.service_stats().period
        yield deployment, reader, {"start_time": period.start, "end_time": period.end}


Both = tuple[str, monitor.Deployment, dict[str, Any]]


def values(found: Any) -> dict[datetime, Any]:
    """Return the SDK's bucket values by their start."""
    return dict(found.bucket_values.items())


def test_service_stats(both: Both) -> None:
    """Every statistic has the value that the SDK reads."""
    deployment, reader, when = both
    theirs = ServiceStats.get(deployment, **when, execution_time_quantile=0.9, response_time_quantile=0.9)
    ours = reader.service_stats(quantile=0.9)
    assert {each.wire: getattr(ours, each.name) for each in SERVICE} == dict(theirs.metrics)
    assert ours.total_predictions > 0
    assert ours.model_id == theirs.model_id


@pytest.mark.parametrize("metric", ["totalPredictions", "responseTime", "peakLoad"])
def test_service_stats_over_time(both: Both, metric: str) -> None:
    """Every bucket has the value that the SDK reads."""
    deployment, reader, when = both
    theirs = ServiceStatsOverTime.get(deployment, metric=metric, bucket_size="PT6H", **when)
    (series,) = reader.service_stats_over_time(metric, bucket="PT6H").series
    assert {point.period.start: point.value for point in series.points} == values(theirs)
    assert len(series.points) == 28


@pytest.mark.parametrize("metric", ["psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"])
def test_drift(both: Both, metric: str) -> None:
    """Target and feature drift are the SDK's, by every metric."""
    deployment, reader, when = both
    target, ours = TargetDrift.get(deployment, metric=metric, **when), reader.target_drift(metric=metric)
    assert (ours.drift_score, ours.sample_size, ours.target_name) == (
        target.drift_score,
        target.sample_size,
        target.target_name,
    )
    features = reader.feature_drift(metric=metric).features
    assert [(each.feature, each.drift_score, each.feature_impact) for each in features] == [
        (each.name, each.drift_score, each.feature_impact)
        for each in FeatureDrift.list(deployment, metric=metric, **when)
    ]


def test_accuracy(both: Both) -> None:
    """Every metric has the value, the baseline and the change that the SDK reads."""
    deployment, reader, when = both
    theirs = Accuracy.get(deployment, **when)
    ours = reader.accuracy()
    assert ours.has_data
    assert {each.metric: (each.value, each.baseline_value, each.percent_change) for each in ours.metrics} == {
        each["metric_name"]: (each["value"], each["baseline_value"], each["percent_change"]) for each in theirs.data
    }


def test_accuracy_over_time_as_a_frame(both: Both) -> None:
    """The frame of several metrics has the values of the SDK's own."""
    deployment, reader, when = both
    metrics = ["AUC", "LogLoss"]
    theirs = AccuracyOverTime.get_as_dataframe(deployment, metrics, bucket_size="P1D", **when)
    ours = reader.accuracy_over_time(metrics, bucket="P1D").to_frame()
    assert list(zip(ours["model_id"], ours["start"], strict=True)) == list(theirs.index)
    for metric in metrics:
        assert list(ours[metric].fillna(-1)) == list(theirs[metric].astype(float).fillna(-1))


def test_predictions(both: Both) -> None:
    """Counts and means per bucket are the SDK's, alone and beside the actuals."""
    deployment, reader, when = both
    theirs = PredictionsOverTime.get(deployment, bucket_size="P1D", **when)
    ours = reader.predictions_over_time(bucket="P1D")
    assert [(each.row_count, each.mean_predicted_value) for each in ours.buckets] == [
        (each["row_count"], each["mean_predicted_value"]) for each in theirs.buckets
    ]
    actuals = PredictionsVsActualsOverTime.get(deployment, bucket_size="P1D", **when)
    beside = reader.predictions_vs_actuals(bucket="P1D")
    assert beside.row_count_with_actual == actuals.summary["row_count_with_actual"] > 0
    assert [(each.row_count_total, each.mean_actual_value) for each in beside.buckets] == [
        (each["row_count_total"], each["mean_actual_value"]) for each in actuals.buckets
    ]


def test_fairness(tmp_path: Path) -> None:
    """Scores of the classes of a feature that the SDK has protected; both read the same."""
    shop = opened(tmp_path / "repository")
    deployment = shop.id_of("churn")
    with shop.served() as (url, _), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dr.Client(token="emulator", endpoint=url)
        live = dr.Deployment.get(deployment)
        live.update_bias_and_fairness_settings(["region"], "proportionalParity", 0.8, "no")
        now = datetime.now(UTC)
        reader = monitor.connect(endpoint=url, token="emulator", now=lambda: now)[deployment]
        found = reader.fairness(feature="region", bucket="P7D")
        theirs = live.get_fairness_scores_over_time(
            start_time=found.period.start, end_time=found.period.end, bucket_size="P7D", protected_feature="region"
        )
    assert (found.protected_feature, found.threshold) == ("region", 0.8)
    scores = {score["label"]: score["value"] for score in theirs.summary["scores"]}
    assert len(scores) > 1
    assert {score.label: score.value for score in found.summary.scores} == pytest.approx(scores)
