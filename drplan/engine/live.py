"""What is on the platform, read without a plan: one object with its documents, or the objects of a list."""

from collections.abc import Iterable
from dataclasses import dataclass

from drplan.engine.site import Site
from drplan.errors import UsageError
from drplan.kinds import KINDS, PRIMARY
from drplan.plan.targets import address, check_known
from drplan.platform.api import Api
from drplan.platform.observe import as_live, observe, observe_whole
from drplan.records.specs import Address, Live, Resource
from drplan.registry.kinds import Kind


@dataclass(frozen=True, slots=True)
class LiveObject:
    """An object: its address (None where this project does not manage it), what was read, and its spec if there is one.

    `documents` names the groups whose documents were read; without one, `live` is the item of a list.
    """

    kind: Kind
    address: Address | None
    live: Live
    documents: tuple[str, ...] = ()
    resource: Resource | None = None


async def read_live(api: Api, site: Site, resources: tuple[Resource, ...], what: str) -> LiveObject:
    """Return the object at the address `what` with every document; UsageError where nothing is there."""
    wanted = address(what)
    seen = await observe_whole(api, resources, site.project.name, wanted)
    live = seen.live.get(wanted) or seen.orphans.get(wanted)
    if live is None:
        check_known([what], [*(resource.address for resource in resources), *seen.orphans])
        raise UsageError(f"{what} is in the specs and not on the platform yet; `drplan plan` shows what would be")
    kind = KINDS[wanted.kind]
    documents = tuple(group.name for group in kind.groups if group.read)
    resource = next((resource for resource in resources if resource.address == wanted), None)
    return LiveObject(kind, wanted, live, documents, resource)


async def list_live(
    api: Api,
    site: Site,
    resources: tuple[Resource, ...],
    params: Iterable[tuple[str, str]] = (),
    *,
    managed: bool | None = None,
) -> tuple[LiveObject, ...]:
    """Return the objects of the primary kind that the platform lists, in its order.

    `params` are the query of the list's route; `managed` leaves out what this project does not manage, or what it does.
    """
    seen = await observe(api, resources, site.project.name, documents=False)
    addresses = {live.id: address for address, live in {**seen.live, **seen.orphans}.items()}
    specs = {resource.address: resource for resource in resources}
    items = await api.pages(PRIMARY.list_path, tuple(params), order=PRIMARY.list_order)
    found = (as_live(PRIMARY, item) for item in items)
    return tuple(
        LiveObject(PRIMARY, at, live, resource=specs.get(at) if at else None)
        for live in found
        for at in (addresses.get(live.id),)
        if managed is None or bool(at) is managed
    )
