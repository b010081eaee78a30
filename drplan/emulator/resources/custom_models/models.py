"""`customModels/`: models that clients bring, of which the versions hold the files (API reference 3.6)."""

from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import Problem, bad_request, conflict, fail, not_found
from drplan.emulator.http.fields import Field, Object, boolean, listing, nested, number, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.custom_models import composing, stored, training, versions
from drplan.emulator.resources.custom_models.version_bodies import GIT
from drplan.emulator.resources.files import archive, download, drop_files, read_file

TARGET_TYPES = (
    "Binary",
    "Regression",
    "Multiclass",
    "Multilabel",
    "Anomaly",
    "TextGeneration",
    "Transform",
    "Unstructured",
    "GeoPoint",
    "VectorDatabase",
    "AgenticWorkflow",
    "MCP",
)
_NAMED = frozenset({"Binary", "Regression", "Multiclass", "Multilabel", "TextGeneration", "AgenticWorkflow"})
EGRESS = ("NONE", "PUBLIC")
_STATS = Object({"trainingDatasetId": text(nullable=True), "holdoutDatasetId": text(nullable=True)})
_TARGET: dict[str, Field] = {
    "targetName": text(nullable=True),
    "positiveClassLabel": text(nullable=True),
    "negativeClassLabel": text(nullable=True),
    "classLabels": listing(text(), nullable=True),
}
_COMMON: dict[str, Field] = {
    **_TARGET,
    "name": text(longest=255),
    "description": text(blank=True, nullable=True, longest=10_000),
    "language": text(blank=True, nullable=True, longest=500),
    "predictionThreshold": number(nullable=True, least=0, most=1),
    "isTrainingDataForVersionsPermanentlyEnabled": boolean(nullable=True),
    "networkEgressPolicy": text(nullable=True, choices=EGRESS),
    "maximumMemory": number(whole=True, nullable=True, least=1),
    "replicas": number(whole=True, nullable=True, least=1, most=25),
}
_CREATE = Object(
    {
        **_COMMON,
        "name": text(required=True, longest=255),
        "customModelType": text(choices=("inference", "training")),
        "targetType": text(required=True, choices=TARGET_TYPES),
        "supportsBinaryClassification": boolean(nullable=True),
        "supportsRegression": boolean(nullable=True),
        "isUnstructuredModelKind": boolean(nullable=True),
        "isProxyModel": boolean(nullable=True),
        "userProvidedId": text(nullable=True),
        "gitModelVersion": GIT,
    }
)
_PATCH = Object({**_COMMON, "externalMlopsStatsConfig": nested(_STATS, nullable=True), "gitModelVersion": GIT})
_TRAINING = Object(
    {
        "datasetId": text(required=True),
        "datasetVersionId": text(nullable=True),
        "partitionColumn": text(nullable=True),
    }
)
_COPY = Object({"customModelId": text(required=True)})


def new_model(id: str, given: Json, user: Json, now: str) -> Json:  # noqa: A002 - the field's name
    """Give a custom model's document from its fields in wire names."""
    return {
        "id": id,
        "name": given["name"],
        "description": given.get("description") or "",
        "customModelType": given.get("customModelType") or "inference",
        "targetType": given["targetType"],
        "targetName": given.get("targetName"),
        "positiveClassLabel": given.get("positiveClassLabel"),
        "negativeClassLabel": given.get("negativeClassLabel"),
        "classLabels": given.get("classLabels") or [],
        "predictionThreshold": given.get("predictionThreshold"),
        "language": given.get("language") or "",
        "supportsBinaryClassification": given["targetType"] == "Binary",
        "supportsRegression": given["targetType"] == "Regression",
        "supportsAnomalyDetection": given["targetType"] == "Anomaly",
        "isUnstructuredModelKind": bool(given.get("isUnstructuredModelKind")) or given["targetType"] == "Unstructured",
        "isProxyModel": bool(given.get("isProxyModel")),
        "userProvidedId": given.get("userProvidedId"),
        "gitModelVersion": given.get("gitModelVersion"),
        "isTrainingDataForVersionsPermanentlyEnabled": bool(given.get("isTrainingDataForVersionsPermanentlyEnabled")),
        "trainingDatasetId": None,
        "trainingDatasetVersionId": None,
        "trainingDataFileName": None,
        "trainingDataPartitionColumn": None,
        "trainingDataAssignmentInProgress": False,
        "externalMlopsStatsConfig": None,
        "networkEgressPolicy": given.get("networkEgressPolicy"),
        "maximumMemory": given.get("maximumMemory"),
        "replicas": given.get("replicas"),
        "createdBy": user["username"],
        "created": now,
        "updated": now,
    }


