"""Other platforms: each switch of `features`, in a seed or by the control route, and what a client then meets."""

import pytest

WORLD = """
prediction_servers: [{url: "https://p.example.com"}]
registered_models: [{name: m, target: y, features: {a: Numeric}, versions: [{}, {}]}]
deployments:
  - label: old
    importance: HIGH
    model: {registered_model: m, version: 1}
    user_provided_id: theirs
    tags: {team: red}
"""
DEFAULTS = {
    "tags": "lists",
    "tag_refusal": None,
    "user_provided_id": "lists",
    "user_provided_id_refusal": None,
    "keeps_importance": True,
    "trims_texts": False,
    "list_lag_seconds": 0,
    "job_records": "kept",
    "approvals": True,
    "approval_refusal": 403,
    "installation": "cloud",
    "replacement_resets": [],
    "reviewed_importance": [],
    "deployment_quota": None,
    "actuals_per_hour": 10_000_000,
}
KEYS = ("tags", "userProvidedId")


@pytest.fixture
def api(open_api):
    """A world with one deployment that has a tag, a userProvidedId and an importance."""
    return open_api(WORLD)


def _switch(api, **features):
    response = api.raw("PATCH", "/emulator/features/", json=features)
    assert response.status_code == 200, response.text
    return response.json()


def _new(api, **more):
    body = {"modelPackageId": api.version("m", 1), "label": "new", "defaultPredictionServerId": api.server(), **more}
    return api("POST", "deployments/fromModelPackage/", body)


def _kept(doc):
    return [key for key in KEYS if key in doc]


# ------------------------------------------------------------------------------------------------------- switching


def test_a_seed_and_the_control_route_say_the_same(open_api):
    """What a seed sets the control route shows and changes; a reset goes back to the seed."""
    given = {"tags": "objects", "job_records": "lost", "replacement_resets": ["humility"]}
    api = open_api(WORLD + "features: {tags: objects, job_records: lost, replacement_resets: [humility]}\n")
    assert api.raw("GET", "/emulator/features/").json() == {**DEFAULTS, **given}
    assert _switch(api, keeps_importance=False) == {**DEFAULTS, **given, "keeps_importance": False}
    api.raw("POST", "/emulator/reset/")
    assert api.raw("GET", "/emulator/features/").json() == {**DEFAULTS, **given}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"tags": False}, {"tags": "nowhere", "tag_refusal": 404}),
        ({"tags": False, "tag_refusal": 405}, {"tags": "nowhere", "tag_refusal": 405}),
        ({"tags": True}, {}),
        (
            {"user_provided_id": False},
            {"user_provided_id": "nowhere", "user_provided_id_refusal": {"status": 422, "by": "field"}},
        ),
        ({"user_provided_id": True}, {}),
    ],
)
def test_yes_and_no_stand_for_more(open_api, given, meant):
    """`tags: false` is a platform without tags, true one with them everywhere; in a seed as by the control route."""
    words = ", ".join(f"{name}: {str(value).lower()}" for name, value in given.items())
    seeded = open_api(WORLD + f"features: {{{words}}}\n")
    assert seeded.raw("GET", "/emulator/features/").json() == {**DEFAULTS, **meant}
    api = open_api(WORLD)
    _switch(api, tags=False, user_provided_id=False)
    _switch(api, tags=True, user_provided_id=True)
    assert _switch(api, **given) == {**DEFAULTS, **meant}


def test_a_state_file_from_before_a_switch_has_its_default(api):
    """A world whose state was written when there were fewer switches, and shorter words for them, is still read."""
    with api.emulator.store.writing(0.0):
        api.emulator.store.set_fact("switches", '{"tags":false,"approvals":false}')
    meant = {**DEFAULTS, "tags": "nowhere", "tag_refusal": 404, "approvals": False}
    assert api.raw("GET", "/emulator/features/").json() == meant


