"""The settings document of a deployment, one row per setting, and the settings that have a route of their own."""

from drplan.kinds.compare import unordered
from drplan.kinds.deployment import change_requests
from drplan.records.values import folded
from drplan.registry.rows import Group, Setting, boolean
from drplan.registry.shapes import Field, Shape

SETTINGS_GROUP = Group(
    "settings",
    "deployments/{id}/settings/",
    read="deployments/{id}/settings/",
    after=("tags",),
    reset_by=("model",),
    why="settings are changed before a replacement, and only what differs is sent, as a change can start long jobs "
    "(API reference 2.7, gotchas 11 and 13)",
)

SECONDARY_DATASETS = Group(
    "secondary_dataset_config",
    "deployments/{id}/model/secondaryDatasetConfiguration/",
    read="deployments/{id}/model/secondaryDatasetConfiguration/",
    read_missing=True,
    after=("settings",),
    reset_by=("model",),
    change_request=change_requests.CONFIGURATION,
    why="a setting with a route of its own (API reference 2.8)",
)


BOUNDARIES = Shape(  # which spelling a server answers with is undetermined (API reference 5, gotcha 4)
    Field(
        "lower_boundary",
        "Warn below this prediction.",
        {"type": "number"},
        example=0,
        wire="lower",
        reads=("lowerBoundary",),
        required=True,
    ),
    Field(
        "upper_boundary",
        "Warn above this prediction.",
        {"type": "number"},
        example=1337,
        wire="upper",
        reads=("upperBoundary",),
        required=True,
    ),
)

# fmt: off
SETTINGS = (
    boolean("settings.drift_tracking.target_drift_enabled", "settings", "targetDrift.enabled",
            "Track how the distribution of the predictions drifts from the training data."),
    boolean("settings.drift_tracking.feature_drift_enabled", "settings", "featureDrift.enabled",
            "Track how the distribution of the features drifts from the training data."),
    Setting(
        "settings.association_id.column_names",
        "The column that identifies a prediction, so that actuals can be matched; one name. The platform cannot clear "
        "it, nor change it once predictions have used it.",
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1},
        example=["customer_id"],
        group="settings",
        wire="associationId.columnNames",
    ),
    boolean("settings.association_id.required_in_prediction_requests", "settings",
            "associationId.requiredInPredictionRequests", "Refuse prediction requests that lack the association ID."),
    boolean("settings.association_id.auto_generate_id", "settings", "associationId.autoGenerateId",
            "Let the platform make an association ID where a request has none; needs column_names.", example=False),
    boolean("settings.predictions_data_collection.enabled", "settings", "predictionsDataCollection.enabled",
            "Keep prediction requests and results in the predictions data storage.", required=True),
    boolean("settings.challenger_models.enabled", "settings", "challengerModels.enabled",
            "Let other models shadow the one that serves; needs predictions_data_collection, which stays on for good.",
            required=True),
    boolean("settings.prediction_warning.enabled", "settings", "predictionWarning.enabled",
            "Warn when a prediction falls outside the boundaries (Humble AI).", required=True, with_object=True),
    Setting(
        "settings.prediction_warning.custom_boundaries",
        "The boundaries to use; null goes back to the ones computed from the training data.",
        BOUNDARIES,
        example={"lower_boundary": 0, "upper_boundary": 1337},
        group="settings",
        wire="predictionWarning.customBoundaries",
        clears=True,
    ),
    Setting(
        "settings.secondary_dataset_config.id",
        "The secondary dataset configuration that a Feature Discovery model uses for predictions.",
        {"type": "string", "pattern": "^[0-9a-fA-F]{24}$"},
        example="5f48cb94408673683eca0fab",
        group="secondary_dataset_config",
        wire="secondaryDatasetConfigId",
        normal=folded,
        required=True,
        with_object=True,
    ),
    Setting(
        "settings.secondary_dataset_config.credential_ids",
        "The credentials with which the secondary datasets are read.",
        {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True},
        example=["5f48cb94408673683eca0fac"],
        group="secondary_dataset_config",
        wire="credentialsIds",
        live="credentialIds",
        normal=unordered,
    ),
)
# fmt: on
