"""Actuals: from JSON and from datasets, what they match, and what is refused."""

import pytest


def _send(made, rows, status=202, **more):
    return made.api.send("POST", f"deployments/{made.id}/actuals/fromJSON/", {"data": rows, **more}, status)


def _settle(made):
    made.api.get("version/")  # jobs that are due are settled by any request


def _actuals(made):
    _settle(made)
    rows = made.api.emulator.store.db.execute("SELECT association, value, at, acted FROM actuals ORDER BY association")
    return rows.fetchall()


def _dataset(made, text):
    response = made.api("POST", "datasets/fromFile/", files={"file": ("actuals.csv", text)})
    assert response.status_code == 202, response.text
    made.api.wait(5)
    return response.json()["datasetId"]


def test_they_count_when_the_job_is_through(lab):
    """The 202 leads to the accuracy; before the job is through nothing has changed."""
    made = lab()
    made.predict(made.rows(2, 1))
    response = _send(made, [{"associationId": "r1", "actualValue": "yes", "wasActedOn": True}])
    assert (response.text, _actuals(made)) == ("{}", [])
    made.api.wait(5)
    status = made.api.raw("GET", response.headers["location"], headers={"Authorization": "Token ada"})
    assert (status.status_code, status.headers["location"].split("/", 6)[-1]) == (303, f"{made.id}/accuracy/")
    assert _actuals(made) == [("r1", '"yes"', None, 1)]
    kept = made.api.emulator.store.db.execute("SELECT count(*) FROM objects WHERE kind = 'actualsBatch'")
    assert kept.fetchone() == (0,)


def test_classes_in_any_spelling(open_api, lab):
    """Labels match as text, in any case, and as numbers; times carry an offset or are UTC."""
    made = lab()
    made.api = api = open_api(
        "prediction_servers: [{}]\nregistered_models: [{name: m, target: t, target_type: Binary, "
        'class_names: ["0.0", "1.0"], features: [x], versions: [{}]}]'
    )
    made.id = api.deploy("m", 1)
    made.settings(associationId={"columnNames": ["id"]})
    rows = [
        {"associationId": "a", "actualValue": 1, "timestamp": "2024-05-01T12:00:00+02:00"},
        {"associationId": "b", "actualValue": "0", "timestamp": "2024-05-01T10:00:00"},
        {"associationId": "c", "actualValue": 1.0},
    ]
    _send(made, rows)
    made.api.wait(5)
    assert _actuals(made) == [
        ("a", '"1.0"', 1714557600.0, None),
        ("b", '"0.0"', 1714557600.0, None),
        ("c", '"1.0"', None, None),
    ]


def test_the_later_actual_counts(lab):
    """An actual for the same id replaces the one before."""
    made = lab("revenue")
    made.predict([{"id": "a", "tenure": 10, "plan": "basic"}])
    for value in (30, 40):
        _send(made, [{"associationId": "a", "actualValue": value}])
        made.api.wait(5)
    assert made.read("accuracy", metric="MAE")["data"][0]["value"] == 5.0


def test_an_actual_belongs_to_the_last_prediction(lab):
    """Of several predictions with one id the last one is compared."""
    made = lab("revenue")
    made.predict([{"id": "a", "tenure": 10, "plan": "basic"}])
    made.predict([{"id": "a", "tenure": 20, "plan": "basic"}])
    _send(made, [{"associationId": "a", "actualValue": 51}])
    made.api.wait(5)
    item = made.read("accuracy", metric="MAE")["data"][0]
    assert (item["value"], item["sampleSize"]) == (1.0, 1)


@pytest.mark.parametrize(("keep", "kept"), [(None, ["later", "r1"]), (True, ["later", "r1"]), (False, ["r1"])])
def test_actuals_before_their_predictions(lab, keep, kept):
    """Actuals without predictions wait for them, unless they were not to be kept."""
    made = lab()
    made.predict(made.rows(1, 1))
    more = {} if keep is None else {"keepActualsWithoutPredictions": keep}
    _send(made, [{"associationId": each, "actualValue": "no"} for each in ("r1", "later")], **more)
    made.api.wait(5)
    assert [row[0] for row in _actuals(made)] == kept
    row = {**made.rows(1, 2)[0], "id": "later"}
    made.predict([row])
    assert made.read("accuracy", metric="LogLoss")["data"][0]["sampleSize"] == len(kept)


def test_from_a_dataset(lab):
    """Columns of a dataset are actuals; rows without a value are not known yet."""
    made = lab()
    made.predict(made.rows(3, 1))
    text = "key;result;acted;when\nr1;yes;true;2024-05-01T10:00:00Z\nr2;NO;;\nr3;;;\n"
    body = {
        "datasetId": _dataset(made, text),
        "actualValueColumn": "result",
        "associationIdColumn": "key",
        "wasActedOnColumn": "acted",
        "timestampColumn": "when",
    }
    made.api.send("POST", f"deployments/{made.id}/actuals/fromDataset/", body)
    made.api.wait(5)
    assert _actuals(made) == [("r1", '"yes"', 1714557600.0, 1), ("r2", '"no"', None, None)]


