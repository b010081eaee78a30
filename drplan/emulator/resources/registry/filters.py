"""Filters of the lists of registered models and their versions (API reference 3.4)."""

from collections.abc import Callable
from datetime import UTC, datetime

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import bad_request
from drplan.emulator.resources.registry.package import target

# The format in which a prediction environment must take a model, by who runs the model.
_FORMATS = {"dedicated": "datarobot", "custom_inference_model": "customModel", "external": "externalModel"}


def keeps_model(call: Call, doc: Json) -> bool:
    """Tell whether the query keeps a registered model: by itself, and for one of its versions."""
    if not all(fits(doc, call.one(name) or "") for name, fits in _MODEL.items() if name in call.query):
        return False
    if not _VERSION.keys() & call.query.keys():
        return True
    return any(keeps_version(call, version) for version in call.store.find("modelPackage", parent=doc["id"]))


def keeps_version(call: Call, version: Json) -> bool:
    """Tell whether the query keeps a version."""
    return all(fits(call, version, call.one(name) or "") for name, fits in _VERSION.items() if name in call.query)


def _search(doc: Json, value: str) -> bool:
    return value.lower() in doc["name"].lower() or value.lower() in doc["description"].lower()


def _moment(name: str, value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise bad_request(f"{name}: must be a time such as 2024-05-01T10:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _time(key: str, edge: str) -> Callable[[Json, str], bool]:
    def fits(doc: Json, value: str) -> bool:
        limit = _moment(f"{key}{edge}Ts", value)
        return _moment(key, doc[key]) >= limit if edge == "Start" else _moment(key, doc[key]) < limit

    return fits


def _compatible(kind: str) -> Callable[[Call, Json, str], bool]:
    def fits(call: Call, version: Json, value: str) -> bool:
        other = call.store.get(kind, value)
        if other is None:
            return False
        wanted = target(other["_facts"])
        return all(wanted.get(key) == version["target"].get(key) for key in ("name", "type"))

    return fits


def _threshold(_call: Call, version: Json, value: str) -> bool:
    try:
        return bool(version["target"].get("predictionThreshold") == float(value))
    except ValueError:
        raise bad_request("predictionThreshold: must be a number") from None


def _environment(call: Call, version: Json, value: str) -> bool:
    environment = call.store.get("predictionEnvironment", value)
    return environment is not None and _FORMATS[version["modelExecutionType"]] in environment["supportedModelFormats"]


_MODEL: dict[str, Callable[[Json, str], bool]] = {
    "search": _search,
    "createdBy": lambda doc, value: value in doc["createdBy"].values(),
    "createdAtStartTs": _time("createdAt", "Start"),
    "createdAtEndTs": _time("createdAt", "End"),
    "modifiedAtStartTs": _time("modifiedAt", "Start"),
    "modifiedAtEndTs": _time("modifiedAt", "End"),
    "isGlobal": lambda doc, value: doc["isGlobal"] == (value.lower() == "true"),
}
_VERSION: dict[str, Callable[[Call, Json, str], bool]] = {
    "targetName": lambda _call, version, value: version["target"]["name"] == value,
    "targetType": lambda _call, version, value: version["target"]["type"] == value,
    "compatibleWithModelPackageId": _compatible("modelPackage"),
    "compatibleWithLeaderboardModelId": _compatible("model"),
    "forChallenger": lambda _call, version, value: (
        value.lower() != "true" or version["modelExecutionType"] != "external"
    ),
    "predictionThreshold": _threshold,
    "imported": lambda _call, _version, value: value.lower() != "true",  # nothing here came from a file
    "predictionEnvironmentId": _environment,
    "buildStatus": lambda _call, version, value: version["_facts"]["buildStatus"] == value,
    "modelExecutionType": lambda _call, version, value: version["modelExecutionType"] == value,
    "tags": lambda call, version, _value: {tag["value"] for tag in version["tags"]} >= set(call.many("tags")),
}
