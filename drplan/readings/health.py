"""The health of many deployments at a glance, from what the platform's list says of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean
from types import MappingProxyType
from typing import Any, ClassVar

from drplan.errors import UsageError
from drplan.kinds import PRIMARY
from drplan.readings.base import Json, Reading, Row, number, part, text
from drplan.readings.times import parse_moment

NOTHING_WANTED: Mapping[str, str] = MappingProxyType({})
AREAS = ("service", "drift", "accuracy", "fairness", "timeliness")
LEVELS = ("failing", "warning", "passing", "unknown", "unavailable")  # from bad to unknown, as the platform orders
_WIRE = {
    "service": ("serviceHealth",),
    "drift": ("modelHealth",),
    "accuracy": ("accuracyHealth",),
    "fairness": ("fairnessHealth",),
    "timeliness": ("predictionsTimelinessHealth", "actualsTimelinessHealth"),
}
SORTS = ("address", "health", *AREAS, "predictions", "last-prediction", "change-requests")


@dataclass(frozen=True, slots=True)
class Health:
    """One area of a deployment's health: `passing`, `warning`, `failing`, `unknown` or `unavailable`, and why."""

    status: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentHealth:
    """One deployment at a glance.

    id, status             an empty id and None: it is in the specs, and not on the platform
    standing               whether its status is as it should be: not broken, and what its spec says
    predictions_per_day    the mean over the days the platform reports (the last seven), rows a day
    daily_predictions      rows of each of those days, the oldest first
    last_prediction        None: there was none yet
    open_change_requests   their number; None where the platform does not say
    """

    address: str | None
    id: str
    label: str
    status: str | None
    standing: Health
    service: Health
    drift: Health
    accuracy: Health
    fairness: Health
    timeliness: Health
    predictions_per_day: float | None
    daily_predictions: tuple[float | None, ...]
    last_prediction: datetime | None
    open_change_requests: int | None

    @property
    def worst(self) -> str:
        """The worst status of the five areas, or that of its standing where this is worse."""
        areas = [getattr(self, area).status for area in AREAS]
        return str(min([*areas, self.standing.status] if self.unwell else areas, key=_rank))

    @property
    def unwell(self) -> bool:
        """Whether it does not serve as it should, whatever its areas say."""
        return self.standing.status in ("failing", "warning")


@dataclass(frozen=True, slots=True)
class FleetHealth(Reading):
    """The health of several deployments."""

    name: ClassVar[str] = "health"

    deployments: tuple[DeploymentHealth, ...]

    def rows(self) -> tuple[Row, ...]:
        """Return a row per deployment; an area is its status."""
        return tuple(
            {
                "address": each.address,
                "id": each.id,
                "label": each.label,
                "status": each.status,
                "standing": each.standing.status,
                **{area: getattr(each, area).status for area in AREAS},
                "predictions_per_day": each.predictions_per_day,
                "last_prediction": each.last_prediction,
                "open_change_requests": each.open_change_requests,
            }
            for each in self.deployments
        )

    @property
    def has_data(self) -> bool:
        """Whether there is a deployment."""
        return bool(self.deployments)

    def reaches(self, level: str) -> bool:
        """Tell whether any deployment is at `level` (failing, warning) or worse, in any area or itself.

        `unknown` is reached by warnings too. A fleet without deployments reaches every level: nothing vouches for it.
        """
        if not self.deployments:
            return True
        if level == "unknown":
            bad = ("failing", "warning", "unknown")
            return any(each.unwell or getattr(each, area).status in bad for each in self.deployments for area in AREAS)
        return any(_rank(each.worst) <= LEVELS.index(level) for each in self.deployments)

    def ordered(self, by: str) -> "FleetHealth":
        """Return the same, sorted by one of `SORTS`; `-` in front turns it round. Health sorts the worst first.

        Raises UsageError for another key. What has no data stands last either way.
        """
        key = by.removeprefix("-")
        if key not in SORTS:
            raise UsageError(f"'{by}' is nothing to sort by; there are: {', '.join(SORTS)} (with - in front: reversed)")
        named = sorted(self.deployments, key=lambda each: (each.address or "~", each.id))
        known = [each for each in named if _key(each, key) is not None]
        known.sort(key=lambda each: _key(each, key), reverse=by.startswith("-"))
        return FleetHealth((*known, *(each for each in named if _key(each, key) is None)))


