"""Model packages, which are the versions of registered models: made from models of three kinds (API reference 3.3)."""

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.errors import conflict, fail, invalid, not_found
from drplan.emulator.http.fields import Field, Object, boolean, listing, nested, number, text
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.registry import registered_models
from drplan.emulator.resources.registry.model_facts import TARGET_TYPES, facts
from drplan.emulator.resources.registry.package import keep, new_package, shown, target

_TAGS = listing(nested(Object({"name": text(required=True), "value": text(required=True, blank=True)})), nullable=True)
_COMMON: dict[str, Field] = {
    "name": text(nullable=True),
    "description": text(blank=True, nullable=True),
    "predictionThreshold": number(nullable=True, least=0, most=1),
    "registeredModelName": text(nullable=True),
    "registeredModelId": text(nullable=True),
    "registeredModelDescription": text(blank=True, nullable=True),
    "registeredModelTags": _TAGS,
    "tags": _TAGS,
    "distributionPredictionModelId": text(nullable=True),
    "computeAllTsIntervals": boolean(nullable=True),
}
_FROM_LEADERBOARD = Object({**_COMMON, "modelId": text(required=True)})
_FROM_CUSTOM = Object(
    {**_COMMON, "customModelVersionId": text(required=True), "prompt": text(blank=True, nullable=True)}
)
_FROM_JSON = Object(
    {
        **{key: field for key, field in _COMMON.items() if key not in {"predictionThreshold", "computeAllTsIntervals"}},
        "name": text(required=True),
        "modelId": text(nullable=True),
        "target": nested(
            Object(
                {
                    "name": text(nullable=True),
                    "type": text(required=True, choices=TARGET_TYPES),
                    "classNames": listing(text(), nullable=True),
                    "predictionThreshold": number(nullable=True, least=0, most=1),
                    "predictionProbabilitiesColumn": text(nullable=True),
                },
            ),
            required=True,
        ),
        "modelDescription": nested(Object({}, open_=True), nullable=True),
        "datasets": nested(Object({}, open_=True), nullable=True),
        "timeseries": nested(Object({}, open_=True), nullable=True),
        "geospatialMonitoring": nested(Object({}, open_=True), nullable=True),
        "textGeneration": nested(Object({}, open_=True), nullable=True),
        "userProvidedId": text(nullable=True),
    }
)


def find_or_make(call: Call, model_id: str) -> tuple[bool, Json]:
    """Give whether the package is not written yet, and the newest package of a model; 404 without such a model."""
    found = call.store.find("modelPackage", ref=model_id)
    if found:
        return False, found[-1]
    model = call.store.get("model", model_id) or call.store.get("customModelVersion", model_id)
    if model is None:
        raise not_found(f"Model {model_id} not found.")
    model_facts = {**model["_facts"], "modelId": model_id}
    name = f"{model_facts['targetName'] or model_facts['modelType']} ({model_id})"
    return True, new_package(
        new_id(), 1, registered_models.id_for_model(model_id), name, model_facts, call.user, iso(call.now)
    )


def package_for_model(call: Call, model_id: str, threshold: float | None = None) -> Json:
    """Give the package that deploys a model, written; made, with a registered model of its own, if there was none."""
    unwritten, package = find_or_make(call, model_id)
    if unwritten:
        if threshold is not None:
            package["_facts"]["predictionThreshold"] = threshold
            package["target"] = target(package["_facts"])
        settle(call, package)
    return package


def settle(call: Call, package: Json) -> None:
    """Write a package that `find_or_make` made, with its registered model."""
    registered_models.put(
        call.store,
        registered_models.new_registered_model(
            package["registeredModelId"], package["name"], "", package["target"], call.user, iso(call.now), 1
        ),
    )
    keep(call.store, package)


def listed(call: Call) -> Answer:
    """Answer the packages, of one model with `modelId`; clients also write the query as a JSON body."""
    wanted = {**(call.body if isinstance(call.body, dict) else {}), **{name: call.one(name) for name in call.query}}
    offset, limit = window(call)
    written, model_id = wanted.get("limit"), wanted.get("modelId")
    if call.one("limit") is None and isinstance(written, int) and written > 0:
        limit = written
    if model_id is not None and not isinstance(model_id, str):
        fail("modelId", "must be a string")
    found, total = call.store.page("modelPackage", offset, limit, ref=model_id)
    return page(call, [shown(call.store, package) for package in found], total, offset, limit)


def get(call: Call) -> Answer:
    """Answer one package."""
    return ok(shown(call.store, only(call.store.get("modelPackage", call.params["id"]))))


