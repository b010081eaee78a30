"""Predictions over time, against actuals, fairness, humility, results and deletion, each computed again by hand."""

import csv
import io

import numpy as np
import pytest
from scipy.stats import norm

from drplan.emulator.world.scoring import training_of

FAIRNESS = {
    "protectedFeatures": ["plan"],
    "preferableTargetValue": "no",
    "fairnessMetricsSet": "proportionalParity",
    "fairnessThreshold": 0.8,
}


def _training(made):
    package = made.api.emulator.store.get("modelPackage", made.api.version(made.name, 1))
    return training_of(package["_facts"])


def _shares(labels, names):
    return [
        {
            "className": name,
            "count": labels.count(name),
            "percent": pytest.approx(100 * labels.count(name) / len(labels)),
        }
        for name in names
    ]


def _said(name, values):
    if name == "size":
        return [("large", "medium", "small")[place] for place in values.argmax(axis=1)]
    return ["yes" if value >= 0.5 else "no" for value in values[:, 0]]


@pytest.fixture
def busy(lab):
    """Give a function that makes a lab with predictions in two hours, most of them with actuals."""

    def make(name="churn", **settings):
        made = lab(name, **settings)
        made.predict(made.rows(120, 1))
        made.api.wait(3600)
        made.predict(made.rows(80, 2, tenure=5))
        made.submit(3, share=0.7)
        return made

    return make


def test_predictions_over_time_of_a_class(busy):
    """A binary bucket has the mean probability of the positive class, of each class, what it means and percentiles."""
    made = busy()
    body = made.read("predictionsOverTime", bucketSize="PT1H", includePercentiles="True")
    assert set(body) == {"baselines", "buckets"}
    filled = [bucket for bucket in body["buckets"] if bucket["rowCount"]]
    model = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    held = np.array(_training(made).predictions).T
    for bucket, values in zip(
        [*filled, *body["baselines"]], [*(each.predictions for each in made.sent), held], strict=True
    ):
        percents = range(10, 100, 10)
        assert {key: value for key, value in bucket.items() if key != "period"} == {
            "modelId": model,
            "rowCount": len(values),
            "meanPredictedValue": pytest.approx(values.mean()),
            "percentiles": [
                {"percent": each, "value": pytest.approx(np.percentile(values, each))} for each in percents
            ],
            "meanProbabilities": [
                {"className": "yes", "value": pytest.approx(values.mean())},
                {"className": "no", "value": pytest.approx(1 - values.mean())},
            ],
            "classDistribution": _shares(_said("churn", values), ("yes", "no")),
        }
    empty = {key: value for key, value in body["buckets"][0].items() if key not in {"period", "modelId"}}
    assert empty == {
        "rowCount": 0,
        "meanPredictedValue": None,
        "percentiles": None,
        "meanProbabilities": None,
        "classDistribution": None,
    }


def test_predictions_over_time_of_numbers_and_several_classes(busy):
    """A regression has a mean and no classes; several classes have no mean, and can be narrowed."""
    made = busy("revenue")
    (bucket,) = made.read("predictionsOverTime", bucketSize="P7D")["buckets"]
    assert (bucket["meanPredictedValue"], bucket["meanProbabilities"], bucket["classDistribution"]) == (
        pytest.approx(made.predicted().mean()),
        None,
        None,
    )
    assert bucket["percentiles"] is None
    made = busy("size")
    (bucket,) = made.read("predictionsOverTime", bucketSize="P7D", targetClass=["small", "large"])["buckets"]
    means = made.predicted().mean(axis=0)
    assert bucket["meanPredictedValue"] is None
    assert bucket["meanProbabilities"] == [
        {"className": "small", "value": pytest.approx(means[2])},
        {"className": "large", "value": pytest.approx(means[0])},
    ]
    assert bucket["classDistribution"] == _shares(_said("size", made.predicted()), ("small", "large"))