def test_wrong_switches_are_refused_whole(api):
    """Every wrong switch is named, in the words of a seed's errors, and nothing is changed."""
    wrong = {"tags": "maybe", "tag_refusal": 500, "job_record": "lost", "user_provided_id_refusal": {"status": 422}}
    response = api.raw("PATCH", "/emulator/features/", json={**wrong, "trims_texts": True})
    assert (response.status_code, response.json()) == (
        422,
        {
            "message": "Invalid field data",
            "errors": {
                "tags": 'must be one of true, false, lists, objects, nowhere, not "maybe"',
                "tag_refusal": "must be one of null, 403, 404, 405, not 500",
                "job_record": "unknown key job_record; did you mean job_records?",
                "user_provided_id_refusal.by": "is required",
            },
        },
    )
    response = api.raw("PATCH", "/emulator/features/", json=["tags"])
    assert response.json() == {"message": "Invalid field data: the body must be a mapping, not a list", "errors": {}}
    assert api.raw("GET", "/emulator/features/").json() == DEFAULTS


# ----------------------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize(
    ("tags", "user_provided_id", "in_list", "in_object"),
    [
        ("lists", "lists", ["tags", "userProvidedId"], ["tags", "userProvidedId"]),
        ("objects", "lists", ["userProvidedId"], ["tags", "userProvidedId"]),
        ("lists", "objects", ["tags"], ["tags", "userProvidedId"]),
        ("objects", "objects", [], ["tags", "userProvidedId"]),
        ("nowhere", "objects", [], ["userProvidedId"]),
        ("objects", "nowhere", [], ["tags"]),
        ("nowhere", "nowhere", [], []),
    ],
)
def test_identity_is_shown_where_the_platform_shows_it(api, tags, user_provided_id, in_list, in_object):
    """Tags and userProvidedId are each in lists and objects, in objects only, or in neither; the rest is unchanged."""
    whole = api.get("deployments/")["data"][0]
    assert (whole["tags"][0]["value"], whole["userProvidedId"]) == ("red", "theirs")
    _switch(api, tags=tags, user_provided_id=user_provided_id)
    listed = api.get("deployments/?orderBy=label")["data"][0]
    own = api.get(f"deployments/{whole['id']}/")
    assert (_kept(listed), _kept(own)) == (in_list, in_object)
    for doc in (listed, own):
        assert doc == {key: value for key, value in whole.items() if key not in KEYS or key in doc}


def test_tags_that_are_shown_nowhere_can_be_written(api):
    """Where tags are shown nowhere their routes still work, but no list can be narrowed by them."""
    _switch(api, tags="nowhere")
    made = api.get("deployments/")["data"][0]["id"]
    tag = api.send("POST", f"deployments/{made}/tags/", {"name": "a", "value": "b"}, 201).json()
    assert tag in api.get(f"deployments/{made}/tags/")["data"]
    refused = api.send("GET", "deployments/?tagKeys=a", status=422).json()
    assert refused["errors"] == {"tagKeys": "tagKeys is not allowed key"}


@pytest.mark.parametrize(
    ("refusal", "message"),
    [(403, "403 Forbidden"), (404, "404 Not Found"), (405, "405 Method Not Allowed")],
)
def test_tag_routes_can_refuse(api, refusal, message):
    """Every tag route gives the refusal, and tags that are there stay as they are."""
    doc = api.get("deployments/")["data"][0]
    _switch(api, tag_refusal=refusal)
    path = f"deployments/{doc['id']}/tags/"
    tag = {"name": "team", "value": "blue"}
    one = f"{path}{doc['tags'][0]['id']}/"
    for method, where, body in (("GET", path, None), ("POST", path, tag), ("PATCH", one, tag), ("DELETE", one, None)):
        assert api.send(method, where, body, refusal).json() == {"message": message}
    assert api.get(f"deployments/{doc['id']}/") == doc


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("by", "answer"),
    [
        (
            "field",
            {
                "message": "Invalid field data",
                "errors": {"userProvidedId": "userProvidedId is not allowed key"},
            },
        ),
        (
            "words",
            {"message": "A deployment cannot be created with userProvidedId in the current DataRobot installation."},
        ),
    ],
)
def test_a_user_provided_id_can_be_refused(api, status, by, answer):
    """A creation that sends one is refused in the platform's own way and makes nothing; others are not."""
    _switch(api, user_provided_id_refusal={"status": status, "by": by})
    refused = _new(api, userProvidedId="mine")
    assert (refused.status_code, refused.json()) == (status, answer)
    assert api.get("deployments/")["totalCount"] == 1
    assert _new(api).status_code == 202


