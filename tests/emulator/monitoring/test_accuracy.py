"""Accuracy: every metric against scikit-learn or scipy on the same rows, per bucket, per model, per class."""

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn import metrics as sk

from drplan.emulator.world.scoring import training_of

LABELS = {"churn": ["yes", "no"], "size": ["large", "medium", "small"]}


def _binary(truth, predicted):
    y, p = np.array(truth) == "yes", np.asarray(predicted)[:, 0]
    said = p >= 0.5
    order = sorted(range(len(p)), key=lambda place: (-p[place], place))
    rate = y.mean()
    null = sk.log_loss(y, np.full(len(y), rate), labels=[False, True])
    tn, fp, fn, _ = sk.confusion_matrix(y, said).ravel()
    return {
        "LogLoss": sk.log_loss(y, p),
        "Accuracy": sk.accuracy_score(y, said),
        "AUC": sk.roc_auc_score(y, p),
        "Balanced Accuracy": sk.balanced_accuracy_score(y, said),
        "FVE Binomial": 1 - sk.log_loss(y, p) / null,
        "Gini Norm": 2 * sk.roc_auc_score(y, p) - 1,
        "Kolmogorov-Smirnov": ks_2samp(p[y], p[~y]).statistic,
        "Rate@Top5%": np.mean(y[order[: int(np.ceil(len(y) * 0.05))]]),
        "Rate@Top10%": np.mean(y[order[: int(np.ceil(len(y) * 0.10))]]),
        "TPR": sk.recall_score(y, said),
        "FPR": fp / (fp + tn),
        "TNR": tn / (fp + tn),
        "PPV": sk.precision_score(y, said, zero_division=0),
        "NPV": tn / (tn + fn),
        "F1": sk.f1_score(y, said),
        "MCC": sk.matthews_corrcoef(y, said),
    }


def _regression(truth, predicted):
    y, p = np.array(truth, dtype=float), np.asarray(predicted)[:, 0]
    errors = p - y
    return {
        "RMSE": sk.root_mean_squared_error(y, p),
        "Gamma Deviance": sk.mean_gamma_deviance(y, p),
        "FVE Gamma": sk.d2_tweedie_score(y, p, power=2),
        "FVE Poisson": sk.d2_tweedie_score(y, p, power=1),
        "FVE Tweedie": sk.d2_tweedie_score(y, p, power=1.5),
        "MAD": sk.mean_absolute_error(errors, np.full(len(errors), np.median(errors))),
        "MAE": sk.mean_absolute_error(y, p),
        "MAPE": 100 * sk.mean_absolute_percentage_error(y, p),
        "Poisson Deviance": sk.mean_poisson_deviance(y, p),
        "R Squared": sk.r2_score(y, p),
        "RMSLE": sk.root_mean_squared_log_error(y, p),
        "Tweedie Deviance": sk.mean_tweedie_deviance(y, p, power=1.5),
    }


def _multiclass(truth, predicted):
    names = LABELS["size"]
    y, p = np.array([names.index(each) for each in truth]), np.asarray(predicted)
    said = p.argmax(axis=1)
    shares = np.bincount(y, minlength=3) / len(y)
    null = sk.log_loss(y, np.tile(shares, (len(y), 1)))
    return {
        "LogLoss": sk.log_loss(y, p),
        "Accuracy": sk.accuracy_score(y, said),
        "AUC": sk.roc_auc_score(y, p, multi_class="ovr", average="weighted"),
        "Balanced Accuracy": sk.balanced_accuracy_score(y, said),
        "FVE Multinomial": 1 - sk.log_loss(y, p) / null,
        "TPR": sk.recall_score(y, said, average="macro"),
        "PPV": sk.precision_score(y, said, average="macro", zero_division=0),
        "F1": sk.f1_score(y, said, average="macro", zero_division=0),
        "MCC": sk.matthews_corrcoef(y, said),
    }


EXPECTED = {"churn": _binary, "revenue": _regression, "size": _multiclass}


def _training(made, name, number=1):
    package = made.api.emulator.store.get("modelPackage", made.api.version(name, number))
    return training_of(package["_facts"])


def _baseline(made):
    training = _training(made, made.name)
    return EXPECTED[made.name](training.actuals, np.array(training.predictions).T)


@pytest.fixture
def scored(lab):
    """Give a function that makes a lab with predictions and actuals of two hours."""

    def make(name="churn", **more):
        made = lab(name, **more)
        made.predict(made.rows(150, 1))
        made.api.wait(3600)
        made.predict(made.rows(100, 2, tenure=35))
        made.submit(3, share=0.8)
        return made

    return make


