"""When a deployment's health turns to warning or failing: one nested value for each of the platform's blocks."""

from typing import Any

from drplan.registry.rows import Group, Setting
from drplan.registry.shapes import Field, ListOf, Shape

ROUTE = "deployments/{id}/healthSettings/"
FREQUENCIES = ("T2H", "P1D", "P7D", "P30D", "P90D", "P180D", "P365D", "ALL")

GROUP = Group(
    "health",
    ROUTE,
    read=ROUTE,
    after=("settings",),
    before=("model",),
    reset_by=("model",),
    why="a route of its own; whole blocks are sent, as it is not known whether a platform merges inside of one, and "
    "read back after a replacement, as it is not known whether that keeps them (API reference 2.8)",
)

_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "number"}
_TEXT = {"type": "string", "minLength": 1}
_FREQUENCY = {"type": "string", "enum": list(FREQUENCIES)}
_NAMES = {"type": "array", "items": _TEXT, "uniqueItems": True}


def _unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple) else value


_BATCHES = Field(
    "batch_count",
    "How many batches count, where batches are monitored.",
    {"type": "integer", "enum": [1, 5, 10, 50, 100, 1000, 10000]},
    example=10,
)

_CONDITIONS = ListOf(
    Shape(
        Field("metric_id", "The custom metric.", _TEXT, example="5f48cb94408673683eca0fad", required=True),
        Field("compare_operator", "How it compares (lt, gt, …).", _TEXT, example="lt", required=True),
        Field("threshold", "With what it compares.", _NUMBER, example=0.7, required=True),
        Field("category_name", "The category, where the metric has categories.", _TEXT, example="premium"),
    )
)

_TIMELINESS = Shape(
    Field("enabled", "Whether it counts.", {"type": "boolean"}, example=True, required=True),
    Field("expected_frequency", "How often something is to come in.", _FREQUENCY, example="P1D"),
)


def _block(name: str, wire: str, doc: str, example: Any, shape: Shape) -> Setting:
    return Setting(f"settings.health.{name}", doc, shape, example, group="health", wire=wire)


SETTINGS = (
    _block(
        "service",
        "service",
        "When the service counts as unhealthy.",
        {"batch_count": 10},
        Shape(_BATCHES),
    ),
    _block(
        "data_drift",
        "dataDrift",
        "When drift counts as unhealthy.",
        {"time_interval": "P7D", "drift_threshold": 0.15, "excluded_features": ["signup_year"]},
        Shape(
            _BATCHES,
            Field("time_interval", "The time that is looked at.", _FREQUENCY, example="P7D"),
            Field("drift_threshold", "From which drift on a feature has drifted.", _SHARE, example=0.15),
            Field("importance_threshold", "From which importance on a feature is important.", _SHARE, example=0.5),
            Field("low_importance_warning_count", "Unimportant features drifted: warning.", _COUNT, example=5),
            Field("low_importance_failing_count", "Unimportant features drifted: failing.", _COUNT, example=10),
            Field("high_importance_warning_count", "Important features drifted: warning.", _COUNT, example=0),
            Field("high_importance_failing_count", "Important features drifted: failing.", _COUNT, example=1),
            Field(
                "excluded_features",
                "Features whose drift does not count.",
                _NAMES,
                example=["signup_year"],
                normal=_unordered,
            ),
            Field(
                "starred_features",
                "Features that are important whatever the model says.",
                _NAMES,
                example=["tenure"],
                normal=_unordered,
            ),
        ),
    ),
    _block(
        "accuracy",
        "accuracy",
        "When accuracy counts as unhealthy.",
        {"metric": "LogLoss", "measurement": "percent", "warning_threshold": 5, "failing_threshold": 10},
        Shape(
            _BATCHES,
            Field("metric", "The metric that counts.", _TEXT, example="LogLoss"),
            Field(
                "measurement",
                "Whether thresholds are a change in percent of the training's value, or values.",
                {"type": "string", "enum": ["percent", "value"]},
                example="percent",
            ),
            Field("warning_threshold", "From which on it is a warning.", _NUMBER, example=5, clears=True),
            Field("failing_threshold", "From which on it is failing.", _NUMBER, example=10, clears=True),
        ),
    ),
    _block(
        "fairness",
        "fairness",
        "When fairness counts as unhealthy.",
        {"protected_class_warning_count": 1},
        Shape(
            Field("protected_class_warning_count", "Classes treated unfairly: warning.", _COUNT, example=1),
            Field("protected_class_failing_count", "Classes treated unfairly: failing.", _COUNT, example=2),
        ),
    ),
    _block(
        "custom_metrics",
        "customMetrics",
        "When custom metrics count as unhealthy.",
        {"failing_conditions": [{"metric_id": "5f48cb94408673683eca0fad", "compare_operator": "lt", "threshold": 0.7}]},
        Shape(
            Field("warning_conditions", "Each of them is a warning.", _CONDITIONS, example=[]),
            Field("failing_conditions", "Each of them is failing.", _CONDITIONS, example=[]),
        ),
    ),
    _block(
        "predictions_timeliness",
        "predictionsTimeliness",
        "Whether late predictions count as unhealthy.",
        {"enabled": True, "expected_frequency": "P1D"},
        _TIMELINESS,
    ),
    _block(
        "actuals_timeliness",
        "actualsTimeliness",
        "Whether late actuals count as unhealthy.",
        {"enabled": True, "expected_frequency": "P7D"},
        _TIMELINESS,
    ),
)
