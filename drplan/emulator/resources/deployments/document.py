"""A deployment's row: the emulator's own document, the columns it is found by, and the JSON that `GET` sends.

The sent JSON is made when something changes, not when it is read, so that reading one costs one indexed look-up.
"""

from statistics import fmean

from drplan.emulator.core.store import Json, Store, dump, load
from drplan.emulator.resources.deployments import approval, late
from drplan.emulator.resources.deployments.access import PERMISSIONS

HEALTHS = ("failing", "warning", "passing", "unknown", "unavailable")  # in ascending order (API reference 2.3)
IMPORTANCES = ("LOW", "MODERATE", "HIGH", "CRITICAL")
STATUSES = ("active", "inactive", "launching", "stopping", "replacingModel", "errored", "archived")
RUN_BY_PLATFORM = (None, "datarobot", "datarobotServerless")
HEALTH_KINDS = (
    "service",
    "model",
    "accuracy",
    "fairness",
    "customMetrics",
    "actualsTimeliness",
    "predictionsTimeliness",
)
_MESSAGES = {
    "service": "No requests yet.",
    "model": "There are not enough predictions (100) to compute drift.",
    "accuracy": "Accuracy is unknown.",
    "fairness": "Fairness is unknown.",
    "customMetrics": "No custom metrics.",
    "actualsTimeliness": "Timeliness of actuals is not tracked.",
    "predictionsTimeliness": "Timeliness of predictions is not tracked.",
}

_COLUMNS = (
    "id",
    "label",
    "description",
    "status",
    "importance",
    "importance_rank",
    "user_provided_id",
    "created_at",
    "creator_id",
    "deployed_at",
    "last_prediction",
    "recent_predictions",
    "usage_average",
    "service_health",
    "model_health",
    "accuracy_health",
    "fairness_health",
    "custom_metrics_health",
    "actuals_timeliness",
    "predictions_timeliness",
    "prediction_server_id",
    "prediction_environment_id",
    "environment_type",
    "platform",
    "package_id",
    "model_id",
    "execution_type",
    "target_type",
    "build_environment",
    "decision_flow",
    "agent",
    "doc",
    "view",
)
_INSERT = (
    f"INSERT INTO deployments ({', '.join(_COLUMNS)}, seeded, settings) VALUES ({', '.join('?' * len(_COLUMNS))}, ?, ?)"  # noqa: S608 - constant names
)
_UPDATE = f"UPDATE deployments SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"  # noqa: S608 - constant names

# The end of a deployment's JSON, for each role of the one who reads it.
_ENDS = {role: f',"permissions":{dump(list(names))}}}' for role, names in PERMISSIONS.items()}


def fetch(store: Store, deployment_id: str) -> Json | None:
    """Give a deployment's own document, or None."""
    row = store.db.execute("SELECT doc FROM deployments WHERE id = ?", (deployment_id,)).fetchone()
    return None if row is None else load(row[0])


def settings_of(store: Store, deployment_id: str) -> Json:
    """Give the settings that are in force."""
    row = store.db.execute("SELECT settings FROM deployments WHERE id = ?", (deployment_id,)).fetchone()
    return load(row[0])


def put_settings(store: Store, deployment_id: str, settings: Json) -> None:
    """Put settings in force; the caller refreshes the deployment if its JSON shows them."""
    store.db.execute("UPDATE deployments SET settings = ? WHERE id = ?", (dump(settings), deployment_id))


def insert(store: Store, doc: Json, settings: Json, *, seeded: bool = False) -> None:
    """Write a new deployment; its roles and tags are written before, so that its JSON shows them."""
    store.db.execute(_INSERT, (*_row(store, doc, settings), int(seeded), dump(settings)))
    if not seeded:
        late.made(store, doc["id"])


def save(store: Store, doc: Json) -> None:
    """Write a changed deployment."""
    late.changing(store, doc["id"])
    store.db.execute(_UPDATE, (*_row(store, doc, settings_of(store, doc["id"])), doc["id"]))


def refresh(store: Store, deployment_id: str) -> None:
    """Make a deployment's JSON anew, after something that it shows has changed elsewhere."""
    doc = fetch(store, deployment_id)
    if doc is not None:
        save(store, doc)


def note_challengers(doc: Json, settings: Json) -> None:
    """Remember that challengers have been enabled: from then on the data collection cannot be turned off."""
    doc["hadChallengers"] = doc.get("hadChallengers", False) or settings["challengerModels"]["enabled"]


def kept_importance(given: str | None, switches: Json) -> str | None:
    """Give the importance that the platform keeps of the one it is given: some keep none."""
    return given if switches["keeps_importance"] else None


