"""The list of deployments: every filter, search and order, and that no query walks the whole fleet for a page."""

import itertools

import pytest

WORLD = """
users: [{name: ada@example.com, token: ada}, {name: bob@example.com, token: bob}]
prediction_servers: [{name: eu, url: "https://eu.example.com"}]
prediction_environments:
  - {name: own, platform: datarobotServerless, tags: {zone: eu}}
  - {name: far, platform: aws}
registered_models:
  - {name: m, target: y, features: [a], versions: [{}]}
  - {name: c, target: z, target_type: Binary, execution_type: custom_inference_model, build_environment: Python,
     decision_flow: true, versions: [{}]}
deployments:
  - label: Alpha
    description: first one
    importance: LOW
    model: {registered_model: m, version: 1}
    prediction_server: eu
    tags: {team: red, tier: "1"}
    health: {service: failing, model: passing, accuracy: unavailable, fairness: warning}
    daily_predictions: [0, 0, 0, 0, 0, 0, 7]
    last_prediction: "2024-05-01T10:00:00.000000Z"
    created_at: "2024-01-01T00:00:00.000000Z"
  - label: beta
    description: Second 100% one
    importance: CRITICAL
    status: inactive
    model: {registered_model: c, version: 1}
    prediction_environment: own
    tags: {team: blue}
    health: {service: passing, model: failing, accuracy: passing}
    daily_predictions: [70, 70, 70, 70, 70, 70, 70]
    last_prediction: "2024-05-03T10:00:00.000000Z"
    created_at: "2024-03-01T00:00:00.000000Z"
    roles: {bob@example.com: USER}
  - label: Gamma
    importance: HIGH
    owner: bob@example.com
    roles: {ada@example.com: USER}
    model: {registered_model: m, version: 1}
    prediction_environment: far
    health: {service: warning, accuracy: failing}
    created_at: "2024-02-01T00:00:00.000000Z"
"""
ALL = ["beta", "Alpha", "Gamma"]  # the last to predict first, then those that never did


@pytest.fixture
def world(open_api):
    """Three deployments that differ in everything the list can be filtered by."""
    return open_api(WORLD)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("", ALL),
        ("role=OWNER", ["beta", "Alpha"]),
        ("role=USER", ["Gamma"]),
        ("serviceHealth=passing,failing", ["beta", "Alpha"]),
        ("serviceHealth=passing%2Cwarning", ["beta", "Gamma"]),
        ("modelHealth=unknown", ["Gamma"]),
        ("modelHealth=unavailable", []),
        ("accuracyHealth=unavailable&accuracyHealth=failing", ["Alpha", "Gamma"]),
        ("executionEnvironmentType=external", ["Gamma"]),
        ("executionEnvironmentType=datarobot,external", ALL),
        ("importance=LOW,HIGH", ["Alpha", "Gamma"]),
        ("tagKeys=team", ["beta", "Alpha"]),
        ("tagKeys=tier&tagKeys=none", ["Alpha"]),
        ("tagValues=blue&tagValues=1", ["beta", "Alpha"]),
        ("tagKeys=team&tagValues=red", ["Alpha"]),
        ("isA2AAgent=true", []),
        ("isA2AAgent=False", ALL),
        ("search=ALPHA", ["Alpha"]),
        ("search=one", ["beta", "Alpha"]),
        ("search=100%25", ["beta"]),
        ("search=_", []),
        ("status=inactive", ["beta"]),
        ("lastPredictionTimestampStart=2024-05-02T00:00:00Z", ["beta"]),
        ("lastPredictionTimestampEnd=2024-05-02T00:00:00%2B00:00", ["Alpha"]),
        ("predictionUsageDailyAvgGreaterThan=1", ["beta"]),
        ("predictionUsageDailyAvgLessThan=1", ["Gamma"]),
        ("buildEnvironmentType=Python", ["beta"]),
        ("predictionEnvironmentPlatform=aws", ["Gamma"]),
        ("hasDecisionFlow=True", ["beta"]),
        ("createdByMe=true", ["beta", "Alpha"]),
        ("createdByMe=false", ["Gamma"]),
        ("championModelExecutionType=custom_inference_model", ["beta"]),
        ("championModelTargetType=Binary", ["beta"]),
        ("predictionEnvironmentTagKeys=zone&predictionEnvironmentTagValues=eu", ["beta"]),
        ("role=OWNER&serviceHealth=failing&search=first", ["Alpha"]),
    ],
)
def test_filters_keep_what_fits(world, query, labels):
    """Each filter, alone and together, in every way that clients write it; totalCount counts what fits."""
    page = world.get(f"deployments/?{query}")
    assert ([each["label"] for each in page["data"]], page["totalCount"]) == (labels, len(labels))


