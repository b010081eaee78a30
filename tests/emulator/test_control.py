"""The side door: faults by route and count, exact counters, the clock."""

import httpx
import pytest

from drplan.emulator import ConnectionDropped

MODEL = "PATCH deployments/{id}/model/"


def _arm(api, **fault):
    response = api.raw("POST", "/emulator/faults/", json=fault)
    assert response.status_code == 201, response.text


def test_requests_are_counted_by_route_and_kept(api):
    """Counters are exact by route, the log has path, query, status and body without secrets; control is not counted."""
    made = api.deploy()
    api.raw("DELETE", "/emulator/requests/")
    api.get(f"deployments/{made}/settings/")
    api.get(f"deployments/{made}/settings")
    api("GET", "nothing/?a=1")
    api("PUT", f"deployments/{made}/agentCard/", {"name": "n", "apiToken": "s", "deep": [{"password": "p"}]})
    seen = api.raw("GET", "/emulator/requests/").json()
    assert (seen["total"], seen["counts"]) == (
        4,
        {
            "GET deployments/{id}/settings/": 2,
            "GET {unknown}": 1,
            "PUT deployments/{id}/agentCard/": 1,
        },
    )
    assert seen["requests"][2:] == [
        {
            "method": "GET",
            "path": "/api/v2/nothing/",
            "route": "{unknown}",
            "query": "a=1",
            "status": 404,
            "body": None,
        },
        {
            "method": "PUT",
            "path": f"/api/v2/deployments/{made}/agentCard/",
            "route": "deployments/{id}/agentCard/",
            "query": "",
            "status": 200,
            "body": {"name": "n", "apiToken": "***", "deep": [{"password": "***"}]},
        },
    ]


def test_a_status_fault_strikes_as_often_as_it_says(api):
    """After `skip` requests it strikes `count` times with its status, Retry-After and message, and is used up."""
    _arm(api, route="GET deployments/", kind="status", status=429, retry_after=2, count=2, skip=1, message="Slow down.")
    seen = [api("GET", "deployments/") for _ in range(4)]
    assert [each.status_code for each in seen] == [200, 429, 429, 200]
    assert (seen[1].headers["retry-after"], seen[1].json()) == ("2", {"message": "Slow down."})
    assert api.raw("GET", "/emulator/faults/").json() == {"faults": []}


def test_a_fault_for_one_path_leaves_the_others(api):
    """`match` narrows a fault to paths that contain it; any placeholder name means the same route."""
    one, two = api.deploy(), api.deploy()
    _arm(api, route="GET deployments/{deployment_id}/", kind="status", status=500, match=two)
    assert [api("GET", f"deployments/{each}/").status_code for each in (one, two, two)] == [200, 500, 200]


def test_a_fault_after_the_effect_is_an_ambiguous_answer(api):
    """`when: after` does the work and then loses the answer."""
    _arm(api, route="POST deployments/fromModelPackage/", kind="status", status=502, when="after")
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    api.send("POST", "deployments/fromModelPackage/", body, 502)
    assert [each["label"] for each in api.get("deployments/")["data"]] == ["x"]


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_has_no_answer(api, when, kept):
    """In-process a drop raises ConnectionDropped, before or after the effect; it is counted with status 0."""
    _arm(api, route="POST deployments/fromModelPackage/", kind="drop", when=when)
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    with pytest.raises(ConnectionDropped):
        api("POST", "deployments/fromModelPackage/", body)
    assert api.emulator.requests.log[-1]["status"] == 0
    assert api.get("deployments/")["totalCount"] == kept


def test_html_and_bodies_of_ones_own_can_be_answered(api):
    """`html` answers a web page, `body` any JSON."""
    _arm(api, route="*", kind="html", status=502, message="Bad gateway")
    response = api("GET", "version/")
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html; charset=utf-8")
    _arm(api, route="GET *", kind="status", status=400, body={"errorName": "JobAlreadyAdded"})
    assert api("GET", "version/").json() == {"errorName": "JobAlreadyAdded"}


def test_jobs_can_be_made_to_fail_without_effect(api):
    """A job_error ends the next job in ERROR: a status change, a settings change and a creation change nothing."""
    made = api.deploy()
    settings = api.get(f"deployments/{made}/settings/")
    _arm(api, route="*", kind="job_error", count=3, message="Broken.")
    path = f"deployments/{made}/"
    locations = [
        api.send("PATCH", f"{path}settings/", {"targetDrift": {"enabled": False}}).headers["location"],
        api.send("PATCH", f"{path}status/", {"status": "inactive"}).headers["location"],
    ]
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    created = api.send("POST", "deployments/fromModelPackage/", body)
    api.wait()
    for location in [*locations, created.headers["location"]]:
        record = api.get(location.removeprefix("http://emulated/api/v2/"))
        assert (record["status"], record["message"]) == ("ERROR", "Broken.")
    assert api.get(f"{path}settings/") == settings
    assert api.get(path)["status"] == "active"
    api.get(f"deployments/{created.json()['id']}/", 404)


