"""`customModels/<id>/versions/`: files, base environment, training data and parameters of a custom model.

Versions are made by uploading everything (POST) or by changing the latest one (PATCH); they are numbered 1.0, 1.1, 2.0.
"""

from typing import Any

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, load, public
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.errors import fail, invalid, not_found
from drplan.emulator.http.fields import Field, Object, Wrong, anything, listing, nested, number, text
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.custom_models import content, stored, training
from drplan.emulator.resources.deployments.runtime_parameters import read_values
from drplan.emulator.resources.files import archive, download, keep_file, read_file

GIT = nested(
    Object(
        {
            "refName": text(nullable=True),
            "commitUrl": text(required=True),
            "mainBranchCommitSha": text(required=True),
            "pullRequestCommitSha": text(nullable=True),
        }
    ),
    nullable=True,
)


def _encoded(known_field: Field) -> Field:
    """Give a field that also comes as JSON text, as forms and some clients' JSON bodies have it."""

    def read(value: Any, form: bool) -> Any:
        if isinstance(value, str):
            try:
                value = load(value)
            except ValueError:
                raise Wrong("must be JSON") from None
        return known_field.read(value, form)

    return Field(read, known_field.required, nullable=True)


def _flag() -> Field:
    """Give a boolean that also comes as the text `true` or `False`, in JSON too."""

    def read(value: Any, _form: bool) -> bool:
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise Wrong("must be true or false")
        return value

    return Field(read, nullable=True)


_TRAINING = nested(Object({"datasetId": text(required=True), "datasetVersionId": text(nullable=True)}), nullable=True)
_HOLDOUT = nested(
    Object(
        {
            "datasetId": text(nullable=True),
            "datasetVersionId": text(nullable=True),
            "partitionColumn": text(nullable=True),
        }
    ),
    nullable=True,
)
_REQUIRED_VALUES = listing(nested(Object({"fieldName": text(required=True), "value": text(required=True, blank=True)})))
_CREATE = {
    "isMajorUpdate": _flag(),
    "baseEnvironmentId": text(nullable=True),
    "baseEnvironmentVersionId": text(nullable=True),
    "filePath": listing(text()),
    "networkEgressPolicy": text(nullable=True, choices=("NONE", "PUBLIC")),
    "maximumMemory": number(whole=True, nullable=True, least=1),
    "replicas": number(whole=True, nullable=True, least=1, most=25),
    "requiredMetadataValues": _encoded(_REQUIRED_VALUES),
    "trainingData": _encoded(_TRAINING),
    "holdoutData": _encoded(_HOLDOUT),
    "keepTrainingHoldoutData": _flag(),
    "runtimeParameterValues": anything(),
    "runtimeParameters": anything(),
    "gitModelVersion": _encoded(GIT),
}
_UPLOAD = Object(_CREATE)
_CHANGE = Object({**_CREATE, "filesToDelete": listing(text())})
_WITH_DATA = Object({"trainingData": _TRAINING, "holdoutData": _HOLDOUT, "gitModelVersion": GIT})
_PATCH = Object(
    {
        "description": text(blank=True, nullable=True, longest=10_000),
        "requiredMetadataValues": _encoded(_REQUIRED_VALUES),
        "gitModelVersion": GIT,
    }
)
_KEPT = ("networkEgressPolicy", "maximumMemory", "replicas", "requiredMetadataValues")


def new_version(id: str, model: Json, major: int, minor: int, now: str) -> Json:  # noqa: A002 - the field's name
    """Give an empty version's document."""
    return {
        "id": id,
        "customModelId": model["id"],
        "versionMajor": major,
        "versionMinor": minor,
        "label": f"v{major}.{minor}",
        "description": "",
        "created": now,
        "items": [],
        "baseEnvironmentId": None,
        "baseEnvironmentVersionId": None,
        "dependencies": [],
        "networkEgressPolicy": model["networkEgressPolicy"],
        "maximumMemory": model["maximumMemory"],
        "replicas": model["replicas"],
        "requiredMetadataValues": [],
        "trainingData": None,
        "holdoutData": None,
        "gitModelVersion": None,
        "_parameters": [],
        "_values": {},
        "_forbidsMissing": False,
        "_startProblem": None,
        "_build": None,
        "_tested": None,
        "_given": {},
    }


def listed(call: Call) -> Answer:
    """Answer the versions, newest first; clients also write the query as a JSON body."""
    found = stored.versions_of(call.store, _model(call)["id"])
    offset, limit = window(call)
    written = call.body.get("limit") if isinstance(call.body, dict) else None
    if call.one("limit") is None and isinstance(written, int) and written > 0:
        limit = written
    found.reverse()
    return page(call, [view(call.store, each) for each in found[offset : offset + limit]], len(found), offset, limit)


