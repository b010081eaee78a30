"""The reader: what it asks the platform, how often, and what it makes of the answers."""

from typing import Any

import pytest
from answers import CHAMPION, ID, PAST, SETTINGS, WEEK, Platform, buckets

from drplan.errors import Refused, Rejected, UsageError
from drplan.monitor import Segment
from drplan.readings.base import number
from drplan.records.specs import Where

PERIOD = [("start", WEEK["start"]), ("end", WEEK["end"])]
STATS = {
    "period": WEEK,
    "modelId": CHAMPION,
    "metrics": {
        "totalPredictions": 12597,
        "totalRequests": 130,
        "slowRequests": 2,
        "executionTime": 31.5,
        "responseTime": 40,
        "userErrorRate": 0.0,
        "serverErrorRate": 0.01,
        "numConsumers": 3,
        "cacheHitRatio": 1.0,
        "medianLoad": 2,
        "peakLoad": 9,
    },
}


# ----------------------------------------------------------------------------------------------------------- service


def test_service_stats_are_one_request_in_the_platforms_names(platform: Platform) -> None:
    """Period, quantiles, threshold, model and segment go out as the API names them; the answer is typed."""
    platform.bodies["serviceStats/"] = STATS
    found = platform.read(
        lambda reader: reader.service_stats(quantile=0.9, slow_threshold=250, model=PAST, segment=("region", "north"))
    )
    assert platform.asked == [
        (
            "serviceStats/",
            [
                *PERIOD,
                ("modelId", PAST),
                ("segmentAttribute", "region"),
                ("segmentValue", "north"),
                ("executionTimeQuantile", "0.9"),
                ("responseTimeQuantile", "0.9"),
                ("slowRequestsThreshold", "250"),
            ],
        )
    ]
    assert found.document()["service_stats"] == {
        "period": WEEK,
        "model_id": CHAMPION,
        "segment": {"attribute": "region", "value": "north"},
        "quantile": 0.9,
        "slow_threshold": 250,
        "total_predictions": 12597,
        "total_requests": 130,
        "slow_requests": 2,
        "response_time": 40.0,
        "execution_time": 31.5,
        "user_error_rate": 0.0,
        "server_error_rate": 0.01,
        "num_consumers": 3,
        "cache_hit_ratio": 1.0,
        "median_load": 2.0,
        "peak_load": 9.0,
    }
    assert found.segment == Segment("region", "north")


def test_rates_of_no_requests_are_no_data(platform: Platform) -> None:
    """The zeros that the API must send for rates of no requests are None; counts of nothing stay zero."""
    idle = {**dict.fromkeys(STATS["metrics"], 0), "executionTime": None, "responseTime": None}
    platform.bodies["serviceStats/"] = {"period": WEEK, "modelId": CHAMPION, "metrics": idle}
    found = platform.read(lambda reader: reader.service_stats())
    assert not found.has_data
    assert found.rows()[0] | {"start": None, "end": None} == {
        "start": None,
        "end": None,
        "model_id": CHAMPION,
        "total_predictions": 0,
        "total_requests": 0,
        "slow_requests": 0,
        "response_time": None,
        "execution_time": None,
        "user_error_rate": None,
        "server_error_rate": None,
        "num_consumers": 0,
        "cache_hit_ratio": None,
        "median_load": 0.0,
        "peak_load": 0.0,
    }


def test_a_count_over_time_is_one_request(platform: Platform) -> None:
    """A count is believed as it is, zero included; the default metric is totalPredictions."""
    platform.bodies["serviceStatsOverTime/"] = {"metric": "totalPredictions", "buckets": buckets(5, 0, None)}
    found = platform.read(lambda reader: reader.service_stats_over_time(bucket="P1D"))
    assert platform.asked == [
        ("serviceStatsOverTime/", [*PERIOD, ("bucketSize", "P1D"), ("metric", "totalPredictions")])
    ]
    assert [row["totalPredictions"] for row in found.rows()] == [5, 0, None]
    assert found.has_data


