"""Settings: all keys read, partial patches, what is refused, and when a change is in force."""

import pytest

DEFAULTS = {
    "targetDrift": {"enabled": True},
    "featureDrift": {"enabled": True, "featureSelection": "auto", "trackedFeatures": []},
    "associationId": {"columnNames": None, "requiredInPredictionRequests": False, "autoGenerateId": False},
    "predictionIntervals": {"enabled": False, "percentiles": []},
    "predictionWarning": {"enabled": False, "customBoundaries": None},
    "predictionsByForecastDate": {"enabled": False, "columnName": None, "datetimeFormat": None},
    "predictionsDataCollection": {"enabled": False},
    "challengerModels": {"enabled": False},
    "segmentAnalysis": {"enabled": False, "attributes": []},
    "biasAndFairness": None,
    "automaticActuals": {"enabled": False},
    "humility": {"enabled": False},
    "batchMonitoring": {"enabled": False},
    "predictionsSettings": {"minComputes": None, "maxComputes": None, "resourceBundleId": None},
}
FAIRNESS = {
    "protectedFeatures": ["plan"],
    "preferableTargetValue": "no",
    "fairnessMetricsSet": "equalParity",
    "fairnessThreshold": 0.8,
}
WORLD = """
prediction_servers: [{url: "https://p.example.com"}]
registered_models:
  - name: series
    target: y
    features: {a: Numeric, d: Date}
    prediction_intervals: true
    time_series: {datetime_column: d}
    versions: [{}]
  - {name: bare, target: y, drift_baseline: false, humility: false, execution_type: external, versions: [{}]}
deployments:
  - label: used
    model: {registered_model: series, version: 1}
    settings: {associationId: {columnNames: [a]}}
    predicted: true
"""


def test_a_new_deployment_has_every_key(api):
    """The settings of a new deployment, whole."""
    assert api.get(f"deployments/{api.deploy()}/settings/") == DEFAULTS


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        ({}, {}),
        ({"targetDrift": {"enabled": False}}, {"targetDrift": {"enabled": False}}),
        (
            {"featureDrift": {"enabled": True, "featureSelection": "manual", "trackedFeatures": ["plan"]}},
            {"featureDrift": {"enabled": True, "featureSelection": "manual", "trackedFeatures": ["plan"]}},
        ),
        (
            {"associationId": {"columnNames": ["id"]}},
            {"associationId": {"columnNames": ["id"], "requiredInPredictionRequests": False, "autoGenerateId": False}},
        ),
        (
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 1337}}},
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 1337}}},
        ),
        (
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lowerBoundary": 1, "upperBoundary": 1}}},
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 1, "upper": 1}}},
        ),
        (
            {"predictionsDataCollection": {"enabled": True}, "challengerModels": {"enabled": True}},
            {"predictionsDataCollection": {"enabled": True}, "challengerModels": {"enabled": True}},
        ),
        (
            {"segmentAnalysis": {"enabled": True, "attributes": ["plan", "region"]}},
            {"segmentAnalysis": {"enabled": True, "attributes": ["plan", "region"]}},
        ),
        ({"biasAndFairness": FAIRNESS}, {"biasAndFairness": FAIRNESS}),
        ({"humility": {"enabled": True}}, {"humility": {"enabled": True}}),
        ({"batchMonitoring": {"enabled": True}}, {"batchMonitoring": {"enabled": True}}),
    ],
)
def test_a_patch_changes_its_keys_alone(api, patch, after):
    """What a PATCH names is in force after its job, nothing else has changed."""
    made = api.deploy()
    api.send("PATCH", f"deployments/{made}/settings/", patch)
    api.wait()
    assert api.get(f"deployments/{made}/settings/") == {**DEFAULTS, **after}


def test_fields_that_are_left_out_keep_their_value(api):
    """Inside a key a PATCH is partial too; an explicit null clears boundaries and bias and fairness."""
    made = api.deploy()
    path = f"deployments/{made}/settings/"
    bounds = {"lower": 1, "upper": 2}
    api.send(
        "PATCH", path, {"predictionWarning": {"enabled": True, "customBoundaries": bounds}, "biasAndFairness": FAIRNESS}
    )
    api.send("PATCH", path, {"predictionWarning": {"enabled": False}})
    api.wait()
    assert api.get(path)["predictionWarning"] == {"enabled": False, "customBoundaries": bounds}
    api.send("PATCH", path, {"predictionWarning": {"enabled": True, "customBoundaries": None}, "biasAndFairness": None})
    api.wait()
    assert api.get(path) == {**DEFAULTS, "predictionWarning": {"enabled": True, "customBoundaries": None}}


