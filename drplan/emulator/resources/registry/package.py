"""A model package's document: what the API shows of it, and the facts of its model."""

from drplan.emulator.core.store import Json, Store, public


def new_package(
    package_id: str,
    number_: int,
    registered_id: str,
    name: str,
    model_facts: Json,
    user: Json,
    now: str,
    more: Json | None = None,
) -> Json:
    """Give a package's document: what the API shows, and the facts of its model; `more` are further wire fields."""
    series = model_facts["timeSeries"]
    return {
        "id": package_id,
        "registeredModelId": registered_id,
        "registeredModelVersion": number_,
        "name": name,
        "modelId": model_facts["modelId"],
        "modelExecutionType": model_facts["executionType"],
        "isArchived": False,
        "isDeprecated": model_facts["deprecated"],
        "importMeta": {
            "creatorId": user["id"],
            "creatorUsername": user["username"],
            "dateCreated": now,
            "originalFileName": None,
            "containsLeaderboardMeta": model_facts["projectId"] is not None,
        },
        "sourceMeta": {
            "projectId": model_facts["projectId"],
            "projectName": model_facts["projectName"],
            "environmentUrl": None,
            "scoringCode": None,
            "customModelDetails": model_facts["customModelImage"],
        },
        "modelKind": {
            "isTimeSeries": series is not None,
            "isMultiseries": model_facts["seriesType"] == "multi",
            "isUnsupervisedLearning": model_facts["unsupervised"],
            "isAnomalyDetectionModel": model_facts["targetType"] == "Anomaly",
            "isFeatureDiscovery": model_facts["secondaryDatasets"] != "none",
            "isCombinedModel": model_facts["segments"] is not None,
            "isDecisionFlow": model_facts["decisionFlow"],
        },
        "target": target(model_facts),
        "modelDescription": {"modelName": model_facts["modelType"], "description": "", "location": None},
        "datasets": {"datasetName": None, "trainingDataCatalogId": None, "holdoutDataCatalogId": None},
        "timeseries": dict(series or {}),
        "biasAndFairness": None,
        "userProvidedId": None,
        "updatedAt": now,
        "updatedBy": {"id": user["id"], "name": user["username"]},
        "tags": [],
        "mlpkgFileContents": {"allTimeSeriesPredictionIntervals": False},
        "permissions": ["CAN_VIEW", "CAN_EDIT", "CAN_SHARE"],
        **(more or {}),
        "_facts": model_facts,
    }


def target(model_facts: Json) -> Json:
    """Give the target as packages and registered models show it."""
    shown_target = {"name": model_facts["targetName"], "type": model_facts["targetType"]}
    if model_facts["classNames"]:
        shown_target["classNames"] = model_facts["classNames"]
    if model_facts["targetType"] == "Binary":
        shown_target["predictionThreshold"] = model_facts["predictionThreshold"] or 0.5
    return shown_target


def keep(store: Store, package: Json) -> None:
    """Write a package so that it is found by its registered model, its model and its name."""
    registered_id, model_id = package["registeredModelId"], package["modelId"]
    store.put("modelPackage", package["id"], package, name=package["name"], parent=registered_id, ref=model_id)


def shown(store: Store, package: Json) -> Json:
    """Give a package as the API shows it, with its build status and the count of deployments it serves."""
    count = store.db.execute("SELECT count(*) FROM deployments WHERE package_id = ?", (package["id"],)).fetchone()[0]
    return {**public(package), "buildStatus": package["_facts"]["buildStatus"], "activeDeploymentCount": count}
