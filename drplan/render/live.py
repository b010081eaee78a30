"""Live objects in spec terms: what `show` and `list` print."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.plan.diff import entries
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import SECRET, bury, dig, sealed, thaw
from drplan.registry.kinds import Kind

FORMAT = "1.0"


def spec_of(kind: Kind, live: Live, *, documents: Iterable[str], resource: Resource | None = None) -> dict[str, Any]:
    """Return a live object as its spec would say it: the rows of its own document and of the documents read.

    What the spec keeps secret (`resource` says) shows as a marker.
    """
    spec: dict[str, Any] = {}
    read = set(documents)
    for row in kind.settings:
        group = kind.group(row.group) if row.group else None
        if row.policy or row.in_request or (group and group.read and group.name not in read):
            continue
        if group and group.entries:
            seal = kind.identity if kind.identity and kind.identity.group == group.name else None
            own = (seal.entry, seal.guard) if seal else ()
            tags = {
                name: item.get(group.entries.value)
                for name, item in sorted(entries(live, group).items())
                if name not in own
            }
            if tags:
                shown = {
                    name: SECRET if resource and sealed(resource.value(f"{row.path}.{name}")) else value
                    for name, value in tags.items()
                }
                bury(spec, row.path, shown)
            continue
        document = live.documents[group.name] if group and group.read else live.item
        value = row.decode(dig(document, row.live or "")) if row.reference else _said(row.read(document))
        if value is not None and not row.write_only:
            hidden = row.sensitive or (resource and sealed(resource.value(row.path)))
            bury(spec, row.path, SECRET if hidden else thaw(value))
    return spec


def _said(value: Any) -> Any:
    """Return a value without the keys that are not set, as a spec would not mention them; None where none is left."""
    if not isinstance(value, Mapping):
        return value
    set_ = {key: found for key, item in value.items() if (found := _said(item)) is not None}
    return set_ or None


def shown_document(
    kind: Kind, address: Address | None, live: Live, *, documents: Iterable[str], resource: Resource | None = None
) -> dict[str, Any]:
    """Return one object as JSON: `address` (null when unmanaged), `id`, then its fields in spec terms.

    What the platform has to approve is no spec's to say; where there is such, it stands under the platform's own names.
    """
    return {
        "address": str(address) if address else None,
        "id": live.id,
        **awaited(kind, live),
        **spec_of(kind, live, documents=documents, resource=resource),
    }


def awaited(kind: Kind, live: Live) -> dict[str, Any]:
    """Return what of an object awaits approval on the platform, by the names of its live document; empty as a rule."""
    if kind.change_requests is None:
        return {}
    requests, standing = dig(live.item, kind.change_requests.opened[0]), dig(live.item, kind.change_requests.standing)
    found = {kind.change_requests.opened[0]: list(requests)} if isinstance(requests, list | tuple) and requests else {}
    return {**found, kind.change_requests.standing: standing} if standing == kind.change_requests.waiting else found


def rows_document(kind: Kind, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a list of objects as JSON: `{format_version, <section>: [...]}`."""
    return {"format_version": FORMAT, kind.section: list(rows)}


def object_document(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one object as JSON: `{format_version, <kind>: {...}}`."""
    return {"format_version": FORMAT, kind.name: dict(row)}