def test_a_change_is_in_force_after_its_job(api):
    """Until the job is through GET shows the old settings; the next PATCH is judged by what will be."""
    made = api.deploy()
    path = f"deployments/{made}/settings/"
    response = api.send("PATCH", path, {"predictionsDataCollection": {"enabled": True}})
    api.send("PATCH", path, {"challengerModels": {"enabled": True}})
    assert api.get(path) == DEFAULTS
    api.wait()
    on = {"enabled": True}
    assert api.get(path) == {**DEFAULTS, "predictionsDataCollection": on, "challengerModels": on}
    done = api.raw("GET", response.headers["location"], headers={"Authorization": "Token emulator"})
    assert (done.status_code, done.headers["location"]) == (303, f"http://emulated/api/v2/deployments/{made}/")


def test_the_deployment_shows_a_summary_of_its_settings(api):
    """`settings` of the deployment's own JSON follows."""
    made = api.deploy()
    api.send("PATCH", f"deployments/{made}/settings/", {"predictionWarning": {"enabled": True}})
    api.wait()
    assert api.get(f"deployments/{made}/")["settings"] == {
        "humbleAiEnabled": True,
        "predictionIntervalsEnabled": False,
        "predictionWarningEnabled": True,
    }


@pytest.mark.parametrize(
    ("patch", "errors"),
    [
        ({"targetDrift": {}}, {"targetDrift": {"enabled": "is required"}}),
        ({"predictionIntervals": {"percentiles": [80]}}, {"predictionIntervals": {"enabled": "is required"}}),
        ({"targetDrift": None}, {"targetDrift": "must not be null"}),
        ({"targetDrfit": {"enabled": True}}, {"targetDrfit": "targetDrfit is not allowed key"}),
        ({"targetDrift": {"enabled": "yes"}}, {"targetDrift": {"enabled": "must be true or false"}}),
        (
            {"featureDrift": {"enabled": True, "trackedFeatures": ["x"]}},
            {"featureDrift": {"trackedFeatures": "not features of the model: x"}},
        ),
        ({"associationId": {"columnNames": []}}, {"associationId": {"columnNames": "must have exactly 1 item"}}),
        (
            {"associationId": {"columnNames": ["a", "b"]}},
            {"associationId": {"columnNames": "must have exactly 1 item"}},
        ),
        ({"associationId": {"autoGenerateId": True}}, {"associationId": {"autoGenerateId": "needs columnNames"}}),
        (
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 2, "upper": 1}}},
            {"predictionWarning": {"customBoundaries": {"lower": "must not be above upper"}}},
        ),
        (
            {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 2}}},
            {"predictionWarning": {"customBoundaries": {"upper": "is required"}}},
        ),
        (
            {"predictionIntervals": {"enabled": True, "percentiles": [80]}},
            {"predictionIntervals": {"enabled": "prediction intervals are not supported by the model"}},
        ),
        (
            {"predictionsByForecastDate": {"enabled": True}},
            {"predictionsByForecastDate": {"enabled": "only time series models are predicted by forecast date"}},
        ),
        (
            {"segmentAnalysis": {"enabled": True, "attributes": ["tenure", "churned"]}},
            {
                "segmentAnalysis": {
                    "attributes": {
                        "0": "tenure is not a categorical feature of the model",
                        "1": "churned is the target",
                    }
                }
            },
        ),
        (
            {"biasAndFairness": {"protectedFeatures": ["plan"]}},
            {
                "biasAndFairness": {
                    "preferableTargetValue": "is required",
                    "fairnessMetricsSet": "is required",
                    "fairnessThreshold": "is required",
                }
            },
        ),
        (
            {"automaticActuals": {"enabled": True}},
            {"automaticActuals": {"enabled": "only time series models collect actuals themselves"}},
        ),
    ],
)
def test_what_does_not_fit_is_422_at_its_field(api, patch, errors):
    """Wrong values are named at their fields, and nothing is changed."""
    made = api.deploy()
    refused = api.send("PATCH", f"deployments/{made}/settings/", patch, 422).json()
    assert refused == {"message": "Invalid field data", "errors": errors}
    api.wait()
    assert api.get(f"deployments/{made}/settings/") == DEFAULTS


