"""Replacement checks: each passes, warns and fails for something that a seed says about models and deployments."""

import pytest

from drplan.emulator.resources.deployments.validation import CHECKS

BASE = """
users: [{{name: ada@example.com, token: ada}}, {{name: bob@example.com, token: bob}}]
features: {features}
prediction_servers: [{{name: p, url: "https://p.example.com"}}]
prediction_environments:
  - {{name: own, platform: datarobotServerless}}
  - {{name: agent, platform: onPremise, is_managed_by_management_agent: true}}
secondary_dataset_configs: [{{name: latest}}]
registered_models:
  - {{name: old, versions: [{{{old}}}]}}
  - {{name: new, archived: {archived}, versions: [{{{new}}}]}}
deployments:
  - {{label: d, model: {{registered_model: old, version: 1}}, {deployment},
     importance: HIGH, roles: {{bob@example.com: USER}}}}
"""
SERIES = "time_series: {datetime_column: t, forecast_window_end: 7}"
ON_SERVER = "prediction_server: p"
BINARY = "target: y, target_type: Binary, class_names: [a, b]"
MULTI = "target: y, target_type: Multiclass, class_names: [a, b"

# check: {status: (old, new, deployment, features)}; what is left out is as in BASE with a plain regression model
CASES = {
    "supported": {
        "passing": {},
        "warning": {"deployment": "prediction_environment: agent"},
        "failing": {"deployment": f"{ON_SERVER}, status: errored"},
    },
    "notCurrentModel": {
        "passing": {},
        "warning": {"old": "model_id: 5f0000000000000000000001", "new": "model_id: 5f0000000000000000000001"},
        "failing": {"to": "old"},
    },
    "modelStatus": {"passing": {}, "warning": {"new": "deprecated: true"}, "failing": {"new": "build_status: failed"}},
    "modelCanBeDeployed": {
        "passing": {"new": "execution_type: custom_inference_model, tested: true"},
        "warning": {"new": "execution_type: custom_inference_model, tested: false"},
        "failing": {"new": "execution_type: external"},
    },
    "predictionReady": {
        "passing": {
            "old": "secondary_datasets: optional",
            "new": "secondary_datasets: required",
            "deployment": f"{ON_SERVER}, secondary_dataset_config: latest",
        },
        "warning": {"new": "secondary_datasets: required"},
        "failing": {"new": "prediction_ready: false"},
    },
    "target": {
        "passing": {"old": "target: y", "new": "target: y"},
        "warning": {"old": "target: y", "new": "target: Y"},
        "failing": {"old": "target: y", "new": "target: z"},
    },
    "targetType": {
        "passing": {"old": BINARY, "new": BINARY},
        "warning": {"old": BINARY, "new": f"{MULTI}]"},
        "failing": {"old": BINARY, "new": "target: y, target_type: Regression"},
    },
    "targetClasses": {
        "passing": {"old": f"{MULTI}, c]", "new": f"{MULTI}, c]"},
        "warning": {"old": f"{MULTI}, c]", "new": f"{MULTI}, c, d]"},
        "failing": {"old": f"{MULTI}, c]", "new": f"{MULTI}]"},
    },
    "features": {
        "passing": {"old": "features: [a, b]", "new": "features: [a]"},
        "warning": {"old": "features: [a]", "new": "features: [a, b]"},
        "failing": {"old": "features: [a]", "new": "features: [b]"},
    },
    "featureDataTypes": {
        "passing": {"old": "features: {a: Numeric}", "new": "features: {a: Numeric}"},
        "warning": {"old": "features: {a: Numeric}", "new": "features: {a: Currency}"},
        "failing": {"old": "features: {a: Numeric}", "new": "features: {a: Text}"},
    },
    "seriesType": {
        "passing": {"old": SERIES, "new": SERIES},
        "warning": {"old": SERIES, "new": f"{SERIES}, series_type: multi"},
        "failing": {"old": f"{SERIES}, series_type: multi", "new": SERIES},
    },
    "timeSeriesCompatibility": {
        "passing": {"old": SERIES, "new": SERIES},
        "warning": {"old": SERIES, "new": SERIES.replace("7", "14")},
        "failing": {"old": SERIES, "new": ""},
    },
    "driftTracking": {
        "passing": {"new": "drift_baseline: true"},
        "warning": {
            "old": "features: [a, b]",
            "new": "features: [a]",
            "deployment": f"{ON_SERVER}, settings: {{featureDrift: "
            "{enabled: true, featureSelection: manual, trackedFeatures: [b]}}",
        },
        "failing": {"new": "drift_baseline: false"},
    },
    "humilityRules": {
        "passing": {"deployment": f"{ON_SERVER}, settings: {{humility: {{enabled: true}}}}"},
        "warning": {
            "new": "drift_baseline: false",
            "deployment": f"{ON_SERVER}, settings: {{humility: {{enabled: true}}}}",
        },
        "failing": {
            "new": "humility: false",
            "deployment": f"{ON_SERVER}, settings: {{predictionWarning: {{enabled: true}}}}",
        },
    },
    "predictionIntervals": {
        "passing": {},
        "warning": {
            "old": "prediction_intervals: true",
            "deployment": f"{ON_SERVER}, settings: {{predictionIntervals: {{enabled: true}}}}",
        },
        "failing": {
            "old": "prediction_intervals: true",
            "deployment": f"{ON_SERVER}, settings: {{predictionIntervals: {{enabled: true, percentiles: [80]}}}}",
        },
    },
    "combinedModelSegments": {
        "passing": {"old": "segments: [n, s]", "new": "segments: [s, n]"},
        "warning": {"old": "segments: [n]", "new": "segments: [n, s]"},
        "failing": {"old": "segments: [n, s]", "new": "segments: [n]"},
    },
    "containsTrackedSegmentAttributes": {
        status: {
            "old": "features: {a: Numeric, s: Categorical}",
            "new": f"features: {{a: Numeric{new}}}",
            "deployment": f"{ON_SERVER}, settings: {{segmentAnalysis: {{enabled: true, attributes: [s]}}}}",
        }
        for status, new in (("passing", ", s: Categorical"), ("warning", ", s: Text"), ("failing", ""))
    },
    "permission": {
        "passing": {},
        "warning": {"features": "{reviewed_importance: [HIGH]}"},
        "failing": {"as": "bob"},
    },
}


