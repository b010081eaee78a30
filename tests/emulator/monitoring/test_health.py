"""Health and usage of deployments: worked out from the log, lazily, by the health settings."""

import numpy as np
import pytest

from drplan.emulator.world.serving.log import Logged, add

FAIRNESS = {
    "protectedFeatures": ["plan"],
    "preferableTargetValue": "no",
    "fairnessMetricsSet": "proportionalParity",
    "fairnessThreshold": 0.8,
}


def _health(made, kind):
    return made.api.get(f"deployments/{made.id}/")[f"{kind}Health"]


def _limits(made, **patch):
    made.api.send("PATCH", f"deployments/{made.id}/healthSettings/", patch, 200)


def test_before_anything_was_predicted(lab):
    """A deployment that never predicted has no health and no usage, and is not watched."""
    made = lab()
    shown = made.api.get(f"deployments/{made.id}/")
    assert [shown[f"{kind}Health"]["status"] for kind in ("service", "model", "accuracy", "fairness")] == [
        "unknown",
        "unknown",
        "unavailable",
        "unknown",
    ]
    assert shown["predictionUsage"] == {"dailyRates": [0] * 7, "lastTimestamp": None}
    assert made.api.emulator.store.db.execute("SELECT count(*) FROM watched").fetchone() == (0,)


def test_service(lab):
    """Passing without errors, warning with a user's, failing with the server's, unknown again a day later."""
    made = lab()
    made.predict(made.rows(3, 1))
    assert _health(made, "service") == {
        "status": "passing",
        "message": "No errors in 1 requests of the last 24 hours.",
        "startDate": "2024-04-30T11:00:00Z",
        "endDate": "2024-05-01T11:00:00Z",
    }
    made.predict([{"id": "x"}], 422)
    assert _health(made, "service")["status"] == "warning"
    store, clock = made.api.emulator.store, made.api.emulator.clock
    model = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    with store.writing(clock.seconds()):
        add(store, [(Logged(made.id, model, clock.seconds(), 503, 0, None, 3.0, True, 0, "c", "", ""), None)])
    made.predict(made.rows(1, 2))
    assert _health(made, "service")["message"] == "1 of 4 requests of the last 24 hours ended in a server error."
    made.api.wait(25 * 3600)
    assert _health(made, "service")["status"] == "unknown"


def test_usage(lab):
    """Predictions of each of the last seven days and the time of the last one; lists show them and sort by them."""
    made = lab()
    made.predict(made.rows(5, 1))
    made.api.wait(2 * 86400)
    made.predict(made.rows(7, 2))
    usage = made.api.get(f"deployments/{made.id}/")["predictionUsage"]
    assert usage == {"dailyRates": [0, 0, 0, 0, 5, 0, 7], "lastTimestamp": "2024-05-03T10:01:06.000000Z"}
    other = made.api.deploy(
        "churn", 1, predictionEnvironmentId=made.api.get("predictionEnvironments/")["data"][0]["id"]
    )
    ids = [each["id"] for each in made.api.get("deployments/?orderBy=-recentPredictions")["data"]]
    assert ids == [made.id, other]
    made.api.wait(6 * 86400)
    usage = made.api.get(f"deployments/{made.id}/")["predictionUsage"]
    assert usage["dailyRates"] == [7, 0, 0, 0, 0, 0, 0]


def test_drift(lab):
    """Drift follows the thresholds, counts and weights of the health settings; too few predictions say nothing."""
    made = lab()
    made.predict(made.rows(99, 1, tenure=60))
    assert _health(made, "model")["message"] == "There are not enough predictions (100) to compute drift."
    made.predict(made.rows(200, 2, tenure=60))
    health = _health(made, "model")
    assert (health["status"], health["message"]) == ("failing", "Drifted: churned, tenure.")
    _limits(made, dataDrift={"excludedFeatures": ["tenure"]})
    assert _health(made, "model")["status"] == "warning"
    made.settings(targetDrift={"enabled": False})
    assert _health(made, "model")["status"] == "passing"
    _limits(made, dataDrift={"excludedFeatures": [], "importanceThreshold": 1.0, "lowImportanceFailingCount": 0})
    assert _health(made, "model") == {
        "status": "failing",
        "message": "Drifted: tenure.",
        "startDate": "2024-04-24T11:00:00Z",
        "endDate": "2024-05-01T11:00:00Z",
    }
    listed = made.api.get("deployments/?modelHealth=failing")["data"]
    assert [each["id"] for each in listed] == [made.id]


