"""The live objects of a kind: from its list, and from the objects themselves where the list does not show enough."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from drplan.platform.api import Api
from drplan.platform.lists import Item
from drplan.platform.match import as_live, belongs, seal_of, shows_seal
from drplan.platform.read import fetch
from drplan.records.specs import Live
from drplan.records.values import dig, trimmed
from drplan.registry.kinds import Identity, Kind
from drplan.registry.lookups import Read


async def live_objects(
    api: Api,
    kind: Kind,
    project: str,
    names: Collection[Any] = (),
    known: Collection[str] = (),
    gone: Collection[str] = (),
    *,
    fresh: bool = False,
) -> list[Item]:
    """Return the live objects of a kind, in the order of its list, with what shows whose they are.

    Where no item of the list has a place for the seal, every object is read at its own route; and where none has one
    for the birth mark either, as long as no seal of the project was seen to be kept. `names` are what the caller may
    create: of an object of such a name without a seal, the birth mark is read too where the list does not show it.

    `known` are ids of objects that a run has just made or changed. A list may lag seconds behind: what it does not
    show of them is read at the object's own route; with `fresh`, all of them are, and the list's word does not count.
    `gone` are those that it has deleted: one that the list still shows is there only if its own route shows it too.
    """
    listed = await api.pages(kind.list_path, order=kind.list_order)
    items = {str(item["id"]): item for item in listed}
    reading = {id_ for id_ in known if fresh or id_ not in items} | (items.keys() & set(gone))
    if kind.identity:
        reading |= {id_ for id_ in known if id_ in items and seal_of(kind, items[id_]) is None}
        hidden = _hides(kind, kind.identity, listed, project)
        reading |= {id_ for id_, item in items.items() if hidden or _doubtful(kind, kind.identity, item, names)}
    asked = sorted(reading)
    documents = await asyncio.gather(*(read_object(api, kind, id_) for id_ in asked))
    found = {id_: document for id_, document in zip(asked, documents, strict=True) if document}
    return [item for id_, item in {**items, **found}.items() if id_ in found or id_ not in gone]


def _hides(kind: Kind, form: Identity, listed: Collection[Item], project: str) -> bool:
    """Tell whether objects may show whose they are where the list does not."""
    if not any(shows_seal(kind, item) for item in listed):
        return True
    proven = any(belongs(owner, project) for item in listed if (owner := seal_of(kind, item)))
    return not (proven or any(form.on_create in item for item in listed))


def _doubtful(kind: Kind, form: Identity, item: Item, names: Collection[Any]) -> bool:
    """Tell whether an item of a list may have been made for something of these names, and does not say so."""
    name = trimmed(dig(item, str(kind.setting(kind.named_by).wire)))
    return name in names and form.on_create not in item and seal_of(kind, item) is None


async def settled_object(api: Api, kind: Kind, object_id: str, what: str) -> None:
    """Wait until an object, `what` in words, is in no transition between on and off, or is gone; see `Api.until`."""

    async def settled() -> bool:
        document = await read_object(api, kind, object_id)
        return document is None or not moving(kind, as_live(kind, document))

    await api.until(f"the transition of {what}", settled)


def moving(kind: Kind, live: Live) -> bool:
    """Tell whether an object is on its way between on and off."""
    return kind.switch is not None and live.status in kind.switch.between


async def read_object(api: Api, kind: Kind, object_id: str) -> Item | None:
    """Return an object from its own route; None where it is not there."""
    document = await fetch(api, Read(kind.item(object_id), optional=True))
    return document if isinstance(document, Mapping) and document.get("id") else None
