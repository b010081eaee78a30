"""Seed sections `projects` and `models`: what was trained on the platform itself."""

from drplan.emulator.core.store import Json
from drplan.emulator.resources.projects.documents import new_model, new_project, put_model
from drplan.emulator.resources.registry.model_facts import facts
from drplan.emulator.world.seed.registered_models import FACTS_SCHEMA, seeded_facts
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_OF_PROJECTS = (
    "target",
    "target_type",
    "class_names",
    "features",
    "series_type",
    "time_series",
    "unsupervised",
    "secondary_datasets",
)
_PROJECT = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "churn 2024", minLength=1),
        "description": key("string", "What it is for.", "All customers of 2024."),
        "metric": key("string", "The metric that its models were optimised for.", "LogLoss", minLength=1),
        "rows": key("integer", "How many rows its training data has.", 10000, minimum=1),
        **{name: FACTS_SCHEMA[name] for name in _OF_PROJECTS},
    },
    ("name", "target_type"),
    "A project; its models have its target and its features.",
)
_MODEL = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "What the seed calls it, once in a world.", "Light GBM on churn", minLength=1),
        "project": key("string", "The name or id of its project.", "churn 2024"),
        "scores": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "description": "Its validation scores by metric; the leaderboard is sorted by them.",
            "examples": [{"LogLoss": 0.41, "AUC": 0.83}],
        },
        "sample_pct": key("number", "How much of the data it was trained on, in percent.", 64, minimum=1, maximum=100),
        "featurelist": key("string", "The name of its feature list.", "Informative Features", minLength=1),
        "frozen": key("boolean", "Whether its parameters were frozen.", False),
        "starred": key("boolean", "Whether it has a star.", False),
        "recommended": key("boolean", "Whether the project recommends it for deployment.", True),
        **{name: schema for name, schema in FACTS_SCHEMA.items() if name not in {"execution_type", "tested"}},
    },
    ("name", "project"),
    "A model on a leaderboard; what it does not say is as its project says, and `model_type` is its name.",
)


def _projects(seeding: Seeding) -> None:
    for path, item in seeding.items("projects"):
        project_id = seeding.named("project", path, item, item["name"])
        model_facts = seeded_facts(seeding, path, item)
        model_facts |= {"projectId": project_id, "projectName": item["name"]}
        seeding.store.put(
            "project", project_id, new_project(project_id, item, model_facts, seeding.now), name=item["name"]
        )


def _models(seeding: Seeding) -> None:
    numbers: dict[str, int] = {}
    for path, item in seeding.items("models"):
        model_id = seeding.named("model", path, item, item["name"])
        project_id = seeding.refer("project", item["project"], (*path, "project"), "projects")
        project = project_id and seeding.store.get("project", project_id)
        if not project_id or not project:
            continue
        numbers[project_id] = number = numbers.get(project_id, 0) + 1
        inherited: Json = {**project["_facts"], "modelType": item["name"], "modelId": model_id}
        model_facts = facts(seeded_facts(seeding, path, item, inherited))
        put_model(seeding.store, new_model(model_id, item, model_facts, project, number, seeding.now), item["name"])


SECTIONS = (
    Section("projects", many(_PROJECT, "Projects, in which models were trained."), _projects),
    Section("models", many(_MODEL, "Models on the leaderboards of projects."), _models),
)
