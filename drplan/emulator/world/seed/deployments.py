"""Seed section `deployments`: those that exist when a world begins."""

from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.http.errors import Problem
from drplan.emulator.resources.deployments import create, document, settings, tags
from drplan.emulator.world.seed.diagnostics import suggestion
from drplan.emulator.world.seed.file import Path
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_HEALTH = {
    kind: key("string", f"The status of {words}.", "failing", enum=list(document.HEALTHS))
    for kind, words in (
        ("service", "the service"),
        ("model", "the model's drift"),
        ("accuracy", "the accuracy"),
        ("fairness", "the fairness"),
        ("custom_metrics", "the custom metrics"),
        ("actuals_timeliness", "the timeliness of actuals"),
        ("predictions_timeliness", "the timeliness of predictions"),
    )
}
_DEPLOYMENT = mapping(
    {
        "id": ID_SCHEMA,
        "label": key("string", "Its label.", "Customer churn", minLength=1),
        "description": key(["string", "null"], "What it is for.", "Scores every customer nightly."),
        "importance": key("string", "How important it is.", "HIGH", enum=list(document.IMPORTANCES)),
        "status": key("string", "Its status.", "active", enum=list(document.STATUSES)),
        "model": mapping(
            {
                "registered_model": key("string", "The name or id of a registered model.", "churn"),
                "version": key("integer", "The number of its version.", 3, minimum=1),
                "model_package_id": ID_SCHEMA,
            },
            (),
            "The model it serves: a registered model and a version, or the id of a model package.",
        ),
        "prediction_server": key("string", "The name, URL or id of a prediction server.", "eu"),
        "prediction_environment": key("string", "The name or id of a prediction environment.", "serverless"),
        "user_provided_id": key("string", "The id that its creator gave it.", "churn/churn-prod"),
        "owner": key(
            "string", "The name or id of the user who made and owns it; the first user unless given.", "ada@example.com"
        ),
        "roles": {
            "type": "object",
            "additionalProperties": {"type": "string", "enum": ["CONSUMER", "USER", "OWNER"]},
            "description": "What other users may do, by their names.",
            "examples": [{"bob@example.com": "USER"}],
        },
        "tags": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Its tags.",
            "examples": [{"team": "retention"}],
        },
        "settings": {
            "type": "object",
            "description": "Settings that differ from the defaults, as `settings/` of the API writes them.",
            "examples": [{"targetDrift": {"enabled": False}}],
        },
        "secondary_dataset_config": key("string", "The name or id of a secondary dataset configuration.", "last month"),
        "health": mapping(_HEALTH, (), "Its health; unknown unless given."),
        "daily_predictions": {
            "type": "array",
            "items": {"type": "number", "minimum": 0},
            "minItems": 7,
            "maxItems": 7,
            "description": "Predictions of the last seven days.",
            "examples": [[0, 0, 10, 20, 20, 30, 25]],
        },
        "last_prediction": key("string", "When it last predicted.", "2024-05-01T10:00:00.000000Z"),
        "created_at": key("string", "When it was made.", "2024-05-01T10:00:00.000000Z"),
        "predicted": key("boolean", "Whether predictions carried its association ID, which then cannot change.", False),
    },
    ("label", "model"),
    "A deployment.",
)
_CAMEL = {
    "custom_metrics": "customMetrics",
    "actuals_timeliness": "actualsTimeliness",
    "predictions_timeliness": "predictionsTimeliness",
}


def _load(seeding: Seeding) -> None:
    for path, item in seeding.items("deployments"):
        place = seeding.place("deployment", item["label"])  # labels need not be unique
        called = item["label"] if place == 1 else f"{item['label']} ({place})"
        deployment_id = seeding.named("deployment", path, item, called)
        package = _package(seeding, (*path, "model"), item["model"])
        owner = seeding.user(item.get("owner"), (*path, "owner"))
        given = _served(seeding, path, item)
        config = item.get("secondary_dataset_config")
        config_id = config and seeding.refer(
            "secondaryDatasetConfig", config, (*path, "secondary_dataset_config"), "secondary_dataset_configs"
        )
        roles = []
        for name, role in item.get("roles", {}).items():
            user = seeding.user(name, (*path, "roles", name))
            if user is not None:
                roles.append(("user", user["id"], role))
        if package is None or owner is None or given is None:
            continue
        doc = create.new_document(
            deployment_id, given, package, owner["id"], item.get("created_at") or seeding.now, seeding.switches
        )
        doc["status"] = item.get("status", "active")
        doc["health"] = document.healths(
            {_CAMEL.get(kind, kind): value for kind, value in item.get("health", {}).items()}
        )
        doc["dailyRates"] = item.get("daily_predictions", doc["dailyRates"])
        doc["lastPrediction"] = item.get("last_prediction")
        doc["secondaryDatasetConfigId"] = config_id
        wanted = _settings(seeding, (*path, "settings"), item.get("settings", {}), doc, package)
        doc["predicted"] = item.get("predicted", False)
        if wanted is not None and not seeding.wrong:
            _write(seeding, doc, wanted, item, tuple(roles))


