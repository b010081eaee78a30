"""How a version of a custom model comes about: of uploaded files, of the version before, of training data."""

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import fail, invalid
from drplan.emulator.resources.custom_models import content, stored, training
from drplan.emulator.resources.deployments.runtime_parameters import read_values
from drplan.emulator.resources.files import keep_file, read_file

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


def compose(call: Call, model: Json, given: Json, before: Json | None) -> Json:
    """Write a version of what was uploaded, and of an earlier version where there is one; 422 for what does not fit."""
    now = iso(call.now)
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
    return version


def retrain(call: Call, model: Json, given: Json, before: Json) -> Json:
    """Write a version that is an earlier one with other training data."""
    fresh = _next(model, before, major=False, now=iso(call.now))
    version = {**before, **{key: fresh[key] for key in ("id", "versionMajor", "versionMinor", "label", "created")}}
    version |= {"_build": None, "_tested": None, "_given": _inherited(before)}
    if given.get("gitModelVersion"):
        version["gitModelVersion"] = given["gitModelVersion"]
    _train(call, model, version, given)
    stored.put_version(call.store, model, version)
    return version


def _next(model: Json, latest: Json | None, major: bool | None, now: str) -> Json:
    if latest is None:
        return new_version(new_id(), model, 1, 0, now)
    if major is not False:
        return new_version(new_id(), model, latest["versionMajor"] + 1, 0, now)
    return new_version(new_id(), model, latest["versionMajor"], latest["versionMinor"] + 1, now)


def _inherited(before: Json) -> Json:
    """Give what the seed said of an earlier version and is true of a later one too."""
    return {name: value for name, value in before["_given"].items() if name not in {"tested", "buildStatus"}}


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


def copy(store: Store, source: Json, model: Json, now: str) -> None:
    """Write a version of another model as the first one of a model, with files of its own."""
    version = {**source, "id": new_id(), "customModelId": model["id"], "created": now, "_tested": None, "_build": None}
    version |= {"versionMajor": 1, "versionMinor": 0, "label": "v1.0"}
    version["items"] = [
        {**item, "id": new_id(), "_file": keep_file(store, read_file(store, item["_file"]), model["id"])}
        for item in source["items"]
    ]
    stored.put_version(store, model, version)
