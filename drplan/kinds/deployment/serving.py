"""Where a deployment serves: a prediction server or a prediction environment, which only creation sets."""

from collections.abc import Mapping
from typing import Any

from drplan.kinds.lookups import in_list
from drplan.records.values import dig
from drplan.registry.lookups import Absent, Found, Lookup, Read, Reference
from drplan.registry.rows import Setting


def _server_settled(value: Any, document: Mapping[str, Any]) -> bool:
    return value in (
        "default",
        dig(document, "defaultPredictionServer.id"),
        dig(document, "defaultPredictionServer.url"),
    )


def _find_server(value: str) -> Lookup:
    if value != "default":
        return (yield from in_list("predictionServers/", value, by=("id", "url"), what="prediction server"))
    servers = yield Read("predictionServers/", paged=True)
    if servers:
        return Found(str(servers[0]["id"]), servers[0].get("url"))
    return Absent(
        "the platform lists no prediction server",
        "leave prediction_server out: a self-managed installation uses its own",
    )


def _environment_settled(value: Any, document: Mapping[str, Any]) -> bool:
    return value in (dig(document, "predictionEnvironment.id"), dig(document, "predictionEnvironment.name"))


def _find_environment(value: str) -> Lookup:
    return (yield from in_list("predictionEnvironments/", value, by=("id", "name"), what="prediction environment"))


PREDICTION_SERVER = Setting(
    "prediction_server",
    "The dedicated prediction server: an id, a url, or `default` for the platform's first. Only creation sets it.",
    {"type": "string", "minLength": 1},
    example="default",
    on_create="defaultPredictionServerId",
    live="defaultPredictionServer.id",
    reference=Reference(_server_settled, _find_server, name="defaultPredictionServer.url"),
)

PREDICTION_ENVIRONMENT = Setting(
    "prediction_environment",
    "The prediction environment: one defined in these specs, or the id or name of one on the platform. Only "
    "creation sets it.",
    {"type": "string", "minLength": 1},
    example="production-cluster",
    on_create="predictionEnvironmentId",
    live="predictionEnvironment.id",
    reference=Reference(
        _environment_settled, _find_environment, kind="prediction_environment", name="predictionEnvironment.name"
    ),
)