def test_a_user_provided_id_can_be_ignored(api):
    """Where it is shown nowhere a creation takes it without a word, and it never comes back."""
    _switch(api, user_provided_id="nowhere")
    made = _new(api, userProvidedId="mine").json()["id"]
    api.wait()
    assert "userProvidedId" not in api.get(f"deployments/{made}/")


# ------------------------------------------------------------------------------------------------------ what is kept


def test_importance_is_not_kept_everywhere(api):
    """Off, an importance is taken at creation and in a PATCH, and stays null."""
    _switch(api, keeps_importance=False)
    made = _new(api, importance="HIGH").json()["id"]
    api.wait()
    api.send("PATCH", f"deployments/{made}/", {"importance": "CRITICAL", "description": "d"}, 204)
    doc = api.get(f"deployments/{made}/")
    assert (doc["importance"], doc["description"]) == (None, "d")
    _switch(api, keeps_importance=True)
    api.send("PATCH", f"deployments/{made}/", {"importance": "CRITICAL"}, 204)
    assert api.get(f"deployments/{made}/")["importance"] == "CRITICAL"


def test_texts_can_be_trimmed(api):
    """On, blanks at the ends of texts are gone, in nested ones too; a text of blanks alone is blank; off, they stay."""
    made = _new(api, label=" a b ", description=" d\n").json()["id"]
    assert [api.get(f"deployments/{made}/")[key] for key in ("label", "description")] == [" a b ", " d\n"]
    _switch(api, trims_texts=True)
    api.wait()
    api.send("PATCH", f"deployments/{made}/", {"label": " a b ", "description": " \n"}, 204)
    api.send("POST", f"deployments/{made}/tags/", {"name": " n", "value": "v "}, 201)
    api.send("PATCH", f"deployments/{made}/settings/", {"associationId": {"columnNames": [" id "]}})
    api.wait()
    doc = api.get(f"deployments/{made}/")
    assert [doc[key] for key in ("label", "description")] == ["a b", ""]
    assert [(tag["name"], tag["value"]) for tag in doc["tags"]] == [("n", "v")]
    assert api.get(f"deployments/{made}/settings/")["associationId"]["columnNames"] == ["id"]
    api.send("PATCH", f"deployments/{made}/", {"label": " "}, 422)


# -------------------------------------------------------------------------------------------------- lists that lag


def _listed(api, query=""):
    found = api.get(f"deployments/?{query}")
    labels = [each["label"] for each in found["data"]]
    assert found["totalCount"] == len(labels)
    return labels


def test_lists_can_lag_behind(api):
    """What is made, changed and deleted is in lists some seconds later, while its own route says it at once."""
    _switch(api, list_lag_seconds=5)
    made = _new(api).json()["id"]
    assert (_listed(api), api.get(f"deployments/{made}/")["label"]) == (["old"], "new")
    api.wait(4.5)  # the creation's job is through after 4 seconds
    assert (_listed(api), api.get(f"deployments/{made}/")["status"]) == (["old"], "active")
    api.wait(1)
    assert _listed(api) == _listed(api, "role=OWNER") == ["old", "new"]
    shown = {each["id"]: each["status"] for each in api.get("deployments/")["data"]}
    assert shown[made] == "launching"
    api.wait(4)
    api.send("PATCH", f"deployments/{made}/", {"label": "first"}, 204)
    api.wait(3)
    api.send("PATCH", f"deployments/{made}/", {"label": "second"}, 204)
    assert (_listed(api), api.get(f"deployments/{made}/")["label"]) == (["old", "new"], "second")
    api.wait(2)
    assert _listed(api) == ["old", "first"]
    api.wait(3)
    assert _listed(api) == ["old", "second"]