def _world(old="", new="", deployment=ON_SERVER, features="{}", archived="false"):
    return BASE.format(old=old, new=new, deployment=deployment, features=features, archived=archived)


def _judge(api, to="new"):
    deployment = api.get("deployments/")["data"][0]["id"]
    body = {"modelPackageId": api.version(to, 1)}
    return deployment, body, api.send("POST", f"deployments/{deployment}/model/validation/", body, 200).json()


@pytest.mark.parametrize(("check", "status"), [(check, status) for check in CASES for status in CASES[check]])
def test_checks_are_computed_from_the_models(open_api, check, status):
    """What a seed says about two models and a deployment brings about this status of this check."""
    case = dict(CASES[check][status])
    as_user, to = case.pop("as", "ada"), case.pop("to", "new")
    api = open_api(_world(**case))
    api.token = as_user
    _, _, result = _judge(api, to)
    assert (result["checks"][check]["status"], list(result["checks"])) == (status, list(CHECKS))
    order = ("passing", "warning", "failing")
    assert result["status"] == max((each["status"] for each in result["checks"].values()), key=order.index)


@pytest.mark.parametrize(("check", "status"), [(check, "failing") for check in CASES if check != "permission"])
def test_a_replacement_is_gated_by_the_same_checks(open_api, check, status):
    """PATCH model/ answers a failing validation with 409 and the checks that validation/ gives, and changes nothing."""
    case = dict(CASES[check][status])
    to = case.pop("to", "new")
    api = open_api(_world(**case))
    deployment, body, result = _judge(api, to)
    before = api.get(f"deployments/{deployment}/")
    refused = api.send("PATCH", f"deployments/{deployment}/model/", {**body, "reason": "OTHER"}, 409).json()
    text = "Unable to perform model replacement, see checks for more detail."
    assert refused == {**result, "message": text}
    api.wait()
    assert api.get(f"deployments/{deployment}/") == before


