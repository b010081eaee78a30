"""Prediction environments: where deployments run. They have no tags, so drplan knows them by their name."""

from drplan.kinds.compare import blank, unordered
from drplan.registry.kinds import Kind
from drplan.registry.rows import ADOPTION, LIFECYCLE, Group, Setting

ITEM = "predictionEnvironments/{id}/"
PLATFORMS = (
    "aws",
    "gcp",
    "azure",
    "onPremise",
    "datarobot",
    "datarobotServerless",
    "openShift",
    "other",
    "snowflake",
    "sapAiCore",
)
FORMATS = ("datarobot", "datarobotScoringCode", "customModel", "externalModel")


PREDICTION_ENVIRONMENT = Kind(
    name="prediction_environment",
    section="prediction_environments",
    doc="Prediction environments by name. They are found by their name on the platform, created where there is none, "
    "and deleted only when named on the command line, since the platform cannot record whose they are.",
    list_path="predictionEnvironments/",
    item_path=ITEM,
    create_path="predictionEnvironments/",
    named_by="name",
    groups=(Group("details", ITEM, why="one PATCH of the environment, answered at once (API reference 3.2)"),),
    settings=(
        *ADOPTION,
        Setting(
            "name",
            "The name on the platform; the key in the spec when left out.",
            {"type": "string", "minLength": 1},
            example="production-cluster",
            group="details",
            wire="name",
            on_create="name",
        ),
        Setting(
            "platform",
            "What it runs on.",
            {"type": "string", "enum": list(PLATFORMS)},
            example="datarobotServerless",
            group="details",
            wire="platform",
            on_create="platform",
            required=True,
        ),
        Setting(
            "description",
            "What the environment is for; null clears it.",
            {"type": "string"},
            example="The serverless cluster of the retention team.",
            group="details",
            wire="description",
            on_create="description",
            clears=True,
            cleared_as="",
            normal=blank,
        ),
        Setting(
            "supported_model_formats",
            "The model formats it can run.",
            {"type": "array", "items": {"type": "string", "enum": list(FORMATS)}, "uniqueItems": True, "minItems": 1},
            example=["datarobot", "customModel"],
            group="details",
            wire="supportedModelFormats",
            on_create="supportedModelFormats",
            normal=unordered,
        ),
        Setting(
            "plugin",
            "The plugin with which the management agent runs deployments there.",
            {"type": "string", "minLength": 1},
            example="kubernetes",
            group="details",
            wire="plugin",
            on_create="plugin",
        ),
        Setting(
            "managed_by_agent",
            "Whether a management agent looks after it.",
            {"type": "boolean"},
            example=False,
            group="details",
            wire="isManagedByManagementAgent",
            on_create="isManagedByManagementAgent",
        ),
        *LIFECYCLE,
    ),
)
