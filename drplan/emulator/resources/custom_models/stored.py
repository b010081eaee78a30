"""What is known of a custom model version's model: the facts that its packages are validated by."""

from drplan.emulator.core.store import Json, Store
from drplan.emulator.resources.datasets import table_of
from drplan.emulator.resources.registry.model_facts import facts
from drplan.emulator.resources.tables import column_of, features_of

_BUILT_WITH = {"python": "Python", "r": "R", "java": "Java", "julia": "Julia"}
_BUILDS = {"submitted": "inProgress", "processing": "inProgress", "failed": "failed", "success": "complete"}


def training_of(store: Store, model: Json, version: Json) -> tuple[Json, str | None] | None:
    """Give the table that a version was trained on and its partition column; None while no data is assigned."""
    training = version["trainingData"]
    partition = (version["holdoutData"] or {}).get("partitionColumn")
    if training is None:
        if model["trainingDatasetId"] is None:
            return None
        training = {"datasetId": model["trainingDatasetId"], "datasetVersionId": model["trainingDatasetVersionId"]}
        partition = model["trainingDataPartitionColumn"]
    elif training["assignmentInProgress"] or training["assignmentError"]:
        return None
    table = table_of(store, training["datasetId"], training["datasetVersionId"])
    return None if table is None else (table, partition)


def version_facts(store: Store, model: Json, version: Json) -> Json:
    """Give the facts of a version: from its model, its training data, its environment, its files and its tests."""
    target = model["targetName"]
    base = store.get("executionEnvironmentVersion", version["baseEnvironmentVersionId"] or "")
    environment = store.get("executionEnvironment", version["baseEnvironmentId"] or "") or {}
    trained = training_of(store, model, version)
    found: Json = {
        "driftBaseline": False,
        "classNames": _classes(model, trained[0] if trained else None),
        "deployable": base is not None and base["buildStatus"] == "success",
        "buildStatus": _BUILDS.get((version["_build"] or {}).get("buildStatus", "success"), "complete"),
        "tested": version["_tested"],
    }
    learned: Json = {}
    if trained is not None:
        learned = {"driftBaseline": True, "features": features_of(trained[0], {target or "", trained[1] or ""})}
    return facts(
        {
            **found,
            **version["_given"],
            **learned,
            "targetName": target,
            "targetType": model["targetType"],
            "executionType": "custom_inference_model",
            "buildEnvironment": _BUILT_WITH.get(model["language"].lower(), "Other"),
            "modelType": model["name"],
            "modelId": version["id"],
            "predictionThreshold": model["predictionThreshold"],
            "runtimeParameters": [
                {**each, "defaultValue": version["_values"].get(each["fieldName"], each.get("defaultValue"))}
                for each in version["_parameters"]
            ],
            "customModelImage": {
                "customModelId": model["id"],
                "customModelName": model["name"],
                "customModelVersionId": version["id"],
                "customModelVersionLabel": version["label"],
                "executionEnvironmentId": version["baseEnvironmentId"],
                "executionEnvironmentName": environment.get("name"),
                "executionEnvironmentVersionId": version["baseEnvironmentVersionId"],
                "executionEnvironmentVersionLabel": base and base["label"],
            },
        }
    )


def _classes(model: Json, table: Json | None) -> list[str] | None:
    negative, positive = model["negativeClassLabel"], model["positiveClassLabel"]
    if model["targetType"] == "Binary" and negative and positive:
        return [negative, positive]
    if model["classLabels"]:
        return list(model["classLabels"])
    if model["targetType"] not in {"Binary", "Multiclass"} or table is None:
        return None
    column = column_of(table, model["targetName"] or "")
    return list(column["categories"]) if column is not None and column["categories"] else None


def put_version(store: Store, model: Json, version: Json) -> None:
    """Write a version with its facts; packages made of it learn of its build and tests."""
    version["_facts"] = version_facts(store, model, version)
    store.put("customModelVersion", version["id"], version, parent=model["id"])
    for package in store.find("modelPackage", ref=version["id"]):
        keys = ("tested", "buildStatus") if version["_build"] else ("tested",)
        changed = {key: version["_facts"][key] for key in keys}
        if any(package["_facts"][key] != value for key, value in changed.items()):
            package["_facts"] |= changed
            store.rewrite("modelPackage", package["id"], package)


def put_model(store: Store, model: Json) -> None:
    """Write a custom model so that it is found by its name and the id that its maker gave it."""
    store.put("customModel", model["id"], model, name=model["name"], ref=model["userProvidedId"])


def versions_of(store: Store, model_id: str) -> list[Json]:
    """Give a custom model's versions, oldest first."""
    return store.find("customModelVersion", parent=model_id)


def is_deployed(store: Store, version_id: str) -> bool:
    """Tell whether a deployment serves a version, one that is being deleted included."""
    row = store.db.execute(
        "SELECT 1 FROM objects p JOIN deployments d ON d.package_id = p.id "
        "WHERE p.kind = 'modelPackage' AND p.ref = ? LIMIT 1",
        (version_id,),
    ).fetchone()
    return row is not None


def deployments_count(store: Store, model_id: str) -> int:
    """Give how many deployments serve a version of a custom model, those that are being deleted included."""
    row = store.db.execute(
        "SELECT count(*) FROM objects v JOIN objects p ON p.kind = 'modelPackage' AND p.ref = v.id "
        "JOIN deployments d ON d.package_id = p.id WHERE v.kind = 'customModelVersion' AND v.parent = ?",
        (model_id,),
    ).fetchone()
    return int(row[0])


def is_frozen(store: Store, version_id: str) -> bool:
    """Tell whether a version is registered, after which its files and data stay as they are."""
    return bool(store.find("modelPackage", ref=version_id))
