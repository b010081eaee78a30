"""Creation: from a model package, a leaderboard model, or a project's recommended model (API reference 2.2)."""

from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import Problem, conflict, fail, invalid, not_found
from drplan.emulator.http.fields import Field, Object, anything, check, listing, nested, number, text
from drplan.emulator.resources.deployments import approval, document, runtime_parameters, sharing, watch
from drplan.emulator.resources.deployments.document import IMPORTANCES
from drplan.emulator.resources.deployments.settings import DEFAULTS
from drplan.emulator.resources.registry import packages

_COMMON: dict[str, Field] = {
    "label": text(required=True, longest=512),
    "description": text(blank=True, nullable=True),
    "importance": text(nullable=True, choices=IMPORTANCES),
    "defaultPredictionServerId": text(nullable=True),
}
_FROM_PACKAGE = {
    **_COMMON,
    "modelPackageId": text(required=True),
    "predictionEnvironmentId": text(nullable=True),
    "userProvidedId": text(nullable=True, longest=512),
    "additionalMetadata": listing(
        nested(Object({"key": text(required=True), "value": text(required=True, blank=True)})), nullable=True
    ),
    "runtimeParameterValues": anything(),
}
_FROM_MODEL = {
    **_COMMON,
    "modelId": text(required=True),
    "predictionThreshold": number(nullable=True, least=0, most=1),
    "status": text(nullable=True, choices=("active", "inactive")),
}
_FROM_PROJECT = {
    **{key: value for key, value in _FROM_MODEL.items() if key != "modelId"},
    "projectId": text(required=True),
}


def from_model_package(call: Call) -> Answer:
    """Deploy a registered model version."""
    given = _given(call, _FROM_PACKAGE)
    package = call.store.get("modelPackage", given["modelPackageId"])
    if package is None:
        raise not_found(f"Model package {given['modelPackageId']} not found.")
    return _create(call, given, package)


def from_model(call: Call) -> Answer:
    """Deploy a leaderboard model; a model package is made of it if it has none."""
    given = _given(call, _FROM_MODEL)
    return _create(call, given, packages.package_for_model(call, given["modelId"], given.get("predictionThreshold")))


def from_project(call: Call) -> Answer:
    """Deploy the model that a project recommends."""
    given = _given(call, _FROM_PROJECT)
    models = call.store.find("model", parent=given["projectId"])
    if not models:
        raise not_found(f"Project {given['projectId']} has no models.")
    model = next((model for model in models if model.get("_recommended")), models[0])
    return _create(call, given, packages.package_for_model(call, model["id"], given.get("predictionThreshold")))


def _given(call: Call, fields: dict[str, Field]) -> Json:
    refusal = call.switches["user_provided_id_refusal"]
    if refusal and "userProvidedId" in fields and isinstance(call.body, dict) and "userProvidedId" in call.body:
        errors = {"userProvidedId": "userProvidedId is not allowed key"}
        words = {"message": "A deployment cannot be created with userProvidedId in the current DataRobot installation."}
        by_field = {"message": "Invalid field data", "errors": errors}
        raise Problem(refusal["status"], by_field if refusal["by"] == "field" else words)
    return check(call.body, Object(fields), form=call.form)


def _create(call: Call, given: Json, package: Json) -> Answer:
    served_from(call.store, call.switches, given)
    refuse_undeployable(package)
    quota = call.switches["deployment_quota"]
    if quota is not None and call.store.db.execute("SELECT count(*) FROM deployments").fetchone()[0] >= quota:
        raise conflict("The limit of deployments of the organization has been reached.")
    parameters = runtime_parameters.read_values(given.get("runtimeParameterValues"), package)
    doc = new_document(new_id(), given, package, call.user["id"], iso(call.now), call.switches)
    doc["status"] = "launching"
    doc["runtimeParameters"] = parameters
    policy = approval.policy_for(call.store, call.switches, "approve", doc["importance"])
    if policy:
        doc["approvalStatus"] = "PENDING"
    add(call.store, doc, {})
    if policy:
        change = {"approvalStatus": "APPROVED"}
        approval.open_request(call, doc, "approve", change, auto_apply=True, comment="")
        document.refresh(call.store, doc["id"])
    payload = {"status": given.get("status") or "active"}
    job = call.start("create", doc["id"], payload, f"deployments/{doc['id']}/")
    return call.accepted(job, {"id": doc["id"]})


def served_from(store: Store, switches: Json, given: Json) -> None:
    """Refuse a prediction server or environment that is missing, doubled, unknown, or wrong for the installation."""
    server, environment = given.get("defaultPredictionServerId"), given.get("predictionEnvironmentId")
    if server and environment:
        text_ = "defaultPredictionServerId and predictionEnvironmentId must not be given together"
        raise invalid({"defaultPredictionServerId": text_, "predictionEnvironmentId": text_})
    if switches["installation"] == "self_managed" and server:
        fail("defaultPredictionServerId", "not supported in current DataRobot installation")
    if switches["installation"] == "cloud" and not server and not environment:
        fail("defaultPredictionServerId", "required in DataRobot Cloud")
    if server and store.get("predictionServer", server) is None:
        fail("defaultPredictionServerId", f"prediction server {server} does not exist")
    if environment and store.get("predictionEnvironment", environment) is None:
        fail("predictionEnvironmentId", f"prediction environment {environment} does not exist")


