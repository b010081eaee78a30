"""Service stats: every metric against numpy on the requests that were sent, and the rules of periods and buckets."""

from itertools import pairwise

import numpy as np
import pytest

from drplan.emulator.world.serving.log import Logged, add

NOW = 1714557600.0  # 2024-05-01T10:00:00Z, where the clock of these tests stands


def _log(made, count=400, days=6.5, model=None, seed=1):
    """Write requests straight into the log, and give them as columns."""
    random = np.random.default_rng(seed)
    at = np.sort(NOW - random.uniform(0, days * 86400, count))
    status = random.choice([200, 200, 200, 422, 500], count)
    rows = np.where(status == 200, random.integers(1, 50, count), 0)
    execution = random.lognormal(3, 1, count)
    response = execution + random.uniform(1, 900, count)
    consumer = random.choice(["ada", "bob", "eve"], count, p=[0.6, 0.3, 0.1])
    cached = random.random(count) < 0.8
    model = model or made.api.get(f"deployments/{made.id}/")["model"]["id"]
    store = made.api.emulator.store
    with store.writing(made.api.emulator.clock.seconds()):
        add(
            store,
            [
                (
                    Logged(
                        made.id,
                        model,
                        float(at[place]),
                        int(status[place]),
                        int(rows[place]),
                        float(execution[place]) if status[place] == 200 else None,
                        float(response[place]),
                        bool(cached[place]),
                        0,
                        str(consumer[place]),
                        f"10.0.0.{place % 3}",
                        "host",
                    ),
                    None,
                )
                for place in range(count)
            ],
        )
    return {
        "at": at,
        "status": status,
        "rows": rows,
        "execution": execution,
        "response": response,
        "consumer": consumer,
        "cached": cached,
    }


def _expected(sent, mask, quantile=0.5, slow=1000):
    good = mask & (sent["status"] == 200)
    count = int(mask.sum())
    loads = list(np.unique(np.floor(sent["at"][mask] / 60), return_counts=True)[1])
    return {
        "totalPredictions": int(sent["rows"][mask].sum()),
        "totalRequests": count,
        "slowRequests": int((sent["response"][good] > slow).sum()),
        "executionTime": float(np.percentile(sent["execution"][good], 100 * quantile)) if good.any() else None,
        "responseTime": float(np.percentile(sent["response"][good], 100 * quantile)) if good.any() else None,
        "userErrorRate": int((sent["status"][mask] == 422).sum()) / count if count else None,
        "serverErrorRate": int((sent["status"][mask] == 500).sum()) / count if count else None,
        "numConsumers": len(set(sent["consumer"][mask])),
        "cacheHitRatio": float(sent["cached"][good].mean()) if good.any() else None,
        "medianLoad": float(np.median(loads)) if loads else 0,
        "peakLoad": int(max(loads, default=0)),
    }


def test_all_metrics(lab):
    """Every metric is what numpy says of the requests of the period."""
    made = lab()
    sent = _log(made)
    everything = np.ones(400, dtype=bool)
    body = made.read("serviceStats")
    assert body["metrics"] == pytest.approx(_expected(sent, everything))
    assert body["period"] == {"start": "2024-04-24T11:00:00Z", "end": "2024-05-01T11:00:00Z"}
    body = made.read("serviceStats", executionTimeQuantile=0.9, responseTimeQuantile=0.9, slowRequestsThreshold=500)
    assert body["metrics"] == pytest.approx(_expected(sent, everything, 0.9, 500))


def test_a_period_of_its_own(lab):
    """Start counts, end does not; times may carry any offset whose hours are full ones of UTC."""
    made = lab()
    sent = _log(made)
    start, end = NOW - 3 * 86400, NOW - 86400
    body = made.read("serviceStats", start="2024-04-28T12:00:00+02:00", end="2024-04-30T10:00:00Z")
    assert body["metrics"] == pytest.approx(_expected(sent, (sent["at"] >= start) & (sent["at"] < end)))
    assert body["period"] == {"start": "2024-04-28T10:00:00Z", "end": "2024-04-30T10:00:00Z"}


