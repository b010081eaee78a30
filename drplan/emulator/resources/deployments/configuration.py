"""Small documents of a deployment: challenger replay, retraining, accuracy metrics, feature cache, agent card.

Each is one stored document with a validator of its own (API reference 2.8).
"""

from drplan.emulator.core.store import Json, load
from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import fail, invalid, not_found
from drplan.emulator.http.fields import Field, Object, boolean, listing, nested, one_of, text
from drplan.emulator.resources.deployments import document

# Names of metrics; True: of regression, False: of classification.
ACCURACY_METRICS = {
    False: (
        "LogLoss",
        "Accuracy",
        "AUC",
        "Balanced Accuracy",
        "FVE Binomial",
        "FVE Multinomial",
        "Gini Norm",
        "Kolmogorov-Smirnov",
        "Rate@Top5%",
        "Rate@Top10%",
        "TPR",
        "FPR",
        "TNR",
        "PPV",
        "NPV",
        "F1",
        "MCC",
    ),
    True: (
        "RMSE",
        "Gamma Deviance",
        "FVE Gamma",
        "FVE Poisson",
        "FVE Tweedie",
        "MAD",
        "MAE",
        "MAPE",
        "Poisson Deviance",
        "R Squared",
        "RMSLE",
        "Tweedie Deviance",
    ),
}


def _times() -> Field:
    return listing(one_of(int, str, required=True, words="a number or *"), required=True, least=1)


_SCHEDULE = nested(
    Object({name: _times() for name in ("dayOfWeek", "month", "dayOfMonth", "hour", "minute")}), nullable=True
)
_REPLAY = Object({"enabled": boolean(required=True), "schedule": _SCHEDULE})
_CACHE = Object({"enabled": boolean(required=True), "fetching": boolean(nullable=True), "schedule": _SCHEDULE})
_RETRAINING = Object(
    {name: text(nullable=True) for name in ("retrainingUserId", "datasetId", "predictionEnvironmentId", "credentialId")}
)
_METRICS = Object({"data": listing(text(), required=True, least=1, most=15)})
_REPLAY_DEFAULT: Json = {"enabled": False, "schedule": None}
_CACHE_DEFAULT: Json = {"enabled": False, "fetching": False, "schedule": None}
_RETRAINING_DEFAULT: Json = {"retrainingUserId": None, "datasetId": None, "predictionEnvironmentId": None}


def kept(call: Call, kind: str) -> Json | None:
    """Give the document of a kind that hangs on the deployment of the path, or None."""
    return call.store.get(kind, call.params["id"])


def editable(call: Call) -> Json:
    """Give the deployment of the path for a change: 403 without the permission, 404 once it is being deleted."""
    (text_,) = call.deployment("d.doc", "CAN_EDIT_DEPLOYMENT")
    doc = load(text_)
    if doc["deleting"]:
        raise not_found()
    return doc


def default_metrics(facts: Json) -> list[str]:
    """Give the metrics that are computed unless others are chosen."""
    return list(ACCURACY_METRICS[facts["targetType"] == "Regression"][:5])


def replay_get(call: Call) -> Answer:
    """Answer whether and when challengers replay predictions."""
    call.deployment("1")
    return ok(kept(call, "challengerReplaySettings") or _REPLAY_DEFAULT)


def replay_patch(call: Call) -> Answer:
    """Change whether and when challengers replay predictions; a null schedule clears it."""
    doc = editable(call)
    given = call.fields(_REPLAY)
    if given["enabled"] and not document.settings_of(call.store, doc["id"])["challengerModels"]["enabled"]:
        fail("enabled", "challengerModels of the settings is off")
    wanted = {**(kept(call, "challengerReplaySettings") or _REPLAY_DEFAULT), **given}
    call.store.put("challengerReplaySettings", doc["id"], wanted)
    return ok(wanted)


def cache_get(call: Call) -> Answer:
    """Answer the feature cache's settings."""
    call.deployment("1")
    return ok(kept(call, "featureCache") or _CACHE_DEFAULT)


