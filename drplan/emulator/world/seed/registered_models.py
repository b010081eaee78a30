"""Seed section `registered_models`: names, their versions, and what is known of each version's model."""

from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.resources.registry.model_facts import FEATURE_TYPES, TARGET_TYPES, facts, feature
from drplan.emulator.resources.registry.package import keep, new_package, target
from drplan.emulator.resources.registry.registered_models import new_registered_model, put
from drplan.emulator.world.seed.file import Path
from drplan.emulator.world.seed.scoring import SCORING_SCHEMA, TRAINING_SCHEMA, seeded_scoring
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_FEATURE = mapping(
    {
        "name": key("string", "Its name.", "tenure", minLength=1),
        "type": key("string", "Its type; Numeric unless given.", "Categorical", enum=list(FEATURE_TYPES)),
        "importance": key(["number", "null"], "How much it matters, from 0 to 1.", 0.8, minimum=0, maximum=1),
        "date_format": key("string", "The format of a date.", "%Y-%m-%d"),
        "known_in_advance": key("boolean", "Whether a time series knows it in advance.", False),
        "categories": many(key("string", "A category.", "gold"), "The categories that training saw."),
    },
    ("name",),
)
FEATURES_SCHEMA: Json = {
    "description": "The model's features: a mapping of names to types, or a list of names and mappings.",
    "examples": [{"tenure": "Numeric", "plan": "Categorical"}],
    "type": ["object", "array"],
    "additionalProperties": {"type": "string", "enum": list(FEATURE_TYPES)},
    "items": {**_FEATURE, "type": ["object", "string"]},
}
# What is known of a model; the same keys describe registered models, versions, leaderboard models and custom models.
FACTS_SCHEMA: Json = {
    "target": key(["string", "null"], "The name of the target.", "churned"),
    "target_type": key("string", "The type of the target.", "Binary", enum=list(TARGET_TYPES)),
    "class_names": {
        "type": "array",
        "items": {"type": "string"},
        "description": "The classes of a classification target, in order.",
        "examples": [["no", "yes"]],
    },
    "features": FEATURES_SCHEMA,
    "extra_features": {**FEATURES_SCHEMA, "description": "Features beside the inherited ones, or with another type."},
    "without_features": many(key("string", "A feature.", "plan"), "Inherited features that this one does not use."),
    "model_type": key("string", "What kind of model it is.", "Light Gradient Boosting", minLength=1),
    "execution_type": key(
        "string", "Who runs it.", "dedicated", enum=["dedicated", "custom_inference_model", "external"]
    ),
    "build_environment": key(
        "string",
        "What it was built with.",
        "DataRobot",
        enum=["DataRobot", "Python", "R", "Java", "Julia", "Legacy", "Other"],
    ),
    "build_status": key("string", "How far its build is.", "complete", enum=["inProgress", "complete", "failed"]),
    "deployable": key("boolean", "Whether it can be deployed.", True),
    "prediction_ready": key("boolean", "Whether it can make predictions.", True),
    "deprecated": key("boolean", "Whether it is deprecated; replacements by it warn.", False),
    "tested": key(
        ["boolean", "null"], "Whether the last test of a custom model passed; null where none applies.", True
    ),
    "drift_baseline": key("boolean", "Whether its training data is known, so that drift can be tracked.", True),
    "humility": key("boolean", "Whether humility rules and prediction warnings work with it.", True),
    "prediction_intervals": key("boolean", "Whether prediction intervals can be computed for it.", False),
    "series_type": key(
        ["string", "null"], "Of a time series: one series or several.", "multi", enum=["single", "multi", None]
    ),
    "time_series": {
        **mapping(
            {
                "datetime_column": key("string", "The column of time.", "date"),
                "forecast_window_start": key("integer", "The first step that is forecast.", 1),
                "forecast_window_end": key("integer", "The last step that is forecast.", 7),
                "time_unit": key("string", "The length of a step.", "DAY"),
            },
            ("datetime_column",),
            "What makes it a time series model.",
        ),
        "type": ["object", "null"],
        "examples": [{"datetime_column": "date", "forecast_window_end": 7}],
    },
    "segments": many(key("string", "A segment.", "north"), "The segments of a combined model."),
    "secondary_datasets": key(
        "string",
        "Whether it predicts with secondary datasets; required: a replacement warns while none are configured.",
        "optional",
        enum=["none", "optional", "required"],
    ),
    "unsupervised": key("boolean", "Whether it was trained without a target.", False),
    "decision_flow": key("boolean", "Whether it has a decision flow.", False),
    "scoring_code": key("boolean", "Whether scoring code can be downloaded.", False),
    "prediction_threshold": key("number", "The threshold of a binary classification.", 0.5, minimum=0, maximum=1),
    "runtime_parameters": many(
        mapping(
            {
                "name": key("string", "Its name.", "LOG_LEVEL", minLength=1),
                "type": key("string", "Its type.", "string", enum=["string", "boolean", "numeric", "credential"]),
                "default": key(["string", "number", "boolean", "null"], "Its value unless overridden.", "info"),
                "description": key("string", "What it does.", "How much is logged."),
                "min": key("number", "The least number.", 0),
                "max": key("number", "The greatest number.", 10),
            },
            ("name", "type"),
        ),
        "Parameters of a custom model that a deployment can set.",
    ),
    "scoring": SCORING_SCHEMA,
    "training": TRAINING_SCHEMA,
}
_WIRE = {
    "target": "targetName",
    "target_type": "targetType",
    "class_names": "classNames",
    "model_type": "modelType",
    "execution_type": "executionType",
    "build_environment": "buildEnvironment",
    "build_status": "buildStatus",
    "deployable": "deployable",
    "prediction_ready": "predictionReady",
    "deprecated": "deprecated",
    "tested": "tested",
    "drift_baseline": "driftBaseline",
    "humility": "humility",
    "prediction_intervals": "predictionIntervals",
    "series_type": "seriesType",
    "segments": "segments",
    "secondary_datasets": "secondaryDatasets",
    "unsupervised": "unsupervised",
    "decision_flow": "decisionFlow",
    "scoring_code": "scoringCode",
    "prediction_threshold": "predictionThreshold",
}