@pytest.mark.parametrize("name", list(EXPECTED))
def test_every_metric(scored, name):
    """Every metric of the model's kind is what scikit-learn says of the rows with actuals, and so is its baseline."""
    made = scored(name)
    body = made.read("accuracy")
    wanted, baseline = EXPECTED[name](*made.outcome()), _baseline(made)
    model = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    assert {item["metricName"] for item in body["data"]} == set(wanted)
    held = len(_training(made, name).actuals)
    for item in body["data"]:
        metric = item["metricName"]
        assert item == {
            "modelId": model,
            "metricName": metric,
            "value": pytest.approx(wanted[metric], rel=1e-9),
            "sampleSize": len(made.actuals),
            "baselineValue": pytest.approx(baseline[metric], rel=1e-9),
            "baselineSampleSize": held,
            "percentChange": pytest.approx(100 * (wanted[metric] - baseline[metric]) / abs(baseline[metric]), rel=1e-6),
        }
    assert body["metrics"]["LogLoss" if name != "revenue" else "RMSE"] == {
        key: body["data"][0][key] for key in ("value", "baselineValue", "percentChange")
    }
    assert body["modelId"] == model


@pytest.mark.parametrize(("name", "metric"), [("churn", "AUC"), ("revenue", "RMSE"), ("size", "LogLoss")])
def test_over_time(scored, name, metric):
    """Each bucket is the metric of its rows, null where there are none; the baseline is the holdout's."""
    made = scored(name)
    body = made.read("accuracyOverTime", metric=metric, bucketSize="PT1H")
    halves = [(made.sent[0].at, made.sent[0].at + 1), (made.sent[1].at, made.sent[1].at + 1)]
    wanted = [EXPECTED[name](*made.outcome(*half))[metric] for half in halves]
    filled = [each for each in body["buckets"] if each["value"] is not None]
    assert [each["value"] for each in filled] == pytest.approx(wanted)
    assert [each["sampleSize"] for each in filled] == [len(made.outcome(*half)[0]) for half in halves]
    assert {each["sampleSize"] for each in body["buckets"] if each["value"] is None} == {0}
    assert body["metric"] == metric
    assert body["summary"]["value"] == pytest.approx(EXPECTED[name](*made.outcome())[metric])
    (baseline,) = body["baselines"]
    assert (baseline["period"], baseline["value"]) == (None, pytest.approx(_baseline(made)[metric]))


def test_default_metrics(scored):
    """Without a metric it is LogLoss for classes and Gamma Deviance for numbers."""
    assert scored("churn").read("accuracyOverTime")["metric"] == "LogLoss"
    assert scored("revenue").read("accuracyOverTime")["metric"] == "Gamma Deviance"


def test_values_per_class(scored):
    """Of several classes each one's own value is given where the metric has one, taken against the rest."""
    made = scored("size")
    truth, predicted = made.outcome()
    said = np.array(LABELS["size"])[np.asarray(predicted).argmax(axis=1)]
    (bucket,) = made.read("accuracyOverTime", metric="TPR", bucketSize="P7D")["buckets"]
    recalls = sk.recall_score(truth, said, labels=LABELS["size"], average=None)
    assert {each["className"]: each["value"] for each in bucket["valuePerClass"]} == pytest.approx(
        dict(zip(LABELS["size"], recalls, strict=True))
    )


def test_some_classes_only(scored):
    """A class filter keeps the rows that really are of these classes."""
    made = scored("size")
    truth, predicted = made.outcome()
    kept = [place for place, each in enumerate(truth) if each != "medium"]
    said = np.array(LABELS["size"])[np.asarray(predicted)[kept].argmax(axis=1)]
    for query in ({"targetClass": ["large", "small"]}, {"targetClasses": "large,small"}):
        body = made.read("accuracy", metric="Accuracy", **query)
        assert body["data"][0]["value"] == pytest.approx(np.mean(said == np.array(truth)[kept]))
        assert body["data"][0]["sampleSize"] == len(kept)
    refused = made.read("accuracy", 400, targetClass="huge")["message"]
    assert refused == "targetClass: huge is not a class of the target; there are large, medium, small"


def test_several_models(scored):
    """Past champions are read by id, several with one metric, and one can be the baseline of the others."""
    made = scored("churn")
    old = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    first = EXPECTED["churn"](*made.outcome())
    made.api.send(
        "PATCH",
        f"deployments/{made.id}/model/",
        {"modelPackageId": made.api.version("churn", 2), "reason": "ACCURACY"},
    )
    made.api.wait(30)
    new = made.api.get(f"deployments/{made.id}/")["model"]["id"]
    assert {item["value"] for item in made.read("accuracy")["data"]} == {None}
    made.sent, made.actuals = [], {}
    made.predict(made.rows(120, 5))
    made.submit(6)
    second = EXPECTED["churn"](*made.outcome())
    assert made.read("accuracy", 400, modelId=[old, new])["message"] == "metric: is required for several models"
    body = made.read("accuracy", modelId=[old, new], metric="AUC", baselineModelId=old)
    assert [(item["modelId"], item["value"], item["baselineValue"]) for item in body["data"]] == [
        (old, pytest.approx(first["AUC"]), pytest.approx(first["AUC"])),
        (new, pytest.approx(second["AUC"]), pytest.approx(first["AUC"])),
    ]
    assert body["data"][0]["percentChange"] == 0
    assert "metrics" not in body
    body = made.read("accuracyOverTime", modelId=[old, new], metric="AUC", bucketSize="P7D")
    assert [(each["modelId"], each["value"]) for each in body["buckets"]] == [
        (old, pytest.approx(first["AUC"])),
        (new, pytest.approx(second["AUC"])),
    ]


