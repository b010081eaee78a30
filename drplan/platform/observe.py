"""Reading the platform: each list once, then only the documents that the specs mention, many at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from drplan.errors import Rejected
from drplan.kinds import KINDS
from drplan.plan.diff import entry_value, identity, live_value
from drplan.plan.observation import Observation
from drplan.plan.targets import chosen, parent_of
from drplan.platform.api import Api
from drplan.platform.lists import Item
from drplan.platform.match import Match, as_live, carried
from drplan.platform.objects import live_objects, read_object
from drplan.platform.progress import SILENT, Progress
from drplan.platform.read import NO_PINS, DocumentReader, fetch, follow_lookup, read_documents
from drplan.records.plans import Action, Check, Observed, Plan, Validation, Verb
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import EMPTY, dig, freeze, sealed, trimmed
from drplan.registry.kinds import Kind

__all__ = [
    "as_live",
    "ask",
    "carried",
    "fetch",
    "follow_lookup",
    "observe",
    "observe_whole",
    "read_documents",
    "reobserve",
    "reobserve_one",
    "validate",
]


async def observe(
    api: Api,
    resources: Iterable[Resource],
    project: str,
    *,
    chosen: Callable[[Address], bool] = lambda _: True,
    progress: Progress = SILENT,
    documents: bool = True,
    known: Mapping[Address, str] = EMPTY,
    gone: Collection[str] = (),
    fresh: bool = False,
    pins: Mapping[tuple[Address, str], str] = NO_PINS,
) -> Observation:
    """Return what planning `resources` must know of the platform.

    It costs one request per 100 objects of each kind in use, one per object and document that its spec mentions, and
    one per distinct lookup. `chosen` tells which addresses are read and which orphans are returned; the objects of all
    specs are recognised all the same. Without `documents` only the lists are read. `known` are the ids of objects that
    a run has just made or changed, and with `fresh` they are read at their own routes, whatever the lists say; `gone`
    are those that it has deleted. `pins` are ids that references have led to before, by address and path: see
    `Reference.pin`.
    """
    everything = {resource.address: resource for resource in resources}
    used = [
        kind
        for kind in KINDS.values()
        if not kind.parent and (kind.identity or any(a.kind == kind.name for a in everything))
    ]
    progress.count("listing", 0, len(used))
    lists = await asyncio.gather(
        *(
            live_objects(api, kind, project, _names(everything.values(), kind), _ids(known, kind), gone, fresh=fresh)
            for kind in used
        )
    )
    match = Match(everything, project, known)
    for kind, items in zip(used, lists, strict=True):
        match.kind(kind, items)
    unkept = {
        (kind.name, row.path)
        for kind, items in zip(used, lists, strict=True)
        for row in kind.settings
        if row.kept_by_some and not any(row.read(item) is not None for item in items)
    }
    await _inside(api, match, filter(chosen, everything), known, gone, fresh=fresh)
    wanted = [resource for address, resource in everything.items() if chosen(address)]
    reader = DocumentReader(api, match.items, {resource.address for resource in wanted}, progress, pins)
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
        unseen={address: id_ for address, id_ in match.unseen.items() if chosen(address)},
        fleet=Counter(each.kind for each in {*match.items, *match.orphans} if KINDS[each.kind].identity),
        unkept=frozenset(unkept),
        blind=frozenset(match.blind),
        unproven=frozenset(match.unproven),
        problems=tuple(match.problems),
        warnings=tuple(match.warnings),
    )


async def observe_whole(api: Api, resources: Iterable[Resource], project: str, wanted: Address) -> Observation:
    """Return one object, in a spec or an orphan, with every document that it has, mentioned or not.

    What it lives inside is there too; nothing of it where it is not on the platform.
    """
    seen = await observe(api, resources, project, chosen=chosen((), [str(wanted)], ()), documents=False)
    kind = seen.kind(wanted)
    groups = [group.name for group in kind.groups if group.read]

    async def whole(lives: Mapping[Address, Live]) -> Mapping[Address, Live]:
        if wanted not in lives:
            return lives
        return {**lives, wanted: await read_documents(api, kind, lives[wanted].item, groups, asked=False)}

    return replace(seen, live=await whole(seen.live), orphans=await whole(seen.orphans))


def _names(resources: Iterable[Resource], kind: Kind) -> set[Any]:
    return {resource.value(kind.named_by) for resource in resources if resource.address.kind == kind.name}


def _ids(known: Mapping[Address, str], kind: Kind, parent: str = "") -> list[str]:
    return [id_ for address, id_ in known.items() if (address.kind, address.parent) == (kind.name, parent)]


async def _inside(
    api: Api,
    match: Match,
    addresses: Iterable[Address],
    known: Mapping[Address, str],
    gone: Collection[str],
    *,
    fresh: bool,
) -> None:
    """Match the objects that live inside others: one list for each parent on the platform and kind that specs name."""
    places = sorted({(address.kind, around) for address in addresses if (around := parent_of(address)) in match.items})
    kinds = [KINDS[name].at(str(match.items[around]["id"])) for name, around in places]
    lists = await asyncio.gather(
        *(
            live_objects(api, kind, match.project, (), _ids(known, kind, around.name), gone, fresh=fresh)
            for (_, around), kind in zip(places, kinds, strict=True)
        )
    )
    for (_, around), kind, items in zip(places, kinds, lists, strict=True):
        match.inside(kind, around.name, items)


async def reobserve(api: Api, plan: Plan) -> tuple[Observed, ...]:
    """Return the live fields that `plan` has read, as they are now, in the plan's order."""
    ids = {seen.address: seen.id for seen in plan.observed}
    places = sorted({(seen.address.kind, _parent_id(seen.address, ids) or "") for seen in plan.observed})
    kinds = [KINDS[name].at(parent or None) for name, parent in places]
    creations = {action.address: action for action in plan if action.verb is Verb.CREATE}
    lists = await asyncio.gather(
        *(_list(api, kind, plan.project, _names_made(creations.values(), kind)) for kind in kinds)
    )
    listed = {place: _Listed(kind, items) for place, kind, items in zip(places, kinds, lists, strict=True)}
    return tuple(
        await asyncio.gather(
            *(
                _look_again(
                    api,
                    seen,
                    listed[seen.address.kind, _parent_id(seen.address, ids) or ""],
                    plan,
                    creations.get(seen.address),
                )
                for seen in plan.observed
            )
        )
    )


