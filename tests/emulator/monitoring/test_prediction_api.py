"""The prediction API: rows in, predictions out, and what it refuses; every request is in the log."""

import csv
import gzip
import io
import math

import pytest

ROW = {"id": "1", "tenure": 10, "charge": 50, "plan": "gold"}
# The model by hand: intercept -1, tenure -0.05 a unit, charge 0.03, gold -0.8.
P = 1 / (1 + math.exp(-(-1.0 - 0.5 + 1.5 - 0.8)))
KEY = {"DataRobot-Key": "the-key"}


def _item(p, row_id=0, **more):
    return {
        "prediction": "yes" if p >= 0.5 else "no",
        "predictionValues": [{"label": "yes", "value": p}, {"label": "no", "value": 1 - p}],
        "predictionThreshold": 0.5,
        "rowId": row_id,
        "deploymentApprovalStatus": "APPROVED",
        **more,
    }


def _log(api, columns="status, rows"):
    return api.emulator.store.db.execute(f"SELECT {columns} FROM requests ORDER BY seq").fetchall()


def _dedicated(made, *args, headers=KEY, token="ada", **more):
    headers = {"Authorization": f"Bearer {token}", **headers}
    path = f"/predApi/v1.0/deployments/{made.id}/predictions"
    return made.api.raw("POST", path, *args, headers=headers, **more)


def test_json_rows(lab):
    """Records are predicted by the model that the seed defines, in their order, with times in the headers."""
    made = lab()
    response = made.predict([ROW, {**ROW, "id": "2", "tenure": None, "plan": "unseen"}])
    assert response.json()["data"][0] == _item(P)
    assert response.headers["x-datarobot-model-cache-hit"] == "false"
    assert response.headers["x-datarobot-execution-time"].isdecimal()
    assert made.predict([ROW]).headers["x-datarobot-model-cache-hit"] == "true"
    assert _log(made.api) == [(200, 2), (200, 1)]


def test_regression_and_multiclass(lab):
    """A number is its own only value; classes come in the order of the model with probabilities that add up to 1."""
    revenue = lab("revenue").predict([{"id": "a", "tenure": 10, "plan": "gold"}]).json()["data"][0]
    assert (revenue["prediction"], revenue["predictionValues"]) == (65.0, [{"label": "revenue", "value": 65.0}])
    assert "predictionThreshold" not in revenue
    size = lab("size").predict([{"id": "a", "tenure": 10, "plan": "basic"}]).json()["data"][0]
    powers = [math.exp(value) for value in (-1 + 0.5, 0.2, 1 - 0.6)]
    assert [each["label"] for each in size["predictionValues"]] == ["large", "medium", "small"]
    assert [each["value"] for each in size["predictionValues"]] == pytest.approx(
        [each / sum(powers) for each in powers]
    )
    assert size["prediction"] == "small"


@pytest.mark.parametrize("form", ["csv", "gzip", "file", "wrapped", "untyped"])
def test_other_ways_to_send_rows(lab, form):
    """CSV, gzip, an uploaded file and wrapped records are predicted alike; an empty field is missing."""
    text = "id,tenure,charge,plan\n1,10,50,gold\n2,10,,gold\n"
    ways = {
        "csv": {"content": text, "headers": {"Content-Type": "text/csv; charset=UTF-8"}},
        "gzip": {
            "content": gzip.compress(text.encode()),
            "headers": {"Content-Type": "text/csv", "Content-Encoding": "gzip"},
        },
        "file": {"files": {"file": ("rows.csv", text)}},
        "wrapped": {"json": {"data": [ROW, {**ROW, "id": "2", "charge": None}]}},
        "untyped": {"content": text},
    }
    made = lab()
    way = ways[form]
    headers = {**KEY, **way.pop("headers", {})}
    response = _dedicated(made, headers=headers, **way)
    assert response.status_code == 200, response.text
    values = [item["predictionValues"][0]["value"] for item in response.json()["data"]]
    assert values[0] == pytest.approx(P)
    assert values[1] == pytest.approx(1 / (1 + math.exp(-(-2.3 + 0.03 * 53.75))), rel=1e-3)


def test_csv_answer(lab):
    """With Accept: text/csv the answer has the columns of the vendor's prediction files."""
    made = lab()
    response = _dedicated(made, json=[ROW], headers={**KEY, "Accept": "text/csv"}, params={"passthroughColumns": "id"})
    (line,) = csv.DictReader(io.StringIO(response.text))
    assert float(line.pop("churned_yes_PREDICTION")) == pytest.approx(P)
    assert float(line.pop("churned_no_PREDICTION")) == pytest.approx(1 - P)
    assert line == {
        "churned_PREDICTION": "no",
        "THRESHOLD": "0.5",
        "POSITIVE_CLASS": "yes",
        "DEPLOYMENT_APPROVAL_STATUS": "APPROVED",
        "id": "1",
    }
    assert response.headers["content-type"].startswith("text/csv")