# What a version can be made of: the key, the kind of object in the store, the section that has it.
_SOURCES = (
    ("model", "model", "models"),
    ("custom_model_version", "customModelVersion", "custom_models"),
)
_VERSION = mapping(
    {
        "id": ID_SCHEMA,
        "number": key("integer", "Its number; one more than the one before unless given.", 3, minimum=1),
        "name": key("string", "Its name.", "churn v3", minLength=1),
        "model": key("string", "The name or id of a leaderboard model that it is a version of.", "Light GBM on churn"),
        "custom_model_version": key(
            "string", "The name and number, or the id, of a custom model version that it is made of.", "churn in R v1.0"
        ),
        "model_id": {**ID_SCHEMA, "description": "The id of its model; two versions of one model share it."},
        **FACTS_SCHEMA,
    },
    (),
    "A version; what it does not say is as the registered model says.",
)
_MODEL = mapping(
    {
        "id": ID_SCHEMA,
        "name": key(
            "string",
            "Its name; one that has an id may share another's name, so that the name is ambiguous.",
            "churn",
            minLength=1,
        ),
        "description": key("string", "What it is for.", "Predicts who leaves."),
        "archived": key("boolean", "Whether it is archived.", False),
        **{name: schema for name, schema in FACTS_SCHEMA.items() if name not in {"extra_features", "without_features"}},
        "versions": many(_VERSION, "Its versions, oldest first."),
    },
    ("name", "versions"),
    "A registered model.",
)