def test_accuracy(lab):
    """Accuracy against its baseline in training, in percent or as a value; a replacement starts anew."""
    made = lab()
    made.predict(made.rows(300, 1))
    assert _health(made, "accuracy")["status"] == "unknown"
    rows = [{"associationId": each, "actualValue": "no"} for each in made.column("id")]
    made.api.send("POST", f"deployments/{made.id}/actuals/fromJSON/", {"data": rows})
    made.api.wait(5)
    loss = -np.log(1 - made.predicted()[:, 0]).mean()
    baseline = next(each for each in made.read("accuracy")["data"] if each["metricName"] == "LogLoss")["baselineValue"]
    _limits(made, accuracy={"warningThreshold": None, "failingThreshold": None})
    assert _health(made, "accuracy")["message"] == f"LogLoss is {loss:.4g}, {baseline:.4g} in training."
    assert _health(made, "accuracy")["status"] == "passing"
    percent = 100 * (loss - baseline) / baseline
    _limits(made, accuracy={"warningThreshold": percent - 1, "failingThreshold": percent + 1})
    assert _health(made, "accuracy")["status"] == "warning"
    _limits(made, accuracy={"failingThreshold": percent - 0.5})
    assert _health(made, "accuracy")["status"] == "failing"
    _limits(
        made, accuracy={"metric": "Accuracy", "measurement": "value", "warningThreshold": 0.99, "failingThreshold": 0.1}
    )
    assert _health(made, "accuracy")["status"] == "warning"
    body = {"modelPackageId": made.api.version("churn", 2), "reason": "ACCURACY"}
    made.api.send("PATCH", f"deployments/{made.id}/model/", body)
    made.api.wait(30)
    assert _health(made, "accuracy")["status"] == "unknown"


def test_fairness(lab):
    """Protected classes below the threshold are counted against the health settings."""
    made = lab(biasAndFairness=FAIRNESS)
    made.predict(made.rows(900, 1, gold=0.4, tenure=5))
    health = _health(made, "fairness")
    scores = made.read("fairnessScoresOverTime", protectedFeature="plan")["summary"]["scores"]
    below = [f"plan={score['label']}" for score in scores if score["value"] < 0.8 and score["sampleSize"] >= 100]
    assert below
    assert (health["status"], health["messages"]) == ("failing", [f"Below the threshold: {', '.join(below)}."])
    assert (health["protectedFeaturesCount"], health["influentialFairnessMetric"]) == (1, "proportionalParity")
    _limits(made, fairness={"protectedClassFailingCount": len(below)})
    assert _health(made, "fairness")["status"] == "warning"
    _limits(made, fairness={"protectedClassFailingCount": 9, "protectedClassWarningCount": 9})
    assert _health(made, "fairness")["status"] == "passing"


def test_timeliness(lab):
    """Predictions and actuals that are late turn their timeliness to failing as time goes by."""
    made = lab()
    frequency = {"enabled": True, "expectedFrequency": "P1D"}
    _limits(made, predictionsTimeliness=frequency, actualsTimeliness=frequency)
    made.predict(made.rows(1, 1))

    def statuses():
        shown = made.api.get(f"deployments/{made.id}/")
        return [shown[f"{kind}TimelinessHealth"]["status"] for kind in ("predictions", "actuals")]

    assert statuses() == ["passing", "unknown"]
    made.submit()
    assert statuses() == ["passing", "passing"]
    made.api.wait(25 * 3600)
    assert statuses() == ["failing", "failing"]


def test_only_what_changed_is_worked_out(lab):
    """A list works out the deployments whose log changed, once; without changes a read writes nothing."""
    made = lab()
    made.predict(made.rows(1, 1))
    db = made.api.emulator.store.db
    made.api.get("deployments/")
    before = db.total_changes
    for _ in range(3):
        made.api.get("deployments/")
        made.api.get(f"deployments/{made.id}/")
        made.read("serviceStats")
    assert db.total_changes == before


@pytest.mark.parametrize("path", ["serviceStats", "targetDrift", "accuracy", "monitoringDataDeletions"])
def test_without_numerical_libraries(lab, monkeypatch, path):
    """Without numpy and scipy predictions are served and logged, reads are a 501 that says what to install."""
    import sys

    made = lab()
    for name in list(sys.modules):
        ours = name.startswith("drplan.emulator.world.monitoring.")
        if ours or name.partition(".")[0] in {"numpy", "scipy"}:
            monkeypatch.delitem(sys.modules, name)
    for name in ("numpy", "scipy", "scipy.special"):
        monkeypatch.setitem(sys.modules, name, None)
    response = made.api(
        "POST", f"deployments/{made.id}/predictions", [{"id": 1, "tenure": 1, "charge": 2, "plan": "x"}]
    )
    assert response.status_code == 200
    shown = made.api.get(f"deployments/{made.id}/")
    assert (shown["serviceHealth"]["status"], shown["predictionUsage"]["dailyRates"][-1]) == ("passing", 1)
    assert shown["modelHealth"]["message"].startswith("Not computed: numpy and scipy are not installed")
    if path == "monitoringDataDeletions":
        made.api.send("POST", f"deployments/{made.id}/{path}/", {"modelId": shown["model"]["id"]})
    else:
        refused = made.read(path, 501)["message"]
        assert refused.endswith("are not installed: pip install 'drplan[monitoring]'.")