def test_filters_by_server_and_creator_take_ids(world):
    """`defaultPredictionServerId` and `createdBy` take ids."""
    creator = world.get("deployments/?search=gamma")["data"][0]["creator"]["id"]
    for query, labels in (
        (f"defaultPredictionServerId={world.server()}", ["Alpha"]),
        (f"createdBy={creator}", ["Gamma"]),
    ):
        assert [each["label"] for each in world.get(f"deployments/?{query}")["data"]] == labels


@pytest.mark.parametrize(
    ("order", "labels"),
    [
        ("label", ["Alpha", "Gamma", "beta"]),
        ("-label", ["beta", "Gamma", "Alpha"]),
        ("serviceHealth", ["Alpha", "Gamma", "beta"]),
        ("modelHealth", ["beta", "Alpha", "Gamma"]),
        ("accuracyHealth", ["Gamma", "beta", "Alpha"]),
        ("fairnessHealth", ["Alpha", "beta", "Gamma"]),
        ("recentPredictions", ["Gamma", "Alpha", "beta"]),
        ("-lastPredictionTimestamp", ["beta", "Alpha", "Gamma"]),
        ("createdAtTimestamp", ["Alpha", "Gamma", "beta"]),
        ("-createdAtTimestamp", ["beta", "Gamma", "Alpha"]),
        ("-currentModelDeployedTimestamp", ["beta", "Gamma", "Alpha"]),
        ("importance", ["Alpha", "Gamma", "beta"]),
        ("customMetricsHealth", ["Alpha", "beta", "Gamma"]),
        ("actualsTimelinessHealth", ["Alpha", "beta", "Gamma"]),
        ("predictionsTimelinessHealth", ["Alpha", "beta", "Gamma"]),
    ],
)
def test_orders_sort_by_their_column(world, order, labels):
    """Each order, ascending and with - descending; equal ones stay in the order of creation."""
    assert [each["label"] for each in world.get(f"deployments/?orderBy={order}")["data"]] == labels


def test_traffic_moves_what_is_listed_unless_an_order_is_asked_for(open_api):
    """By default the last to predict comes first, so traffic between two pages moves them; by age nothing moves."""
    api = open_api()
    made = [api.deploy(label=label) for label in ("first", "second", "third")]

    def listed(query):
        return [each["label"] for each in api.get(f"deployments/?{query}")["data"]]

    assert listed("limit=2") == ["first", "second"]
    api.raw("POST", "/emulator/traffic/", json={"deploymentId": made[2], "rows": 1})
    assert [listed(""), listed("limit=2&offset=2")] == [["third", "first", "second"], ["second"]]
    assert listed("orderBy=-lastPredictionTimestamp") == listed("")
    assert listed("orderBy=createdAtTimestamp") == ["first", "second", "third"]
    assert listed("orderBy=-createdAtTimestamp") == ["third", "second", "first"]
    assert api.send("GET", "deployments/?orderBy=created", status=400).json() == {
        "message": "orderBy: must be one of label, serviceHealth, modelHealth, accuracyHealth, recentPredictions, "
        "lastPredictionTimestamp, currentModelDeployedTimestamp, createdAtTimestamp, importance, fairnessHealth, "
        "customMetricsHealth, actualsTimelinessHealth, predictionsTimelinessHealth, with - before it for descending, "
        "not created"
    }


def test_pages_of_an_order_fit_together(world):
    """Pages of one deployment each, in an order and with a filter, give the list."""
    pages = [
        world.get(f"deployments/?orderBy=-label&limit=1&offset={offset}&role=OWNER")["data"] for offset in range(3)
    ]
    assert [[each["label"] for each in page] for page in pages] == [["beta"], ["Alpha"], []]


def test_importance_filter_needs_the_approval_workflow(open_api):
    """Without the approval workflow the importance filter is a 403, and tag filters need tags."""
    api = open_api(WORLD + "features: {approvals: false, tags: false}\n")
    assert api("GET", "deployments/?importance=LOW").status_code == 403
    assert api("GET", "deployments/?tagKeys=team").status_code == 422


