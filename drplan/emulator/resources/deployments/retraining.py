"""`retrainingSettings/`: who, on what and where retraining runs (API reference 2.8)."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import invalid
from drplan.emulator.http.fields import Object, text
from drplan.emulator.resources.deployments import access

_PATCH = Object(
    {name: text(nullable=True) for name in ("retrainingUserId", "datasetId", "predictionEnvironmentId", "credentialId")}
)
_DEFAULT: Json = {"retrainingUserId": None, "datasetId": None, "predictionEnvironmentId": None}


def get(call: Call) -> Answer:
    """Answer who, on what and where retraining runs, each null when not set."""
    access.need(call)
    return ok(_shown(call))


def patch(call: Call) -> Answer:
    """Change who, on what and where retraining runs; null clears."""
    doc = access.standing(call)
    given = call.fields(_PATCH)
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
        "retrainingSettings",
        doc["id"],
        {**(call.store.get("retrainingSettings", call.params["id"]) or _DEFAULT), **given},
    )
    return ok(_shown(call))


def _shown(call: Call) -> Json:
    present = call.store.get("retrainingSettings", call.params["id"]) or _DEFAULT
    user = call.store.get("user", present["retrainingUserId"] or "")
    dataset = call.store.get("dataset", present["datasetId"] or "")
    environment = call.store.get("predictionEnvironment", present["predictionEnvironmentId"] or "")
    return {
        "retrainingUser": user and {"id": user["id"], "username": user["username"]},
        "dataset": dataset and {"id": present["datasetId"], "name": dataset["name"]},
        "predictionEnvironment": environment and {"id": environment["id"], "name": environment["name"]},
    }


ROUTES = (
    ("GET deployments/{id}/retrainingSettings/", get),
    ("PATCH deployments/{id}/retrainingSettings/", patch),
)