def shown_in(where: str, switches: Json, view: str = "d.view") -> str:
    """Give the SQL of a deployment's JSON as it is shown in `lists`, or in `objects`, its own route.

    Not every platform shows what identifies a deployment: each switch says `lists` (there and in objects), `objects`
    or `nowhere`.
    """
    hidden = [
        key
        for switch, key in (("tags", "tags"), ("user_provided_id", "userProvidedId"))
        if switches[switch] not in {"lists", where}
    ]
    paths = "".join(f", '$.{key}'" for key in hidden)
    return f"json_remove({view}{paths})" if hidden else view


def seen(view: str, role: str) -> str:
    """Give a deployment's JSON as somebody of this role gets it."""
    return view[:-1] + _ENDS[role]


def approval_status(doc: Json) -> str:
    """Tell whether the deployment's creation is approved; state files from before there were policies do not say."""
    return str(doc.get("approvalStatus", "APPROVED"))


def package_of(store: Store, doc: Json) -> Json:
    """Give the model package that the deployment serves with."""
    return store.get("modelPackage", doc["packageId"]) or {}


def _row(store: Store, doc: Json, settings: Json) -> tuple[object, ...]:
    note_challengers(doc, settings)
    package = package_of(store, doc)
    facts = package["_facts"]
    environment = _referred(store, "predictionEnvironment", doc["predictionEnvironmentId"])
    platform = environment["platform"] if environment else None
    usage = doc["dailyRates"]
    healths = [HEALTHS.index(doc["health"][kind]["status"]) for kind in HEALTH_KINDS]
    return (
        doc["id"],
        doc["label"],
        doc["description"],
        doc["status"],
        doc["importance"],
        IMPORTANCES.index(doc["importance"]) if doc["importance"] else None,
        doc["userProvidedId"],
        doc["createdAt"],
        doc["creatorId"],
        doc["deployedAt"],
        doc["lastPrediction"],
        sum(usage),
        fmean(usage),
        *healths,
        doc["defaultPredictionServerId"],
        doc["predictionEnvironmentId"],
        "datarobot" if platform in RUN_BY_PLATFORM else "external",
        platform,
        doc["packageId"],
        package["modelId"],
        package["modelExecutionType"],
        facts["targetType"],
        facts["buildEnvironment"],
        int(facts["decisionFlow"]),
        int(bool(doc["agentCard"])),
        dump(doc),
        dump(_view(store, doc, package, environment, settings)),
    )


def _view(store: Store, doc: Json, package: Json, environment: Json | None, settings: Json) -> Json:
    shown = package if doc["shownPackageId"] == doc["packageId"] else store.get("modelPackage", doc["shownPackageId"])
    server = _referred(store, "predictionServer", doc["defaultPredictionServerId"])
    creator = store.get("user", doc["creatorId"]) or {}
    health = doc["health"]
    opened = approval.opened(store, doc["id"])
    tags = store.db.execute("SELECT id, name, value FROM tags WHERE subject = ? ORDER BY name, id", (doc["id"],))
    view = {
        "id": doc["id"],
        "label": doc["label"],
        "description": doc["description"],
        "status": doc["status"],
        "importance": doc["importance"],
        "createdAt": doc["createdAt"],
        "userProvidedId": doc["userProvidedId"],
        "tags": [{"id": tag, "name": name, "value": value} for tag, name, value in tags],
        "approvalStatus": approval_status(doc),
        "openedChangeRequests": opened,
        "defaultPredictionServer": server,
        "model": _model(package, doc["deployedAt"]),
        "modelPackage": shown and {key: shown[key] for key in ("id", "name", "registeredModelId")},
        "predictionUsage": {"dailyRates": doc["dailyRates"], "lastTimestamp": doc["lastPrediction"]},
        **{f"{kind}Health": _health(health[kind]) for kind in HEALTH_KINDS if kind != "fairness"},
        "fairnessHealth": {
            "status": health["fairness"]["status"],
            "messages": [health["fairness"]["message"]] if health["fairness"].get("endDate") else [],
            "protectedFeaturesCount": len((settings["biasAndFairness"] or {}).get("protectedFeatures", [])),
            "influentialFairnessMetric": health["fairness"].get("metric"),
            "startDate": health["fairness"].get("startDate"),
            "endDate": health["fairness"].get("endDate"),
        },
        "settings": {
            "humbleAiEnabled": settings["humility"]["enabled"] or settings["predictionWarning"]["enabled"],
            "predictionIntervalsEnabled": settings["predictionIntervals"]["enabled"],
            "predictionWarningEnabled": settings["predictionWarning"]["enabled"],
        },
        "capabilities": {item["name"]: item["supported"] for item in capabilities(package)},
        "governance": {"approvalStatus": approval_status(doc), "hasOpenedChangeRequests": bool(opened)},
        "owners": _owners(store, doc["id"]),
        "creator": {"id": doc["creatorId"], "email": creator.get("email")},
        "predictionEnvironment": environment
        and {
            key: environment[key]
            for key in ("id", "name", "platform", "plugin", "supportedModelFormats", "isManagedByManagementAgent")
        },
    }
    if doc["additionalMetadata"]:
        view["additionalMetadata"] = doc["additionalMetadata"]
    return view


