"""`models/`, `datetimeModels/`, `modelRecords/` of a project: the models on its leaderboard (API reference 3.5)."""

from collections.abc import Callable

from drplan.emulator.core.store import Json, dump, public
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request, not_found
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.projects.documents import PARTITIONS, model_of, project_of

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


def models(call: Call) -> Answer:
    """Answer a leaderboard as a bare list, sorted by `orderBy`: metric (descending: best first) and samplePct."""
    doc = project_of(call)
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
    return ok(public(model_of(call)))


def datetime_models(call: Call) -> Answer:
    """Answer the models of a project with datetime partitioning."""
    doc = _dated_project(call)
    return cut(call, [public(each) for each in call.store.find("model", parent=doc["id"])])


def datetime_model(call: Call) -> Answer:
    """Answer one model of a project with datetime partitioning."""
    _dated_project(call)
    return ok(public(model_of(call)))


def records(call: Call) -> Answer:
    """Answer the leaderboard in pages, best first by `sortByMetric`, narrowed by name, family and star."""
    doc = project_of(call)
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
    if partition not in PARTITIONS:
        raise bad_request(f"sortByPartition: must be one of {', '.join(PARTITIONS)}, not {partition}")
    kept.sort(key=_by_score(call.one("sortByMetric") or doc["metric"], partition), reverse=True)
    return cut(call, [{key: each[key] for key in _RECORD_KEYS} for each in kept])


def features(call: Call) -> Answer:
    """Answer the names of the features that a model was trained on."""
    return ok({"featureNames": [each["name"] for each in model_of(call)["_facts"]["features"]]})


def _dated_project(call: Call) -> Json:
    doc = project_of(call)
    if doc["partition"]["cvMethod"] != "datetime":
        raise not_found("The project does not use datetime partitioning.")
    return doc


ROUTES = (
    ("GET projects/{pid}/models/", models),
    ("GET projects/{pid}/models/{mid}/", model),
    ("GET projects/{pid}/models/{mid}/features/", features),
    ("GET projects/{pid}/datetimeModels/", datetime_models),
    ("GET projects/{pid}/datetimeModels/{mid}/", datetime_model),
    ("GET projects/{pid}/modelRecords/", records),
)
