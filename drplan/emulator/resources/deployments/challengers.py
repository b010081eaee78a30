"""`challengers/`: models that shadow the one that serves (API reference 2.8)."""

from drplan.emulator.core import jobs
from drplan.emulator.core.ids import derived_id, new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import Problem, conflict, fail, not_found
from drplan.emulator.http.fields import Object, text
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.deployments.create import refuse_undeployable

_MOST = 5  # challengers of one deployment
_CREATE = Object(
    {
        "modelPackageId": text(required=True),
        "name": text(required=True, longest=512),
        "predictionEnvironmentId": text(nullable=True),
    }
)
_PATCH = Object({"name": text(longest=512), "predictionEnvironmentId": text(nullable=True)})
_PREDICT = Object({"timestamp": text(nullable=True)})


def listed(call: Call) -> Answer:
    """Answer the challengers, all at once; while challengers are enabled the model that serves is the first of them."""
    doc = access.seen(call)
    found = call.store.find("challenger", parent=doc["id"])
    if document.settings_of(call.store, doc["id"])["challengerModels"]["enabled"]:
        found.insert(0, _champion(doc))
    return ok({"data": [_shown(call.store, challenger) for challenger in found]})


def _champion(doc: Json) -> Json:
    """Give the model that serves as a challenger; it can be neither changed nor removed as one."""
    return {
        "id": derived_id("champion", doc["id"]),
        "name": "Champion",
        "modelPackageId": doc["packageId"],
        "predictionEnvironmentId": doc["predictionEnvironmentId"],
    }


def create(call: Call) -> Answer:
    """Add a challenger; it is there when the job is through."""
    doc = access.standing(call)
    given = call.fields(_CREATE)
    if not document.settings_of(call.store, doc["id"])["challengerModels"]["enabled"]:
        raise Problem(422, {"message": "Challengers are not enabled for this deployment.", "errors": {}})
    package = call.store.get("modelPackage", given["modelPackageId"])
    if package is None:
        raise not_found(f"Model package {given['modelPackageId']} not found.")
    refuse_undeployable(package)
    present = document.package_of(call.store, doc)["_facts"]
    if any(package["_facts"][key] != present[key] for key in ("targetName", "targetType")):
        fail("modelPackageId", "the target of the model is not the target of the deployment")
    _environment(call, given)
    waiting = jobs.pending(call.store, doc["id"], "challenger")
    others = [*call.store.find("challenger", parent=doc["id"]), *(each["challenger"] for each in waiting)]
    if any(other["modelPackageId"] == package["id"] for other in others):
        raise conflict("The model package is already a challenger of this deployment.")
    if len(others) >= _MOST:
        raise conflict(f"A deployment has at most {_MOST} challengers.")
    challenger = {
        "id": new_id(),
        "name": given["name"],
        "modelPackageId": package["id"],
        "predictionEnvironmentId": given.get("predictionEnvironmentId") or doc["predictionEnvironmentId"],
    }
    location = f"deployments/{doc['id']}/challengers/{challenger['id']}/"
    return call.accepted(call.start("challenger", doc["id"], {"challenger": challenger}, location))


def get(call: Call) -> Answer:
    """Answer one challenger."""
    access.need(call)
    return ok(_shown(call.store, _challenger(call)))


def patch(call: Call) -> Answer:
    """Rename a challenger or move it to another prediction environment."""
    access.standing(call)
    given = call.fields(_PATCH)
    _environment(call, given)
    challenger = {**_challenger(call), **given}
    call.store.rewrite("challenger", challenger["id"], challenger)
    return ok(_shown(call.store, challenger))


def delete(call: Call) -> Answer:
    """Remove a challenger."""
    access.standing(call)
    call.store.delete("challenger", _challenger(call)["id"])
    return no_content()


def predict(call: Call) -> Answer:
    """Let the challengers replay predictions; 429 while they do."""
    doc = access.standing(call)
    call.fields(_PREDICT)
    if not call.store.find("challenger", parent=doc["id"]):
        raise Problem(422, {"message": "The deployment has no challengers.", "errors": {}})
    if jobs.pending(call.store, doc["id"], "replay"):
        raise Problem(429, {"message": "A challenger scoring job is already running."})
    return call.accepted(call.start("replay", doc["id"], {}, f"deployments/{doc['id']}/challengers/"))


def _challenger(call: Call) -> Json:
    challenger = only(call.store.get("challenger", call.params["challenger_id"]))
    if challenger["id"] not in {each["id"] for each in call.store.find("challenger", parent=call.params["id"])}:
        raise not_found()
    return challenger


def _environment(call: Call, given: Json) -> None:
    environment_id = given.get("predictionEnvironmentId")
    if environment_id and call.store.get("predictionEnvironment", environment_id) is None:
        fail("predictionEnvironmentId", f"prediction environment {environment_id} does not exist")


def _shown(store: Store, challenger: Json) -> Json:
    package = store.get("modelPackage", challenger["modelPackageId"]) or {}
    facts = package["_facts"]
    environment_id = challenger["predictionEnvironmentId"]
    environment = store.get("predictionEnvironment", environment_id) if environment_id else None
    return {
        "id": challenger["id"],
        "name": challenger["name"],
        "model": {
            "id": package["modelId"],
            "name": facts["modelType"],
            "type": facts["modelType"],
            "projectId": facts["projectId"],
            "projectName": facts["projectName"],
        },
        "modelPackage": {key: package[key] for key in ("id", "name", "registeredModelId")},
        "predictionEnvironment": environment and {key: environment[key] for key in ("id", "name", "platform")},
    }


@jobs.effect("challenger")
def _added(store: Store, subject: str, payload: Json, _when: float) -> None:
    challenger = payload["challenger"]
    store.put("challenger", challenger["id"], challenger, parent=subject, ref=challenger["modelPackageId"])


ROUTES = (
    ("GET deployments/{id}/challengers/", listed),
    ("POST deployments/{id}/challengers/", create),
    ("GET deployments/{id}/challengers/{challenger_id}/", get),
    ("PATCH deployments/{id}/challengers/{challenger_id}/", patch),
    ("DELETE deployments/{id}/challengers/{challenger_id}/", delete),
    ("POST deployments/{id}/challengerPredictions/", predict),
)
