"""Exports: logged rows, actuals and training as datasets that can be downloaded."""

import csv
import io

import pytest

PERIOD = {"start": "2024-05-01T00:00:00Z", "end": "2024-05-02T00:00:00Z"}


@pytest.fixture
def busy(lab):
    """A lab that collects predictions, with some that have actuals."""
    made = lab(predictionsDataCollection={"enabled": True})
    made.predict(made.rows(20, 1))
    made.submit(2, share=0.5)
    return made


def _export(made, kind, body, status=202):
    response = made.api.send("POST", f"deployments/{made.id}/{kind}/", body, status)
    if status != 202:
        return response.json()
    made.api.wait(5)
    done = made.api.raw("GET", response.headers["location"], headers={"Authorization": "Token ada"})
    return made.api.raw("GET", done.headers["location"], headers={"Authorization": "Token ada"}).json()


def _rows(made, export):
    (dataset,) = export["data"]
    response = made.api("GET", f"datasets/{dataset['id']}/file/")
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text)))


def test_predictions(busy):
    """Every row with its features and what was predicted, as it was sent."""
    export = _export(busy, "predictionDataExports", PERIOD)
    assert (export["status"], export["error"], export["batches"]) == ("SUCCEEDED", None, None)
    rows = _rows(busy, export)
    assert [row["association_id"] for row in rows] == busy.column("id")
    assert [float(row["tenure"]) for row in rows] == busy.column("tenure")
    assert [row["plan"] for row in rows] == busy.column("plan")
    assert [float(row["churned_yes_PREDICTION"]) for row in rows] == pytest.approx(list(busy.predicted()[:, 0]))
    assert busy.read("predictionDataExports")["data"] == [export]
    assert busy.api.get(f"deployments/{busy.id}/predictionDataExports/?status=FAILED")["data"] == []
    assert busy.read(f"actualsDataExports/{export['id']}", 404) == {"message": "Not Found"}


@pytest.mark.parametrize("only", [True, False])
def test_actuals(busy, only):
    """Rows with ids and their actuals; those without an actual only if they were asked for."""
    export = _export(busy, "actualsDataExports", {**PERIOD, "onlyMatchedPredictions": only})
    rows = _rows(busy, export)
    assert {row["association_id"]: row["actual"] for row in rows if row["actual"]} == busy.actuals
    assert len(rows) == (len(busy.actuals) if only else 20)


def test_training(busy):
    """The rows that drift is measured against."""
    dataset = _export(busy, "trainingDataExports", {})
    (export,) = busy.read("trainingDataExports")["data"]
    assert export["data"] == {"id": dataset["datasetId"], "name": dataset["name"]}
    assert export["modelPackageId"] == busy.api.version("churn", 1)
    rows = _rows(busy, {"data": [export["data"]]})
    assert (len(rows), set(rows[0])) == (2000, {"tenure", "charge", "plan"})


def test_nothing_to_export(busy):
    """An export without rows fails and says so."""
    export = _export(busy, "predictionDataExports", {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"})
    assert (export["status"], export["error"]) == ("FAILED", {"message": "There is nothing to export in this period."})


def test_bad_exports(busy):
    """Periods, models and settings that do not fit are refused."""
    wrong = _export(busy, "predictionDataExports", {"start": "noon"}, 422)["errors"]
    assert wrong == {"end": "is required"}
    wrong = _export(busy, "predictionDataExports", {**PERIOD, "start": "noon"}, 422)["errors"]
    assert wrong == {"start": "must be a time such as 2024-05-01T10:00:00Z"}
    wrong = _export(busy, "predictionDataExports", {**PERIOD, "end": PERIOD["start"]}, 422)["errors"]
    assert wrong == {"start": "must be before end"}
    missing = _export(busy, "trainingDataExports", {"modelId": "0" * 24}, 404)
    assert missing == {"message": f"Model {'0' * 24} never served this deployment."}
    busy.settings(predictionsDataCollection={"enabled": False})
    refused = _export(busy, "predictionDataExports", PERIOD, 422)["errors"]
    assert refused == {"predictionsDataCollection": "is not enabled"}