def test_a_dataset_that_does_not_fit(lab):
    """Missing datasets and columns are refused at once; a value that does not fit fails the job."""
    made = lab()
    path = f"deployments/{made.id}/actuals/fromDataset/"
    dataset = _dataset(made, "key,result\nr1,maybe\n")
    body = {"datasetId": dataset, "actualValueColumn": "result", "associationIdColumn": "key"}
    assert made.api.send("POST", path, {**body, "datasetId": "0" * 24}, 404).json() == {
        "message": f"Dataset {'0' * 24} not found."
    }
    refused = made.api.send("POST", path, {**body, "actualValueColumn": "outcome"}, 422).json()
    assert refused["errors"] == {"actualValueColumn": "outcome is not a column of the dataset"}
    assert set(made.api.send("POST", path, {}, 422).json()["errors"]) == {
        "datasetId",
        "actualValueColumn",
        "associationIdColumn",
    }
    job = made.api.send("POST", path, body).headers["location"]
    made.api.wait(5)
    status = made.api.raw("GET", job, headers={"Authorization": "Token ada"}).json()
    assert (status["status"], status["message"]) == ("ERROR", "actualValue: must be one of no, yes, not maybe")
    assert _actuals(made) == []


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        ([], {"data": "must have at least 1 item"}),
        ([{"associationId": "a", "actualValue": "yes"}] * 10_001, {"data": "must have at most 10000 items"}),
        ([{"actualValue": "yes"}], {"data": {"0": {"associationId": "is required"}}}),
        ([{"associationId": "a"}], {"data": {"0": {"actualValue": "is required"}}}),
        (
            [{"associationId": "x" * 129, "actualValue": "yes"}],
            {"data": {"0": {"associationId": "must have at most 128 characters"}}},
        ),
        (
            [{"associationId": "a", "actualValue": "yes"}, {"associationId": "b", "actualValue": "maybe"}],
            {"data": {"1": {"actualValue": "must be one of no, yes, not maybe"}}},
        ),
        (
            [{"associationId": "a", "actualValue": "yes", "timestamp": "noon"}],
            {"data": {"0": {"timestamp": "must be a time such as 2024-05-01T10:00:00Z"}}},
        ),
        (
            [{"associationId": "a", "actualValue": "yes", "colour": 1}],
            {"data": {"0": {"colour": "colour is not allowed key"}}},
        ),
    ],
)
def test_bad_actuals(lab, rows, errors):
    """Every actual that does not fit is named."""
    assert _send(lab(), rows, 422).json()["errors"] == errors


def test_numbers_only(lab):
    """A regression takes numbers, also as text."""
    made = lab("revenue")
    refused = _send(made, [{"associationId": "a", "actualValue": "much"}], 422).json()
    assert refused["errors"] == {"data": {"0": {"actualValue": "must be a number, not much"}}}
    _send(made, [{"associationId": "a", "actualValue": "3.5"}])


def test_no_association_id(lab):
    """Where no association ID is set there is nothing that actuals could be matched by."""
    made = lab()
    environment = made.api.get("predictionEnvironments/")["data"][0]["id"]
    made.id = made.api.deploy("churn", 1, predictionEnvironmentId=environment)
    refused = _send(made, [{"associationId": "a", "actualValue": "yes"}], 422).json()
    assert refused["errors"] == {"associationId": "is not set"}


def test_too_many_in_an_hour(open_api, lab):
    """Beyond the hourly limit of a deployment actuals are a 429, until the hour is over."""
    made = lab()
    made.api = api = open_api(
        "features: {actuals_per_hour: 3}\nprediction_servers: [{}]\n"
        "registered_models: [{name: m, target: t, features: [x], versions: [{}]}]"
    )
    made.id = api.deploy("m", 1)
    made.settings(associationId={"columnNames": ["id"]})
    rows = [{"associationId": str(place), "actualValue": place} for place in range(2)]
    _send(made, rows)
    assert _send(made, rows, 429).json() == {"message": "At most 3 actuals an hour can be submitted to a deployment."}
    _send(made, rows[:1])
    made.api.wait(3601)
    _send(made, rows)


def test_a_job_that_fails_leaves_nothing(lab):
    """A job that ends in an error has no effect, and keeps nothing."""
    made = lab()
    fault = {"route": "POST deployments/{id}/actuals/fromJSON/", "kind": "job_error"}
    made.api.raw("POST", "/emulator/faults/", json=fault)
    _send(made, [{"associationId": "a", "actualValue": "yes"}])
    made.api.wait(5)
    assert _actuals(made) == []
    kept = made.api.emulator.store.db.execute("SELECT count(*) FROM objects WHERE kind = 'actualsBatch'")
    assert kept.fetchone() == (0,)
