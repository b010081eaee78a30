"""Seed sections `prediction_servers`, `prediction_environments` and `secondary_dataset_configs`."""

from drplan.emulator.http.call import SELF
from drplan.emulator.resources.prediction_servers import FORMATS, PLATFORMS, environment, put_environment
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_SERVER = mapping(
    {
        "id": ID_SCHEMA,
        "name": key(
            "string",
            "What the seed calls it; the URL, or `default`, unless given. The API does not show it.",
            "eu",
            minLength=1,
        ),
        "url": key(
            "string",
            "Where it takes predictions; the emulator's own address, which answers them, unless given.",
            "https://eu.example.com",
            minLength=1,
        ),
        "datarobot_key": key("string", "The key that prediction requests carry.", "0f3c"),
    },
    (),
    "A dedicated prediction server.",
)
_ENVIRONMENT = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "serverless", minLength=1),
        "platform": key("string", "Where it runs.", "datarobotServerless", enum=list(PLATFORMS)),
        "description": key("string", "What it is for.", "Runs on the platform."),
        "plugin": key(["string", "null"], "The management agent's plug-in.", "kubernetes"),
        "supported_model_formats": many(
            key("string", "A format.", "datarobot", enum=list(FORMATS)),
            "What models it takes; by platform unless given.",
        ),
        "is_managed_by_management_agent": key("boolean", "Whether an agent runs it; replacements then warn.", False),
        "tags": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Its tags, which deployments can be listed by.",
            "examples": [{"region": "eu"}],
        },
    },
    ("name", "platform"),
    "Where deployments run that have no dedicated prediction server.",
)
_SECONDARY = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name.", "last month", minLength=1),
        "project": key("string", "The name or id of the project whose models use it.", "churn 2024"),
        "featurelist_id": ID_SCHEMA,
        "is_default": key("boolean", "Whether it is the project's default.", True),
        "is_deleted": key("boolean", "Whether it was deleted, so that using it is refused.", False),
        "datasets": many({"type": "object"}, "The secondary datasets, as the API shows them."),
    },
    ("name",),
    "Which secondary datasets a Feature Discovery model predicts with.",
)


def _servers(seeding: Seeding) -> None:
    for path, item in seeding.items("prediction_servers"):
        url = item.get("url") or SELF
        name = item.get("name") or item.get("url") or "default"
        server_id = seeding.named("predictionServer", path, item, name)
        seeding.alias("predictionServer", url, server_id)
        doc = {
            "id": server_id,
            "url": url,
            "datarobot-key": item.get("datarobot_key") or server_id,
            "batchPredictions": None,
        }
        seeding.store.put("predictionServer", server_id, doc, name=name)


def _environments(seeding: Seeding) -> None:
    from drplan.emulator.resources.deployments.tags import add

    user = seeding.user(None, ())
    for path, item in seeding.items("prediction_environments"):
        environment_id = seeding.named("predictionEnvironment", path, item, item["name"])
        given = {
            "name": item["name"],
            "platform": item["platform"],
            "description": item.get("description"),
            "plugin": item.get("plugin"),
            "supportedModelFormats": item.get("supported_model_formats"),
            "isManagedByManagementAgent": item.get("is_managed_by_management_agent"),
        }
        put_environment(
            seeding.store, environment(environment_id, given, user or {"id": "", "username": ""}, seeding.now)
        )
        for name, value in item.get("tags", {}).items():
            add(seeding.store, environment_id, name, value, seeding.derive("tag", environment_id, name))


def _secondary(seeding: Seeding) -> None:
    user = seeding.user(None, ()) or {}
    for path, item in seeding.items("secondary_dataset_configs"):
        config_id = seeding.named("secondaryDatasetConfig", path, item, item["name"])
        project = item.get("project")
        doc = {
            "secondaryDatasetConfigId": config_id,
            "id": config_id,
            "name": item["name"],
            "projectId": project and seeding.refer("project", project, (*path, "project"), "projects"),
            "featurelistId": item.get("featurelist_id"),
            "isDefault": item.get("is_default", False),
            "isDeleted": item.get("is_deleted", False),
            "created": seeding.now,
            "creatorFullName": f"{user.get('firstName', '')} {user.get('lastName', '')}".strip(),
            "creatorUserId": user.get("id"),
            "credentialIds": [],
            "secondaryDatasets": item.get("datasets", []),
        }
        seeding.store.put("secondaryDatasetConfig", config_id, doc, name=item["name"])


SECTIONS = (
    Section("prediction_servers", many(_SERVER, "Prediction servers."), _servers),
    Section("prediction_environments", many(_ENVIRONMENT, "Prediction environments."), _environments),
    Section("secondary_dataset_configs", many(_SECONDARY, "Secondary dataset configurations."), _secondary),
)
