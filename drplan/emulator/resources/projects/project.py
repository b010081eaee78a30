"""`projects/`: projects, the models on their leaderboards, and what a project recommends (API reference 3.5)."""

from collections.abc import Callable

from drplan.emulator.core import jobs
from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json, Store, dump, public
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.errors import Problem, bad_request, not_found
from drplan.emulator.http.fields import Object, listing, number
from drplan.emulator.http.paging import cut, window

METRICS = {"Regression": "RMSE", "Binary": "LogLoss", "Multiclass": "LogLoss", "Multilabel": "LogLoss"}
_ERRORS = frozenset(
    {
        "LogLoss",
        "RMSE",
        "RMSLE",
        "MAE",
        "MAD",
        "MAPE",
        "Gamma Deviance",
        "Poisson Deviance",
        "Tweedie Deviance",
    }
)  # metrics of which the lower value is the better one
_PARTITIONS = ("validation", "crossValidation", "holdout", "training", "backtesting", "backtestingScores")
_INTERVALS = Object({"percentiles": listing(number(whole=True, least=1, most=100), required=True, size=1)})
_RECORD_KEYS = (
    "id",
    "projectId",
    "processes",
    "featurelistName",
    "featurelistId",
    "samplePct",
    "modelType",
    "modelCategory",
    "modelNumber",
    "modelFamily",
    "blueprintId",
    "metrics",
    "isFrozen",
    "isStarred",
    "parentModelId",
    "isTrainedIntoValidation",
    "isTrainedIntoHoldout",
    "trainingRowCount",
    "trainingDuration",
    "trainingStartDate",
    "trainingEndDate",
)


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
            metric: {**dict.fromkeys(_PARTITIONS), "validation": score, "crossValidation": score}
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


def projects(call: Call) -> Answer:
    """Answer the projects as a bare list, newest first, narrowed by `projectName` and by `useCaseIds`."""
    name, cases = call.one("projectName"), call.many("useCaseIds")
    kept = [
        doc for doc in reversed(call.store.find("project")) if not name or name.lower() in doc["projectName"].lower()
    ]
    if cases:
        linked = {ref["entityId"] for case in cases for ref in call.store.find("useCaseLink", parent=case)}
        kept = [doc for doc in kept if doc["id"] in linked]
    offset, limit = call.number("offset", 0), call.number("limit", 0) or len(kept)
    return Answer(200, f"[{','.join(dump(_project_view(call.store, doc)) for doc in kept[offset : offset + limit])}]")


def project(call: Call) -> Answer:
    """Answer one project."""
    return ok(_project_view(call.store, _project(call)))


def _project_view(store: Store, doc: Json) -> Json:
    links = store.find("useCaseLink", ref=doc["id"])
    case = store.get("useCase", links[0]["experimentContainerId"]) if links else None
    # The SDK takes exactly these two keys of a project's use case (API reference 1.2).
    return {**public(doc), "useCase": case and {"id": case["id"], "name": case["name"]}}


def models(call: Call) -> Answer:
    """Answer a leaderboard as a bare list, sorted by `orderBy`: metric (descending: best first) and samplePct."""
    doc = _project(call)
    found = call.store.find("model", parent=doc["id"])
    name, starred, metric = call.one("name"), call.flag("isStarred"), call.one("withMetric")
    if name:
        found = [model for model in found if name.lower() in model["modelType"].lower()]
    if starred is not None:
        found = [model for model in found if model["isStarred"] == starred]
    for wanted in reversed((call.one("orderBy") or "-metric").split(",")):
        key, best_first = wanted.removeprefix("-"), wanted.startswith("-")
        if key not in {"metric", "samplePct"}:
            raise bad_request(f"orderBy: must be metric or samplePct, not {key}")
        read = _by_score(doc["metric"]) if key == "metric" else _by_size
        found.sort(key=read, reverse=best_first)
    shown = [public(model) for model in found]
    if metric:
        shown = [{**model, "metrics": {metric: model["metrics"].get(metric, {})}} for model in shown]
    return Answer(200, dump(shown))


def _by_score(metric: str, partition: str = "validation") -> Callable[[Json], float]:
    sign = -1.0 if metric in _ERRORS else 1.0

    def read(model: Json) -> float:
        score = model["metrics"].get(metric, {}).get(partition)
        return float("-inf") if score is None else sign * score

    return read


def _by_size(model: Json) -> float:
    return model["samplePct"] or 0.0


def model(call: Call) -> Answer:
    """Answer one leaderboard model."""
    return ok(public(_model(call)))


def datetime_models(call: Call) -> Answer:
    """Answer the models of a project with datetime partitioning."""
    doc = _dated_project(call)
    return cut(call, [public(each) for each in call.store.find("model", parent=doc["id"])])


def datetime_model(call: Call) -> Answer:
    """Answer one model of a project with datetime partitioning."""
    _dated_project(call)
    return ok(public(_model(call)))


def records(call: Call) -> Answer:
    """Answer the leaderboard in pages, best first by `sortByMetric`, narrowed by name, family and star."""
    doc = _project(call)
    found = call.store.find("model", parent=doc["id"])
    search, families, labels = call.one("searchTerm"), set(call.many("families")), set(call.many("labels"))
    kept = [
        each
        for each in found
        if (not search or search.lower() in each["modelType"].lower())
        and (not families or each["modelFamily"] in families)
        and ("starred" not in labels or each["isStarred"])
    ]
    partition = call.one("sortByPartition") or "validation"
    if partition not in _PARTITIONS:
        raise bad_request(f"sortByPartition: must be one of {', '.join(_PARTITIONS)}, not {partition}")
    kept.sort(key=_by_score(call.one("sortByMetric") or doc["metric"], partition), reverse=True)
    return cut(call, [{key: each[key] for key in _RECORD_KEYS} for each in kept])