def test_bucket_sizes_that_these_routes_take(lab):
    """Only an hour, a day, seven days and a month are buckets here, in any spelling."""
    made = lab()
    assert len(made.read("predictionsOverTime", bucketSize="P0Y0M1DT0H0M0S")["buckets"]) == 7
    refused = made.read("predictionsOverTime", 400, bucketSize="P2D")["message"]
    assert refused == "bucketSize: must be one of PT1H, P1D, P7D, P1M, not P2D"


@pytest.mark.parametrize("name", ["churn", "revenue", "size"])
def test_predictions_against_actuals(busy, name):
    """Each bucket counts rows and those with actuals, and shows both sides; the summary is of all."""
    made = busy(name)
    body = made.read("predictionsVsActualsOverTime", bucketSize="PT1H")
    filled = [bucket for bucket in body["buckets"] if bucket["rowCountTotal"]]
    truth_of = {"churn": lambda each: float(each == "yes"), "revenue": float, "size": None}[name]
    labels = {"churn": ("yes", "no"), "size": ("large", "medium", "small")}.get(name)
    for bucket, sent in zip(filled, made.sent, strict=True):
        truth, _ = made.outcome(sent.at, sent.at + 1)
        assert {key: value for key, value in bucket.items() if key not in {"period", "modelId"}} == {
            "rowCountTotal": len(sent.rows),
            "rowCountWithActual": len(truth),
            "meanPredictedValue": pytest.approx(sent.predictions.mean()) if truth_of else None,
            "meanActualValue": pytest.approx(np.mean([truth_of(each) for each in truth])) if truth_of else None,
            "predictedClassDistribution": _shares(_said(name, sent.predictions), labels) if labels else None,
            "actualClassDistribution": _shares(truth, labels) if labels else None,
        }
    assert body["summary"] == {"rowCountTotal": 200, "rowCountWithActual": len(made.actuals)}
    assert set(body) == {"summary", "baselines", "buckets"}
    assert body["baselines"][0]["rowCountTotal"] == len(_training(made).actuals)


def _groups(made):
    """Give (probability of no, said no, really no or None) of each plan, by hand."""
    groups = {}
    for sent in made.sent:
        for row, values in zip(sent.rows, sent.predictions, strict=True):
            actual = made.actuals.get(row["id"])
            happened = None if actual is None else actual == "no"
            groups.setdefault(row["plan"], []).append((1 - values[0], values[0] < 0.5, happened))
    return groups


def _mean(values):
    values = list(values)
    return (sum(values) / len(values), len(values))


RATES = {
    "proportionalParity": lambda rows: _mean(said for _, said, _ in rows),
    "equalParity": lambda rows: (sum(said for _, said, _ in rows), len(rows)),
    "favorableClassBalance": lambda rows: _mean(p for p, _, really in rows if really is True),
    "unfavorableClassBalance": lambda rows: _mean(1 - p for p, _, really in rows if really is False),
    "trueFavorableRateParity": lambda rows: _mean(said for _, said, really in rows if really is True),
    "trueUnfavorableRateParity": lambda rows: _mean(not said for _, said, really in rows if really is False),
    "favorablePredictiveValueParity": lambda rows: _mean(
        really for _, said, really in rows if said and really is not None
    ),
    "unfavorablePredictiveValueParity": lambda rows: _mean(
        not really for _, said, really in rows if not said and really is not None
    ),
}


def _scores(made, metric):
    rates = {plan: RATES[metric](rows) for plan, rows in _groups(made).items()}
    best = max(rates, key=lambda plan: rates[plan][0])
    top, size = rates[best]
    scores = []
    for plan in sorted(rates):
        value, count = rates[plan]
        if metric == "equalParity":
            spread = np.sqrt(value + top)
        else:
            pooled = (value * count + top * size) / (count + size)
            spread = np.sqrt(pooled * (1 - pooled) * (1 / count + 1 / size))
        scores.append(
            {
                "label": plan,
                "value": pytest.approx(value / top),
                "absoluteValue": pytest.approx(value),
                "sampleSize": count,
                "classesCount": len(rates),
                "healthyClassesCount": sum(each / top >= 0.8 for each, _ in rates.values()),
                "isStatisticallySignificant": bool(2 * norm.sf(abs(value - top) / spread) < 0.05),
                "privilegedClass": best,
            }
        )
    return scores


