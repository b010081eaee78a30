"""Reading the platform: list once, then only the documents that the specs mention, concurrently."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from drplan.api import Api
from drplan.diff import entries, identity, live_value, managed
from drplan.errors import Rejected
from drplan.kinds import KINDS
from drplan.model import (
    EMPTY,
    Action,
    Address,
    Check,
    Diagnostic,
    Live,
    Observed,
    Plan,
    Resource,
    Severity,
    Validation,
    Verb,
    dig,
    freeze,
    sealed,
)
from drplan.plan import Observation
from drplan.registry import ID, Answer, Kind, Lookup, Read

Item = Mapping[str, Any]


class Reporter(Protocol):
    """Hears of progress; prints it or not."""

    def count(self, what: str, done: int, total: int) -> None:
        """`done` of `total` things of a phase are through."""


class Silent:
    """A reporter that says nothing."""

    def count(self, what: str, done: int, total: int) -> None:
        """Ignore it."""


async def observe(
    api: Api,
    resources: Iterable[Resource],
    project: str,
    *,
    chosen: Callable[[Address], bool] = lambda _: True,
    reporter: Reporter | None = None,
    documents: bool = True,
) -> Observation:
    """Return what planning `resources` must know.

    It costs one list page per 100 objects of a kind in use, one read per object and document that its spec mentions,
    and one per distinct lookup. `chosen` narrows what is read and what counts as an orphan, never who is recognised.
    Without `documents` only the lists are read.
    """
    reporter = reporter or Silent()
    everything = {resource.address: resource for resource in resources}
    used = [kind for kind in KINDS.values() if kind.identity or any(a.kind == kind.name for a in everything)]
    reporter.count("listing", 0, len(used))
    lists = await asyncio.gather(*(api.pages(kind.list_path) for kind in used))
    match = _Match(everything, project)
    for kind, items in zip(used, lists, strict=True):
        match.kind(kind, items)
    wanted = [resource for address, resource in everything.items() if chosen(address)]
    reader = _Reader(api, match.items, {resource.address for resource in wanted}, reporter)
    if documents:
        await reader.read(wanted)
    else:
        found = ((resource.address, match.items.get(resource.address)) for resource in wanted)
        reader.live = {address: as_live(KINDS[address.kind], item) for address, item in found if item is not None}
    return Observation(
        live={
            resource.address: reader.live[resource.address] for resource in wanted if resource.address in reader.live
        },
        orphans={
            address: as_live(KINDS[address.kind], item) for address, item in match.orphans.items() if chosen(address)
        },
        answers=reader.answers,
        unclaimed={key: tuple(sorted(ids)) for key, ids in match.unclaimed.items()},
        problems=tuple(match.problems),
    )


async def reobserve(api: Api, plan: Plan) -> tuple[Observed, ...]:
    """Read again exactly the live fields that `plan` has read, in the same order."""
    used = sorted({observation.address.kind for observation in plan.observed})
    lists = dict(zip(used, await asyncio.gather(*(api.pages(KINDS[name].list_path) for name in used)), strict=True))
    creations = {action.address: action for action in plan if action.verb is Verb.CREATE}
    return tuple(
        await asyncio.gather(
            *(
                _look_again(api, observation, lists[observation.address.kind], plan, creations)
                for observation in plan.observed
            )
        )
    )


async def validate(api: Api, actions: Iterable[Action], reporter: Reporter | None = None) -> tuple[Validation, ...]:
    """Ask the platform about each `validate` action, concurrently, and return its answers.

    An answer that is an error (an unknown model, say) counts as failing, with the error as its message.
    """
    reporter = reporter or Silent()
    asked = [action for action in actions if action.verb is Verb.VALIDATE]
    done = 0

    async def one(action: Action) -> Validation:
        nonlocal done
        validation = await ask(api, action)
        done += 1
        reporter.count("validating replacements", done, len(asked))
        return validation

    return tuple(await asyncio.gather(*map(one, asked)))


async def ask(api: Api, action: Action) -> Validation:
    """Send one `validate` action and return the platform's answer."""
    try:
        answer = await api.send(action.method, action.path.replace("{id}", str(action.id)), dict(action.body))
    except Rejected as error:
        if error.status >= 500 or error.status in (401, 403, 429):
            raise
        return Validation(action.key, "failing", str(error), (), action.policy)
    body = answer.body if isinstance(answer.body, Mapping) else {}
    found = body.get("checks")
    checks = tuple(
        Check(str(name), str(check.get("status", "")), str(check.get("message") or ""))
        for name, check in sorted(found.items() if isinstance(found, Mapping) else ())
        if isinstance(check, Mapping)
    )
    return Validation(action.key, str(body.get("status", "")), str(body.get("message") or ""), checks, action.policy)