def test_every_check_has_its_cases():
    """All checks of the API reference are covered here, the challenger's by a test of its own."""
    assert {*CASES, "validChallenger"} == set(CHECKS)
    assert all(set(cases) == {"passing", "warning", "failing"} for cases in CASES.values())


def test_the_passing_answer_is_the_platforms(open_api):
    """A replacement by an equal model passes with the platform's texts, whole."""
    api = open_api(_world(old=f"{BINARY}, features: [a]", new=f"{BINARY}, features: [a]"))
    _, _, result = _judge(api)
    assert (result["status"], result["message"]) == (
        "passing",
        "Model can be used to replace the current model of the deployment.",
    )
    assert {name: check["message"] for name, check in result["checks"].items()} == {
        "permission": "User has permission to replace model.",
        "supported": "Model replacement is supported on this deployment.",
        "notCurrentModel": None,
        "modelStatus": "Model building finished.",
        "modelCanBeDeployed": "Model can be deployed.",
        "predictionReady": "Model is ready to make predictions.",
        "target": "Target is compatible.",
        "targetType": "Target type is compatible.",
        "targetClasses": "Target classes are compatible.",
        "features": "Features are compatible.",
        "featureDataTypes": "Feature data types are compatible.",
        "seriesType": "Series type is compatible.",
        "timeSeriesCompatibility": "Time series settings are compatible.",
        "driftTracking": "Drift can be tracked.",
        "humilityRules": "Humility rules are off.",
        "predictionIntervals": "Prediction intervals are compatible.",
        "combinedModelSegments": "Segments are compatible.",
        "containsTrackedSegmentAttributes": "Tracked segment attributes are there.",
        "validChallenger": None,
    }


@pytest.mark.parametrize(("environment", "status"), [(None, "passing"), ("predictionEnvironmentId", "warning")])
def test_a_challenger_is_judged_where_it_ran(open_api, environment, status):
    """A challenger in the deployment's own environment passes, one that ran elsewhere warns."""
    both = "{predictionsDataCollection: {enabled: true}, challengerModels: {enabled: true}}"
    api = open_api(_world(deployment=f"prediction_environment: own, settings: {both}"))
    deployment = api.get("deployments/")["data"][0]["id"]
    environments = {each["name"]: each["id"] for each in api.get("predictionEnvironments/")["data"]}
    body = {"modelPackageId": api.version("new", 1), "name": "c"}
    if environment:
        body[environment] = environments["agent"]
    api.send("POST", f"deployments/{deployment}/challengers/", body)
    api.wait()
    _, _, result = _judge(api)
    assert result["checks"]["validChallenger"]["status"] == status


def test_an_archived_registered_model_cannot_be_deployed(open_api):
    """Versions of an archived registered model fail modelCanBeDeployed."""
    api = open_api(_world(archived="true"))
    deployment = api.get("deployments/")["data"][0]["id"]
    package = api.emulator.store.db.execute(
        "SELECT o.id FROM objects o JOIN objects m ON m.id = o.parent WHERE o.kind = 'modelPackage' AND m.name = 'new'"
    ).fetchone()[0]
    result = api.send("POST", f"deployments/{deployment}/model/validation/", {"modelPackageId": package}, 200).json()
    assert result["checks"]["modelCanBeDeployed"]["status"] == "failing"


@pytest.mark.parametrize(
    "body", [{}, {"modelPackageId": "5f0000000000000000000001", "modelId": "5f0000000000000000000001"}]
)
def test_exactly_one_model_is_named(api, body):
    """Both or none of modelPackageId and modelId is a 422 at both."""
    made = api.deploy()
    text = "exactly one of modelPackageId, modelId must be given"
    errors = api.send("POST", f"deployments/{made}/model/validation/", body, 422).json()["errors"]
    assert errors == {"modelPackageId": text, "modelId": text}