@pytest.mark.parametrize("metric", list(RATES))
def test_fairness_of_classes(busy, metric):
    """Each class of a protected feature fares as counted by hand, relative to the one that fares best."""
    made = busy(biasAndFairness=FAIRNESS)
    body = made.read("fairnessScoresOverTime", fairnessMetric=metric, protectedFeature="plan", bucketSize="PT1H")
    assert body["summary"]["scores"] == _scores(made, metric)
    package = made.api.get(f"deployments/{made.id}/")
    assert {key: value for key, value in body.items() if key not in {"summary", "buckets"}} == {
        "modelId": package["model"]["id"],
        "modelPackageId": package["modelPackage"]["id"],
        "protectedFeature": "plan",
        "fairnessThreshold": 0.8,
        "favorableTargetOutcome": "no",
    }
    assert body["buckets"][0]["scores"] is None
    assert sum(bucket["scores"] is not None for bucket in body["buckets"]) == 2


def test_fairness_of_features(busy):
    """Without a feature each protected feature has the score of its class that fares worst."""
    made = busy(biasAndFairness=FAIRNESS)
    classes = made.read("fairnessScoresOverTime", protectedFeature="plan")["summary"]["scores"]
    worst = min(classes, key=lambda score: score["value"])
    body = made.read("fairnessScoresOverTime")
    assert body["summary"]["metricName"] == "proportionalParity"
    assert body["summary"]["scores"] == [{**worst, "label": "plan", "sampleSize": 200}]


def test_fairness_that_is_not_tracked(lab):
    """Without settings fairness is a 403; features and metrics that there are not are named."""
    made = lab()
    wanted = "Fairness is not tracked: biasAndFairness of the deployment's settings is not set."
    assert made.read("fairnessScoresOverTime", 403)["message"] == wanted
    made.settings(biasAndFairness=FAIRNESS)
    assert made.read("fairnessScoresOverTime")["summary"]["scores"] is None
    refused = made.read("fairnessScoresOverTime", 400, protectedFeature="age")["message"]
    assert refused == "protectedFeature: must be one of plan, not age"
    assert made.read("fairnessScoresOverTime", 400, fairnessMetric="x")["message"].startswith("fairnessMetric: must be")


def test_humility(busy):
    """Predictions out of bounds are counted as they come, and null where nothing was predicted."""
    made = busy(predictionWarning={"enabled": True, "customBoundaries": {"lower": 0.2, "upper": 0.6}})
    values = made.predicted()[:, 0]
    (rule,) = made.read("humilityStats")["data"]
    assert (rule["ruleName"], rule["value"]) == ("Prediction warning", int(((values < 0.2) | (values > 0.6)).sum()))
    body = made.read("humilityStatsOverTime", bucketSize="PT1H")
    counts = [bucket["values"][0]["value"] for bucket in body["buckets"]]
    wanted = [int(((each.predictions < 0.2) | (each.predictions > 0.6)).sum()) for each in made.sent]
    assert [count for count in counts if count is not None] == wanted
    assert counts[0] is None


def test_default_boundaries(lab):
    """Without boundaries of its own a deployment warns of what is beyond the training's predictions."""
    made = lab("revenue", predictionWarning={"enabled": True, "customBoundaries": None})
    held = sorted(_training(made).predictions[0])
    rows = [{"id": "a", "tenure": 1000, "plan": "gold"}, {"id": "b", "tenure": 30, "plan": "basic"}]
    path = f"deployments/{made.id}/predictions?predictionWarningEnabled=true"
    items = made.api("POST", path, rows).json()["data"]
    assert items[0]["prediction"] > held[-1]
    assert [item["isOutlierPrediction"] for item in items] == [True, False]


def test_humility_that_is_off(lab):
    """Without warnings humility is a 403."""
    wanted = "Humility is not tracked: predictionWarning of the deployment's settings is not enabled."
    assert lab().read("humilityStats", 403)["message"] == wanted


