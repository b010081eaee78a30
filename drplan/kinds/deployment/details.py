"""The deployment itself: what people call it, how much depends on it, its tags, and whether it is on."""

from typing import Any

from drplan.kinds.compare import blank
from drplan.kinds.deployment import change_requests
from drplan.registry.kinds import Criticality, Identity, Switch
from drplan.registry.rows import Entries, Group, Setting

ITEM = "deployments/{id}/"
IMPORTANCE = ("LOW", "MODERATE", "HIGH", "CRITICAL")
_STATUS = {"launching": "active", "replacingModel": "active", "stopping": "inactive"}

DETAILS = Group(
    "details",
    ITEM,
    change_request=change_requests.IMPORTANCE,
    why="one PATCH of the deployment itself, answered at once (API reference 2.5)",
)

TAGS = Group(
    "tags",
    "deployments/{id}/tags/",
    after=("details",),
    entries=Entries(live="tags", name="name", value="value", item_path="deployments/{id}/tags/{entry}/"),
    why="one request a tag (API reference 2.8)",
)

STATUS = Group(
    "status",
    "deployments/{id}/status/",
    after=("model",),
    change_request=change_requests.STATUS,
    why="activation and deactivation are jobs of their own (API reference 2.5)",
)


def _settled_status(value: Any) -> Any:
    return _STATUS.get(str(value), value)


SETTINGS = (
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
        cleared_as="",
        normal=blank,
    ),
    Setting(
        "importance",
        "How much depends on it; approval policies look at it.",
        {"type": "string", "enum": list(IMPORTANCE)},
        example="HIGH",
        group="details",
        wire="importance",
        on_create="importance",
        kept_by_some=True,
    ),
)

TAGS_AND_STATUS = (
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
        normal=_settled_status,
    ),
)

IDENTITY = Identity(
    group="tags", entry="drplan", guard="drplan-protected", on_create="userProvidedId", created="createdAt"
)

SWITCH = Switch(
    group="status",
    setting="status",
    on="active",
    off="inactive",
    between=tuple(_STATUS),
    broken=("errored", "archived"),
)

CRITICALITY = Criticality("importance", IMPORTANCE, high=("HIGH", "CRITICAL"))