def create(call: Call) -> Answer:
    """Make a version of the uploaded files alone."""
    return _make(call, call.fields(_UPLOAD), None)


def change(call: Call) -> Answer:
    """Make a version of the latest one, with files added, replaced and deleted."""
    given = call.fields(_CHANGE)
    found = stored.versions_of(call.store, _model(call)["id"])
    if not found:
        raise not_found("The custom model has no version to start from.")
    return _make(call, given, found[-1])


def _make(call: Call, given: Json, before: Json | None) -> Answer:
    model, now = _model(call), iso(call.now)
    found = stored.versions_of(call.store, model["id"])
    latest = found[-1] if found else None
    version = _next(model, latest, given.get("isMajorUpdate"), now)
    if before is not None:
        version |= {key: before[key] for key in (*_KEPT, "baseEnvironmentId", "baseEnvironmentVersionId")}
        version["_values"] = dict(before["_values"])
    version["_given"] = {} if latest is None else _inherited(latest)
    added = content.uploaded_items(call, given.get("filePath") or [], now, model["id"])
    version["items"] = content.merged_items(before["items"] if before else [], added, given.get("filesToDelete") or [])
    version |= {key: given[key] for key in (*_KEPT, "gitModelVersion") if given.get(key) is not None}
    _base(call.store, version, given)
    _declare(call.store, version, before, given)
    if given.get("keepTrainingHoldoutData") is not False and latest is not None and not given.get("trainingData"):
        version |= {key: latest[key] for key in ("trainingData", "holdoutData")}
    _train(call, model, version, given)
    stored.put_version(call.store, model, version)
    if given.get("trainingData"):
        call.start("assign_training_data", version["id"], {}, f"customModels/{model['id']}/versions/{version['id']}/")
    return ok(view(call.store, version), 201)


def _inherited(before: Json) -> Json:
    """Give what the seed said of an earlier version and is true of a later one too."""
    return {name: value for name, value in before["_given"].items() if name not in {"tested", "buildStatus"}}


def _next(model: Json, latest: Json | None, major: bool | None, now: str) -> Json:
    if latest is None:
        return new_version(new_id(), model, 1, 0, now)
    if major is not False:
        return new_version(new_id(), model, latest["versionMajor"] + 1, 0, now)
    return new_version(new_id(), model, latest["versionMajor"], latest["versionMinor"] + 1, now)


def _base(store: Store, version: Json, given: Json) -> None:
    environment_id, base_id = given.get("baseEnvironmentId"), given.get("baseEnvironmentVersionId")
    if environment_id is None and base_id is None:
        return
    environment_id = environment_id or version["baseEnvironmentId"]
    if environment_id is None or store.get("executionEnvironment", environment_id) is None:
        fail("baseEnvironmentId", f"execution environment {environment_id} does not exist")
    built = [
        each
        for each in store.find("executionEnvironmentVersion", parent=environment_id)
        if each["buildStatus"] == "success"
    ]
    if base_id is None:
        if not built:
            fail("baseEnvironmentId", f"execution environment {environment_id} has no version that was built")
        base_id = built[-1]["id"]
    elif base_id not in {each["id"] for each in built}:
        fail("baseEnvironmentVersionId", f"version {base_id} is not a version of the environment that was built")
    version["baseEnvironmentId"], version["baseEnvironmentVersionId"] = environment_id, base_id


def _declare(store: Store, version: Json, before: Json | None, given: Json) -> None:
    meta = content.metadata(store, version["items"])
    version["dependencies"] = content.dependencies(store, version["items"])
    version["_forbidsMissing"] = content.forbids_missing(meta)
    version["_startProblem"] = content.start_problem(store, version["items"])
    if "runtimeParameterDefinitions" in meta or before is None:
        version["_parameters"] = content.definitions(meta.get("runtimeParameterDefinitions"), "file")
    else:
        version["_parameters"] = before["_parameters"]
    if given.get("runtimeParameters") is not None:
        field, value = "runtimeParameters", given["runtimeParameters"]
        try:
            value = load(value) if isinstance(value, str) else value
        except ValueError:
            fail(field, "must be JSON")
        if given.get("runtimeParameterValues") is not None:
            fail(field, "cannot be given together with runtimeParameterValues")
        version["_parameters"] = content.definitions(value, field)
    declared = {each["fieldName"] for each in version["_parameters"]}
    version["_values"] = {name: value for name, value in version["_values"].items() if name in declared}
    chosen = read_values(given.get("runtimeParameterValues"), {"_facts": {"runtimeParameters": version["_parameters"]}})
    for name, value in chosen.items():
        if value is None:
            version["_values"].pop(name, None)
        else:
            version["_values"][name] = value