def _write(seeding: Seeding, doc: Json, wanted: Json, item: Json, roles: tuple[tuple[str, str, str], ...]) -> None:
    store = seeding.store
    if store.get("seededDeployment", doc["id"]) is not None:
        return  # it was there before: a changed seed neither overwrites nor revives it
    if document.fetch(store, doc["id"]) is not None:
        return
    store.put("seededDeployment", doc["id"], {})
    for name, value in item.get("tags", {}).items():
        tags.add(store, doc["id"], name, value, seeding.derive("tag", doc["id"], name))
    create.add(store, doc, wanted, roles=roles, seeded=True)


def _package(seeding: Seeding, path: Path, model: Json) -> Json | None:
    if "model_package_id" in model:
        if "registered_model" in model or "version" in model:
            seeding.report(path, "give either registered_model and version, or model_package_id")
            return None
        package_id = seeding.refer(
            "modelPackage", model["model_package_id"], (*path, "model_package_id"), "registered_models"
        )
        return package_id and seeding.store.get("modelPackage", package_id)  # type: ignore[return-value] # "" cannot be
    missing = [name for name in ("registered_model", "version") if name not in model]
    if missing:
        seeding.report(path, f"{' and '.join(missing)} missing: give registered_model and version, or model_package_id")
        return None
    registered_id = seeding.refer(
        "registeredModel", model["registered_model"], (*path, "registered_model"), "registered_models"
    )
    if registered_id is None:
        return None
    versions = seeding.store.find("modelPackage", parent=registered_id)
    for version in versions:
        if version["registeredModelVersion"] == model["version"]:
            return version
    numbers = ", ".join(str(version["registeredModelVersion"]) for version in versions)
    seeding.report(
        (*path, "version"), f"{model['registered_model']} has no version {model['version']}; it has {numbers}"
    )
    return None


def _served(seeding: Seeding, path: Path, item: Json) -> Json | None:
    given: Json = {name: item.get(name) for name in ("label", "description", "importance")}
    given["userProvidedId"] = item.get("user_provided_id")
    found = True
    for name, kind, wire in (
        ("prediction_server", "predictionServer", "defaultPredictionServerId"),
        ("prediction_environment", "predictionEnvironment", "predictionEnvironmentId"),
    ):
        if name in item:
            given[wire] = seeding.refer(kind, item[name], (*path, name), f"{name}s")
            found = found and given[wire] is not None
    if "prediction_server" in item and "prediction_environment" in item:
        seeding.report(path, "give either prediction_server or prediction_environment")
        return None
    return given if found else None


def _settings(seeding: Seeding, path: Path, given: Json, doc: Json, package: Json) -> Json | None:
    try:
        taken = settings.taken(given)
        settings.judge({**doc, "status": "inactive"}, package, settings.DEFAULTS, taken)
        return settings.after(settings.DEFAULTS, taken)
    except Problem as problem:
        errors: Any = problem.body.get("errors")
        if not errors:
            seeding.report(path, problem.body["message"])
        else:
            _nested(seeding, path, errors)
        return None


def _nested(seeding: Seeding, path: Path, errors: Json) -> None:
    for name, why in errors.items():
        here = (*path, int(name) if name.isdecimal() else name)
        if isinstance(why, dict):
            _nested(seeding, here, why)
        elif why == f"{name} is not allowed key":
            known = (
                list(settings.DEFAULTS) if path[-1] == "settings" else list(settings.DEFAULTS.get(str(path[-1])) or ())
            )
            seeding.seed.report(here, f"unknown key {name}{suggestion(name, known)}", key=True)
        else:
            seeding.report(here, why)


SECTIONS = (Section("deployments", many(_DEPLOYMENT, "Deployments that exist from the beginning."), _load),)