def from_leaderboard(call: Call) -> Answer:
    """Register a leaderboard model."""
    given = call.fields(_FROM_LEADERBOARD)
    model = call.store.get("model", given["modelId"])
    if model is None:
        raise not_found(f"Model {given['modelId']} not found.")
    return _register(call, given, {**model["_facts"], "modelId": model["id"]})


def from_custom_model_version(call: Call) -> Answer:
    """Register a custom model version."""
    given = call.fields(_FROM_CUSTOM)
    version = call.store.get("customModelVersion", given["customModelVersionId"])
    if version is None:
        raise not_found(f"Custom model version {given['customModelVersionId']} not found.")
    return _register(call, given, {**version["_facts"], "modelId": version["id"]})


def from_json(call: Call) -> Answer:
    """Register an external model from its description."""
    given = call.fields(_FROM_JSON)
    described = given.get("modelDescription") or {}
    model_facts = facts(
        {
            "targetName": given["target"].get("name"),
            "targetType": given["target"]["type"],
            "classNames": given["target"].get("classNames"),
            "predictionThreshold": given["target"].get("predictionThreshold"),
            "timeSeries": given.get("timeseries") or None,
            "driftBaseline": bool((given.get("datasets") or {}).get("trainingDataCatalogId")),
            "executionType": "external",
            "buildEnvironment": described.get("buildEnvironmentType", "Other"),
            "modelType": described.get("modelName") or given["name"],
            "modelId": given.get("modelId") or new_id(),
        }
    )
    more = {
        key: given[key] for key in ("datasets", "timeseries", "modelDescription", "userProvidedId") if given.get(key)
    }
    return _register(call, given, model_facts, more)


def _register(call: Call, given: Json, model_facts: Json, more: Json | None = None) -> Answer:
    if given.get("predictionThreshold") is not None:
        model_facts["predictionThreshold"] = given["predictionThreshold"]
    name_given, id_given = given.get("registeredModelName"), given.get("registeredModelId")
    if name_given and id_given:
        clash = "registeredModelName and registeredModelId must not be given together"
        raise invalid({"registeredModelName": clash, "registeredModelId": clash})
    now = iso(call.now)
    if id_given:
        parent = call.store.get("registeredModel", id_given)
        if parent is None:
            fail("registeredModelId", f"registered model {id_given} does not exist")
        if (
            parent["target"].get("type") != model_facts["targetType"]
            or parent["target"].get("name") != model_facts["targetName"]
        ):
            fail("registeredModelId", "the target of the model is not the target of the registered model")
        parent["lastVersionNum"] += 1
        parent["modifiedAt"] = now
        parent["modifiedBy"] = registered_models.person(call.user)
    else:
        name = (
            name_given or f"{model_facts['targetName'] or given.get('name') or model_facts['modelType']} ({new_id()})"
        )
        if call.store.find("registeredModel", name=name):
            raise conflict(f"The registered model name {name} is already in use.")
        description = given.get("registeredModelDescription") or ""
        parent = registered_models.new_registered_model(
            new_id(), name, description, target(model_facts), call.user, now, 1
        )
        parent["tags"] = registered_models.tags(given.get("registeredModelTags"))
    version = parent["lastVersionNum"]
    package_name = given.get("name") or f"{parent['name']} (v{version})"
    extra = {**(more or {}), "tags": registered_models.tags(given.get("tags"))}
    package = new_package(new_id(), version, parent["id"], package_name, model_facts, call.user, now, extra)
    if given.get("description"):
        package["modelDescription"] = {**package["modelDescription"], "description": given["description"]}
    registered_models.put(call.store, parent)
    keep(call.store, package)
    location = f"modelPackages/{package['id']}/"
    if model_facts["executionType"] == "custom_inference_model":
        # Some clients follow this job before they deploy; the SDK does not, so the package is usable at once.
        location = f"status/{call.start('build_package', package['id'], {}, location)}/"
    answer = ok(shown(call.store, package), 201)
    answer.headers = ((b"location", call.url(location).encode()),)
    return answer


@jobs.failure("build_package")
def _not_built(store: Store, subject: str, _payload: Json, _when: float) -> None:
    package = store.get("modelPackage", subject)
    if package is not None:
        package["_facts"]["buildStatus"] = "failed"
        keep(store, package)


ROUTES = (
    ("GET modelPackages/", listed),
    ("GET modelPackages/{id}/", get),
    ("POST modelPackages/fromLeaderboard/", from_leaderboard),
    ("POST modelPackages/fromCustomModelVersion/", from_custom_model_version),
    ("POST modelPackages/fromJSON/", from_json),
)