def parse_health(
    rows: Iterable[tuple[str | None, Json]], *, wanted: Mapping[str, str] = NOTHING_WANTED, missing: Iterable[str] = ()
) -> FleetHealth:
    """Return the health that deployments of the list route carry, each with its address (None: unmanaged).

    `wanted` is the status that specs say by address, `missing` are the addresses of specs that are not on the platform.
    """
    found = [_deployment(address, item, wanted.get(address or "")) for address, item in rows]
    return FleetHealth((*found, *map(_missing, missing)))


def _missing(address: str) -> DeploymentHealth:
    standing = Health("failing", "it is in the specs and not on the platform; `drplan apply` creates it")
    return replace(_deployment(address, {}, None), id="", standing=standing)


def _standing(status: str | None, wanted: str | None) -> Health:
    """Return whether a deployment with this status serves as its spec says; None: it says nothing."""
    switch = PRIMARY.switch
    if switch is None or status is None:
        return Health("unknown")
    if status in switch.broken:
        return Health("failing", f"it is {status}")
    if wanted in (None, status):
        return Health("passing")
    if status in switch.between:
        return Health("warning", f"it is {status}, and not {wanted} yet")
    return Health("failing", f"it is {status}, and its spec says {wanted}")


def _deployment(address: str | None, item: Json, wanted: str | None) -> DeploymentHealth:
    usage = part(item, "predictionUsage")
    rates = usage.get("dailyRates")
    daily = tuple(number(rate) for rate in rates) if isinstance(rates, list) else ()
    known = [rate for rate in daily if rate is not None]
    return DeploymentHealth(
        address=address,
        id=str(item.get("id")),
        label=str(item.get("label") or ""),
        status=text(item.get("status")),
        standing=_standing(text(item.get("status")), wanted),
        **{area: _worst([_health(item.get(wire)) for wire in wires]) for area, wires in _WIRE.items()},
        predictions_per_day=fmean(known) if known else None,
        daily_predictions=daily,
        last_prediction=_moment(usage.get("lastTimestamp")),
        open_change_requests=_open(item),
    )


def _health(value: Any) -> Health:
    record = value if hasattr(value, "get") else {}
    messages = record.get("messages")
    listed = [str(message) for message in messages if message] if isinstance(messages, list) else []
    return Health(text(record.get("status")) or "unknown", text(record.get("message")) or "; ".join(listed))


def _worst(healths: list[Health]) -> Health:
    return min(healths, key=lambda health: _rank(health.status))


def _rank(status: str) -> int:
    return LEVELS.index(status) if status in LEVELS else LEVELS.index("unknown")


def _moment(value: Any) -> datetime | None:
    try:
        return parse_moment(value) if isinstance(value, str) and value else None
    except UsageError:
        return None


def _open(item: Json) -> int | None:
    """Count the open change requests: the list of them, or else the flag that there are some."""
    listed = item.get("openedChangeRequests")
    if isinstance(listed, list):
        return len(listed)
    flag = part(item, "governance").get("hasOpenedChangeRequests")
    return int(flag) if isinstance(flag, bool) else None


def _key(each: DeploymentHealth, key: str) -> Any:
    if key in AREAS:
        return _rank(getattr(each, key).status)
    values: dict[str, Any] = {
        "address": each.address or each.id,
        "health": _rank(each.worst),
        "predictions": each.predictions_per_day,
        "last-prediction": each.last_prediction,
        "change-requests": each.open_change_requests,
    }
    return values[key]