def refuse_undeployable(package: Json) -> None:
    """Refuse a package that cannot serve: not built, not deployable, or of an archived registered model."""
    facts = package["_facts"]
    if facts["buildStatus"] != "complete":
        fail("modelPackageId", f"the build of model package {package['id']} is not complete: {facts['buildStatus']}")
    if not facts["deployable"] or package["isArchived"]:
        raise Problem(
            422, {"message": "Model cannot be deployed.", "errors": {"modelPackageId": "model cannot be deployed"}}
        )


def new_document(id: str, given: Json, package: Json, owner_id: str, now: str, switches: Json) -> Json:  # noqa: A002 - the field's name
    """Give the emulator's own document of a new deployment, active, without health or usage."""
    return {
        "id": id,
        "label": given["label"],
        "description": given.get("description"),
        "status": "active",
        "importance": document.kept_importance(
            given.get("importance") or ("MODERATE" if switches["approvals"] else "LOW"), switches
        ),
        "createdAt": now,
        "deployedAt": now,
        "userProvidedId": given.get("userProvidedId"),
        "creatorId": owner_id,
        "defaultPredictionServerId": given.get("defaultPredictionServerId"),
        "predictionEnvironmentId": given.get("predictionEnvironmentId"),
        "packageId": package["id"],
        "shownPackageId": package["id"],
        "health": document.healths({}),
        "dailyRates": [0, 0, 0, 0, 0, 0, 0],
        "lastPrediction": None,
        "predicted": False,  # whether predictions carried the association ID
        "additionalMetadata": given.get("additionalMetadata") or [],
        "runtimeParameters": {},
        "agentCard": None,
        "secondaryDatasetConfigId": None,
        "secondaryCredentialIds": [],
        "approvalStatus": "APPROVED",
        "deleting": False,
    }


def add(
    store: Store, doc: Json, settings: Json, *, roles: tuple[tuple[str, str, str], ...] = (), seeded: bool = False
) -> None:
    """Write a new deployment with its first owner, its further roles (type, id, role) and its model history."""
    sharing.grant(store, doc["id"], "user", doc["creatorId"], "OWNER")
    for kind, recipient, role in roles:
        sharing.grant(store, doc["id"], kind, recipient, role)
    document.insert(store, doc, {**DEFAULTS, **settings}, seeded=seeded)
    sharing.settle_access(store, doc["id"])
    record_model(store, doc, None, doc["creatorId"])


def record_model(store: Store, doc: Json, reason: str | None, user_id: str) -> None:
    """Add the model that now serves to the deployment's model history; the reason is null for the first."""
    package = document.package_of(store, doc)
    record: dict[str, Any] = {
        "modelPackageId": package["id"],
        "modelPackage": {key: package[key] for key in ("id", "name", "registeredModelId")},
        "modelId": package["modelId"],
        "model": {"id": package["modelId"], "type": package["_facts"]["modelType"]},
        "startedAt": doc["deployedAt"],
        "replacementReason": reason,
        "userId": user_id,
    }
    store.put("modelHistory", new_id(), record, parent=doc["id"])


@jobs.effect("create")
def _launched(store: Store, subject: str, payload: Json, when: float) -> None:
    doc = document.fetch(store, subject)
    if doc is not None:
        doc["status"] = payload["status"]
        doc["deployedAt"] = iso(when)
        document.save(store, doc)


@jobs.failure("create")
def _never_launched(store: Store, subject: str, _payload: Json, _when: float) -> None:
    forget(store, subject)


def forget(store: Store, deployment_id: str) -> None:
    """Remove a deployment and all that hangs on it."""
    row = store.db.execute("SELECT seq FROM deployments WHERE id = ?", (deployment_id,)).fetchone()
    if row is None:
        return
    store.db.execute("DELETE FROM access WHERE seq = ?", row)
    store.db.execute("DELETE FROM late WHERE seq = ?", row)
    store.db.execute("DELETE FROM roles WHERE deployment_id = ?", (deployment_id,))
    store.db.execute("DELETE FROM tags WHERE subject = ?", (deployment_id,))
    store.db.execute("DELETE FROM deployments WHERE id = ?", (deployment_id,))
    for kind in OWNED:
        store.db.execute("DELETE FROM objects WHERE kind = ? AND parent = ?", (kind, deployment_id))
        store.delete(kind, deployment_id)
    approval.abandon(store, deployment_id)
    jobs.cancel(store, deployment_id)
    watch.forget(store, deployment_id)


# Kinds of objects that hang on a deployment: by its id as their parent, or under its id as their own.
OWNED = (
    "modelHistory",
    "secondaryHistory",
    "challenger",
    "healthSettings",
    "challengerReplaySettings",
    "retrainingSettings",
    "accuracyMetrics",
    "featureCache",
    "actualsBatch",
    "dataExport",
)

ROUTES = (
    ("POST deployments/fromModelPackage/", from_model_package),
    ("POST deployments/fromLearningModel/", from_model),
    ("POST deployments/fromLeaderboard/", from_model),
    ("POST deployments/fromProjectRecommendedModel/", from_project),
)
