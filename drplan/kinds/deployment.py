"""Deployments: routes, groups, one row per setting. Facts are from the vendor's guide and API reference."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.kinds import approval
from drplan.kinds.compare import blank, unordered
from drplan.kinds.models import MODEL
from drplan.kinds.serving import PREDICTION_ENVIRONMENT, PREDICTION_SERVER
from drplan.records.specs import Resource
from drplan.registry.kinds import Filter, Identity, Kind, Objection, Switch, Weight
from drplan.registry.rows import ADOPTION, LIFECYCLE, Entries, Gate, Group, Setting

ITEM = "deployments/{id}/"
IMPORTANCE = ("LOW", "MODERATE", "HIGH", "CRITICAL")
REASONS = ("ACCURACY", "DATA_DRIFT", "ERRORS", "SCHEDULED_REFRESH", "SCORING_SPEED", "OTHER", "DEPRECATION")
HEALTH = ("passing", "warning", "failing", "unknown")

GROUPS = (
    Group(
        "details",
        ITEM,
        petition=approval.IMPORTANCE,
        why="one PATCH of the deployment itself, answered at once (API reference 2.5)",
    ),
    Group(
        "tags",
        "deployments/{id}/tags/",
        after=("details",),
        entries=Entries(live="tags", name="name", value="value", item_path="deployments/{id}/tags/{entry}/"),
        why="one request a tag (API reference 2.8)",
    ),
    Group(
        "settings",
        "deployments/{id}/settings/",
        read="deployments/{id}/settings/",
        after=("details", "tags"),
        why="settings are changed before a replacement, and only what differs is sent, as a change can start long jobs "
        "(API reference 2.7, gotchas 11 and 13)",
    ),
    Group(
        "secondary_dataset_config",
        "deployments/{id}/model/secondaryDatasetConfiguration/",
        read="deployments/{id}/model/secondaryDatasetConfiguration/",
        after=("details", "tags", "settings"),
        petition=approval.CONFIGURATION,
        why="a setting with a route of its own (API reference 2.8)",
    ),
    Group(
        "model",
        "deployments/{id}/model/",
        verb="replace",
        after=("details", "tags", "settings", "secondary_dataset_config"),
        requires="on",
        gate=Gate("deployments/{id}/model/validation/", policy="replacement.on_warning"),
        confirm=True,
        resets=("settings", "secondary_dataset_config"),
        petition=approval.MODEL,
        why="a replacement needs an active deployment, comes after the settings, and may reset some of them "
        "(API reference 2.6, gotchas 13, 15 and 16)",
    ),
    Group(
        "status",
        "deployments/{id}/status/",
        after=("details", "tags", "settings", "secondary_dataset_config", "model"),
        petition=approval.STATUS,
        why="activation and deactivation are jobs of their own (API reference 2.5)",
    ),
)

# --------------------------------------------------------------------------------------------------------- decoding

_STATUS = {"launching": "active", "replacingModel": "active", "stopping": "inactive"}


def _settled_status(value: Any) -> Any:
    return _STATUS.get(str(value), value)


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


# --------------------------------------------------------------------------------------------------------- settings

SETTINGS = (
    *ADOPTION,
    Setting(
        "label",
        "The name people see.",
        {"type": "string", "minLength": 1},
        example="Customer churn",
        group="details",
        wire="label",
        on_create="label",
        required=True,
    ),
    Setting(
        "description",
        "What the deployment is for; null clears it.",
        {"type": "string"},
        example="Scores every customer nightly.",
        group="details",
        wire="description",
        on_create="description",
        clears=True,
        compare=blank,
    ),
    Setting(
        "importance",
        "How much depends on it; approval policies look at it.",
        {"type": "string", "enum": list(IMPORTANCE)},
        example="HIGH",
        group="details",
        wire="importance",
        on_create="importance",
    ),
    MODEL,
    PREDICTION_SERVER,
    PREDICTION_ENVIRONMENT,
    Setting(
        "tags",
        "Tags by name. A tag that is not named is left alone; null removes one.",
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "null"], "minLength": 1},
            "propertyNames": {"minLength": 1},
        },
        example={"team": "retention"},
        group="tags",
        wire="tags",
    ),
    Setting(
        "status",
        "Whether the deployment answers prediction requests.",
        {"type": "string", "enum": ["active", "inactive"]},
        example="active",
        group="status",
        wire="status",
        compare=_settled_status,
    ),
    Setting(
        "replacement.reason",
        "Why the model is replaced; the platform keeps it in the model history.",
        {"type": "string", "enum": list(REASONS)},
        example="SCHEDULED_REFRESH",
        group="model",
        wire="reason",
        rides=True,
        default="OTHER",
    ),
    Setting(
        "replacement.on_warning",
        "What a validation that ends in `warning` means: `block` refuses the plan, `allow` goes on.",
        {"type": "string", "enum": ["block", "allow"]},
        example="block",
        policy=True,
        default="block",
    ),
    *LIFECYCLE,
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
        "settings.prediction_warning.enabled",
        "Warn when a prediction falls outside the boundaries (Humble AI).",
        {"type": "boolean"},
        example=True,
        group="settings",
        wire="predictionWarning.enabled",
        required=True,
        beside=True,
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
        beside=True,
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

# ------------------------------------------------------------------------------------------------------------ judges


def _boundaries_in_order(resource: Resource) -> Iterable[Objection]:
    path = "settings.prediction_warning.custom_boundaries"
    boundaries = resource.value(path)
    if boundaries and boundaries["lower_boundary"] > boundaries["upper_boundary"]:
        lower, upper = boundaries["lower_boundary"], boundaries["upper_boundary"]
        yield Objection(path, f"lower_boundary {lower} is above upper_boundary {upper}", "swap them")


def _one_place_to_serve(resource: Resource) -> Iterable[Objection]:
    if resource.value("prediction_server") and resource.value("prediction_environment"):
        yield Objection(
            "prediction_environment",
            "a deployment has a prediction_server or a prediction_environment, not both",
            "remove one of them",
        )


def _own_tags(resource: Resource) -> Iterable[Objection]:
    for entry in (IDENTITY.entry, IDENTITY.guard):
        if f"tags.{entry}" in resource.desired:
            yield Objection(f"tags.{entry}", f"the tag '{entry}' is drplan's own", "choose another name for yours")


# ------------------------------------------------------------------------------------------------------------- kind

_COMMA = "comma"

FILTERS = (
    Filter("role", "role", "your role on it", ("OWNER", "USER")),
    Filter("service-health", "serviceHealth", "service health", HEALTH, _COMMA),
    Filter("model-health", "modelHealth", "model health (data drift)", HEALTH, _COMMA),
    Filter("accuracy-health", "accuracyHealth", "accuracy health", (*HEALTH, "unavailable"), _COMMA),
    Filter(
        "execution-environment-type",
        "executionEnvironmentType",
        "where the model runs",
        ("datarobot", "external"),
        _COMMA,
    ),
    Filter("importance", "importance", "importance", IMPORTANCE, _COMMA),
    Filter("tag", "tagKeys", "a tag, as KEY=VALUE", style="pair", pair="tagValues"),
    Filter("tag-key", "tagKeys", "the name of a tag", style="repeat"),
    Filter("tag-value", "tagValues", "the value of a tag", style="repeat"),
    Filter("a2a-agent", "isA2AAgent", "whether it is an A2A agent", style="flag"),
    Filter("search", "search", "a part of the label or description"),
    Filter("order-by", "orderBy", "a field, with - in front for descending: label, serviceHealth, …"),
)

IDENTITY = Identity(group="tags", entry="drplan", guard="drplan-protected", on_create="userProvidedId")

DEPLOYMENT = Kind(
    name="deployment",
    section="deployments",
    doc="Deployments by name; the name is part of the identity, so renaming one is deleting it and creating another.",
    list_path="deployments/",
    item_path=ITEM,
    create_path="deployments/fromModelPackage/",
    delete_lingers=True,
    named_by="label",
    settings=SETTINGS,
    groups=GROUPS,
    switch=Switch(group="status", setting="status", on="active", off="inactive", between=tuple(_STATUS)),
    identity=IDENTITY,
    weight=Weight("importance", IMPORTANCE, heavy=("HIGH", "CRITICAL")),
    approval=approval.APPROVAL,
    filters=FILTERS,
    columns=("label", "status", "importance"),
    judges=(_boundaries_in_order, _one_place_to_serve, _own_tags),
)
