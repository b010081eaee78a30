"""A project and a leaderboard model as they are stored: their documents, and which of them a path names."""

from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Call, only
from drplan.emulator.http.errors import not_found

METRICS = {"Regression": "RMSE", "Binary": "LogLoss", "Multiclass": "LogLoss", "Multilabel": "LogLoss"}
PARTITIONS = ("validation", "crossValidation", "holdout", "training", "backtesting", "backtestingScores")


def new_project(id: str, given: Json, facts: Json, now: str) -> Json:  # noqa: A002 - the field's name
    """Give a finished project's document; `given` has name, description, metric, rows, file; `facts` its target."""
    series = facts["timeSeries"]
    datetime = series is not None
    return {
        "id": id,
        "projectName": given["name"],
        "projectDescription": given.get("description") or None,  # the SDK refuses a blank one
        "fileName": given.get("file") or f"{given['name']}.csv",
        "stage": "modeling",
        "autopilotMode": 0,
        "created": now,
        "target": facts["targetName"],
        "targetType": facts["targetType"],
        "metric": given.get("metric") or METRICS.get(facts["targetType"], "LogLoss"),
        "positiveClass": facts["classNames"][-1] if facts["targetType"] == "Binary" and facts["classNames"] else None,
        "partition": {
            "cvMethod": "datetime" if datetime else "random",
            "validationType": "TVH" if datetime else "CV",
            "datetimeCol": series["datetimeColumn"] if datetime else None,
            "useTimeSeries": datetime,
            "reps": None if datetime else 5,
            "holdoutPct": 20.0,
        },
        "holdoutUnlocked": False,
        "maxTrainPct": 64.0,
        "maxTrainRows": int(given.get("rows", 10_000) * 0.64),
        "unsupervisedMode": facts["unsupervised"],
        "useFeatureDiscovery": facts["secondaryDatasets"] != "none",
        "_rows": given.get("rows", 10_000),
        "_facts": facts,
    }


def new_model(id: str, given: Json, facts: Json, project: Json, number_: int, now: str) -> Json:  # noqa: A002 - the field's name
    """Give a trained leaderboard model's document; `number_` is its place in the order of training.

    `given` has scores (metric to validation score), sample_pct, frozen, starred, recommended, featurelist.
    """
    percent = float(given.get("sample_pct", 64))
    rows = int(project["_rows"] * percent / 100)
    featurelist = given.get("featurelist") or "Informative Features"
    scores = given.get("scores") or {project["metric"]: None}
    doc = {
        "id": id,
        "projectId": project["id"],
        "modelType": facts["modelType"],
        "modelCategory": "combined" if facts["segments"] else "model",
        "modelNumber": number_,
        "modelFamily": _family(facts["modelType"]),
        "modelFamilyFullName": facts["modelType"],
        "processes": ["One-Hot Encoding", facts["modelType"]],
        "blueprintId": derived_id("blueprint", facts["modelType"]) + "0" * 8,
        "featurelistName": featurelist,
        "featurelistId": derived_id("featurelist", project["id"], featurelist),
        "isFrozen": bool(given.get("frozen")),
        "isStarred": bool(given.get("starred")),
        "isTrainedIntoValidation": percent > 64,
        "isTrainedIntoHoldout": percent > 80,
        "samplePct": percent,
        "trainingRowCount": rows,
        "trainingDuration": None,
        "trainingStartDate": None,
        "trainingEndDate": None,
        "parentModelId": None,
        "supportsMonotonicConstraints": False,
        "supportsComposableMl": True,
        "predictionThreshold": facts["predictionThreshold"] or (0.5 if facts["targetType"] == "Binary" else None),
        "predictionThresholdReadOnly": False,
        "metrics": {
            metric: {**dict.fromkeys(PARTITIONS), "validation": score, "crossValidation": score}
            for metric, score in scores.items()
        },
        "_recommended": bool(given.get("recommended")),
        "_percentiles": [],
        "_facts": facts,
    }
    if facts["timeSeries"] is not None:
        doc |= _dated(facts["timeSeries"], rows, now, scores.get(project["metric"]))
    return doc


def _dated(series: Json, rows: int, now: str, score: float | None) -> Json:
    year = int(now[:4])
    first, last = f"{year - 2}-01-01T00:00:00.000000Z", f"{year - 1}-12-31T00:00:00.000000Z"
    training = {"StartDate": first, "EndDate": last, "Duration": "P1Y11M30D", "RowCount": rows}
    return {
        "samplePct": None,
        "trainingDuration": "P1Y11M30D",
        "trainingStartDate": first,
        "trainingEndDate": last,
        "dataSelectionMethod": "duration",
        "trainingInfo": {
            f"{part}Training{name}": value for part in ("prediction", "holdout") for name, value in training.items()
        },
        "holdoutScore": None,
        "holdoutStatus": "HOLDOUT_BOUNDARIES_EXCEEDED",
        "backtests": [
            {
                "index": 0,
                "score": score,
                "status": "COMPLETED",
                "trainingStartDate": first,
                "trainingEndDate": last,
                "trainingDuration": "P1Y11M30D",
                "trainingRowCount": rows,
            }
        ],
        "forecastWindowStart": series["forecastWindowStart"],
        "forecastWindowEnd": series["forecastWindowEnd"],
        "windowsBasisUnit": series["timeUnit"],
    }


def _family(model_type: str) -> str:
    words = [word for word in model_type.replace("-", " ").split() if word[0].isalpha()]
    return "".join(word[0] for word in words).upper() or "M"


def put_model(store: Store, doc: Json, name: str | None = None) -> None:
    """Write a leaderboard model so that it is found by its project."""
    store.put("model", doc["id"], doc, name=name, parent=doc["projectId"])


def project_of(call: Call) -> Json:
    """Give the project of the path; 404 without one."""
    return only(call.store.get("project", call.params["pid"]))


def model_of(call: Call) -> Json:
    """Give the leaderboard model of the path; 404 where the project has none of this id."""
    doc = only(call.store.get("model", call.params["mid"]))
    if doc["projectId"] != project_of(call)["id"]:
        raise not_found()
    return doc
