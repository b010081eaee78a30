"""The settings document of a deployment, one row per setting, and the settings that have a route of their own."""

from collections.abc import Mapping
from typing import Any

from drplan.kinds.compare import unordered
from drplan.kinds.deployment import change_requests
from drplan.registry.rows import Group, Setting

SETTINGS_GROUP = Group(
    "settings",
    "deployments/{id}/settings/",
    read="deployments/{id}/settings/",
    after=("tags",),
    why="settings are changed before a replacement, and only what differs is sent, as a change can start long jobs "
    "(API reference 2.7, gotchas 11 and 13)",
)

SECONDARY_DATASETS = Group(
    "secondary_dataset_config",
    "deployments/{id}/model/secondaryDatasetConfiguration/",
    read="deployments/{id}/model/secondaryDatasetConfiguration/",
    after=("settings",),
    change_request=change_requests.CONFIGURATION,
    why="a setting with a route of its own (API reference 2.8)",
)


def _boundaries_to_wire(value: Any) -> Any:
    return value and {"lower": value["lower_boundary"], "upper": value["upper_boundary"]}


def _boundaries_from_wire(value: Any) -> Any:
    """Accept both spellings: which one a server sends is undetermined (API reference 5, gotcha 4)."""
    if not isinstance(value, Mapping):
        return None
    return {
        "lower_boundary": value.get("lower", value.get("lowerBoundary")),
        "upper_boundary": value.get("upper", value.get("upperBoundary")),
    }


SETTINGS = (
    Setting(
        "settings.drift_tracking.target_drift_enabled",
        "Track how the distribution of the predictions drifts from the training data.",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="targetDrift.enabled",
    ),
    Setting(
        "settings.drift_tracking.feature_drift_enabled",
        "Track how the distribution of the features drifts from the training data.",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="featureDrift.enabled",
    ),
    Setting(
        "settings.association_id.column_names",
        "The column that identifies a prediction, so that actuals can be matched; one name. The platform cannot clear "
        "it, nor change it once predictions have used it.",
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1},
        example=["customer_id"],
        group="settings",
        wire="associationId.columnNames",
    ),
    Setting(
        "settings.association_id.required_in_prediction_requests",
        "Refuse prediction requests that lack the association ID.",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="associationId.requiredInPredictionRequests",
    ),
    Setting(
        "settings.association_id.auto_generate_id",
        "Let the platform make an association ID where a request has none; needs column_names.",
        {"type": "boolean"},
        example=False,
        group="settings",
        wire="associationId.autoGenerateId",
    ),
    Setting(
        "settings.predictions_data_collection.enabled",
        "Keep prediction requests and results in the predictions data storage.",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="predictionsDataCollection.enabled",
        required=True,
    ),
    Setting(
        "settings.challenger_models.enabled",
        "Let other models shadow the one that serves; needs predictions_data_collection, which stays on for good.",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="challengerModels.enabled",
        required=True,
    ),
    Setting(
        "settings.prediction_warning.enabled",
        "Warn when a prediction falls outside the boundaries (Humble AI).",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="predictionWarning.enabled",
        required=True,
        with_object=True,
    ),
    Setting(
        "settings.prediction_warning.custom_boundaries",
        "The boundaries to use; null goes back to the ones computed from the training data.",
        {
            "type": "object",
            "properties": {
                "lower_boundary": {
                    "type": "number",
                    "description": "Warn below this prediction.",
                    "examples": [0],
                },
                "upper_boundary": {
                    "type": "number",
                    "description": "Warn above this prediction.",
                    "examples": [1337],
                },
            },
            "required": ["lower_boundary", "upper_boundary"],
            "additionalProperties": False,
        },
        example={"lower_boundary": 0, "upper_boundary": 1337},
        group="settings",
        wire="predictionWarning.customBoundaries",
        clears=True,
        encode=_boundaries_to_wire,
        decode=_boundaries_from_wire,
    ),
    Setting(
        "settings.secondary_dataset_config.id",
        "The secondary dataset configuration that a Feature Discovery model uses for predictions.",
        {"type": "string", "pattern": "^[0-9a-fA-F]{24}$"},
        example="5f48cb94408673683eca0fab",
        group="secondary_dataset_config",
        wire="secondaryDatasetConfigId",
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
        compare=unordered,
    ),
)
