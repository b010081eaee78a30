"""Drift of the target and of features, against scipy on the same rows; what is off, and what there is none of."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from drplan.emulator.world.scoring import training_of

METRICS = ("psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence")


def _training(made, name, number=1):
    package = made.api.emulator.store.get("modelPackage", made.api.version(name, number))
    return training_of(package["_facts"])


def _distance(metric, scored, base):
    """Give the distance of two lists of counts, by scipy or by the textbook."""
    scored, base = np.asarray(scored, dtype=float), np.asarray(base, dtype=float)
    if metric in ("psi", "kl_divergence"):
        scored, base = scored + 0.5, base + 0.5
    p, q = scored / scored.sum(), base / base.sum()
    return {
        "psi": lambda: entropy(p, q) + entropy(q, p),
        "kl_divergence": lambda: entropy(p, q),
        "dissimilarity": lambda: np.abs(p - q).sum() / 2,
        "hellinger": lambda: np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2),
        "js_divergence": lambda: jensenshannon(p, q) ** 2,
    }[metric]()


def _histograms(scored, base):
    """Count numbers in the deciles of the training; None has a bin of its own where there is any."""
    known = [value for value in base if value is not None]
    edges = [-np.inf, *np.unique(np.percentile(known, range(10, 100, 10))), np.inf]
    counted = [
        [*np.histogram([value for value in some if value is not None], edges)[0], sum(value is None for value in some)]
        for some in (scored, base)
    ]
    return counted if counted[0][-1] or counted[1][-1] else [each[:-1] for each in counted]


@pytest.fixture
def drifting(lab):
    """A lab whose rows are not those of the training, sent in two batches."""
    made = lab()
    made.predict(made.rows(300, 1, tenure=30))
    made.api.wait(3600)
    made.predict(made.rows(200, 2, tenure=40, gold=0.6))
    return made


@pytest.mark.parametrize("metric", METRICS)
def test_target_drift(drifting, metric):
    """Predictions are compared with those of the training's holdout, in the holdout's deciles."""
    body = drifting.read("targetDrift", metric=metric)
    training = _training(drifting, "churn")
    counts = _histograms(drifting.predicted()[:, 0], training.predictions[0])
    assert body == {
        "period": {"start": "2024-04-24T12:00:00Z", "end": "2024-05-01T12:00:00Z"},
        "metric": metric,
        "modelId": drifting.api.get(f"deployments/{drifting.id}/")["model"]["id"],
        "targetName": "churned",
        "driftScore": pytest.approx(_distance(metric, *counts), rel=1e-9),
        "sampleSize": 500,
        "baselineSampleSize": 400,
        "segmentValue": None,
    }
    assert body["driftScore"] > 0.01


@pytest.mark.parametrize("metric", METRICS)
def test_feature_drift(drifting, metric):
    """Numbers are compared in the training's deciles, words by category; missing values count, heavy features first."""
    body = drifting.read("featureDrift", metric=metric)
    training = _training(drifting, "churn")
    plans = ("basic", "gold", "silver")
    words = [[list(some).count(word) for word in plans] for some in (drifting.column("plan"), training.columns["plan"])]
    counts = {
        "charge": _histograms(drifting.column("charge"), training.columns["charge"]),
        "tenure": _histograms(drifting.column("tenure"), training.columns["tenure"]),
        "plan": words,
    }
    assert [item["name"] for item in body["data"]] == sorted(counts, key=lambda name: -training.impact[name])
    for item in body["data"]:
        assert item == {
            "name": item["name"],
            "driftScore": pytest.approx(_distance(metric, *counts[item["name"]]), rel=1e-9),
            "featureImpact": training.impact[item["name"]],
            "sampleSize": 500,
            "baselineSampleSize": 2000,
        }


def test_categories_that_training_never_saw(lab):
    """Unseen categories share one bin, missing ones another."""
    made = lab("revenue")
    made.predict([{"id": str(n), "tenure": 1, "plan": plan} for n, plan in enumerate(["new", "other", None, "gold"])])
    base = list(_training(made, "revenue").columns["plan"])
    wanted = _distance("hellinger", [0, 1, 2, 1], [base.count("basic"), base.count("gold"), 0, 0])
    items = {item["name"]: item for item in made.read("featureDrift", metric="hellinger")["data"]}
    assert items["plan"]["driftScore"] == pytest.approx(wanted)


def test_a_multiclass_target_drifts_by_its_labels(lab):
    """The distribution of the likeliest classes is compared."""
    made = lab("size")
    made.predict(made.rows(150, 3, tenure=5))
    training = _training(made, "size")
    said = made.predicted().argmax(axis=1)
    held = np.array(training.predictions).argmax(axis=0)
    seen = [place for place in range(3) if (held == place).any()]
    counts = [[int((some == place).sum()) for place in seen] for some in (said, held)]
    assert made.read("targetDrift")["driftScore"] == pytest.approx(_distance("psi", *counts))