def test_a_zero_rate_is_checked_against_the_requests(platform: Platform) -> None:
    """A zero rate in a bucket without requests is no data; it costs one read more, and only when there is a zero."""
    values = {"userErrorRate": (0.5, 0, 0), "totalRequests": (4, 2, 0), "serverErrorRate": (0.1, 0.2, 0.3)}
    platform.bodies["serviceStatsOverTime/"] = lambda params: {"buckets": buckets(*values[params["metric"]])}
    found = platform.read(lambda reader: reader.service_stats_over_time(["user_error_rate", "serverErrorRate"]))
    assert [params[-1] for _, params in platform.asked] == [
        ("metric", "userErrorRate"),
        ("metric", "serverErrorRate"),
        ("metric", "totalRequests"),
    ]
    assert [(row["userErrorRate"], row["serverErrorRate"]) for row in found.rows()] == [
        (0.5, 0.1),
        (0, 0.2),
        (None, 0.3),
    ]
    platform.asked.clear()
    platform.read(lambda reader: reader.service_stats_over_time("serverErrorRate"))
    assert len(platform.asked) == 1


def test_quantile_and_threshold_go_only_where_they_mean_something(platform: Platform) -> None:
    """Times take the quantile, slow requests the threshold, other statistics neither."""
    platform.bodies["serviceStatsOverTime/"] = {"buckets": buckets(3)}
    platform.read(
        lambda reader: reader.service_stats_over_time(
            ["responseTime", "slowRequests", "peakLoad"], quantile=0.99, slow_threshold=50
        )
    )
    assert [params[2:] for _, params in platform.asked] == [
        [("metric", "responseTime"), ("quantile", "0.99")],
        [("metric", "slowRequests"), ("threshold", "50")],
        [("metric", "peakLoad")],
    ]


# ------------------------------------------------------------------------------------------------------------- drift


def test_target_drift_keeps_what_the_platform_says(platform: Platform) -> None:
    """The score, both samples and the target's name; the metric's spelling is forgiven."""
    platform.bodies["targetDrift/"] = {
        "period": WEEK,
        "metric": "kl_divergence",
        "modelId": CHAMPION,
        "targetName": "churned",
        "driftScore": 0.0,
        "sampleSize": 1200,
        "baselineSampleSize": 5000,
        "segmentValue": None,
    }
    found = platform.read(lambda reader: reader.target_drift(metric="KL Divergence"))
    assert platform.asked == [("targetDrift/", [*PERIOD, ("metric", "kl_divergence")])]
    assert (found.drift_score, found.sample_size, found.baseline_sample_size) == (0.0, 1200, 5000)
    assert found.target_name == "churned"


def test_a_score_of_no_rows_is_no_data(platform: Platform) -> None:
    """A zero score that stands on a sample of zero rows is None."""
    platform.bodies["targetDrift/"] = {"driftScore": 0.0, "sampleSize": 0, "baselineSampleSize": 5000}
    found = platform.read(lambda reader: reader.target_drift())
    assert found.drift_score is None
    assert not found.has_data


def test_every_page_of_features_is_read(platform: Platform) -> None:
    """Feature drift follows `next`, with the platform's own query, and keeps the platform's order."""
    first = {
        "period": WEEK,
        "metric": "psi",
        "modelId": CHAMPION,
        "next": f"http://elsewhere/api/v2/deployments/{ID}/featureDrift/?offset=2&limit=2&metric=psi",
        "data": [
            {"name": "tenure", "driftScore": 0.02, "featureImpact": 1, "sampleSize": 12, "baselineSampleSize": 50},
            {"name": "plan", "driftScore": None, "featureImpact": None, "sampleSize": None, "baselineSampleSize": None},
        ],
    }
    last = {"next": None, "data": [{"name": "region", "driftScore": 0, "sampleSize": 0}]}
    platform.bodies["featureDrift/"] = lambda params: last if "offset" in params else first
    found = platform.read(lambda reader: reader.feature_drift())
    assert platform.asked == [
        ("featureDrift/", [*PERIOD, ("metric", "psi"), ("limit", "100")]),
        ("featureDrift/", [("offset", "2"), ("limit", "2"), ("metric", "psi")]),
    ]
    assert [(each.feature, each.drift_score, each.feature_impact) for each in found.features] == [
        ("tenure", 0.02, 1.0),
        ("plan", None, None),
        ("region", None, None),
    ]


