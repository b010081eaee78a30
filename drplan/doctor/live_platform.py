"""The platform as the checks read it: each thing once, however many checks ask for it. It only ever sends GET."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from drplan.clock import Clock
from drplan.errors import ApiError, Rejected, counted
from drplan.kinds import PRIMARY
from drplan.platform.api import Api
from drplan.platform.lists import PAGE, Item
from drplan.platform.match import belongs, seal_of
from drplan.registry.kinds import Identity, Kind

SAMPLE = 3  # deployments whose own documents are read
SHOWN = 5  # ids that a trait names

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question was answered with.

    `status` is the HTTP code, `body` the JSON, `refusal` why there is none (empty: it was answered); `date` is the time
    of the platform's clock, None where it does not say, `heard` that of ours.
    """

    status: int
    heard: datetime
    body: Any = None
    refusal: str = ""
    date: datetime | None = None

    @property
    def document(self) -> Item:
        """The object that was answered, an empty one where it was none."""
        return self.body if isinstance(self.body, Mapping) else {}

    @property
    def items(self) -> list[Item]:
        """The objects of a list's page, in whichever form the list has."""
        found = self.body if isinstance(self.body, list) else self.document.get("data")
        return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Pair:
    """An object as its list shows it (`item`) and as its own route does (`own`)."""

    item: Item
    own: Reply


class LivePlatform:
    """The platform of a client; `project` is the one whose deployments are ours, empty where there is none."""

    def __init__(self, api: Api, project: str, now: Clock) -> None:
        self.api = api
        self.project = project
        self.now = now
        self.kind: Kind = PRIMARY
        self._known: dict[object, asyncio.Task[Any]] = {}

    async def ask(self, path: str, *params: tuple[str, str]) -> Reply:
        """Return the answer to a GET, also where it is a refusal; raise ApiError for 401, 5xx, and where none comes."""
        return await self._once(("GET", path, params), lambda: self._asked(path, params))

    async def first(self) -> Reply:
        """Return a page of one deployment, in the order in which drplan asks for them."""
        return await self.ask(self.kind.list_path, *self.kind.list_order, ("limit", "1"))

    async def page(self) -> Reply:
        """Return the first page of the deployments as drplan reads it."""
        order = self.kind.list_order if (await self.first()).status not in (400, 422) else ()
        return await self.ask(self.kind.list_path, *order, ("limit", str(PAGE)))

    async def whole(self) -> list[Item]:
        """Return every deployment as the list shows it; ApiError where the list does not add up."""
        path, order = self.kind.list_path, self.kind.list_order
        return await self._once("whole", lambda: self.api.pages(path, order=order))

    async def listed(self) -> list[Item]:
        """Return every deployment as the list shows it, or the first page where the list does not add up."""
        try:
            return await self.whole()
        except ApiError:
            return [item for item in (await self.page()).items if item.get("id")]

    async def sample(self) -> list[Pair]:
        """Return up to `SAMPLE` deployments from the list and from their own routes: a sealed one, then the newest."""
        return await self._once("sample", self._sampled)

    async def document(self, item: Item, group: str) -> Reply:
        """Return the document that a group of settings reads of a deployment."""
        return await self.ask(str(self.kind.group(group).read).replace("{id}", str(item["id"])))

    def count(self, found: Sized | int) -> str:
        """Return a count of deployments in words."""
        return counted(found if isinstance(found, int) else len(found), self.kind.name)

    # ------------------------------------------------------------------------------------------------------ identity

    @property
    def identity(self) -> Identity:
        """How deployments carry who they are."""
        return cast(Identity, self.kind.identity)

    def ours(self, item: Item) -> bool:
        """Tell whether a deployment bears this project's seal."""
        return belongs(seal_of(self.kind, item) or "", self.project)

    # ------------------------------------------------------------------------------------------------------- reading

    async def _once(self, key: object, read: Callable[[], Awaitable[T]]) -> T:
        if key not in self._known:
            self._known[key] = asyncio.ensure_future(read())
        found: T = await self._known[key]
        return found

    async def _asked(self, path: str, params: tuple[tuple[str, str], ...]) -> Reply:
        try:
            answer = await self.api.send("GET", path, params=params)
        except Rejected as error:
            if error.status == 401 or (error.status >= 500 and error.status != 501):
                raise
            return Reply(error.status, self.now(), refusal=str(error))
        return Reply(answer.status, self.now(), answer.body, date=answer.date)

    async def _sampled(self) -> list[Pair]:
        items = await self.listed()
        sealed = [item for item in items if seal_of(self.kind, item)]
        chosen = list({str(item["id"]): item for item in [*sealed[:1], *reversed(items)]}.values())[:SAMPLE]
        paths = [self.kind.item(str(item["id"])) for item in chosen]
        replies = await asyncio.gather(*map(self.ask, paths))
        return [Pair(item, own) for item, own in zip(chosen, replies, strict=True)]


def shown_ids(items: list[Item]) -> str:
    """Return the ids of objects in words, the first of them where there are many."""
    ids = [str(item.get("id")) for item in items]
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