@pytest.mark.parametrize(
    "metric",
    list(
        _expected(
            {k: np.zeros(1) for k in ("at", "status", "rows", "execution", "response", "consumer", "cached")},
            np.ones(1, dtype=bool),
        )
    ),
)
def test_each_metric_over_time(lab, metric):
    """Each bucket is what numpy says of its requests; shares and times of an empty bucket are null, counts are 0."""
    made = lab()
    sent = _log(made, 60)
    body = made.read("serviceStatsOverTime", metric=metric, bucketSize="PT6H", quantile=0.25, threshold=600)
    end = NOW + 3600
    edges = np.arange(end - 7 * 86400, end + 1, 6 * 3600)
    wanted = [
        _expected(sent, (sent["at"] >= start) & (sent["at"] < stop), 0.25, 600)[metric]
        for start, stop in pairwise(edges)
    ]
    assert [bucket["value"] for bucket in body["buckets"]] == pytest.approx(wanted)
    assert body["summary"]["value"] == pytest.approx(_expected(sent, np.ones(60, dtype=bool), 0.25, 600)[metric])
    assert len(wanted) == 28
    assert any(value in (None, 0) for value in wanted)


def test_segments(lab):
    """Requests of one consumer or address can be looked at apart, and the values that came in are listed."""
    made = lab()
    sent = _log(made)
    body = made.read("serviceStats", segmentAttribute="DataRobot-Consumer", segmentValue="bob")
    assert body["metrics"] == pytest.approx(_expected(sent, sent["consumer"] == "bob"))
    assert (body["segmentAttribute"], body["segmentValue"]) == ("DataRobot-Consumer", "bob")
    assert made.read("segmentValues", segmentAttribute="DataRobot-Remote-IP")["data"] == [
        "10.0.0.0",
        "10.0.0.1",
        "10.0.0.2",
    ]
    assert made.read("segmentValues", segmentAttribute="DataRobot-Consumer", search="B")["data"] == ["bob"]
    refused = made.read("serviceStats", 400, segmentAttribute="plan")["message"]
    assert refused.startswith("segmentAttribute: must be one of DataRobot-Consumer, DataRobot-Remote-IP")


def test_nothing_yet(lab):
    """Without requests counts are 0 and times null; metrics that cannot be null are 0 as the platform sends them."""
    made = lab()
    assert made.read("serviceStats")["metrics"] == {
        "totalPredictions": 0,
        "totalRequests": 0,
        "slowRequests": 0,
        "executionTime": None,
        "responseTime": None,
        "userErrorRate": 0.0,
        "serverErrorRate": 0.0,
        "numConsumers": 0,
        "cacheHitRatio": 0.0,
        "medianLoad": 0,
        "peakLoad": 0,
    }
    values = {each["value"] for each in made.read("serviceStatsOverTime", metric="userErrorRate")["buckets"]}
    assert values == {None}


def test_a_new_champion_starts_from_zero(lab):
    """After a replacement the new model has nothing; the old one can be read by its id, both side by side."""
    made = lab()
    old = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    made.predict(made.rows(5, 1))
    body = {"modelPackageId": made.api.version("churn", 2), "reason": "OTHER"}
    made.api.send("PATCH", f"deployments/{made.id}/model/", body)
    made.api.wait(30)
    new = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    made.predict(made.rows(3, 2))
    made.predict(made.rows(4, 2))
    assert made.read("serviceStats")["metrics"]["totalPredictions"] == 7
    assert made.read("serviceStats", modelId=old)["metrics"]["totalPredictions"] == 5
    body = made.read("serviceStatsOverTime", modelId=[old, new], bucketSize="P7D")
    assert [(each["modelId"], each["value"]) for each in body["buckets"]] == [(old, 5), (new, 7)]
    assert "summary" not in body
    assert (
        made.read("serviceStats", 404, modelId="0" * 24)["message"] == f"Model {'0' * 24} never served this deployment."
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            {"start": "2024-04-28T10:30:00Z"},
            "start: only the top of an hour is accepted, such as 2024-04-28T10:00:00Z or 2024-04-28T11:00:00Z",
        ),
        ({"end": "yesterday"}, "end: must be a time such as 2019-08-01T00:00:00Z, not yesterday"),
        ({"start": "2024-06-01T00:00:00Z"}, "start: must be before the end of the period, 2024-05-01T11:00:00Z"),
        ({"end": "0001-01-01T00:00:00Z"}, "end: must be between the years 1971 and 9000, not 0001-01-01T00:00:00Z"),
        ({"bucketSize": "PT30M"}, "bucketSize: must be a multiple of one hour, not PT30M"),
        ({"bucketSize": "PT90M"}, "bucketSize: must be a multiple of one hour, not PT90M"),
        ({"bucketSize": "P8D"}, "bucketSize: must not be longer than the period, P8D is"),
        ({"bucketSize": "P1M"}, "bucketSize: must not be longer than the period, P1M is"),
        ({"bucketSize": "a day"}, "bucketSize: must be an ISO 8601 duration such as PT1H or P1D, not a day"),
        ({"bucketSize": "P"}, "bucketSize: must be an ISO 8601 duration such as PT1H or P1D, not P"),
        ({"bucketSize": "P0D"}, "bucketSize: must be a multiple of one hour, not P0D"),
        ({"quantile": "1.5"}, "quantile: must be a number from 0 to 1, not 1.5"),
        ({"threshold": "slow"}, "threshold: must be a number from 0, not slow"),
        ({"metric": "speed"}, "metric: must be one of totalPredictions, totalRequests, slowRequests, executionTime,"),
        (
            {"start": "1990-01-01T00:00:00Z", "bucketSize": "PT1H"},
            "bucketSize: the period would have more than 100000 buckets",
        ),
    ],
)
def test_bad_queries(lab, query, message):
    """A query that makes no sense is a 400 that says what would."""
    refused = lab().read("serviceStatsOverTime", 400, **query)["message"]
    assert refused.startswith(message)