# ---------------------------------------------------------------------------------------------------------- accuracy


def score(metric: str, value: Any, **more: Any) -> dict[str, Any]:
    """Return an entry of the answer of `accuracy/`."""
    return {
        "metricName": metric,
        "value": value,
        "modelId": CHAMPION,
        "sampleSize": 100,
        "baselineValue": 0.3,
        "baselineSampleSize": 4000,
        "percentChange": 5,
        **more,
    }


def test_accuracy_is_one_request(platform: Platform) -> None:
    """Every metric that the platform reports, with its baseline; classes go out as repeated `targetClass`."""
    empty = {"sampleSize": 0, "percentChange": 0}
    platform.bodies["accuracy/"] = {"period": WEEK, "data": [score("LogLoss", 0.31), score("AUC", 0, **empty)]}
    found = platform.read(lambda reader: reader.accuracy(target_class=["yes", "no"]))
    assert platform.asked == [("accuracy/", [*PERIOD, ("targetClass", "yes"), ("targetClass", "no")])]
    assert found["LogLoss"] == 0.31
    assert found["AUC"] is None
    with pytest.raises(KeyError):
        found["RMSE"]
    assert [list(row.values())[2:] for row in found.rows()] == [
        [CHAMPION, "LogLoss", 0.31, 0.3, 5.0, 100, 4000],
        [CHAMPION, "AUC", None, 0.3, None, 0, 4000],
    ]


def test_the_legacy_form_of_accuracy_is_read(platform: Platform) -> None:
    """An older platform answers with an object by metric name, with or without details."""
    platform.bodies["accuracy/"] = {
        "period": WEEK,
        "modelId": CHAMPION,
        "metrics": {"AUC": {"value": 0.8, "baselineValue": 0.9, "percentChange": -11.1}, "LogLoss": 0.4},
    }
    found = platform.read(lambda reader: reader.accuracy())
    assert [(each.metric, each.model_id, each.value, each.baseline_value) for each in found.metrics] == [
        ("AUC", CHAMPION, 0.8, 0.9),
        ("LogLoss", CHAMPION, 0.4, None),
    ]


def test_a_named_metric_is_asked_for_and_others_left_out(platform: Platform) -> None:
    """One metric goes out as `metric`; several are chosen from what comes back."""
    platform.bodies["accuracy/"] = {"data": [score("LogLoss", 0.31), score("AUC", 0.8), score("F1", 0.7)]}
    one = platform.read(lambda reader: reader.accuracy("auc", model=[CHAMPION, PAST]))
    assert platform.asked[-1][1] == [*PERIOD, ("modelId", CHAMPION), ("modelId", PAST), ("metric", "AUC")]
    assert [each.metric for each in one.metrics] == ["AUC"]
    several = platform.read(lambda reader: reader.accuracy(["F1", "LogLoss"]))
    assert platform.asked[-1][1] == PERIOD
    assert [each.metric for each in several.metrics] == ["LogLoss", "F1"]


def test_a_metric_that_is_not_reported_is_said(platform: Platform) -> None:
    """A fitting metric that the platform does not report for this deployment is a usage error with those it does."""
    platform.bodies["accuracy/"] = {"data": [score("LogLoss", 0.31), score("AUC", 0.8), score("MCC", 0.1)]}
    with pytest.raises(UsageError, match=f"does not report F1 for {ID}, but LogLoss, AUC, MCC"):
        platform.read(lambda reader: reader.accuracy(["F1", "MCC"]))