# --------------------------------------------------------------------------------------------------------- matching


class _Match:
    """Finds out which live object belongs to which address."""

    def __init__(self, resources: Mapping[Address, Resource], project: str) -> None:
        self.resources = resources
        self.project = project
        self.items: dict[Address, Item] = {}
        self.orphans: dict[Address, Item] = {}
        self.unclaimed: dict[tuple[str, str], list[str]] = {}
        self.problems: list[Diagnostic] = []

    def kind(self, kind: Kind, items: list[Item]) -> None:
        """Match the live objects of one kind."""
        if kind.identity:
            self._by_identity(kind, items)
        else:
            self._by_name(kind, items)

    def _by_identity(self, kind: Kind, items: list[Item]) -> None:
        claimed: dict[str, list[Item]] = {}
        by_id = {str(item["id"]): item for item in items}
        named_by = str(kind.setting(kind.named_by).wire)
        for item in items:
            owner = carried(kind, item)
            if owner is None:
                self.unclaimed.setdefault((kind.name, str(dig(item, named_by))), []).append(str(item["id"]))
            else:
                claimed.setdefault(owner, []).append(item)
        adopted: set[str] = set()
        for address, resource in self.resources.items():
            if address.kind == kind.name and ID in resource.desired:
                mine = self._adopted(kind, resource, by_id)
                if mine is not None:
                    adopted.add(str(mine["id"]))
        for owner, holders in sorted(claimed.items()):
            project, _, name = owner.partition("/")
            rest = [item for item in holders if str(item["id"]) not in adopted]
            if project != self.project or not name or not rest:
                continue
            address = Address(kind.name, name)
            others = [self.items[address]] if address in self.items else []
            if len(rest) + len(others) > 1:
                ids = ", ".join(sorted(str(item["id"]) for item in [*rest, *others]))
                self._problem(
                    self.resources.get(address),
                    address,
                    f"{len(rest) + len(others)} objects carry the identity {owner}: {ids}",
                    f"delete one of them, or change its tag '{kind.identity.entry if kind.identity else ''}'",
                )
            elif address in self.resources:
                self.items[address] = rest[0]
            else:
                self.orphans[address] = rest[0]

    def _adopted(self, kind: Kind, resource: Resource, by_id: Mapping[str, Item]) -> Item | None:
        item = by_id.get(str(resource.value(ID)))
        if item is None:
            return None
        owner = carried(kind, item)
        own = identity(self.project, resource.address)
        project, _, name = (owner or own).partition("/")
        taken = project != self.project or (
            name != resource.address.name and Address(kind.name, name) in self.resources
        )
        if taken:
            self._problem(
                resource,
                resource.address,
                f"{item['id']} carries the identity {owner} already",
                "one object belongs to one spec of one project",
            )
        self.items[resource.address] = item
        return item

    def _by_name(self, kind: Kind, items: list[Item]) -> None:
        row = kind.setting(kind.named_by)
        for address, resource in self.resources.items():
            if address.kind != kind.name:
                continue
            path, wanted = (
                ("id", resource.value(ID)) if ID in resource.desired else (row.wire, resource.value(row.path))
            )
            hits = [item for item in items if dig(item, str(path)) == wanted and not item.get("isDeleted")]
            if len(hits) > 1:
                ids = ", ".join(sorted(str(item["id"]) for item in hits))
                self._problem(
                    resource, address, f"{len(hits)} objects have the {path} '{wanted}': {ids}", "name one by `id:`"
                )
            elif hits:
                self.items[address] = hits[0]

    def _problem(self, resource: Resource | None, address: Address, summary: str, detail: str) -> None:
        where = resource.where if resource else None
        self.problems.append(Diagnostic(Severity.ERROR, summary, detail, where, str(address)))


def carried(kind: Kind, item: Item) -> str | None:
    """Return the identity `project/name` that an object carries: its entry, or else what creation gave it."""
    if kind.identity is None:
        return None
    group = kind.group(kind.identity.group)
    entry = entries(as_live(kind, item), group).get(kind.identity.entry)
    if entry is not None and group.entries:
        return str(entry.get(group.entries.value))
    given = item.get(kind.identity.on_create)
    return str(given) if given else None


def as_live(kind: Kind, item: Item, documents: Mapping[str, Any] = EMPTY) -> Live:
    """Return an object's own document, and others, as a Live."""
    status = dig(item, str(kind.setting(kind.switch.setting).wire)) if kind.switch else None
    return Live(str(item["id"]), {**documents, "": item}, status)