def test_passthrough_and_warnings(lab):
    """Columns can be passed through, and each prediction can say whether it is out of bounds."""
    made = lab(predictionWarning={"enabled": True, "customBoundaries": {"lower": 0.4, "upper": 0.9}})
    query = "?passthroughColumns=id&passthroughColumns=plan&predictionWarningEnabled=true"
    response = made.api("POST", f"deployments/{made.id}/predictions{query}", [ROW, {**ROW, "charge": 90}])
    assert [(item["passthroughValues"], item["isOutlierPrediction"]) for item in response.json()["data"]] == [
        ({"id": "1", "plan": "gold"}, True),
        ({"id": "1", "plan": "gold"}, False),
    ]
    everything = made.api("POST", f"deployments/{made.id}/predictions?passthroughColumnsSet=all", [ROW])
    assert everything.json()["data"][0]["passthroughValues"] == ROW
    assert _log(made.api, "outliers") == [(1,), (1,)]


def test_the_key_of_a_prediction_server(lab, open_api):
    """In the cloud a dedicated server wants its key; the serverless route and self-managed platforms do not."""
    made = lab()
    wanted = {"message": "The datarobot-key header is missing or no key of a prediction server."}
    for headers in ({}, {"DataRobot-Key": "wrong"}):
        response = _dedicated(made, json=[ROW], headers=headers)
        assert (response.status_code, response.json()) == (401, wanted)
    assert _dedicated(made, json=[ROW], token="nobody").status_code == 401
    assert _dedicated(made, json=[ROW]).status_code == 200
    own = open_api(
        "features: {installation: self_managed}\nregistered_models: [{name: m, features: [x], versions: [{}]}]"
    )
    made.api, made.id = own, _self_managed(own)
    assert _dedicated(made, json=[{"x": 1}], headers={}, token=own.token).status_code == 200


def _self_managed(api):
    body = {"modelPackageId": api.version("m", 1), "label": "m"}
    made = api.send("POST", "deployments/fromModelPackage/", body).json()["id"]
    api.wait()
    return made


def test_the_server_of_a_seed_is_the_emulator(lab):
    """A prediction server without a url shows the address that the request came to, in lists and deployments."""
    made = lab()
    (server,) = made.api.get("predictionServers/")["data"]
    assert (server["url"], server["datarobot-key"]) == ("http://emulated", "the-key")
    other = made.api.deploy("churn", 1, defaultPredictionServerId=server["id"])
    assert made.api.get(f"deployments/{other}/")["defaultPredictionServer"]["url"] == "http://emulated"
    assert made.api.raw("GET", "/predApi/v1.0/").status_code in {401, 404}
    assert made.api("POST", f"predApi/v1.0/deployments/{other}/predictions", [ROW]).status_code == 404


@pytest.mark.parametrize(
    ("send", "status", "message"),
    [
        ({"content": "", "headers": {"Content-Type": "text/csv"}}, 400, "has no rows: send JSON records or CSV"),
        ({"content": "id,tenure\n", "headers": {"Content-Type": "text/csv"}}, 422, "no rows to predict"),
        ({"content": "[{", "headers": {"Content-Type": "application/json"}}, 400, "The body is not JSON"),
        ({"json": {"rows": []}}, 422, "must be a list of records"),
        ({"json": [1]}, 422, "must be a list of records"),
        ({"json": [{**ROW, "plan": ["gold"]}]}, 422, "Column plan has a value that is neither text nor a number."),
        ({"json": [{"id": 1, "plan": "x"}]}, 422, "Missing columns: tenure, charge."),
        ({"json": [{**ROW, "tenure": "long"}]}, 422, "Column tenure holds numbers, but row 0 has 'long'."),
        ({"content": "a,b\n1\n", "headers": {"Content-Type": "text/csv"}}, 400, "Line 2 has 1 values for 2 columns."),
        ({"content": "a,a\n1,2\n", "headers": {"Content-Type": "text/csv"}}, 400, "has a column twice: a."),
        ({"content": b"\xff\xfe", "headers": {"Content-Type": "text/csv"}}, 400, "not UTF-8"),
        ({"content": 'a\n"1', "headers": {"Content-Type": "text/csv"}}, 400, "not CSV"),
        ({"content": "x", "headers": {"Content-Type": "text/csv", "Content-Encoding": "gzip"}}, 400, "not gzip"),
        ({"content": "x", "headers": {"Content-Type": "image/png"}}, 415, "Unsupported Content-Type image/png"),
        ({"data": {"a": "1"}, "files": {}}, 415, "Unsupported Content-Type"),
        ({"json": [ROW], "params": {"wd": "1"}}, 422, "'wd': wd is not allowed key"),
        ({"json": [ROW], "params": {"passthroughColumns": "nope"}}, 400, "not columns of the request: nope"),
        ({"json": [ROW], "params": {"passthroughColumnsSet": "some"}}, 422, "the only value is all"),
        ({"json": [{**ROW, "id": "x" * 129}]}, 422, "at most 128 characters"),
    ],
)
def test_bad_requests(lab, send, status, message):
    """What cannot be predicted is refused with a sentence, and counts as a user error in the log."""
    made = lab()
    response = _dedicated(made, headers={**KEY, **send.pop("headers", {})}, **send)
    assert (response.status_code, message in response.json()["message"]) == (status, True), response.text
    assert _log(made.api) == [(status, 0)]