def test_several_metrics_stand_side_by_side(platform: Platform) -> None:
    """Metrics over time are a request each, joined on the period; a metric without a bucket has None there."""
    platform.target_type = "Regression"
    answers = {
        "RMSE": {"metric": "RMSE", "buckets": buckets(1.5, 1.25, sampleSize=10), "baselines": [{"value": 1.0}]},
        "MAD": {
            "metric": "MAD",
            "buckets": [*buckets(0.5, sampleSize=10), {"period": None, "value": 9}],
            "baselines": [],
            "baseline": {"value": 0.4, "sampleSize": 50, "period": WEEK},
            "summary": {"value": 0.45, "sampleSize": 20},
        },
    }
    platform.bodies["accuracyOverTime/"] = lambda params: answers[params["metric"]]
    found = platform.read(lambda reader: reader.accuracy_over_time(["RMSE", "MAD"], bucket="P1D", start="2026-07-13"))
    period = [("start", "2026-07-13T00:00:00Z"), ("end", WEEK["end"])]
    assert platform.asked == [
        ("accuracyOverTime/", [*period, ("bucketSize", "P1D"), ("metric", name)]) for name in ("RMSE", "MAD")
    ]
    assert [(row["start"].day, row["RMSE"], row["MAD"], row["sample_size"]) for row in found.rows()] == [
        (13, 1.5, 0.5, 10),
        (14, 1.25, None, 10),
    ]
    assert [(each.summary, each.baseline) for each in found.series] == [(None, 1.0), (0.45, 0.4)]


def test_without_a_metric_the_platform_chooses(platform: Platform) -> None:
    """The default metric is the platform's, named by its answer; buckets without actuals are no data."""
    platform.bodies["accuracyOverTime/"] = {
        "metric": "LogLoss",
        "modelId": CHAMPION,
        "buckets": buckets(0, 0.3, sampleSize=0),
        "baselines": [],
    }
    found = platform.read(lambda reader: reader.accuracy_over_time())
    assert platform.asked == [("accuracyOverTime/", PERIOD)]
    assert [row["LogLoss"] for row in found.rows()] == [None, None]
    assert not found.has_data


# ------------------------------------------------------------------------------------------- predictions and fairness


def test_predictions_over_time_of_classes(platform: Platform) -> None:
    """Counts, shares and probabilities per class are columns of the rows, over every class of any bucket."""
    means = [{"className": "yes", "value": 0.3}]
    shares = [{"className": "yes", "count": 3, "percent": 30.0}, {"className": "no", "count": 7, "percent": 70.0}]
    first, second = buckets(None, None, modelId=CHAMPION)
    platform.bodies["predictionsOverTime/"] = {
        "baselines": [{"period": None, "modelId": CHAMPION, "rowCount": 90, "meanPredictedValue": 0.4}],
        "buckets": [
            {**first, "rowCount": 10, "classDistribution": shares, "meanProbabilities": means},
            {**second, "rowCount": 0, "meanPredictedValue": 0, "percentiles": [{"percent": 50, "value": 0.2}]},
        ],
    }
    found = platform.read(lambda reader: reader.predictions_over_time(model=[CHAMPION, PAST], percentiles=True))
    assert platform.asked == [
        (
            "predictionsOverTime/",
            [*PERIOD, ("modelId", CHAMPION), ("modelId", PAST), ("includePercentiles", "True")],
        )
    ]
    names = ("percentile.50", "mean_probability.yes", "count.yes", "count.no", "percent.yes", "percent.no")
    assert [[row[name] for name in ("row_count", "mean_predicted_value", *names)] for row in found.rows()] == [
        [10, None, None, 0.3, 3, 7, 30.0, 70.0],
        [0, None, None, None, None, None, None, None],
    ]
    assert found.baselines[0].mean_predicted_value == 0.4