def test_segments(scored):
    """Accuracy of the rows with one value of a tracked attribute."""
    made = scored("churn", segmentAnalysis={"enabled": True, "attributes": ["plan"]})
    gold = [row["id"] for sent in made.sent for row in sent.rows if row["plan"] == "gold"]
    ids = [each for each in made.column("id") if each in made.actuals]
    truth, predicted = made.outcome()
    kept = [place for place, each in enumerate(ids) if each in gold]
    wanted = _binary([truth[place] for place in kept], np.asarray(predicted)[kept])
    body = made.read("accuracy", metric="LogLoss", segmentAttribute="plan", segmentValue="gold")
    assert (body["data"][0]["value"], body["data"][0]["sampleSize"]) == (pytest.approx(wanted["LogLoss"]), len(kept))


def test_nothing_to_compare(lab):
    """Without actuals values are null; a metric that one class alone does not define is null too."""
    made = lab()
    assert {item["value"] for item in made.read("accuracy")["data"]} == {None}
    assert made.read("accuracy")["data"][0]["baselineValue"] is not None
    made.predict(made.rows(5, 1))
    rows = [{"associationId": each, "actualValue": "no"} for each in made.column("id")]
    made.api.send("POST", f"deployments/{made.id}/actuals/fromJSON/", {"data": rows})
    made.api.wait(5)
    values = {item["metricName"]: item["value"] for item in made.read("accuracy")["data"]}
    assert (values["AUC"], values["Kolmogorov-Smirnov"], values["FVE Binomial"], values["TPR"]) == (None,) * 4
    assert values["LogLoss"] is not None


def test_numbers_that_deviances_do_not_allow(lab):
    """An actual of zero has no gamma deviance and no percentage, and does not spoil the other metrics."""
    made = lab("revenue")
    made.predict([{"id": "a", "tenure": 1, "plan": "basic"}, {"id": "b", "tenure": 2, "plan": "basic"}])
    rows = [{"associationId": "a", "actualValue": 0}, {"associationId": "b", "actualValue": 20}]
    made.api.send("POST", f"deployments/{made.id}/actuals/fromJSON/", {"data": rows})
    made.api.wait(5)
    values = {item["metricName"]: item["value"] for item in made.read("accuracy")["data"]}
    assert (values["Gamma Deviance"], values["FVE Gamma"]) == (None, None)
    assert values["MAE"] == pytest.approx((21.5 + 3) / 2)
    assert values["MAPE"] == pytest.approx(15.0)


def test_association_id_is_needed(lab):
    """Without an association ID accuracy is a 403 that names the setting."""
    made = lab()
    environment = made.api.get("predictionEnvironments/")["data"][0]["id"]
    made.id = made.api.deploy("churn", 1, predictionEnvironmentId=environment)
    wanted = "Accuracy is not tracked: associationId.columnNames of the deployment's settings is not set."
    for path in ("accuracy", "accuracyOverTime", "predictionsVsActualsOverTime", "predictionResults"):
        assert made.read(path, 403)["message"] == wanted


def test_metrics_of_another_kind(lab):
    """A metric that does not fit the target is a 400 with those that do."""
    refused = lab("revenue").read("accuracy", 400, metric="AUC")["message"]
    assert refused.startswith("metric: AUC is not a metric of a Regression model; there are RMSE, Gamma Deviance,")


def test_accuracy_in_training_can_be_given(open_api, lab):
    """A metric that the seed gives for the training is the baseline, the others are computed."""
    made = lab()
    made.api = api = open_api(
        "prediction_servers: [{}]\nregistered_models: [{name: m, target: t, target_type: Binary, "
        'class_names: ["0", "1"], features: [x], training: {accuracy: {AUC: 0.75}}, versions: [{}]}]'
    )
    made.id = api.deploy("m", 1)
    made.settings(associationId={"columnNames": ["id"]})
    values = {item["metricName"]: item["baselineValue"] for item in made.read("accuracy")["data"]}
    assert values["AUC"] == 0.75
    assert 0.3 < values["LogLoss"] < 0.7