def features(call: Call) -> Answer:
    """Answer the names of the features that a model was trained on."""
    return ok({"featureNames": [each["name"] for each in _model(call)["_facts"]["features"]]})


def recommendations(call: Call) -> Answer:
    """Answer what a project recommends as a bare list."""
    doc = _project(call)
    return Answer(200, dump([_recommendation(each) for each in _recommended(call.store, doc["id"])]))


def recommendation(call: Call) -> Answer:
    """Answer the model that a project recommends; 404 where there is none."""
    found = _recommended(call.store, _project(call)["id"])
    if not found:
        raise not_found("No recommended model for the project.")
    return ok(_recommendation(found[0]))


def _recommended(store: Store, project_id: str) -> list[Json]:
    return [each for each in store.find("model", parent=project_id) if each["_recommended"]]


def _recommendation(doc: Json) -> Json:
    return {
        "projectId": doc["projectId"],
        "modelId": doc["id"],
        "recommendationType": "Recommended for Deployment",
    }


def intervals(call: Call) -> Answer:
    """Answer the percentiles of which prediction intervals were computed for a model."""
    found = _model(call)["_percentiles"]
    offset, limit = window(call)
    page = found[offset : offset + limit]
    return ok({"count": len(page), "next": None, "previous": None, "data": page, "totalCount": len(found)})


def compute_intervals(call: Call) -> Answer:
    """Compute prediction intervals, as a job of the project; 422 for a model that cannot have them."""
    doc = _model(call)
    percentiles = call.fields(_INTERVALS)["percentiles"]
    if doc["_facts"]["timeSeries"] is None or not doc["_facts"]["predictionIntervals"]:
        raise Problem(422, {"message": "Prediction intervals are not supported for this model.", "errors": {}})
    project_id = doc["projectId"]
    location = f"projects/{project_id}/models/{doc['id']}/predictionIntervals/"
    job = call.start("prediction_intervals", doc["id"], {"percentiles": percentiles}, location)
    place = len(call.store.find("projectJob", parent=project_id)) + 1
    record = {"id": place, "job": job, "projectId": project_id, "modelId": doc["id"], "location": location}
    call.store.put("projectJob", f"{project_id}/{place}", record, parent=project_id)
    where = call.url(f"projects/{project_id}/jobs/{place}/")
    return Answer(202, "{}", ((b"location", where.encode()),))


def project_job(call: Call) -> Answer:
    """Answer a project's job: 200 with its record while it runs or when it failed, 303 to its result at its end."""
    doc = _project(call)
    record = only(call.store.get("projectJob", f"{doc['id']}/{call.params['jid']}"))
    row = call.store.db.execute("SELECT state, running FROM jobs WHERE id = ?", (record["job"],)).fetchone()
    if row is None:
        raise not_found()
    waiting = "queue" if call.now < row[1] else "inprogress"
    status = {"OPEN": waiting, "COMPLETED": "COMPLETED", "ERROR": "error", "ABORTED": "ABORTED"}[row[0]]
    body = dump(
        {
            "id": record["id"],
            "status": status,
            "projectId": record["projectId"],
            "modelId": record["modelId"],
            "isBlocked": False,
            "jobType": "calculate_prediction_intervals",
            "url": call.url(f"projects/{doc['id']}/jobs/{record['id']}/"),
        }
    )
    if row[0] == "COMPLETED":
        return Answer(303, body, ((b"location", call.url(record["location"]).encode()),))
    return Answer(200, body)


@jobs.effect("prediction_intervals")
def _computed(store: Store, subject: str, payload: Json, _when: float) -> None:
    doc = store.get("model", subject)
    if doc is not None:
        doc["_percentiles"] = sorted({*doc["_percentiles"], *payload["percentiles"]})
        store.rewrite("model", subject, doc)


def _project(call: Call) -> Json:
    return only(call.store.get("project", call.params["pid"]))


def _dated_project(call: Call) -> Json:
    doc = _project(call)
    if doc["partition"]["cvMethod"] != "datetime":
        raise not_found("The project does not use datetime partitioning.")
    return doc


def _model(call: Call) -> Json:
    doc = only(call.store.get("model", call.params["mid"]))
    if doc["projectId"] != _project(call)["id"]:
        raise not_found()
    return doc


ROUTES = (
    ("GET projects/", projects),
    ("GET projects/{pid}/", project),
    ("GET projects/{pid}/models/", models),
    ("GET projects/{pid}/models/{mid}/", model),
    ("GET projects/{pid}/models/{mid}/features/", features),
    ("GET projects/{pid}/models/{mid}/predictionIntervals/", intervals),
    ("POST projects/{pid}/models/{mid}/predictionIntervals/", compute_intervals),
    ("GET projects/{pid}/datetimeModels/", datetime_models),
    ("GET projects/{pid}/datetimeModels/{mid}/", datetime_model),
    ("GET projects/{pid}/modelRecords/", records),
    ("GET projects/{pid}/recommendedModels/", recommendations),
    ("GET projects/{pid}/recommendedModels/recommendedModel/", recommendation),
    ("GET projects/{pid}/jobs/{jid}/", project_job),
)