def test_a_validation_can_be_forced(api):
    """A validation fault overrides one check of the next validation, in model/validation/ or in model/."""
    made = api.deploy()
    body = {"modelPackageId": api.version("churn", 2)}
    _arm(api, route="POST deployments/{id}/model/validation/", kind="validation", check="target", outcome="warning")
    result = api.send("POST", f"deployments/{made}/model/validation/", body, 200).json()
    assert (result["status"], result["checks"]["target"]["status"]) == ("warning", "warning")
    _arm(api, route=MODEL, kind="validation", check="supported", outcome="failing", message="Not today.")
    refused = api.send("PATCH", f"deployments/{made}/model/", {**body, "reason": "OTHER"}, 409).json()
    assert refused["checks"]["supported"] == {"status": "failing", "message": "Not today."}


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        ({}, {"route": "is required", "kind": "is required"}),
        ({"route": "GET deployment/", "kind": "drop"}, {"route": "no such route: GET deployment/"}),
        (
            {"route": "FETCH deployments/", "kind": "drop"},
            {"route": f"must begin with one of GET, POST, PATCH, PUT, DELETE, *, such as '{MODEL}'"},
        ),
        ({"route": "*", "kind": "latency"}, {"seconds": "is required for a latency"}),
        ({"route": "*", "kind": "status", "status": 200}, {"status": "must be at least 300"}),
        ({"route": "*", "kind": "job_error", "when": "after"}, {"when": "has no meaning for job_error"}),
        ({"route": "*", "kind": "drop", "times": 2}, {"times": "times is not allowed key"}),
        ({"route": "*", "kind": "drop", "count": 0}, {"count": "must be at least 1"}),
        ({"route": "*", "kind": "validation", "check": "mood"}, {"check": "no such check: mood"}),
    ],
)
def test_a_wrong_fault_is_refused_with_what_is_wrong(api, fault, errors):
    """A fault that could never strike is a 422, not a test that passes for nothing."""
    response = api.raw("POST", "/emulator/faults/", json=fault)
    assert (response.status_code, response.json()["errors"]) == (422, errors)


def test_faults_can_be_listed_and_cleared(api):
    """A fault without a count strikes until it is cleared."""
    _arm(api, route="GET version/", kind="status", count=None)
    assert [api("GET", "version/").status_code for _ in range(3)] == [503] * 3
    assert [fault["kind"] for fault in api.raw("GET", "/emulator/faults/").json()["faults"]] == ["status"]
    api.raw("DELETE", "/emulator/faults/")
    assert api("GET", "version/").status_code == 200


def test_the_clock_moves_stops_and_steps(api):
    """The clock advances by a request, freezes at a time, and can step with every API request."""

    def clock(**body):
        return api.raw("POST", "/emulator/clock/", json=body).json()

    assert clock(advance_seconds=5)["now"] == "2024-05-01T10:00:05+00:00"
    assert clock(freeze="2030-01-01T00:00:00Z") == {
        "now": "2030-01-01T00:00:00+00:00",
        "frozen": True,
        "step_seconds": 0.0,
    }
    clock(step_seconds=1)
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    path = (
        api.send("POST", "deployments/fromModelPackage/", body)
        .headers["location"]
        .removeprefix("http://emulated/api/v2/")
    )
    seen = [api("GET", path) for _ in range(5)]
    states = [each.json().get("status", each.status_code) for each in seen]
    assert states == ["RUNNING", "RUNNING", "RUNNING", 303, 303]
    assert clock(unfreeze=True)["frozen"] is False
    assert api.raw("POST", "/emulator/clock/", json={"advance_seconds": -1}).status_code == 422
    assert api.raw("POST", "/emulator/clock/", json={"freeze": "soon"}).status_code == 422


def test_control_routes_say_what_there_is(api):
    """An unknown control route or method is told what there is; health answers."""
    assert "/emulator/faults/" in api.raw("GET", "/emulator/nothing/").json()["message"]
    assert api.raw("PUT", "/emulator/faults/").status_code == 405
    assert api.raw("GET", "/emulator/health/").json() == {
        "status": "ok",
        "deployments": 0,
        "now": "2024-05-01T10:00:00+00:00",
    }
    assert isinstance(api.raw("GET", "/emulator/clock/"), httpx.Response)