def test_no_drift_of_the_training_itself(lab):
    """Rows like those of the training have next to no drift, and exactly none when they are the same."""
    made = lab("revenue")
    training = _training(made, "revenue")
    rows = [
        {"id": str(place), "tenure": tenure, "plan": plan}
        for place, (tenure, plan) in enumerate(zip(training.columns["tenure"], training.columns["plan"], strict=True))
    ]
    made.predict(rows)
    assert [item["driftScore"] for item in made.read("featureDrift", metric="dissimilarity")["data"]] == [0.0, 0.0]
    assert made.read("targetDrift")["driftScore"] < 0.02


def test_nothing_to_compare(lab):
    """Without predictions the score is null, not zero."""
    made = lab()
    body = made.read("targetDrift")
    assert (body["driftScore"], body["sampleSize"], body["baselineSampleSize"]) == (None, 0, 400)
    assert {item["driftScore"] for item in made.read("featureDrift")["data"]} == {None}


def test_what_is_switched_off_is_not_tracked(lab):
    """Reading what is off is a 403 that names the setting, and what came in while it was off is not counted later."""
    made = lab()
    made.settings(featureDrift={"enabled": False}, targetDrift={"enabled": False})
    made.predict(made.rows(7, 1))
    for path, key in (("targetDrift", "targetDrift"), ("featureDrift", "featureDrift")):
        refused = made.read(path, 403)["message"]
        assert refused.endswith(f"is not tracked: {key} of the deployment's settings is not enabled.")
    made.settings(featureDrift={"enabled": True})
    made.predict(made.rows(5, 2))
    assert {item["sampleSize"] for item in made.read("featureDrift")["data"]} == {5}
    assert made.read("predictionsOverTime", 403)["message"].startswith("What is predicted is not tracked")


def test_tracked_features_and_pages(drifting):
    """Only features that the settings choose are answered; pages follow each other by absolute links."""
    page = drifting.read("featureDrift", limit=2)
    assert (page["count"], page["totalCount"], len(page["data"]), page["previous"]) == (2, 3, 2, None)
    following = drifting.api.raw("GET", page["next"], headers={"Authorization": "Token ada"}).json()
    assert (following["count"], following["next"], following["period"]) == (1, None, page["period"])
    names = [item["name"] for item in page["data"] + following["data"]]
    assert sorted(names) == ["charge", "plan", "tenure"]
    drifting.settings(featureDrift={"enabled": True, "featureSelection": "manual", "trackedFeatures": ["plan"]})
    assert [item["name"] for item in drifting.read("featureDrift")["data"]] == ["plan"]


def test_segments_of_rows(drifting):
    """Rows with one value of a tracked attribute can be looked at apart; others are not tracked."""
    refused = drifting.read("targetDrift", 400, segmentAttribute="plan", segmentValue="gold")
    assert refused["message"].startswith("segmentAttribute: must be one of")
    drifting.settings(segmentAnalysis={"enabled": True, "attributes": ["plan"]})
    body = drifting.read("targetDrift", segmentAttribute="plan", segmentValue="gold")
    gold = np.array(drifting.column("plan")) == "gold"
    counts = _histograms(drifting.predicted()[gold, 0], _training(drifting, "churn").predictions[0])
    assert (body["sampleSize"], body["driftScore"]) == (int(gold.sum()), pytest.approx(_distance("psi", *counts)))
    assert (body["segmentAttribute"], body["segmentValue"]) == ("plan", "gold")
    assert drifting.read("segmentValues", segmentAttribute="plan")["data"] == ["basic", "silver", "gold"]
    assert drifting.read("targetDrift", segmentAttribute="plan", segmentValue="iron")["sampleSize"] == 0


def test_drift_over_time(drifting):
    """One or two features can be followed bucket by bucket; each bucket is what the whole would be of its rows."""
    body = drifting.read("featureDriftOverTime", featureNames=["tenure", "plan"], bucketSize="PT1H")
    training = _training(drifting, "churn")
    first, last = [each for each in body["buckets"] if each["features"][0]["sampleSize"]]
    assert [first["features"][0]["sampleSize"], last["features"][0]["sampleSize"]] == [300, 200]
    begin = drifting.sent[1].at
    counts = _histograms(drifting.column("tenure", since=begin), training.columns["tenure"])
    assert last["features"][0]["driftScore"] == pytest.approx(_distance("psi", *counts))
    assert body["buckets"][0]["features"] == [
        {"name": "tenure", "driftScore": None, "sampleSize": 0},
        {"name": "plan", "driftScore": None, "sampleSize": 0},
    ]
    assert drifting.read("featureDriftOverTime", 400, featureNames="age")["message"].startswith("featureNames: must be")


def test_a_model_without_training(open_api, lab):
    """Drift of a model whose training is not known is a 403."""
    made = lab()
    made.api = api = open_api(
        "registered_models: [{name: m, target: t, drift_baseline: false, features: [x], versions: [{}]}]\n"
        "prediction_servers: [{}]"
    )
    made.id = api.deploy("m", 1)
    refused = made.read("targetDrift", 403)["message"]
    assert refused == "Drift is not tracked: the model's training data is not known."


def test_an_unknown_metric(lab):
    """A metric that there is not is a 400 with all that there are."""
    refused = lab().read("targetDrift", 400, metric="wasserstein")["message"]
    assert refused == f"metric: must be one of {', '.join(METRICS)}, not wasserstein"
