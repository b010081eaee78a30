"""The replacement of a deployment's model: the request, what it may reset, and the reason that is recorded."""

from drplan.kinds.deployment import change_requests
from drplan.registry.rows import Group, Setting, ValidationRoute

REASONS = ("ACCURACY", "DATA_DRIFT", "ERRORS", "SCHEDULED_REFRESH", "SCORING_SPEED", "OTHER", "DEPRECATION")

REPLACEMENT = Group(
    "model",
    "deployments/{id}/model/",
    verb="replace",
    after=("settings", "secondary_dataset_config"),
    requires="on",
    validation=ValidationRoute("deployments/{id}/model/validation/", policy="replacement.on_warning"),
    confirm=True,
    keeps="replacement.keep_settings",
    change_request=change_requests.MODEL,
    why="a replacement needs an active deployment, comes after the settings, and may reset some of them "
    "(API reference 2.6, gotchas 13, 15 and 16)",
)

SETTINGS = (
    Setting(
        "replacement.reason",
        "Why the model is replaced; the platform keeps it in the model history.",
        {"type": "string", "enum": list(REASONS)},
        example="SCHEDULED_REFRESH",
        group="model",
        wire="reason",
        in_request=True,
        words="recorded reason",
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
    Setting(
        "replacement.keep_settings",
        "Whether settings that the spec does not mention are put back where a replacement resets them; what "
        "`lifecycle.ignore_changes` names is, unless this is false.",
        {"type": "boolean"},
        example=True,
        policy=True,
    ),
)