def test_lists_that_lag_show_what_is_gone(api):
    """A deleted deployment is in lists for some seconds more, also when its own route no longer knows it."""
    _switch(api, list_lag_seconds=10)
    whole = api.get("deployments/")["data"][0]
    path = f"deployments/{whole['id']}/"
    api.send("DELETE", path, status=204)
    assert api.get(path) == whole
    api.wait(5)  # deletions linger for 4 seconds
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}settings/"), ("GET", f"{path}tags/")):
        assert api(method, where).status_code == 404
    assert api.get("deployments/")["data"] == [whole]
    api.wait(5)
    assert _listed(api) == _listed(api, "search=old") == []
    assert api.raw("GET", "/emulator/health/").json()["deployments"] == 0
    _switch(api, list_lag_seconds=0)
    _new(api)
    assert _listed(api) == ["new"]


def test_prediction_environments_are_listed_late_too(api):
    """A prediction environment is in the list some seconds after it was made, as it was before, and after its end."""

    def listed(query=""):
        return [each["name"] for each in api.get(f"predictionEnvironments/?{query}")["data"]]

    before = listed()
    _switch(api, list_lag_seconds=5)
    body = {"name": "a", "platform": "datarobotServerless"}
    path = f"predictionEnvironments/{api.send('POST', 'predictionEnvironments/', body, 201).json()['id']}/"
    assert (listed(), listed("search=a"), api.get(path)["name"]) == (before, [], "a")
    api.wait(3)
    api.send("PATCH", path, {"name": "b"}, 200)
    api.wait(3)
    assert (listed(), listed("search=b"), api.get(path)["name"]) == ([*before, "a"], [], "b")
    api.wait(3)
    assert listed("search=b") == ["b"]
    api.send("DELETE", path, status=204)
    assert (listed(), api("GET", path).status_code) == ([*before, "b"], 404)
    api.wait(6)
    assert listed() == before


def test_pages_of_a_list_that_lags_fit_together(api):
    """Pages leave out what is not listed yet, in any order, and count the rest."""
    for label in ("b", "c", "d"):
        _new(api, label=label)
    _switch(api, list_lag_seconds=5)
    _new(api, label="a")
    api.wait(1)
    api.send("DELETE", f"deployments/{api.get('deployments/?search=c')['data'][0]['id']}/", status=204)

    def pages(order):
        return [
            [each["label"] for each in api.get(f"deployments/?limit=2&offset={offset}&orderBy={order}")["data"]]
            for offset in (0, 2, 4)
        ]

    assert pages("-label") == [["old", "d"], ["c", "b"], []]
    api.wait(6)
    assert pages("label") == [["a", "b"], ["d", "old"], []]
    assert api.get("deployments/")["totalCount"] == 4


# -------------------------------------------------------------------------------------------------------------- jobs


@pytest.mark.parametrize(
    ("records", "before", "after"),
    [
        ("kept", (200, "INITIALIZED"), (303, None)),
        ("lost", (404, None), (404, None)),
        ("lost_when_done", (200, "INITIALIZED"), (404, None)),
        ("initialized", (200, "INITIALIZED"), (200, "INITIALIZED")),
        ("completed", (200, "INITIALIZED"), (200, "COMPLETED")),
    ],
)
def test_job_records_may_not_tell(api, records, before, after):
    """Whatever the record of a job says or does not say, the job does its work."""
    _switch(api, job_records=records)
    made = api.get("deployments/")["data"][0]["id"]
    location = api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"}).headers["location"]

    def record():
        response = api.raw("GET", location, headers={"Authorization": "Token emulator"})
        return response.status_code, response.json().get("status")

    assert record() == before
    assert api.get("status/")["totalCount"] == (0 if records == "lost" else 1)
    api.wait()
    assert (record(), api.get(f"deployments/{made}/")["status"]) == (after, "inactive")


def test_a_failed_job_says_so_where_its_record_is_kept(api):
    """Where records stay INITIALIZED one that failed is an ERROR all the same."""
    _switch(api, job_records="initialized")
    fault = {"route": "PATCH deployments/{id}/status/", "kind": "job_error", "message": "No."}
    assert api.raw("POST", "/emulator/faults/", json=fault).status_code == 201
    made = api.get("deployments/")["data"][0]["id"]
    location = api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"}).headers["location"]
    api.wait()
    record = api.raw("GET", location, headers={"Authorization": "Token emulator"}).json()
    assert (record["status"], record["message"]) == ("ERROR", "No.")