@pytest.mark.parametrize(
    ("size", "count", "first"),
    [
        ("PT1H", 168, "2024-04-24T12:00:00Z"),
        ("P0Y0M1DT0H0M0S", 7, "2024-04-25T11:00:00Z"),
        ("T12H", 14, "2024-04-24T23:00:00Z"),
        ("P1W", 1, "2024-05-01T11:00:00Z"),
        ("PT120M", 84, "2024-04-24T13:00:00Z"),
        ("P2D", 4, "2024-04-26T11:00:00Z"),
        (None, 7, "2024-04-25T11:00:00Z"),
    ],
)
def test_bucket_sizes(lab, size, count, first):
    """Any ISO 8601 duration of full hours cuts the period; the last bucket ends with the period."""
    query = {"bucketSize": size} if size else {}
    buckets = lab().read("serviceStatsOverTime", **query)["buckets"]
    assert (len(buckets), buckets[0]["period"]["end"]) == (count, first)
    assert buckets[-1]["period"]["end"] == "2024-05-01T11:00:00Z"
    assert [each["period"]["start"] for each in buckets[1:]] == [each["period"]["end"] for each in buckets[:-1]]


def test_months(lab):
    """A bucket of a month ends on the same day of the next one, or on its last day."""
    body = lab().read(
        "serviceStatsOverTime", start="2024-01-31T00:00:00Z", end="2024-04-30T00:00:00Z", bucketSize="P1M"
    )
    assert [each["period"]["start"] for each in body["buckets"]] == [
        "2024-01-31T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2024-03-31T00:00:00Z",
    ]


def test_latency_of_the_emulator_counts(lab):
    """A latency that was asked for shows in the response times, so that slow requests can be tested."""
    made = lab()
    fault = {"route": "POST deployments/{id}/predictions/", "kind": "latency", "seconds": 0.05}
    assert made.api.raw("POST", "/emulator/faults/", json=fault).status_code == 201
    made.predict(made.rows(1, 1))
    made.predict(made.rows(1, 1))
    metrics = made.read("serviceStats", slowRequestsThreshold=45)["metrics"]
    assert metrics["slowRequests"] == 1


def test_a_fault_is_an_error_of_the_server(lab):
    """A prediction that a fault answers with 503 counts in the server's errors, and turns the service's health."""
    made = lab()
    fault = {"route": "POST deployments/{id}/predictions/", "kind": "status", "status": 503}
    assert made.api.raw("POST", "/emulator/faults/", json=fault).status_code == 201
    made.predict(made.rows(1, 1), 503)
    made.predict(made.rows(1, 1))
    metrics = made.read("serviceStats")["metrics"]
    assert (metrics["totalRequests"], metrics["serverErrorRate"], metrics["numConsumers"]) == (2, 0.5, 1)
    assert made.api.get(f"deployments/{made.id}/")["serviceHealth"]["status"] == "failing"
