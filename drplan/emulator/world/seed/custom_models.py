"""Seed sections `execution_environments` and `custom_models`."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.errors import Problem
from drplan.emulator.resources.custom_models import composing, content, environments, models, stored, training
from drplan.emulator.resources.files import keep_file
from drplan.emulator.world.seed.file import Path
from drplan.emulator.world.seed.registered_models import FACTS_SCHEMA, seeded_facts
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_ENVIRONMENT = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "Python 3.11", minLength=1),
        "description": key("string", "What is in it.", "scikit-learn and its friends."),
        "language": key("string", "Its programming language.", "python", enum=list(environments.LANGUAGES)),
        "public": key("boolean", "Whether everybody can use it.", True),
        "built": key("boolean", "Whether its one version could be built; models can be based on it then.", True),
    },
    ("name",),
    "An execution environment, in which custom models run; it has one version.",
)
# The target belongs to the model; what is known of the code and its training to each version.
_OF_MODELS = ("target", "target_type", "class_names", "prediction_threshold")
_COMPUTED = ("model_type", "execution_type", "build_environment")
_OF_VERSIONS = {name: schema for name, schema in FACTS_SCHEMA.items() if name not in {*_OF_MODELS, *_COMPUTED}}
_VERSION = mapping(
    {
        "id": ID_SCHEMA,
        "environment": key("string", "The name or id of its execution environment.", "Python 3.11"),
        "files": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Its files: paths and texts.",
            "examples": [{"custom.py": "def score(data, model): ..."}],
        },
        "training_data": key("string", "The name or id of the dataset it was trained on.", "customers.csv"),
        "partition_column": key("string", "The column of the training data that says what is held out.", "fold"),
        **_OF_VERSIONS,
    },
    (),
    "A version; the first is 1.0, the next 2.0. What it does not say is as the model says.",
)
_MODEL = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "churn in Python", minLength=1),
        "description": key("string", "What it is for.", "Scores with our own code."),
        "language": key("string", "What it is written in.", "Python"),
        "user_provided_id": key("string", "The id that its maker gave it.", "git/churn"),
        "environment": key("string", "The name or id of its versions' execution environment.", "Python 3.11"),
        **{name: FACTS_SCHEMA[name] for name in _OF_MODELS},
        **{name: schema for name, schema in _OF_VERSIONS.items() if name not in {"extra_features", "without_features"}},
        "versions": many(_VERSION, "Its versions, oldest first."),
    },
    ("name", "target_type"),
    "A custom model. `NAME v2.0` names its second version elsewhere in the seed.",
)
# What the model's own fields and the platform say, whatever a seed's facts hold.
_OWN = {"targetName", "targetType", "classNames", "predictionThreshold", "modelType", "executionType", "modelId"}
_OWN |= {"buildEnvironment", "customModelImage", "projectId", "projectName", "runtimeParameters"}


def _environments(seeding: Seeding) -> None:
    user = seeding.user(None, ()) or {"id": "", "username": ""}
    for path, item in seeding.items("execution_environments"):
        environment_id = seeding.named("executionEnvironment", path, item, item["name"])
        given = {
            "name": item["name"],
            "description": item.get("description"),
            "programmingLanguage": item.get("language", "python"),
            "isPublic": item.get("public", True),
        }
        doc = environments.new_environment(environment_id, given, user, seeding.now)
        seeding.store.put("executionEnvironment", environment_id, doc, name=item["name"])
        version_id = seeding.derive("execution environment version", environment_id)
        version = environments.new_version(version_id, environment_id, {"label": "v1"}, seeding.now, 0.0)
        version["imageId"] = seeding.derive("image", version_id)
        version["buildStatus"] = "success" if item.get("built", True) else "failed"
        environments.put_version(seeding.store, version)


def _models(seeding: Seeding) -> None:
    user = seeding.user(None, ()) or {"id": "", "username": ""}
    for path, item in seeding.items("custom_models"):
        model_id = seeding.named("customModel", path, item, item["name"])
        common = seeded_facts(seeding, path, item)
        doc = models.new_model(model_id, _wire(item, common), user, seeding.now)
        stored.put_model(seeding.store, doc)
        for number, (here, version) in enumerate(
            seeding.items("custom_models", (*path, "versions"), item.get("versions") or [{}]), 1
        ):
            _version(seeding, here, {"environment": item.get("environment"), **version}, doc, common, number)


def _wire(item: Json, common: Json) -> Json:
    classes = common["classNames"] or []
    binary = item["target_type"] == "Binary" and len(classes) == 2
    return {
        "name": item["name"],
        "description": item.get("description"),
        "targetType": item["target_type"],
        "targetName": item.get("target"),
        "negativeClassLabel": classes[0] if binary else None,
        "positiveClassLabel": classes[1] if binary else None,
        "classLabels": [] if binary else classes,
        "predictionThreshold": item.get("prediction_threshold"),
        "language": item.get("language", "Python"),
        "userProvidedId": item.get("user_provided_id"),
        "isTrainingDataForVersionsPermanentlyEnabled": True,
    }


def _version(seeding: Seeding, path: Path, item: Json, model: Json, common: Json, number: int) -> None:
    label = f"{model['name']} v{number}.0"
    version_id = seeding.named("customModelVersion", path, item, label)
    store = seeding.store
    version = composing.new_version(version_id, model, number, 0, seeding.now)
    if item["environment"] is not None:
        name = item["environment"]
        found = seeding.refer("executionEnvironment", name, (*path, "environment"), "execution_environments")
        if found is not None:
            version["baseEnvironmentId"] = found
            version["baseEnvironmentVersionId"] = seeding.derive("execution environment version", found)
    version["items"] = [
        {
            "id": seeding.derive("file", version_id, name),
            "fileName": name.rpartition("/")[2],
            "filePath": name,
            "fileSource": "local",
            "created": seeding.now,
            "_file": keep_file(store, text.encode(), model["id"], seeding.derive("file", version_id, name)),
            "_size": len(text.encode()),
        }
        for name, text in item.get("files", {}).items()
    ]
    model_facts = seeded_facts(seeding, path, item, common)
    version["_given"] = {name: value for name, value in model_facts.items() if name not in _OWN}
    version["_parameters"] = model_facts["runtimeParameters"]
    try:
        _read_files(seeding, version)
    except Problem as problem:
        seeding.report((*path, "files"), str(problem.body["errors"].get("file", problem.body["message"])))
    _train(seeding, path, item, model, version)
    stored.put_version(store, model, version)


def _read_files(seeding: Seeding, version: Json) -> None:
    meta = content.metadata(seeding.store, version["items"])
    version["dependencies"] = content.dependencies(seeding.store, version["items"])
    version["_forbidsMissing"] = content.forbids_missing(meta)
    version["_startProblem"] = content.start_problem(seeding.store, version["items"])
    declared = content.definitions(meta.get("runtimeParameterDefinitions"), "file")
    version["_parameters"] = [*version["_parameters"], *declared]


def _train(seeding: Seeding, path: Path, item: Json, model: Json, version: Json) -> None:
    if "training_data" not in item:
        return
    dataset_id = seeding.refer("dataset", item["training_data"], (*path, "training_data"), "datasets")
    if dataset_id is None:
        return
    holdout = {"partitionColumn": item["partition_column"]} if "partition_column" in item else None
    try:
        data, held = training.assigned(seeding.store, model, {"datasetId": dataset_id}, holdout)
    except Problem as wrong:
        seeding.report((*path, "training_data"), ", ".join(map(str, wrong.body["errors"].values())))
        return
    version["trainingData"], version["holdoutData"] = {**data, "assignmentInProgress": False}, held


SECTIONS = (
    Section("execution_environments", many(_ENVIRONMENT, "Execution environments of custom models."), _environments),
    Section("custom_models", many(_MODEL, "Custom models and their versions."), _models),
)
