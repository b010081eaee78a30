"""The live objects of a kind: from its list, and from the objects themselves where the list does not show enough."""

import asyncio
from collections.abc import Collection, Mapping

from drplan.platform.api import Api
from drplan.platform.lists import Item
from drplan.platform.read import fetch
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Read


async def live_objects(api: Api, kind: Kind, known: Collection[str] = (), *, fresh: bool = False) -> list[Item]:
    """Return the live objects of a kind, in the order of its list.

    `known` are ids of objects that a run has just made or changed. A list may lag seconds behind: what it does not
    show of them is read at the object's own route; with `fresh`, all of them are, and the list's word does not count.
    """
    listed = await api.pages(kind.list_path, order=kind.list_order)
    items = {str(item["id"]): item for item in listed}
    reading = sorted(id_ for id_ in known if fresh or id_ not in items)
    documents = await asyncio.gather(*(read_object(api, kind, id_) for id_ in reading))
    items |= {id_: document for id_, document in zip(reading, documents, strict=True) if document}
    return list(items.values())


async def read_object(api: Api, kind: Kind, object_id: str) -> Item | None:
    """Return an object from its own route; None where it is not there."""
    document = await fetch(api, Read(kind.item_path.replace("{id}", object_id), optional=True))
    return document if isinstance(document, Mapping) and document.get("id") else None