def test_required_association_ids(lab):
    """Where an association ID is required, a row without one is refused; else rows go without."""
    made = lab()
    without = {name: value for name, value in ROW.items() if name != "id"}
    assert made.api("POST", f"deployments/{made.id}/predictions", [without]).status_code == 200
    made.settings(associationId={"requiredInPredictionRequests": True})
    refused = made.predict([without], 422).json()["message"]
    assert refused == "Every row needs an association ID in column id. The column is missing."
    refused = made.predict([ROW, {**ROW, "id": None}], 422).json()["message"]
    assert refused == "Every row needs an association ID in column id. Row 1 has none."
    made.settings(associationId={"autoGenerateId": True})
    (item,) = made.api("POST", f"deployments/{made.id}/predictions", [without]).json()["data"]
    assert len(item["associationId"]) == 24
    ids = made.api.emulator.store.db.execute("SELECT associations FROM scored ORDER BY seq").fetchall()
    assert ids == [(None,), (f'["{item["associationId"]}"]',)]


def test_association_column_is_fixed_once_used(lab):
    """After predictions carried the association ID its column cannot change."""
    made = lab()
    made.predict([ROW])
    patch = {"associationId": {"columnNames": ["other"]}}
    assert made.api("PATCH", f"deployments/{made.id}/settings/", patch).status_code == 409


def test_an_inactive_deployment(lab):
    """An inactive deployment does not predict, and says so as the platform does."""
    made = lab()
    made.api.send("PATCH", f"deployments/{made.id}/status/", {"status": "inactive"})
    made.api.wait()
    assert made.predict([ROW], 403).json() == {"message": "Deployment is inactive"}


def test_whose_deployment(lab):
    """A user without a role sees no deployment; a consumer may predict."""
    made = lab()
    made.api.token = "bob"
    refused = made.api("POST", f"deployments/{made.id}/predictions", [ROW])
    message = f"Deployment {made.id} cannot be found for user bob@example.com."
    assert (refused.status_code, refused.json()) == (404, {"message": message})
    made.api.token = "ada"
    role = {"role": "CONSUMER", "shareRecipientType": "user", "username": "bob@example.com"}
    made.api.send("PATCH", f"deployments/{made.id}/sharedRoles/", {"operation": "updateRoles", "roles": [role]}, 204)
    made.api.token = "bob"
    made.predict([ROW])
    assert _log(made.api, "consumer, status") == [("bob@example.com", 200)]


def test_models_that_are_not_scored_here(lab):
    """A deployment elsewhere, or of a kind of model that the emulator cannot score, is refused with the reason."""
    made = lab()
    cluster = next(each for each in made.api.get("predictionEnvironments/")["data"] if each["name"] == "cluster")
    made.id = made.api.deploy("churn", 1, predictionEnvironmentId=cluster["id"])
    assert made.predict([ROW], 422).json() == {"message": "The deployment predicts on onPremise, not here."}


def test_a_replacement_counts_from_the_moment_it_is_asked_for(lab):
    """While a replacement is under way the new model predicts; one that will fail leaves the old one serving."""
    made = lab()
    body = {"modelPackageId": made.api.version("churn", 2), "reason": "ACCURACY"}
    made.api.send("PATCH", f"deployments/{made.id}/model/", body)
    new = 1 / (1 + math.exp(1.0))
    assert made.predict([ROW]).json()["data"][0]["predictionValues"][0]["value"] == pytest.approx(new)
    made.api.wait()
    fault = {"route": "PATCH deployments/{id}/model/", "kind": "job_error"}
    assert made.api.raw("POST", "/emulator/faults/", json=fault).status_code == 201
    body["modelPackageId"] = made.api.version("churn", 1)
    made.api.send("PATCH", f"deployments/{made.id}/model/", body)
    assert made.predict([ROW]).json()["data"][0]["predictionValues"][0]["value"] == pytest.approx(new)


def test_the_log_of_requests_shows_sizes_only(lab):
    """The tester's record of requests tells how big a prediction request was, not what was in it."""
    made = lab()
    made.predict([ROW])
    last = made.api.raw("GET", "/emulator/requests/").json()["requests"][-1]
    assert (last["route"], list(last["body"])) == ("deployments/{id}/predictions/", ["bytes"])