def test_predictions_beside_actuals(platform: Platform) -> None:
    """Means of nothing are None on either side; the summary's counts are kept."""
    first, second = buckets(None, None, modelId=CHAMPION)
    platform.bodies["predictionsVsActualsOverTime/"] = {
        "summary": {"rowCountTotal": 20, "rowCountWithActual": 8},
        "baselines": [],
        "buckets": [
            {**second, "rowCountTotal": 12, "rowCountWithActual": 0, "meanPredictedValue": 5.0, "meanActualValue": 0},
            {
                **first,
                "rowCountTotal": 8,
                "rowCountWithActual": 8,
                "predictedClassDistribution": [{"className": "yes", "count": 3, "percent": 37.5}],
                "actualClassDistribution": [{"className": "no", "count": 5, "percent": 62.5}],
            },
        ],
    }
    found = platform.read(lambda reader: reader.predictions_vs_actuals())
    assert (found.row_count_total, found.row_count_with_actual, found.has_data) == (20, 8, True)
    names = ("mean_predicted_value", "mean_actual_value", "predicted.yes", "predicted.no", "actual.yes", "actual.no")
    assert [[row[name] for name in names] for row in found.rows()] == [
        [None, None, 3, None, None, 5],
        [5.0, None, None, None, None, None],
    ]