# ---------------------------------------------------------------------------------------------------------- reading


class _Reader:
    """Reads the documents and follows the lookups of many resources at once; equal lookups cost one request."""

    def __init__(self, api: Api, items: Mapping[Address, Item], siblings: set[Address], reporter: Reporter) -> None:
        self.api = api
        self.items = items
        self.siblings = siblings
        self.reporter = reporter
        self.live: dict[Address, Live] = {}
        self.answers: dict[tuple[Address, str], Answer] = {}
        self._asked: dict[Read, asyncio.Task[Any]] = {}

    async def read(self, wanted: list[Resource]) -> None:
        done = 0

        async def one(resource: Resource) -> None:
            nonlocal done
            await self._resource(resource)
            done += 1
            self.reporter.count("reading", done, len(wanted))

        await asyncio.gather(*map(one, wanted))

    async def _resource(self, resource: Resource) -> None:
        kind = KINDS[resource.address.kind]
        item = self.items.get(resource.address)
        rows = managed(kind, resource, creating=item is None)
        if item is not None:
            groups = sorted({row.group for row in rows if row.group and kind.group(row.group).read})
            self.live[resource.address] = await read_documents(self.api, kind, item, groups)
        for row in rows:
            value = resource.value(row.path)
            if row.reference is None or value is None:
                continue
            sibling = Address(row.reference.kind or "", str(value))
            if (item is None or not row.reference.settled(value, item)) and sibling not in self.siblings:
                answer = await follow_lookup(self.api, row.reference.lookup(value), self._ask)
                self.answers[resource.address, row.path] = answer

    async def _ask(self, read: Read) -> Any:
        if read not in self._asked:
            self._asked[read] = asyncio.ensure_future(fetch(self.api, read))
        return await self._asked[read]


async def follow_lookup(api: Api, lookup: Lookup, ask: Callable[[Read], Awaitable[Any]] | None = None) -> Answer:
    """Drive a lookup to its answer, doing each read it asks for (with `ask`, which may remember)."""
    answered: Any = None
    while True:
        try:
            read = lookup.send(answered)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        answered = await (ask(read) if ask else fetch(api, read))


async def fetch(api: Api, read: Read) -> Any:
    """Answer one read of a lookup."""
    if read.paged:
        return await api.pages(read.path, read.params)
    try:
        return await api.get(read.path, read.params)
    except Rejected as error:
        if read.optional and error.status in (404, 422):  # an id of the wrong form is rejected, not just unknown
            return None
        raise


async def read_documents(api: Api, kind: Kind, item: Item, groups: Iterable[str]) -> Live:
    """Return an object with the documents of the groups named; a document that is not there (404) is empty."""
    names = list(groups)

    async def one(name: str) -> Item:
        path = str(kind.group(name).read).replace("{id}", str(item["id"]))
        document = await fetch(api, Read(path, optional=True))
        return document if isinstance(document, Mapping) else {}

    documents = await asyncio.gather(*map(one, names))
    return as_live(kind, item, dict(zip(names, documents, strict=True)))


async def _look_again(
    api: Api, before: Observed, items: list[Item], plan: Plan, creations: Mapping[Address, Action]
) -> Observed:
    kind = KINDS[before.address.kind]
    if before.id is None:
        own = identity(plan.project, before.address)
        creation = creations.get(before.address)
        name_key = str(kind.setting(kind.named_by).on_create)
        named = creation.body.get(name_key) if creation else None
        for item in items:
            same = carried(kind, item) == own if kind.identity else dig(item, name_key) == named
            if same:
                return Observed(before.address, str(item["id"]))
        return before
    found = next((item for item in items if str(item["id"]) == before.id), None)
    if found is None:
        return Observed(before.address, None)
    rows = {row.path: row for row in kind.settings}
    groups = {rows[path].group for path in before.fields if path in rows}
    reading = sorted(name for name in groups if name and kind.group(name).read)
    live = await read_documents(api, kind, found, reading)
    fields = {
        path: value
        if sealed(value)
        else live_value(rows[path], kind, live)
        if path in rows
        else _entry(kind, live, path)
        for path, value in before.fields.items()
    }
    return Observed(before.address, before.id, freeze(fields))


def _entry(kind: Kind, live: Live, path: str) -> Any:
    group = next(group for group in kind.groups if group.entries)
    prefix = kind.rows(group.name)[0].path
    item = entries(live, group).get(path.removeprefix(f"{prefix}."))
    return item.get(group.entries.value) if item is not None and group.entries else None