def cache_patch(call: Call) -> Answer:
    """Change the feature cache's settings; only Feature Discovery models have one."""
    doc = editable(call)
    if document.package_of(call.store, doc)["_facts"]["secondaryDatasets"] == "none":
        fail("enabled", "the model of the deployment does not use secondary datasets")
    wanted = {**(kept(call, "featureCache") or _CACHE_DEFAULT), **call.fields(_CACHE)}
    call.store.put("featureCache", doc["id"], wanted)
    return ok(wanted)


def retraining_get(call: Call) -> Answer:
    """Answer who, on what and where retraining runs, each null when not set."""
    call.deployment("1")
    return ok(_retraining(call))


def retraining_patch(call: Call) -> Answer:
    """Change who, on what and where retraining runs; null clears."""
    doc = editable(call)
    given = call.fields(_RETRAINING)
    wrong = {}
    for name, kind in (
        ("retrainingUserId", "user"),
        ("datasetId", "dataset"),
        ("predictionEnvironmentId", "predictionEnvironment"),
    ):
        if given.get(name) is not None and call.store.get(kind, given[name]) is None:
            wrong[name] = f"{given[name]} does not exist"
    if wrong:
        raise invalid(wrong)
    call.store.put(
        "retrainingSettings", doc["id"], {**(kept(call, "retrainingSettings") or _RETRAINING_DEFAULT), **given}
    )
    return ok(_retraining(call))


def _retraining(call: Call) -> Json:
    present = kept(call, "retrainingSettings") or _RETRAINING_DEFAULT
    user = call.store.get("user", present["retrainingUserId"] or "")
    dataset = call.store.get("dataset", present["datasetId"] or "")
    environment = call.store.get("predictionEnvironment", present["predictionEnvironmentId"] or "")
    return {
        "retrainingUser": user and {"id": user["id"], "username": user["username"]},
        "dataset": dataset and {"id": present["datasetId"], "name": dataset["name"]},
        "predictionEnvironment": environment and {"id": environment["id"], "name": environment["name"]},
    }


def metrics_get(call: Call) -> Answer:
    """Answer the accuracy metrics that are computed."""
    (text_,) = call.deployment("d.doc")
    facts = document.package_of(call.store, load(text_))["_facts"]
    return ok(kept(call, "accuracyMetrics") or {"data": default_metrics(facts)})


def metrics_put(call: Call) -> Answer:
    """Choose the accuracy metrics that are computed."""
    doc = editable(call)
    chosen = call.fields(_METRICS)["data"]
    known = ACCURACY_METRICS[document.package_of(call.store, doc)["_facts"]["targetType"] == "Regression"]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        fail("data", f"not metrics of this model: {', '.join(unknown)}")
    wanted = {"data": list(dict.fromkeys(chosen))}
    call.store.put("accuracyMetrics", doc["id"], wanted)
    return ok(wanted)


def card_get(call: Call) -> Answer:
    """Answer the agent card; 404 when there is none."""
    (text_,) = call.deployment("d.doc")
    card = load(text_)["agentCard"]
    if card is None:
        raise not_found("No agent card.")
    return ok(card)


def card_put(call: Call) -> Answer:
    """Give the deployment an agent card, any JSON object."""
    doc = editable(call)
    doc["agentCard"] = call.fields(Object({}, open_=True))
    document.save(call.store, doc)
    return ok(doc["agentCard"])


def card_delete(call: Call) -> Answer:
    """Take the agent card away."""
    doc = editable(call)
    if doc["agentCard"] is None:
        raise not_found("No agent card.")
    doc["agentCard"] = None
    document.save(call.store, doc)
    return no_content()


ROUTES = (
    ("GET deployments/{id}/challengerReplaySettings/", replay_get),
    ("PATCH deployments/{id}/challengerReplaySettings/", replay_patch),
    ("GET deployments/{id}/featureCache/", cache_get),
    ("PATCH deployments/{id}/featureCache/", cache_patch),
    ("GET deployments/{id}/retrainingSettings/", retraining_get),
    ("PATCH deployments/{id}/retrainingSettings/", retraining_patch),
    ("GET deployments/{id}/accuracyMetrics/", metrics_get),
    ("PUT deployments/{id}/accuracyMetrics/", metrics_put),
    ("GET deployments/{id}/agentCard/", card_get),
    ("PUT deployments/{id}/agentCard/", card_put),
    ("DELETE deployments/{id}/agentCard/", card_delete),
)