def _train(call: Call, model: Json, version: Json, given: Json) -> None:
    data, holdout = given.get("trainingData"), given.get("holdoutData")
    if data is None:
        if holdout and any(holdout.values()):
            fail("holdoutData", "needs trainingData")
        return
    if not model["isTrainingDataForVersionsPermanentlyEnabled"]:
        fail("trainingData", "isTrainingDataForVersionsPermanentlyEnabled of the custom model has to be on")
    if given.get("keepTrainingHoldoutData"):
        text_ = "trainingData and keepTrainingHoldoutData must not be given together"
        raise invalid({"trainingData": text_, "keepTrainingHoldoutData": text_})
    version["trainingData"], version["holdoutData"] = training.assigned(call.store, model, data, holdout)


def with_training_data(call: Call) -> Answer:
    """Make a version of the latest one with other training data; it is complete when the job is through."""
    model, now = _model(call), iso(call.now)
    given = call.fields(_WITH_DATA)
    if given.get("trainingData") is None:
        fail("trainingData", "is required")
    found = stored.versions_of(call.store, model["id"])
    if not found:
        raise not_found("The custom model has no version to start from.")
    before = found[-1]
    fresh = _next(model, before, major=False, now=now)
    version = {**before, **{key: fresh[key] for key in ("id", "versionMajor", "versionMinor", "label", "created")}}
    version |= {"_build": None, "_tested": None, "_given": _inherited(before)}
    if given.get("gitModelVersion"):
        version["gitModelVersion"] = given["gitModelVersion"]
    _train(call, model, version, given)
    stored.put_version(call.store, model, version)
    location = f"customModels/{model['id']}/versions/{version['id']}/"
    return call.accepted(call.start("assign_training_data", version["id"], {}, location), {"id": version["id"]})


def copy(store: Store, source: Json, model: Json, now: str) -> None:
    """Write a version of another model as the first one of a model, with files of its own."""
    version = {**source, "id": new_id(), "customModelId": model["id"], "created": now, "_tested": None, "_build": None}
    version |= {"versionMajor": 1, "versionMinor": 0, "label": "v1.0"}
    version["items"] = [
        {**item, "id": new_id(), "_file": keep_file(store, read_file(store, item["_file"]), model["id"])}
        for item in source["items"]
    ]
    stored.put_version(store, model, version)


def get(call: Call) -> Answer:
    """Answer one version."""
    return ok(view(call.store, version_of(call)))


def patch(call: Call) -> Answer:
    """Change what is said about a version; what is in it stays."""
    version = version_of(call)
    given = call.fields(_PATCH)
    version |= {key: value for key, value in given.items() if value is not None}
    call.store.rewrite("customModelVersion", version["id"], version)
    return ok(view(call.store, version))


def archived(call: Call) -> Answer:
    """Answer the files of a version as a ZIP archive."""
    version = version_of(call)
    files = [(item["filePath"], read_file(call.store, item["_file"])) for item in version["items"]]
    return download(archive(files), f"{version['id']}.zip", b"application/zip")


def view(store: Store, version: Json) -> Json:
    """Give a version as the API shows it."""
    return {
        **public(version),
        "items": [public(item) for item in version["items"]],
        "dependencies": [public(each) for each in version["dependencies"]],
        "isFrozen": stored.is_frozen(store, version["id"]),
        "runtimeParameters": [
            {
                "fieldName": each["fieldName"],
                "type": each["type"],
                "description": each.get("description", ""),
                "allowEmpty": each.get("allowEmpty", True),
                "minValue": each.get("minValue"),
                "maxValue": each.get("maxValue"),
                "credentialType": each.get("credentialType"),
                "defaultValue": each.get("defaultValue"),
                "overrideValue": version["_values"].get(each["fieldName"]),
                "currentValue": version["_values"].get(each["fieldName"], each.get("defaultValue")),
                "keyValueId": None,
            }
            for each in version["_parameters"]
        ],
    }


def version_of(call: Call) -> Json:
    """Give the version that the path names; 404 without it."""
    version = only(call.store.get("customModelVersion", call.params["vid"]))
    if version["customModelId"] != _model(call)["id"]:
        raise not_found()
    return version


def _model(call: Call) -> Json:
    return only(call.store.get("customModel", call.params["id"]))


ROUTES = (
    ("GET customModels/{id}/versions/", listed),
    ("POST customModels/{id}/versions/", create),
    ("PATCH customModels/{id}/versions/", change),
    ("PATCH customModels/{id}/versions/withTrainingData/", with_training_data),
    ("GET customModels/{id}/versions/{vid}/", get),
    ("PATCH customModels/{id}/versions/{vid}/", patch),
    ("GET customModels/{id}/versions/{vid}/download/", archived),
)