def test_what_the_model_cannot_carry_is_refused(open_api):
    """An external model without training data has no drift, no humility, no challengers."""
    api = open_api(WORLD)
    made = api.deploy("bare", 1)
    on = {"enabled": True}
    keys = ("targetDrift", "featureDrift", "humility", "predictionWarning", "challengerModels")
    errors = api.send("PATCH", f"deployments/{made}/settings/", dict.fromkeys(keys, on), 422).json()["errors"]
    assert sorted(errors) == sorted(keys)


def test_a_time_series_model_has_settings_of_its_own(open_api):
    """Intervals, forecast dates and automatic actuals are taken where the model has a time axis."""
    api = open_api(WORLD)
    made = api.deploy("series", 1)
    patch = {
        "predictionIntervals": {"enabled": True, "percentiles": [80]},
        "predictionsByForecastDate": {"enabled": True, "columnName": "d", "datetimeFormat": "v2%Y-%m-%d"},
        "automaticActuals": {"enabled": True},
    }
    api.send("PATCH", f"deployments/{made}/settings/", patch)
    api.wait()
    assert api.get(f"deployments/{made}/settings/") == {**DEFAULTS, **patch}


def test_challengers_turn_data_collection_on_for_good(open_api):
    """Enabling challengers enables data collection, which is then a 409 to turn off, also once they are off again."""
    api = open_api(
        WORLD + "  - label: rivals\n    model: {registered_model: series, version: 1}\n"
        "    settings: {challengerModels: {enabled: true}}\n"
    )
    seeded = {each["label"]: each["id"] for each in api.get("deployments/")["data"]}["rivals"]
    on, off = {"enabled": True}, {"enabled": False}
    made = api.deploy("series")
    path = f"deployments/{made}/settings/"
    api.send("PATCH", path, {"challengerModels": on})
    api.send("PATCH", path, {"challengerModels": off})
    refused = api.send("PATCH", path, {"predictionsDataCollection": off}, 409).json()
    assert refused == {"message": "predictionsDataCollection cannot be turned off once challengerModels has been on."}
    api.wait()
    assert api.get(path) == {**DEFAULTS, "predictionsDataCollection": on}
    api.send("PATCH", path, {"predictionsDataCollection": off}, 409)
    assert api.get(f"deployments/{seeded}/settings/") == {
        **DEFAULTS,
        "predictionsDataCollection": on,
        "challengerModels": on,
    }
    for path in (f"deployments/{seeded}/settings/", f"deployments/{api.deploy('series')}/settings/"):
        api.send("PATCH", path, {"challengerModels": on, "predictionsDataCollection": off}, 409)


def test_predictions_settings_need_an_inactive_deployment(api):
    """Compute settings are a 409 while active and taken while inactive."""
    made = api.deploy()
    path = f"deployments/{made}/settings/"
    api.send("PATCH", path, {"predictionsSettings": {"minComputes": 1}}, 409)
    api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"})
    api.wait()
    api.send("PATCH", path, {"predictionsSettings": {"minComputes": 3, "maxComputes": 2}}, 422)
    api.send("PATCH", path, {"predictionsSettings": {"minComputes": 1, "maxComputes": 2}})
    api.wait()
    assert api.get(path)["predictionsSettings"] == {"minComputes": 1, "maxComputes": 2, "resourceBundleId": None}


def test_an_association_id_that_predictions_carried_stays(open_api):
    """Once predictions carried the column it cannot change: 409; its other fields can."""
    api = open_api(WORLD)
    used = api.get("deployments/")["data"][0]["id"]
    path = f"deployments/{used}/settings/"
    api.send("PATCH", path, {"associationId": {"columnNames": ["b"]}}, 409)
    api.send("PATCH", path, {"associationId": {"columnNames": ["a"], "requiredInPredictionRequests": True}})
    api.wait()
    assert api.get(path)["associationId"] == {
        "columnNames": ["a"],
        "requiredInPredictionRequests": True,
        "autoGenerateId": False,
    }