def seeded_facts(seeding: Seeding, path: Path, item: Json, inherited: Json | None = None) -> Json:
    """Give the facts of a model from the keys of FACTS_SCHEMA, on top of what it inherits."""
    given: Json = {wire: item[name] for name, wire in _WIRE.items() if name in item}
    if "features" in item:
        given["features"] = features(item["features"])
    if "time_series" in item:
        series = item["time_series"]
        given["timeSeries"] = series and {
            "datetimeColumn": series["datetime_column"],
            "forecastWindowStart": series.get("forecast_window_start", 1),
            "forecastWindowEnd": series.get("forecast_window_end", 1),
            "timeUnit": series.get("time_unit", "DAY"),
        }
    if "runtime_parameters" in item:
        given["runtimeParameters"] = [
            {
                "fieldName": parameter["name"],
                "type": parameter["type"],
                "defaultValue": parameter.get("default"),
                "description": parameter.get("description"),
                "minValue": parameter.get("min"),
                "maxValue": parameter.get("max"),
            }
            for parameter in item["runtime_parameters"]
        ]
    complete = facts({**(inherited or {}), **given})
    if complete["timeSeries"] is not None and complete["seriesType"] is None:
        complete["seriesType"] = "single"
    known = {each["name"]: each for each in complete["features"]}
    for index, name in enumerate(item.get("without_features", [])):
        if known.pop(name, None) is None:
            seeding.report((*path, "without_features", index), f"{name} is not an inherited feature")
    known.update({each["name"]: each for each in features(item.get("extra_features", []))})
    complete["features"] = list(known.values())
    seeded_scoring(seeding, path, item, complete, inherited)
    return complete


def features(given: Any) -> list[Json]:
    """Give features from either way of writing them."""
    if isinstance(given, dict):
        return [feature(name, kind) for name, kind in given.items()]
    return [
        feature(item)
        if isinstance(item, str)
        else feature(
            item["name"],
            item.get("type", "Numeric"),
            importance=item.get("importance"),
            date_format=item.get("date_format"),
            known_in_advance=item.get("known_in_advance", False),
            categories=item.get("categories"),
        )
        for item in given
    ]


def _load(seeding: Seeding) -> None:
    user = seeding.user(None, ()) or {"id": "", "username": "", "email": ""}
    for path, item in seeding.items("registered_models"):
        name = item["name"]
        # A namesake is meant as one when it has an id of its own; in the seed it is then called by that.
        namesake = seeding.place("registeredModel", name) > 1 and "id" in item
        registered_id = seeding.named("registeredModel", path, item, item["id"] if namesake else name)
        common = seeded_facts(seeding, path, item)
        doc = new_registered_model(
            registered_id, name, item.get("description", ""), target(common), user, seeding.now, 0
        )
        doc["isArchived"] = item.get("archived", False)
        number = 0
        for here, version in seeding.items("registered_models", (*path, "versions"), item["versions"]):
            number = version.get("number", number + 1)
            doc["lastVersionNum"] = max(doc["lastVersionNum"], number)
            _version(seeding, here, {**version, "number": number}, common, doc, user)
        put(seeding.store, doc)


def _version(seeding: Seeding, path: Path, item: Json, common: Json, registered: Json, user: Json) -> None:
    inherited = common
    for source, kind, section in _SOURCES:
        if source in item:
            model_id = seeding.refer(kind, item[source], (*path, source), section)
            model = model_id and seeding.store.get(kind, model_id)
            if not model:
                return
            inherited = {**model["_facts"], "modelId": model_id}
    registered_id, number = registered["id"], item["number"]
    package_id = seeding.named("version", path, item, registered_id, number, within=registered_id)
    model_facts = seeded_facts(seeding, path, item, inherited)
    model_facts["modelId"] = item.get("model_id") or model_facts["modelId"] or seeding.derive("model of", package_id)
    name = item.get("name") or f"{registered['name']} (v{number})"
    more = {"isArchived": registered["isArchived"]}
    package = new_package(package_id, number, registered_id, name, model_facts, user, seeding.now, more)
    seeding.alias("modelPackage", package_id, package_id)
    keep(seeding.store, package)


SECTIONS = (Section("registered_models", many(_MODEL, "Registered models and their versions."), _load),)