def _model(package: Json, deployed_at: str) -> Json:
    facts = package["_facts"]
    return {
        "id": package["modelId"],
        "type": facts["modelType"],
        "targetName": facts["targetName"],
        "targetType": facts["targetType"],
        "projectId": facts["projectId"],
        "projectName": facts["projectName"],
        "isDeprecated": facts["deprecated"],
        "deployedAt": deployed_at,
        "unsupervisedMode": facts["unsupervised"],
        "unsupervisedType": "anomaly" if facts["unsupervised"] else None,
        "unstructuredModelKind": facts["targetType"] == "Unstructured",
        "buildEnvironmentType": facts["buildEnvironment"],
        "hasDecisionFlow": facts["decisionFlow"],
        "customModelImage": facts["customModelImage"],
    }


def capabilities(package: Json) -> list[Json]:
    """Give what a deployment of this package can do: `name`, `supported`, `messages` (API reference 2.8)."""
    facts = package["_facts"]
    native = package["modelExecutionType"] == "dedicated"
    external = package["modelExecutionType"] == "external"
    series = facts["timeSeries"] is not None
    untrained = "The model's training data is not known."
    judged = {
        "supportsTargetDriftTracking": (facts["driftBaseline"], untrained),
        "supportsFeatureDriftTracking": (facts["driftBaseline"], untrained),
        "supportsModelReplacement": (True, ""),
        "supportsChallengerModels": (not external, "Challengers need a model that the platform runs."),
        "supportsHumilityRules": (facts["humility"], "The model does not support humility rules."),
        "supportsHumilityRulesDefaultCalculations": (facts["humility"] and facts["driftBaseline"], untrained),
        "supportsHumilityRecommendedRules": (facts["humility"] and facts["driftBaseline"], untrained),
        "supportsPredictionIntervals": (facts["predictionIntervals"], "Only time series models have intervals."),
        "supportsPredictionWarning": (facts["humility"], "The model does not support humility rules."),
        "supportsSecondaryDatasets": (
            facts["secondaryDatasets"] != "none",
            "The model does not use Feature Discovery.",
        ),
        "supportsSegmentedAnalysisDriftAndAccuracy": (not series, "Time series models cannot be segmented."),
        "supportsShapBasedPredictionExplanations": (native, "Only models of the platform have explanations."),
        "supportsScoringCodeDownload": (facts["scoringCode"], "The model has no scoring code."),
        "supportsRetraining": (native, "Only models of the platform can be retrained."),
        "supportsAutomaticActuals": (series, "Only time series models collect actuals themselves."),
        "supportsPortablePredictionServer": (native, "Only models of the platform can be packed."),
        "supportsFeatureTypeInfoValidation": (bool(facts["features"]), "The model's features are not known."),
    }
    return [
        {"name": name, "supported": bool(yes), "messages": [] if yes else [why]} for name, (yes, why) in judged.items()
    ]


def healths(given: Json) -> Json:
    """Give all health records from the statuses that are known; the rest is unknown, accuracy unavailable."""
    records = {}
    for kind in HEALTH_KINDS:
        status = given.get(kind) or ("unavailable" if kind == "accuracy" else "unknown")
        records[kind] = {"status": status, "message": _MESSAGES[kind] if kind not in given else f"Status is {status}."}
    return records


def _health(record: Json) -> Json:
    span = {name: record.get(name) for name in ("startDate", "endDate")}
    return {"status": record["status"], "message": record["message"], **span}


def _owners(store: Store, deployment_id: str) -> Json:
    rows = store.db.execute(
        "SELECT o.doc FROM roles r JOIN objects o ON o.kind = 'user' AND o.id = r.recipient_id "
        "WHERE r.deployment_id = ? AND r.recipient_type = 'user' AND r.role = 'OWNER' ORDER BY o.seq",
        (deployment_id,),
    ).fetchall()
    users = [load(row[0]) for row in rows]
    preview = [{key: user[key] for key in ("id", "email", "firstName", "lastName")} for user in users[:10]]
    return {"count": len(users), "preview": preview}


def _referred(store: Store, kind: str, object_id: str | None) -> Json | None:
    return store.get(kind, object_id) if object_id else None