async def reobserve_one(api: Api, plan: Plan, before: Observed) -> Observed:
    """Return what `plan` has read of one object, as it is now at the object's own route."""
    kind = KINDS[before.address.kind].at(_parent_id(before.address, {seen.address: seen.id for seen in plan.observed}))
    item = await read_object(api, kind, str(before.id))
    return await _look_again(api, before, _Listed(kind, [item] if item else []), plan, None)


def _parent_id(address: Address, ids: Mapping[Address, str | None]) -> str | None:
    around = parent_of(address)
    return ids.get(around) if around else None


def _names_made(creations: Iterable[Action], kind: Kind) -> set[Any]:
    return {creation.sets.get(kind.named_by) for creation in creations if creation.address.kind == kind.name}


async def _list(api: Api, kind: Kind, project: str, names: Collection[Any]) -> list[Item]:
    """Return the objects of a kind; none where their parent did not exist or is gone."""
    if "{parent}" in kind.list_path:
        return []
    try:
        return await live_objects(api, kind, project, names)
    except Rejected as error:
        if kind.parent and error.status == 404:
            return []
        raise


async def validate(api: Api, actions: Iterable[Action], progress: Progress = SILENT) -> tuple[Validation, ...]:
    """Return the platform's answers to the `validate` actions among `actions`, asked at once.

    An answer that is an error (an unknown model, say) is a failing validation with the error as its message.
    """
    asked = [action for action in actions if action.verb is Verb.VALIDATE]
    done = 0

    async def one(action: Action) -> Validation:
        nonlocal done
        validation = await ask(api, action)
        done += 1
        progress.count("validating replacements", done, len(asked))
        return validation

    return tuple(await asyncio.gather(*map(one, asked)))


async def ask(api: Api, action: Action) -> Validation:
    """Return the platform's answer to one `validate` action; raise Rejected for 401, 403, 429, and 500 or more."""
    try:
        answer = await api.send(action.method, action.path.replace("{id}", str(action.id)), dict(action.body))
    except Rejected as error:
        if error.status >= 500 or error.status in (401, 403, 429):
            raise
        return Validation(action.key, "failing", str(error), (), action.policy)
    body = answer.body if isinstance(answer.body, Mapping) else {}
    found = body.get("checks")
    checks = tuple(
        Check(str(name), str(check.get("status", "")), api.clean(str(check.get("message") or "")))
        for name, check in sorted(found.items() if isinstance(found, Mapping) else ())
        if isinstance(check, Mapping)
    )
    message = api.clean(str(body.get("message") or ""))
    return Validation(action.key, str(body.get("status", "")), message, checks, action.policy)


class _Listed:
    """The live objects of one kind: by id, and the ids by what a second creation would repeat (identity or name)."""

    def __init__(self, kind: Kind, items: Iterable[Item]) -> None:
        self.kind = kind
        self.by_id: dict[str, Item] = {}
        self.by_name: dict[Any, str] = {}
        name_key = str(kind.setting(kind.named_by).on_create)
        for item in items:
            self.by_id[str(item["id"])] = item
            name = carried(kind, item) if kind.identity else trimmed(dig(item, name_key))
            self.by_name.setdefault(name, str(item["id"]))


async def _look_again(api: Api, before: Observed, listed: _Listed, plan: Plan, creation: Action | None) -> Observed:
    """Return what was read of an object, as it is now; `listed` are the live objects of its kind.

    For an address without an object, the id is that of an object that `creation` would now make a second time.
    """
    kind = listed.kind
    if before.id is None:
        named = creation.sets.get(kind.named_by) if creation else None
        twin = listed.by_name.get(identity(plan.project, before.address) if kind.identity else named)
        return Observed(before.address, twin) if twin else before
    found = listed.by_id.get(before.id)
    if found is None:
        return Observed(before.address, None)
    rows = {row.path: row for row in kind.settings}
    groups = {rows[path].group for path in before.fields if path in rows}
    reading = sorted(name for name in groups if name and kind.group(name).read)
    live = await read_documents(api, kind, found, reading)
    fields = {
        path: value
        if sealed(value)
        else live_value(rows[path], kind, live, value)
        if path in rows
        else entry_value(kind, live, path)
        for path, value in before.fields.items()
    }
    return Observed(before.address, before.id, freeze(fields))