def test_each_user_sees_what_is_shared(world):
    """Another user's list has that user's deployments and the permissions of that user's roles."""
    world.token = "bob"
    page = world.get("deployments/")
    assert [(each["label"], "CAN_EDIT_DEPLOYMENT" in each["permissions"]) for each in page["data"]] == [
        ("beta", False),
        ("Gamma", True),
    ]


def test_a_page_is_read_by_an_index(api):
    """SQLite walks an index for a page, in the default order and in that of a column, and sorts nothing."""
    made = api.deploy()
    statements = []
    api.emulator.store.db.set_trace_callback(statements.append)
    api.get("deployments/")
    api.get("deployments/?orderBy=-label")
    api.get(f"deployments/{made}/settings/")
    api.emulator.store.db.set_trace_callback(None)
    selects = [text for text in statements if text.startswith("SELECT") and "deployments d" in text]
    assert len(selects) == 3
    for text in selects:
        inner = text.split("(", 1)[1].rsplit(") p ", 1)[0] if ") p " in text else text
        plan = [row[3] for row in api.emulator.store.db.execute(f"EXPLAIN QUERY PLAN {inner}")]
        assert not [step for step in plan if "TEMP B-TREE" in step], (inner, plan)
        assert not [step for step in plan if step.startswith("SCAN") and "USING" not in step], (inner, plan)


def test_what_a_request_costs_does_not_depend_on_the_fleet(open_api):
    """A page of a list, a deployment, its tags, each change: no more steps of the database in ten times the fleet."""
    few, many = _steps(open_api(_fleet(25))), _steps(open_api(_fleet(250)))
    # Random ids move a step or two.
    assert {request: (few[request], steps) for request, steps in many.items() if steps > 1.1 * few[request]} == {}


def _fleet(count):
    deployment = "  - {{label: d{}, model: {{registered_model: m, version: 1}}, tags: {{team: t{}}}}}"
    lines = "\n".join(deployment.format(number, number) for number in range(count))
    return f"""
prediction_servers: [{{url: "https://p.example.com"}}]
registered_models: [{{name: m, target: y, features: [a], versions: [{{}}, {{}}]}}]
deployments:
{lines}
"""


def _steps(api):
    found = api.get("deployments/?search=d24")["data"][0]
    one, tag = found["id"], found["tags"][0]["id"]
    made = {"modelPackageId": api.version("m", 1), "label": "new", "defaultPredictionServerId": api.server()}
    other = {"modelPackageId": api.version("m", 2), "reason": "OTHER"}
    requests = [
        ("GET", "deployments/", None),
        ("GET", "deployments/?orderBy=createdAtTimestamp", None),
        ("GET", "deployments/?orderBy=-label&limit=5", None),
        ("GET", "deployments/?tagValues=t3", None),
        ("GET", f"deployments/{one}/", None),
        ("GET", f"deployments/{one}/settings/", None),
        ("GET", f"deployments/{one}/tags/", None),
        ("POST", f"deployments/{one}/tags/", {"name": "a", "value": "b"}),
        ("PATCH", f"deployments/{one}/tags/{tag}/", {"value": "c"}),
        ("DELETE", f"deployments/{one}/tags/{tag}/", None),
        ("PATCH", f"deployments/{one}/", {"label": "renamed"}),
        ("PATCH", f"deployments/{one}/settings/", {"targetDrift": {"enabled": False}}),
        ("POST", f"deployments/{one}/model/validation/", {"modelPackageId": other["modelPackageId"]}),
        ("PATCH", f"deployments/{one}/model/", other),
        ("POST", "deployments/fromModelPackage/", made),
        ("GET", "status/", None),
        ("DELETE", f"deployments/{one}/", None),
        ("GET", "deployments/", None),
    ]
    taken = {}
    for method, path, body in requests:
        steps = itertools.count()
        api.emulator.store.db.set_progress_handler(lambda steps=steps: next(steps) * 0, 1)
        response = api(method, path, body)
        api.emulator.store.db.set_progress_handler(None, 0)
        assert response.status_code < 300, response.text
        shown = path.replace(one, "{id}").replace(tag, "{tag}")
        taken[f"{len(taken)}: {method} {shown}"] = next(steps)
    return taken
