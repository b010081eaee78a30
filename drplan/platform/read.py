"""Reading documents and following lookups, many at once; equal lookups cost one request."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from drplan.errors import Rejected
from drplan.kinds import KINDS
from drplan.plan.diff import differences, managed
from drplan.plan.targets import parent_of
from drplan.platform.api import Api
from drplan.platform.lists import Item
from drplan.platform.match import as_live
from drplan.platform.progress import Progress
from drplan.records.specs import Address, Live, Resource
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Answer, Lookup, Read
from drplan.registry.rows import Setting

NO_PINS: Mapping[tuple[Address, str], str] = MappingProxyType({})


class DocumentReader:
    """Reads the documents of many resources at once, and follows their lookups; equal lookups cost one request.

    `items` are the objects by address, `siblings` the addresses of all specs: a reference to one needs no lookup. After
    `read`, `live` has the objects with their documents, and `answers` the outcomes of lookups by address and path.
    `pins` are ids that references have led to before, see `Reference.pin`.
    """

    def __init__(
        self,
        api: Api,
        items: Mapping[Address, Item],
        siblings: set[Address],
        progress: Progress,
        pins: Mapping[tuple[Address, str], str] = NO_PINS,
    ) -> None:
        self.api = api
        self.pins = pins
        self.items = items
        self.siblings = siblings
        self.progress = progress
        self.live: dict[Address, Live] = {}
        self.answers: dict[tuple[Address, str], Answer] = {}
        self._asked: dict[Read, asyncio.Task[Any]] = {}

    async def read(self, wanted: list[Resource]) -> None:
        """Read what the specs of `wanted` mention."""
        done = 0

        async def one(resource: Resource) -> None:
            nonlocal done
            await self._resource(resource)
            done += 1
            self.progress.count("reading", done, len(wanted))

        await asyncio.gather(*map(one, wanted))

    async def _resource(self, resource: Resource) -> None:
        around = self.items.get(parent) if (parent := parent_of(resource.address)) else None
        kind = KINDS[resource.address.kind].at(str(around["id"]) if around else None)
        item = self.items.get(resource.address)
        rows = managed(kind, resource, creating=item is None)
        if item is not None:
            groups = sorted({row.group for row in rows if row.group and kind.group(row.group).read})
            self.live[resource.address] = await read_documents(self.api, kind, item, groups)
        if resource.absent:
            return
        await self._look_up(resource, rows, item)
        live = self.live.get(resource.address)
        if live and any(row.recreate for row, _ in differences(kind, resource, live, self.answers)):
            await self._look_up(resource, managed(kind, resource, creating=True), None)  # it is made again

    async def _look_up(self, resource: Resource, rows: Iterable[Setting], item: Item | None) -> None:
        """Follow the references among `rows` that are not settled by `item`; None: the object is to be created."""
        for row in rows:
            value = resource.value(row.path)
            if row.reference is None or value is None:
                continue
            sibling = Address(row.reference.kind or "", str(value))
            if (item is None or not row.reference.settled(value, item)) and sibling not in self.siblings:
                pin = self.pins.get((resource.address, row.path))
                if row.reference.pin and pin:
                    value = row.reference.pin(value, pin)
                answer = await follow_lookup(self.api, row.reference.lookup(value), self._ask)
                self.answers[resource.address, row.path] = answer

    async def _ask(self, read: Read) -> Any:
        if read not in self._asked:
            self._asked[read] = asyncio.ensure_future(fetch(self.api, read))
        return await self._asked[read]


async def follow_lookup(api: Api, lookup: Lookup, ask: Callable[[Read], Awaitable[Any]] | None = None) -> Answer:
    """Return a lookup's answer, doing the reads that it asks for, each with `ask` (None: with a request).
    the lookup yields Read("predictionServers/", paged=True)        the list is read, and sent into the lookup
    the lookup returns Found("5f…", "default")                      that is the answer
    """
    answered: Any = None
    while True:
        try:
            read = lookup.send(answered)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        answered = await (ask(read) if ask else fetch(api, read))


async def fetch(api: Api, read: Read) -> Any:
    """Return what one read of a lookup asks for: every item of all pages, or one object; if optional, None on 404."""
    try:
        return await (api.pages if read.paged else api.get)(read.path, read.params)
    except Rejected as error:
        if read.optional and error.status in (404, 422):  # an id of the wrong form is rejected, not just unknown
            return None
        raise


async def read_documents(api: Api, kind: Kind, item: Item, groups: Iterable[str], *, asked: bool = True) -> Live:
    """Return an object with the documents of the groups named.

    Groups that read the same route share one document, and one request. What cannot be read is not unset: ApiError,
    but for a group that says that its document may be missing, and where nobody has `asked` for one in particular (a
    404 or 422 then says that this platform or this object has no such settings); a missing document is empty.
    """
    named = [kind.group(name) for name in groups]
    paths = {group.name: str(group.read).replace("{id}", str(item["id"])) for group in named}
    routes = list(dict.fromkeys(paths.values()))
    missing = {paths[group.name] for group in named if group.read_missing}

    async def one(path: str) -> Item:
        try:
            return await api.get(path)
        except Rejected as error:
            if (error.status == 404 and path in missing) or (error.status in (404, 422) and not asked):
                return {}
            raise

    documents = dict(zip(routes, await asyncio.gather(*map(one, routes)), strict=True))
    return as_live(kind, item, {name: documents[path] for name, path in paths.items()})