def listed(call: Call) -> Answer:
    """Answer the custom models, narrowed by customModelType, isDeployed, searchFor, sorted by created or updated."""
    kind, deployed, search = call.one("customModelType"), call.flag("isDeployed"), (call.one("searchFor") or "").lower()
    order = call.one("orderBy")
    if order is not None and order.removeprefix("-") not in {"created", "updated"}:
        raise bad_request(f"orderBy: must be created or updated, not {order}")
    kept = [
        model
        for model in call.store.find("customModel")
        if (kind is None or model["customModelType"] == kind)
        and any(search in model[key].lower() for key in ("name", "description", "language"))
    ]
    if order is not None:
        kept.sort(key=lambda model: str(model[order.removeprefix("-")]), reverse=order.startswith("-"))
    views = [view(call.store, model) for model in kept]
    return cut(call, [each for each in views if deployed is None or bool(each["deploymentsCount"]) == deployed])


def create(call: Call) -> Answer:
    """Create a custom model, without versions."""
    given = call.fields(_CREATE)
    if given["targetType"] in _NAMED and not given.get("targetName"):
        fail("targetName", f"is required for the target type {given['targetType']}")
    if given["targetType"] == "Multiclass" and len(given.get("classLabels") or []) < 2:
        fail("classLabels", "at least two are required for the target type Multiclass")
    if given.get("userProvidedId") and call.store.find("customModel", ref=given["userProvidedId"]):
        # Clients look for the beginning of this message to find the model that is there.
        message = "Cannot create a custom model with a user provided ID that is already in use."
        raise Problem(422, {"message": message, "errors": {"userProvidedId": "is already in use"}})
    model = new_model(new_id(), given, call.user, iso(call.now))
    stored.put_model(call.store, model)
    return ok(view(call.store, model), 201)


def copy(call: Call) -> Answer:
    """Create a custom model as a copy of another one and its latest version."""
    given = call.fields(_COPY)
    source = call.store.get("customModel", given["customModelId"])
    if source is None:
        fail("customModelId", f"custom model {given['customModelId']} does not exist")
    now = iso(call.now)
    model = {**source, "id": new_id(), "name": f"{source['name']} (copy)", "userProvidedId": None, "created": now}
    stored.put_model(call.store, {**model, "updated": now})
    found = stored.versions_of(call.store, source["id"])
    if found:
        composing.copy(call.store, found[-1], model, now)
    return ok(view(call.store, model), 201)


def get(call: Call) -> Answer:
    """Answer one custom model."""
    return ok(view(call.store, _model(call)))


def patch(call: Call) -> Answer:
    """Change a custom model; its target stays as it is while a version is deployed."""
    model = _model(call)
    given = call.fields(_PATCH)
    switch = "isTrainingDataForVersionsPermanentlyEnabled"
    if given.get(switch) is False and model[switch]:
        fail(switch, "cannot be switched off again")
    changed = [key for key in _TARGET if key in given and given[key] != model[key]]
    if changed and stored.deployments_count(call.store, model["id"]):
        raise conflict(f"The custom model is deployed; it is too late to change {', '.join(changed)}.")
    model |= {key: value for key, value in given.items() if value is not None or key in _TARGET}
    model["classLabels"] = model["classLabels"] or []
    _touch(call, model)
    return ok(view(call.store, model))


