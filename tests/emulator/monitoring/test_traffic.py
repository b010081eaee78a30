"""Traffic: plausible predictions and actuals over simulated days, the same for the same seed."""

import pytest

from drplan.emulator.http.errors import Problem
from drplan.emulator.world.traffic import generate


def _send(made, status=201, **body):
    response = made.api.raw("POST", "/emulator/traffic/", json={"deploymentId": made.id, **body})
    assert response.status_code == status, response.text
    return response.json()


def test_what_is_generated(lab):
    """As many rows as were asked for, in requests over the whole period, with errors and actuals."""
    made = lab()
    told = _send(made, rows=20_000, days=10, errorRate=0.05, seed=3)
    assert told == {
        "deploymentId": made.id,
        "requests": told["requests"],
        "errors": round(told["requests"] * 0.05),
        "rows": 20_000,
        "actuals": told["actuals"],
        "period": {"start": "2024-04-21T10:01:05.000000Z", "end": "2024-05-01T10:01:05.000000Z"},
    }
    assert told["actuals"] / 20_000 == pytest.approx(0.9, abs=0.02)
    body = made.read("serviceStats", start="2024-04-21T10:00:00Z", end="2024-05-01T11:00:00Z")["metrics"]
    assert (body["totalPredictions"], body["totalRequests"]) == (20_000, told["requests"])
    assert body["userErrorRate"] + body["serverErrorRate"] == pytest.approx(0.05, abs=0.002)
    assert body["numConsumers"] == 3
    assert 10 < body["executionTime"] < body["responseTime"] < 200
    days = made.read(
        "serviceStatsOverTime", start="2024-04-22T00:00:00Z", end="2024-04-29T00:00:00Z", bucketSize="P1D"
    )["buckets"]
    week = [each["value"] for each in days]
    assert max(week[5:]) < min(week[:5])


def test_without_drift_nothing_drifts(lab):
    """Rows like the training's: health is passing, accuracy is as in training."""
    made = lab()
    _send(made, rows=20_000, days=7, seed=1)
    shown = made.api.get(f"deployments/{made.id}/")
    assert [shown[f"{kind}Health"]["status"] for kind in ("service", "model")] == ["passing", "passing"]
    losses = made.read("accuracy", metric="LogLoss")["data"][0]
    assert losses["value"] == pytest.approx(losses["baselineValue"], rel=0.1)
    assert shown["predictionUsage"]["lastTimestamp"] == "2024-05-01T10:01:04.000000Z"


@pytest.mark.parametrize("name", ["churn", "revenue", "size"])
def test_drift_sets_in(lab, name):
    """With drift the second half moves away from training, day by day, and accuracy falls."""
    made = lab(name)
    _send(made, rows=20_000, days=14, drift=0.3, seed=7)
    weeks = [
        {"start": "2024-04-17T11:00:00Z", "end": "2024-04-24T10:00:00Z"},
        {"start": "2024-04-27T11:00:00Z", "end": "2024-05-01T11:00:00Z"},
    ]
    early, late = (made.read("featureDrift", **week)["data"] for week in weeks)
    assert max(item["driftScore"] for item in early) < 0.05
    assert late[0]["driftScore"] > 0.15
    assert made.api.get(f"deployments/{made.id}/")["modelHealth"]["status"] in {"warning", "failing"}
    metric = "RMSE" if name == "revenue" else "LogLoss"
    changes = [made.read("accuracy", metric=metric, **week)["data"][0]["percentChange"] for week in weeks]
    assert changes[1] > changes[0] + 3


def test_the_same_for_the_same_seed(lab):
    """Equal arguments give equal logs; another seed gives others."""
    made = lab()
    table = (
        "SELECT r.at, r.status, r.rows, r.response, s.numbers, s.words FROM requests r LEFT JOIN scored s USING (seq)"
    )

    def generated(seed):
        store = made.api.emulator.store
        with store.writing(made.api.emulator.clock.seconds()):
            for name in ("requests", "scored", "actuals"):
                store.db.execute(f"DELETE FROM {name}")
        _send(made, rows=500, days=2, drift=0.5, errorRate=0.1, seed=seed)
        return store.db.execute(table).fetchall()

    first, again, other = generated(5), generated(5), generated(6)
    assert first == again
    assert first != other


def test_without_association_id_there_are_no_actuals(lab):
    """Nothing could be matched, so nothing is submitted."""
    made = lab()
    made.id = made.api.deploy(
        "churn", 1, predictionEnvironmentId=made.api.get("predictionEnvironments/")["data"][0]["id"]
    )
    assert _send(made, rows=100)["actuals"] == 0


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"rows": 0}, {"rows": "must be at least 1"}),
        ({"rows": 10**9}, {"rows": "must be at most 2e+06"}),
        ({"days": 0}, {"days": "must be at least 0.0416667"}),
        ({"drift": -1}, {"drift": "must be at least 0"}),
        ({"errorRate": 1}, {"errorRate": "must be at most 0.95"}),
        ({"seed": "a"}, {"seed": "must be a whole number"}),
        ({"colour": 1}, {"colour": "colour is not allowed key"}),
    ],
)
def test_bad_bodies(lab, body, errors):
    """What is out of range is named."""
    assert _send(lab(), 422, **body)["errors"] == errors


def test_deployments_that_cannot_have_traffic(lab):
    """One that is not there, or is not active, is refused; nothing is logged."""
    made = lab()
    with pytest.raises(Problem) as error:
        generate(made.api.emulator.store, made.api.emulator.clock.seconds(), "0" * 24)
    assert error.value.status == 404
    made.api.send("PATCH", f"deployments/{made.id}/status/", {"status": "inactive"})
    made.api.wait()
    assert _send(made, 409)["message"] == "The deployment is inactive: only an active one predicts."
    assert made.api.emulator.store.db.execute("SELECT count(*) FROM requests").fetchone() == (0,)
