"""Why there is nothing to read, and what to do: a setting that is off, a model that never served, no data yet."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drplan.errors import Refused, Rejected, UsageError
from drplan.kinds.deployment import DEPLOYMENT
from drplan.monitor.subject import Subject
from drplan.platform.api import Api
from drplan.readings.base import items, part, text
from drplan.records.specs import Diagnostic, Severity
from drplan.records.values import dig

SETTINGS = "deployments/{id}/settings/"


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of reading: what it is called, the settings it needs (on the wire), and what to do for first data."""

    name: str
    needs: tuple[str, ...] = ()
    first: str = ""


SERVICE = Area("service statistics", first="make prediction requests")
TARGET_DRIFT = Area("target drift", ("targetDrift.enabled",), "make predictions (the platform wants about 100)")
FEATURE_DRIFT = Area("feature drift", ("featureDrift.enabled",), "make predictions (the platform wants about 100)")
ACCURACY = Area(
    "accuracy", ("associationId.columnNames",), "upload actuals whose association ids stand in earlier predictions"
)
PREDICTIONS = Area("predictions over time", ("targetDrift.enabled",), "make predictions")
ACTUALS = Area(
    "predictions against actuals",
    ("targetDrift.enabled", "associationId.columnNames"),
    "upload actuals whose association ids stand in earlier predictions",
)
FAIRNESS = Area(
    "fairness", ("biasAndFairness.protectedFeatures",), "make predictions that carry the protected features"
)


Settings = Callable[[], Awaitable[Mapping[str, Any]]]
"""Reads the deployment's settings document, or remembers it."""


async def settings_off(settings: Settings, subject: Subject, area: Area) -> Refused | None:
    """Return the error that names every setting `area` needs and that is off, None when all are on.

    A setting that the platform does not report counts as on.
    """
    if not area.needs:
        return None
    document = await settings()
    off = [wire for wire in area.needs if _is_off(document, wire)]
    if not off:
        return None
    return Refused(
        f"{area.name} of {subject.name} cannot be read: what it needs is switched off",
        [_advice(subject, wire) for wire in off],
    )


async def no_data(settings: Settings, subject: Subject, area: Area, period: Any) -> str:
    """Return one sentence on why `area` has no data, and what to do; raise Refused when a setting is off."""
    refused = await settings_off(settings, subject, area)
    if refused:
        raise refused
    return (
        f"There is no data on {area.name} of {subject.name} from {period} yet: {area.first}, or look further back with "
        "--start."
    )


async def rejected(
    api: Api, settings: Settings, subject: Subject, area: Area, error: Rejected, models: tuple[str, ...]
) -> Exception:
    """Return the error to raise for what a monitoring route refused: 403 may be a setting, 404 a model."""
    if error.status == 403:
        return await settings_off(settings, subject, area) or error
    if error.status == 404 and models:
        known = await served_models(api, subject)
        strange = [model for model in models if model not in known]
        if strange:
            listed = ", ".join(known) or "none that the platform lists"
            return UsageError(
                f"{subject.name} has never served with the model {', '.join(strange)}; its models are, the present "
                f"champion first: {listed}"
            )
    return error


async def served_models(api: Api, subject: Subject) -> tuple[str, ...]:
    """Return the ids of the models that serve or have served, the present one first.

    Past ones are read from `modelHistory/`, whose items no source describes: what looks like a model's id is taken.
    """
    champion = text(dig(subject.item, "model.id"))
    found = [champion] if champion else []
    try:
        history = await api.get(f"deployments/{subject.id}/modelHistory/")
    except Rejected:
        history = {}
    for item in items(history, "data"):
        model = text(item.get("modelId")) or text(part(item, "model").get("id"))
        found += [model] if model else []
    return tuple(dict.fromkeys(found))


def _is_off(document: Mapping[str, Any], wire: str) -> bool:
    head = wire.partition(".")[0]
    return head in document and not dig(document, wire)


def _advice(subject: Subject, wire: str) -> Diagnostic:
    row = next((row for row in DEPLOYMENT.settings if row.wire == wire), None)
    if row is None:
        return Diagnostic(
            Severity.ERROR, f"{wire} is not set", "set it on the platform; specs cannot say it", path=subject.name
        )
    example = f"{row.path}: {_yaml(row.example)}"
    off = f"{row.path} is {'off' if isinstance(row.example, bool) else 'not set'}"
    if subject.resource is None:
        return Diagnostic(Severity.ERROR, off, f"set {example} in its spec, or on the platform", path=subject.name)
    path = f"{DEPLOYMENT.section}.{subject.resource.address.name}.{row.path}"
    where = subject.resource.place(row.path)
    if row.path not in subject.resource.desired:
        return Diagnostic(Severity.ERROR, off, f"write {example} there and run `drplan apply`", where, path)
    if subject.resource.value(row.path):
        return Diagnostic(
            Severity.ERROR, f"{row.path} is on in the spec and off on the platform", "run `drplan apply`", where, path
        )
    return Diagnostic(Severity.ERROR, off, f"write {_yaml(row.example)} there and run `drplan apply`", where, path)


def _yaml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
