"""Nothing that a client sends breaks the emulator: every route answers odd bodies and queries."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODD = [
    None,
    [],
    "x",
    3,
    True,
    {},
    {"": 1},
    {"label": None},
    {"data": [[None]]},
    {"roles": [3], "operation": "updateRoles"},
    {"target": [], "name": {}, "modelId": []},
    {"runtimeParameterValues": "{"},
    {"runtimeParameterValues": '[{"fieldName": []}]'},
]
QUERIES = ["", "?limit=-1", "?offset=99999999999999999999", "?orderBy=", "?search=%00", "?limit=1&limit=x", "?%ff=%fe"]


def _paths(api, methods):
    made = api.deploy()
    for name in sorted(api.emulator.routes.names):
        method, _, route = name.partition(" ")
        if method in methods:
            yield method, route.replace("{id}", made if route.startswith("deployments/") else "0" * 24)


@pytest.mark.parametrize("body", ODD, ids=repr)
def test_odd_bodies_are_answered(open_api, body):
    """Each writing route answers each odd body; DELETE last, so that the others find something."""
    api = open_api()
    for method, path in _paths(api, ("POST", "PATCH", "PUT")):
        assert api(method, path, body).status_code < 500, (method, path)


@pytest.mark.parametrize("query", QUERIES)
def test_odd_queries_are_answered(open_api, query):
    """Each reading route answers each odd query."""
    api = open_api()
    for method, path in _paths(api, ("GET",)):
        assert api(method, path + query).status_code < 500, path


@pytest.mark.parametrize(
    "content", [b'{"label": NaN}', b'{"label": "\\ud800"}', b"[" * 100_000, b"\xff", b'{"a": 1} x', b"\0"]
)
def test_what_is_no_sound_json_is_400(api, content):
    """Constants, half surrogates, bottomless nesting, bytes that are no text."""
    made = api.deploy()
    headers = {"Content-Type": "application/json"}
    assert api("PATCH", f"deployments/{made}/", content=content, headers=headers).status_code == 400


def test_numbers_without_end_are_refused(api):
    """A boundary of infinity is no number."""
    made = api.deploy()
    content = b'{"predictionWarning": {"enabled": true, "customBoundaries": {"lower": 0, "upper": 1e999}}}'
    response = api(
        "PATCH", f"deployments/{made}/settings/", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.json()["errors"] == {"predictionWarning": {"customBoundaries": {"upper": "must be a number"}}}


KEYS = st.sampled_from(
    ["targetDrift", "associationId", "predictionWarning", "segmentAnalysis", "biasAndFairness", "predictionsSettings"]
)
INNER = st.sampled_from(
    ["enabled", "columnNames", "customBoundaries", "lower", "upper", "attributes", "minComputes", "protectedFeatures"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=6,
)


def test_settings_stay_whole_whatever_is_sent(open_api):
    """Any PATCH is either refused, changing nothing, or leaves settings of the full shape that it can send back."""
    api = open_api()
    made = api.deploy()
    path = f"deployments/{made}/settings/"
    shape = {key: sorted(value) if value else None for key, value in api.get(path).items()}

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.dictionaries(KEYS, VALUES, max_size=3))
    def holds(body):
        before = api.get(path)
        status = api("PATCH", path, body).status_code
        api.wait()
        after = api.get(path)
        if status == 202:
            assert {
                key: sorted(value) if value else None for key, value in after.items() if key != "biasAndFairness"
            } == {key: value for key, value in shape.items() if key != "biasAndFairness"}
            resent = {key: value for key, value in after.items() if key not in ("predictionsSettings", "associationId")}
            assert api("PATCH", path, resent).status_code == 202
            api.wait()
            assert api.get(path) == after
        else:
            assert status in (409, 422)
            assert after == before

    holds()