def delete(call: Call) -> Answer:
    """Delete a custom model with its versions and tests; 409 while a deployment serves one of them."""
    model = _model(call)
    if stored.deployments_count(call.store, model["id"]):
        raise conflict("The custom model cannot be deleted: it has existing deployments.")
    for version in stored.versions_of(call.store, model["id"]):
        call.store.delete("customModelVersion", version["id"])
        jobs.cancel(call.store, version["id"])
    for test in call.store.find("customModelTest", parent=model["id"]):
        call.store.delete("customModelTest", test["id"])
        jobs.cancel(call.store, test["id"])
    drop_files(call.store, model["id"])
    call.store.delete("customModel", model["id"])
    return no_content()


def assign_training_data(call: Call) -> Answer:
    """Assign training data to the model itself, the older way; 422 once versions have their own."""
    model = _model(call)
    given = call.fields(_TRAINING)
    if model["isTrainingDataForVersionsPermanentlyEnabled"]:
        message = "Training data assignment at the model level has been permanently disabled for this model."
        raise Problem(422, {"message": message, "errors": {"datasetId": "assign it to the versions of the model"}})
    table = training.usable_table(call.store, given["datasetId"], given.get("datasetVersionId"), "datasetId")
    training.refuse_unfit(model, table, given.get("partitionColumn"))
    model["trainingDataAssignmentInProgress"] = True
    _touch(call, model)
    payload = {
        "trainingDatasetId": given["datasetId"],
        "trainingDatasetVersionId": table["versionId"],
        "trainingDataFileName": table["name"],
        "trainingDataPartitionColumn": given.get("partitionColumn"),
    }
    job = call.start("assign_model_training_data", model["id"], payload, f"customModels/{model['id']}/")
    return call.accepted(job)


def content(call: Call) -> Answer:
    """Answer the files of the latest version as a ZIP archive."""
    found = stored.versions_of(call.store, _model(call)["id"])
    if not found:
        raise not_found("The custom model has no version.")
    files = [(item["filePath"], read_file(call.store, item["_file"])) for item in found[-1]["items"]]
    return download(archive(files), f"{found[-1]['id']}.zip", b"application/zip")


def view(store: Store, model: Json) -> Json:
    """Give a custom model as the API shows it."""
    found = stored.versions_of(store, model["id"])
    return {
        **public(model),
        "latestVersion": versions.view(store, found[-1]) if found else None,
        "deploymentsCount": stored.deployments_count(store, model["id"]),
    }


def _model(call: Call) -> Json:
    return only(call.store.get("customModel", call.params["id"]))


def _touch(call: Call, model: Json) -> None:
    model["updated"] = iso(call.now)
    _rewrite(call.store, model)


def _rewrite(store: Store, model: Json) -> None:
    stored.put_model(store, model)
    for version in stored.versions_of(store, model["id"]):
        stored.put_version(store, model, version)


@jobs.effect("assign_model_training_data")
def _assigned(store: Store, subject: str, payload: dict[str, Any], _when: float) -> None:
    model = store.get("customModel", subject)
    if model is not None:
        _rewrite(store, {**model, **payload, "trainingDataAssignmentInProgress": False})


@jobs.failure("assign_model_training_data")
def _not_assigned(store: Store, subject: str, _payload: Json, _when: float) -> None:
    model = store.get("customModel", subject)
    if model is not None:
        _rewrite(store, {**model, "trainingDataAssignmentInProgress": False})


ROUTES = (
    ("GET customModels/", listed),
    ("POST customModels/", create),
    ("POST customModels/fromCustomModel/", copy),
    ("GET customModels/{id}/", get),
    ("PATCH customModels/{id}/", patch),
    ("DELETE customModels/{id}/", delete),
    ("PATCH customModels/{id}/trainingData/", assign_training_data),
    ("GET customModels/{id}/download/", content),
)