def test_fairness_by_class_of_a_feature(platform: Platform) -> None:
    """Scores per bucket and class, with what the platform says of the feature and its threshold."""
    entry = {
        "label": "north",
        "value": 0.9,
        "absoluteValue": 0.45,
        "sampleSize": 50,
        "classesCount": 2,
        "healthyClassesCount": 1,
        "isStatisticallySignificant": True,
    }
    (bucket,) = buckets(None)
    platform.bodies["fairnessScoresOverTime/"] = {
        "modelId": CHAMPION,
        "modelPackageId": None,
        "protectedFeature": "region",
        "fairnessThreshold": 0.8,
        "favorableTargetOutcome": "yes",
        "summary": {"period": WEEK, "metricName": "proportionalParity", "scores": [entry]},
        "buckets": [{"period": bucket["period"], "metricName": None, "scores": [{**entry, "sampleSize": 0}]}],
    }
    found = platform.read(lambda reader: reader.fairness(metric="proportionalParity", feature="region"))
    assert platform.asked[0][1] == [*PERIOD, ("fairnessMetric", "proportionalParity"), ("protectedFeature", "region")]
    assert (found.threshold, found.favorable_outcome, found.has_data) == (0.8, "yes", True)
    assert [(row["label"], row["value"], row["sample_size"]) for row in found.rows()] == [("north", None, 0)]


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda reader: reader.service_stats_over_time("totalPrediction"), "did you mean 'totalPredictions'?"),
        (lambda reader: reader.target_drift(metric="wasserstein"), "'wasserstein' is no drift metric; there are: psi,"),
        (lambda reader: reader.accuracy("RMSE"), "RMSE does not fit a model with a binary target; these do: LogLoss,"),
        (lambda reader: reader.accuracy_over_time(["AUC", "RMSLE"]), "RMSLE does not fit a model with a binary target"),
        (lambda reader: reader.accuracy("Brier"), "'Brier' is no accuracy metric; there are: LogLoss, AUC"),
        (lambda reader: reader.accuracy(model=[CHAMPION, PAST]), "several models is compared by one metric"),
        (lambda reader: reader.service_stats(quantile=1.5), "quantile 1.5 is not between 0 and 1"),
        (lambda reader: reader.service_stats(slow_threshold=-1), "slow threshold -1 is negative"),
        (lambda reader: reader.target_drift(start="2026-07-18T10:30"), "the nearest valid times are"),
        (lambda reader: reader.fairness(bucket="PT30M"), "the smallest is PT1H"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(platform: Platform, ask: Any, message: str) -> None:
    """A metric, a quantile, a time or a bucket that cannot be is a usage error, and no request is made."""
    with pytest.raises(UsageError) as caught:
        platform.read(ask)
    assert message in caught.value.summary
    assert platform.asked == []


@pytest.mark.parametrize("target_type", ["Multiclass", "Regression"])
def test_metrics_fit_by_target_type(platform: Platform, target_type: str) -> None:
    """A multiclass model has classification metrics, a regression its own, and the refusal lists those."""
    platform.target_type = target_type
    wrong = {"Multiclass": "MAPE", "Regression": "LogLoss"}[target_type]
    first = {"Multiclass": "LogLoss", "Regression": "RMSE"}[target_type]
    with pytest.raises(UsageError, match=f"with a {target_type.lower()} target; these do: {first}"):
        platform.read(lambda reader: reader.accuracy(wrong))


def test_an_unusual_target_leaves_the_metric_to_the_platform(platform: Platform) -> None:
    """Where the target type is neither classification nor regression, any known metric is asked for."""
    platform.target_type = "TextGeneration"
    platform.bodies["accuracy/"] = {"data": []}
    assert not platform.read(lambda reader: reader.accuracy("RMSE")).has_data


def test_a_model_that_never_served_is_named_with_those_that_did(platform: Platform) -> None:
    """A 404 with a model id is explained from the model history, the champion first."""
    platform.bodies["modelHistory/"] = {
        "data": [{"modelId": CHAMPION}, {"model": {"id": PAST}}, {"modelPackageId": "only a package"}]
    }
    with pytest.raises(UsageError) as caught:
        platform.read(lambda reader: reader.service_stats(model="5fffffffffffffffffffffff"))
    assert caught.value.summary == (
        f"{ID} has never served with the model 5fffffffffffffffffffffff; "
        f"its models are, the present champion first: {CHAMPION}, {PAST}"
    )
    assert platform.routes == ["serviceStats/", "modelHistory/"]


def test_a_404_of_a_known_model_stays_what_it_is(platform: Platform) -> None:
    """Where the model did serve, or none was named, the platform's own refusal is raised."""
    for model in (CHAMPION, None):
        with pytest.raises(Rejected, match="404 Not Found"):
            platform.read(lambda reader, model=model: reader.service_stats(model=model))


# ------------------------------------------------------------------------------------------------------ switched off

OFF = {
    **SETTINGS,
    "targetDrift": {"enabled": False},
    "featureDrift": {"enabled": False},
    "associationId": {"columnNames": None},
    "biasAndFairness": None,
}
TARGET = "settings.drift_tracking.target_drift_enabled"


@pytest.mark.parametrize(
    ("desired", "where", "summary", "detail"),
    [
        (
            {"label": "x", TARGET: False},
            Where("deployments/churn.yaml", 5, 9),
            f"{TARGET} is off",
            "write true there and run `drplan apply`",
        ),
        (
            {TARGET: True},
            Where("deployments/churn.yaml", 4, 9),
            f"{TARGET} is on in the spec and off on the platform",
            "run `drplan apply`",
        ),
        (
            {"label": "x"},
            Where("deployments/churn.yaml", 2, 3),
            f"{TARGET} is off",
            f"write {TARGET}: true there and run `drplan apply`",
        ),
    ],
)
def test_a_setting_that_is_off_is_named_with_its_place(
    platform: Platform, desired: dict[str, Any], where: Where, summary: str, detail: str
) -> None:
    """A 403 is explained by the settings: which one, in which file and line, and what to write there."""
    platform.bodies |= {"targetDrift/": (403, {"message": "Monitoring is off"}), "settings/": OFF}
    platform.spec(desired)
    with pytest.raises(Refused) as caught:
        platform.read(lambda reader: reader.target_drift())
    (diagnostic,) = caught.value.diagnostics
    assert caught.value.exit_code == 4
    assert caught.value.summary == "target drift of deployment.churn cannot be read: what it needs is switched off"
    assert (diagnostic.where, diagnostic.summary, diagnostic.detail) == (where, summary, detail)
    assert diagnostic.path == f"deployments.churn.{TARGET}"
    assert platform.routes == ["targetDrift/", "settings/"]


def test_without_a_spec_the_setting_is_named(platform: Platform) -> None:
    """For a deployment that no spec describes, what to set is said without a place."""
    platform.bodies |= {"predictionsVsActualsOverTime/": (403, {}), "settings/": OFF}
    with pytest.raises(Refused) as caught:
        platform.read(lambda reader: reader.predictions_vs_actuals())
    assert [(each.where, each.summary, each.detail) for each in caught.value.diagnostics] == [
        (None, f"{TARGET} is off", f"set {TARGET}: true in its spec, or on the platform"),
        (
            None,
            "settings.association_id.column_names is not set",
            "set settings.association_id.column_names: [customer_id] in its spec, or on the platform",
        ),
    ]


def test_a_403_with_everything_on_is_the_platforms(platform: Platform) -> None:
    """Where every setting is on, the refusal is about permissions, and is raised as it came."""
    platform.bodies["featureDrift/"] = (403, {"message": "no permission"})
    with pytest.raises(Rejected, match="403 Forbidden: no permission"):
        platform.read(lambda reader: reader.feature_drift())


def test_no_data_is_explained_by_the_settings_or_by_what_is_missing(platform: Platform) -> None:
    """An empty answer is no error: why it is empty is one sentence, unless a setting is off."""
    platform.bodies["accuracy/"] = {"period": WEEK, "data": []}

    async def why(reader: Any) -> str:
        return str(await reader.why_empty(await reader.accuracy()))

    assert platform.read(why) == (
        f"There is no data on accuracy of {ID} from 2026-07-13 11:00 to 2026-07-20 11:00 yet: upload actuals whose "
        "association ids stand in earlier predictions, or look further back with --start."
    )
    assert platform.routes == ["accuracy/", "settings/"]
    platform.bodies["settings/"] = OFF
    with pytest.raises(Refused, match="what it needs is switched off"):
        platform.read(why)


def test_service_statistics_need_no_setting(platform: Platform) -> None:
    """Nothing can be switched off for service statistics, so their absence costs no further read."""
    platform.bodies["serviceStats/"] = {"period": WEEK, "metrics": {"totalPredictions": 0}}

    async def why(reader: Any) -> str:
        return str(await reader.why_empty(await reader.service_stats()))

    assert "make prediction requests" in platform.read(why)
    assert platform.routes == ["serviceStats/"]


# ----------------------------------------------------------------------------------------------------- liberal reading

READS = {
    "serviceStats/": lambda reader: reader.service_stats(),
    "serviceStatsOverTime/": lambda reader: reader.service_stats_over_time("userErrorRate"),
    "targetDrift/": lambda reader: reader.target_drift(),
    "featureDrift/": lambda reader: reader.feature_drift(),
    "accuracy/": lambda reader: reader.accuracy(),
    "accuracyOverTime/": lambda reader: reader.accuracy_over_time("AUC"),
    "predictionsOverTime/": lambda reader: reader.predictions_over_time(),
    "predictionsVsActualsOverTime/": lambda reader: reader.predictions_vs_actuals(),
    "fairnessScoresOverTime/": lambda reader: reader.fairness(),
}
POOR = [
    {},
    {"data": None, "metrics": None, "buckets": None, "summary": None, "baselines": None, "period": None},
    {"data": [None, 3], "buckets": ["x", {}], "metrics": [], "summary": [], "period": {"start": "?", "end": None}},
    {"data": [{"name": None}], "buckets": [{"period": WEEK}], "metrics": {"totalPredictions": True, "peakLoad": "x"}},
]


@pytest.mark.parametrize("route", READS)
@pytest.mark.parametrize("body", POOR)
def test_poor_answers_are_no_data(platform: Platform, route: str, body: Any) -> None:
    """Missing keys, nulls and values of other types are read as no data, never as an error or a zero."""
    platform.bodies[route] = body
    found = platform.read(READS[route])
    assert not found.has_data
    assert not [value for row in found.rows() for value in row.values() if value == 0]


@pytest.mark.parametrize(
    ("given", "expected"), [("1.5", 1.5), (2, 2.0), (True, None), ("x", None), (float("nan"), None), ([], None)]
)
def test_numbers_are_finite(given: Any, expected: float | None) -> None:
    """Numeric text counts as a number; booleans, other text and what is not finite do not."""
    assert number(given) == expected
