"""The filters of the list route, as options of `drplan list` (API reference 2.2)."""

from drplan.kinds.deployment.details import IMPORTANCE
from drplan.registry.kinds import Filter

_HEALTH = ("passing", "warning", "failing", "unknown")
_COMMA = "comma"

FILTERS = (
    Filter("role", "role", "your role on it", ("OWNER", "USER")),
    Filter("service-health", "serviceHealth", "service health", _HEALTH, _COMMA),
    Filter("model-health", "modelHealth", "model health (data drift)", _HEALTH, _COMMA),
    Filter("accuracy-health", "accuracyHealth", "accuracy health", (*_HEALTH, "unavailable"), _COMMA),
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
