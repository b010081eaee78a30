"""What every request gets: authentication, errors with the platform's codes and bodies, slashes, forms, paging."""

import pytest


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token"])
def test_both_schemes_of_authorization_are_taken(api, scheme):
    """A token works as `Token` and as `Bearer`."""
    response = api.raw("GET", "/api/v2/version/", headers={"Authorization": f"{scheme} emulator"})
    assert response.json() == {"major": 2, "minor": 49, "versionString": "2.49.0", "releasedVersion": "2.49.0"}
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Token wrong"}, {"Authorization": "Basic emulator"}])
def test_an_unknown_token_is_401(api, header):
    """Without a token that somebody has, every route is a 401 that does not repeat the token."""
    response = api.raw("GET", "/api/v2/deployments/", headers=header)
    assert response.status_code == 401
    assert response.json()["message"].startswith("Invalid Authorization header")
    assert "wrong" not in response.text


def test_paths_work_with_and_without_their_last_slash(api):
    """`ping` and `ping/` are one route, counted as one."""
    assert [api.get("ping"), api.get("ping/")] == [{"response": "pong"}] * 2
    assert api.emulator.requests.counts == {"GET ping/": 2}


def test_a_missing_route_is_404_and_a_wrong_method_405(api):
    """Paths that are not there are 404, methods that a path does not have are 405 with those it has."""
    assert (api("GET", "nothing/").status_code, api("GET", "nothing/").json()) == (404, {"message": "404 Not Found"})
    response = api("PUT", "deployments/")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert api("GET", "deployments//").status_code == 404


def test_outside_the_api_there_are_web_pages(api):
    """An endpoint without /api/v2 gets HTML, as from the platform's own front end."""
    response = api.raw("GET", "/deployments/")
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_body_that_is_no_json_is_400(api):
    """A broken body is refused before anything is done."""
    response = api("POST", "deployments/fromModelPackage/", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["message"].startswith("The body is not JSON")


def test_every_wrong_field_is_in_one_422(api):
    """Missing, unknown, mistyped and misspelt fields are all named at once."""
    body = {"label": 3, "importance": "URGENT", "additionalMetadata": [{"key": "a"}], "name": "x"}
    response = api.send("POST", "deployments/fromModelPackage/", body, 422)
    assert response.json() == {
        "message": "Invalid field data",
        "errors": {
            "label": "must be a string",
            "importance": "must be one of LOW, MODERATE, HIGH, CRITICAL",
            "additionalMetadata": {"0": {"value": "is required"}},
            "name": "name is not allowed key",
            "modelPackageId": "is required",
        },
    }


@pytest.mark.parametrize("form", ["data", "files"])
def test_creation_takes_forms(api, form):
    """A urlencoded and a multipart body create what the same JSON creates."""
    fields = {
        "modelPackageId": api.version("churn", 1),
        "label": "from a form",
        "defaultPredictionServerId": api.server(),
    }
    body = {"data": fields} if form == "data" else {"files": {name: (None, value) for name, value in fields.items()}}
    response = api("POST", "deployments/fromModelPackage/", **body)
    assert response.status_code == 202, response.text
    assert api.get(f"deployments/{response.json()['id']}/")["label"] == "from a form"


def test_pages_link_to_each_other_absolutely(api):
    """`next` and `previous` are absolute, keep the other parameters, and are null at the ends."""
    for _ in range(5):
        api.deploy()
    page = api.get("deployments/?search=churn&limit=2&offset=2")
    base = "http://emulated/api/v2/deployments/?search=churn"
    assert {key: page[key] for key in ("count", "totalCount", "next", "previous")} == {
        "count": 2,
        "totalCount": 5,
        "next": f"{base}&offset=4&limit=2",
        "previous": f"{base}&offset=0&limit=2",
    }
    assert api.get("deployments/?limit=5")["next"] is None
    assert api.get("deployments/?limit=0")["count"] == 5


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("orderBy=size", 400),
        ("limit=101", 400),
        ("limit=x", 400),
        ("offset=-1", 400),
        ("serviceHealth=bad", 422),
        ("isA2AAgent=maybe", 400),
        ("role=BOSS", 422),
        ("lable=x", 422),
        ("lastPredictionTimestampStart=yesterday", 400),
    ],
)
def test_bad_queries_of_the_list_are_refused(api, query, status):
    """A filter that is misspelt or has a wrong value is an error, never ignored."""
    assert api("GET", f"deployments/?{query}").status_code == status


def test_a_job_goes_through_its_states_by_the_clock(api):
    """A status record is INITIALIZED, RUNNING, then a 303 to an absolute URL; it can be listed and deleted."""
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    response = api.send("POST", "deployments/fromModelPackage/", body)
    location = response.headers["location"]
    assert location.startswith("http://emulated/api/v2/status/")
    path = location.removeprefix("http://emulated/api/v2/")
    first = api.get(path)
    assert first == {
        "statusId": path.split("/")[1],
        "status": "INITIALIZED",
        "message": "",
        "code": 0,
        "created": "2024-05-01T10:00:00.000000Z",
        "description": "",
        "statusType": "create",
    }
    assert api.get("status/")["data"] == [first]
    api.wait(2)
    assert api.get(path)["status"] == "RUNNING"
    api.wait(2)
    done = api("GET", path)
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"http://emulated/api/v2/deployments/{response.json()['id']}/",
    )
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


def test_account_says_who_asks(api):
    """`account/info/` names the token's user."""
    info = api.get("account/info/")
    assert (info["email"], info["firstName"], info["lastName"]) == ("emulator@example.com", "Emulator", "User")