def test_prediction_results(busy):
    """Every prediction with an id is listed with its actual, page by page, or as a file."""
    made = busy()
    body = made.read("predictionResults", limit=2, offset=1)
    first = made.sent[0]
    row, values = first.rows[1], first.predictions[1]
    assert (body["count"], body["totalCount"], body["associationIdColumnNames"]) == (2, 200, ["id"])
    assert body["data"][0] == {
        "associationId": row["id"],
        "timestamp": "2024-05-01T10:01:05.000000Z",
        "modelId": made.api.get(f"deployments/{made.id}/")["model"]["id"],
        "prediction": "yes" if values[0] >= 0.5 else "no",
        "predictionValues": [
            {"label": "yes", "value": pytest.approx(values[0])},
            {"label": "no", "value": pytest.approx(1 - values[0])},
        ],
        "actual": made.actuals.get(row["id"]),
        "forecastDistance": None,
    }
    known = made.read("predictionResults", actualsPresent="True", limit=1000)["data"]
    assert {item["associationId"]: item["actual"] for item in known} == made.actuals
    assert made.read("predictionResults", actualsPresent="False")["totalCount"] == 200 - len(made.actuals)
    path = f"deployments/{made.id}/predictionResults/?limit=1000"
    response = made.api("GET", path, headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(response.text)))
    assert [line["id"] for line in lines] == made.column("id")
    assert float(lines[0]["churned_yes_PREDICTION"]) == pytest.approx(first.predictions[0][0])


def test_deletion(busy):
    """A period of a model's data is forgotten when the job is through; the rest stays."""
    made = busy()
    model = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    path = f"deployments/{made.id}/monitoringDataDeletions/"
    response = made.api.send("POST", path, {"modelId": model, "end": "2024-05-01T11:00:00Z"})
    assert made.read("serviceStats")["metrics"]["totalPredictions"] == 200
    made.api.wait(5)
    status = made.api.raw("GET", response.headers["location"], headers={"Authorization": "Token ada"})
    assert status.status_code == 303
    assert made.read("serviceStats")["metrics"]["totalPredictions"] == 80
    assert made.read("targetDrift")["sampleSize"] == 80
    made.api.send("POST", path, {"modelId": model})
    made.api.wait(5)
    assert made.read("serviceStats")["metrics"]["totalRequests"] == 0
    assert made.api.emulator.store.db.execute("SELECT count(*) FROM scored").fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "Invalid field data"),
        ({"modelId": "0" * 24}, 404, f"Model {'0' * 24} never served this deployment."),
        ({"modelId": None, "start": "2024-05-01T11:30:00Z"}, 422, "Invalid field data"),
    ],
)
def test_bad_deletions(lab, body, status, message):
    """A deletion needs a model that served."""
    made = lab()
    response = made.api("POST", f"deployments/{made.id}/monitoringDataDeletions/", body)
    assert (response.status_code, response.json()["message"]) == (status, message)


def test_deletions_of_odd_times(lab):
    """Times of a deletion are full hours in order."""
    made = lab()
    model = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    path = f"deployments/{made.id}/monitoringDataDeletions/"
    odd = made.api("POST", path, {"modelId": model, "start": "2024-05-01T11:30:00Z"})
    assert (odd.status_code, odd.json()["message"].startswith("start: only the top of an hour")) == (400, True)
    backwards = made.api(
        "POST", path, {"modelId": model, "start": "2024-05-01T11:00:00Z", "end": "2024-05-01T10:00:00Z"}
    )
    assert backwards.json()["errors"] == {"start": "must be before end"}


def test_deleting_the_deployment_forgets_everything(busy):
    """Nothing of a deployment's log outlives it."""
    made = busy()
    made.api.send("DELETE", f"deployments/{made.id}/", status=204)
    made.api.wait(10)
    made.api.get("version/")
    for table in ("requests", "scored", "actuals", "watched"):
        assert made.api.emulator.store.db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
