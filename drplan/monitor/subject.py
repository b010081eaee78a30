"""Which deployments monitoring is about: addresses of the specs, or ids, to live objects."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drplan.errors import Rejected, UsageError
from drplan.kinds.deployment import DEPLOYMENT
from drplan.kinds.deployment.details import ITEM
from drplan.plan.targets import address, check_known, parent_of
from drplan.platform.api import Api
from drplan.platform.observe import observe
from drplan.platform.progress import SILENT, Progress
from drplan.readings.health import FleetHealth, parse_health
from drplan.records.specs import Address, Resource
from drplan.records.values import dig

_ID = re.compile(r"[0-9a-fA-F]{24}")


@dataclass(frozen=True, slots=True)
class Subject:
    """One deployment: its live document, its address (None: not of this project), its spec (None: in no file)."""

    id: str
    item: Mapping[str, Any]
    address: Address | None = None
    resource: Resource | None = None

    @property
    def name(self) -> str:
        """What people call it: the address, or else the id."""
        return str(self.address or self.id)

    @property
    def target_type(self) -> str | None:
        """The target type of the model that serves."""
        found = dig(self.item, "model.targetType")
        return str(found) if found else None

    def about(self) -> dict[str, Any]:
        """Return what a reading's JSON says of its deployment."""
        return {"address": self.address and str(self.address), "id": self.id, "label": self.item.get("label")}


def is_id(text: str) -> bool:
    """Tell whether somebody wrote a deployment's id rather than an address."""
    return bool(_ID.fullmatch(text))


async def find_subjects(
    api: Api,
    wanted: Iterable[str],
    resources: Iterable[Resource],
    project: str,
    *,
    progress: Progress = SILENT,
) -> tuple[Subject, ...]:
    """Return the deployments at the addresses (or with the ids) `wanted`, in that order; all managed ones without any.

    Costs and errors are those of `find_fleet`.
    """
    return (await find_fleet(api, wanted, resources, project, progress=progress))[0]


async def find_fleet(
    api: Api,
    wanted: Iterable[str],
    resources: Iterable[Resource],
    project: str,
    *,
    progress: Progress = SILENT,
) -> tuple[tuple[Subject, ...], tuple[Address, ...]]:
    """Return the same deployments, and where all are wanted the addresses of specs that are not on the platform.

    It costs one list page per 100 deployments when an address is wanted, and one read per id. Raises UsageError for an
    address that nobody knows, that is not on the platform yet, or is no deployment.
    """
    texts = list(dict.fromkeys(wanted))
    addresses = {text: _deployment(text) for text in texts if not is_id(text)}
    found: dict[str, Subject] = {}
    missing: tuple[Address, ...] = ()
    for text in texts:
        if is_id(text):
            found[text] = await _by_id(api, text)
    if addresses or not texts:
        known = [resource for resource in resources if resource.address.kind == DEPLOYMENT.name]
        seen = await observe(api, known, project, progress=progress, documents=False)
        if seen.problems:
            raise UsageError("the platform's deployments cannot be told apart", seen.problems)
        specs = {resource.address: resource for resource in known}
        for where, live in {**seen.live, **seen.orphans}.items():
            found[str(where)] = Subject(live.id, live.item, where, specs.get(where))
        missing = tuple(each.address for each in known if not each.absent and each.address not in seen.live)
        for text, where in addresses.items():
            check_known([text], [*specs, *seen.orphans])
            if text not in found:
                raise UsageError(f"{where} is in the specs and not on the platform yet; `drplan apply` creates it")
    names = texts or sorted(found)
    return tuple(found[name] for name in names), () if texts else missing


def fleet_health(subjects: Iterable[Subject], missing: Iterable[Address]) -> FleetHealth:
    """Return the health of deployments, measured by what their specs say of their status."""
    subjects = tuple(subjects)
    setting = DEPLOYMENT.switch.setting if DEPLOYMENT.switch else ""
    said = {str(each.address): each.resource.value(setting) for each in subjects if each.resource}
    return parse_health(
        ((str(each.address) if each.address else None, each.item) for each in subjects),
        wanted={address: str(status) for address, status in said.items() if status is not None},
        missing=map(str, missing),
    )


def _deployment(text: str) -> Address:
    where = address(text)
    if where.kind != DEPLOYMENT.name:
        around = parent_of(where)
        raise UsageError(
            f"'{text}' is no deployment; only deployments are monitored" + (f": {around}, say" if around else "")
        )
    return where


async def _by_id(api: Api, deployment_id: str) -> Subject:
    try:
        item = await api.get(ITEM.replace("{id}", deployment_id))
    except Rejected as error:
        if error.status == 404:
            raise UsageError(
                f"there is no deployment with the id {deployment_id}; `drplan list` shows what there is"
            ) from None
        raise
    return Subject(deployment_id, item)
