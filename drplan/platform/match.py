"""Which live object belongs to which address: by the identity it carries, by its id, or by its name."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.plan.diff import entries, identity
from drplan.platform.lists import Item
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.records.values import EMPTY, dig, trimmed
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID


class Match:
    """Which live object belongs to which address. `kind` is called once per kind with its whole list.

    items     address of a spec -> the document of its object, where it has one
    orphans   address -> the document of an object that carries this project's identity and is in no spec
    unclaimed kind and value of its `named_by` -> ids of the objects that carry no identity
    unseen    address -> id of an object that a run has just made (`known`) and that does not show whose it is
    problems  errors: two objects for one address, or an object that belongs to another spec

    With the project `shop`, and the specs `a` and `b` (the latter with `id: 2`):
        1 carries shop/a      items[a]
        2 carries nothing     items[b], which its id says; and it is unclaimed
        3 carries shop/c      orphans[c]
        4, 5 carry shop/d     a problem: two objects for one address
        6 carries other/a     another project's, and left alone
    """

    def __init__(
        self, resources: Mapping[Address, Resource], project: str, known: Mapping[Address, str] = EMPTY
    ) -> None:
        self.resources = resources
        self.project = project
        self.known = known
        self.items: dict[Address, Item] = {}
        self.orphans: dict[Address, Item] = {}
        self.unclaimed: dict[tuple[str, str], list[str]] = {}
        self.unseen: dict[Address, str] = {}
        self.problems: list[Diagnostic] = []

    def kind(self, kind: Kind, items: list[Item]) -> None:
        """Match the live objects of a kind: by the identity that they carry, or by name where the kind has none."""
        if kind.identity:
            self._by_identity(kind, items)
        else:
            self._by_name(kind, items)

    def inside(self, kind: Kind, parent: str, items: list[Item]) -> None:
        """Match by name the objects of a kind that live inside the object whose address has the name `parent`."""
        self._by_name(kind, items, parent)

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
            if project != self.project or not name or "/" in name or not rest:
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
        self._made(kind, by_id)

    def _made(self, kind: Kind, by_id: Mapping[str, Item]) -> None:
        """Match what a run has just made by its id where it does not show whose it is."""
        for address in sorted(self.resources.keys() & self.known.keys() - self.items.keys()):
            found = by_id.get(self.known[address])
            if address.kind == kind.name and found is not None and carried(kind, found) is None:
                self.items[address] = found
                self.unseen[address] = str(found["id"])

    def _adopted(self, kind: Kind, resource: Resource, by_id: Mapping[str, Item]) -> Item | None:
        """Match the object whose id a spec gives, and return it; None where the list has no such id.

        It is a problem when the object carries the identity of another project, or of another spec of this one. The
        identity of a name without a spec is no problem: the spec was renamed.
        """
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

    def _by_name(self, kind: Kind, items: list[Item], parent: str = "") -> None:
        """Match specs by `id:`, or else by the kind's `named_by` setting; two objects for one spec are a problem."""
        row = kind.setting(kind.named_by)
        present = [item for item in items if not item.get("isDeleted")]
        holders = {path: _grouped(present, path) for path in (ID, str(row.wire))}
        for address, resource in self.resources.items():
            if (address.kind, address.parent) != (kind.name, parent):
                continue
            path, wanted = (ID, resource.value(ID)) if ID in resource.desired else (row.wire, resource.value(row.path))
            hits = holders[str(path)].get(wanted, [])
            if len(hits) > 1:
                ids = ", ".join(sorted(str(item["id"]) for item in hits))
                way = "rename or remove the others" if parent else "name one by `id:`"
                self._problem(resource, address, f"{len(hits)} objects have the {path} '{wanted}': {ids}", way)
            elif hits:
                self.items[address] = hits[0]

    def _problem(self, resource: Resource | None, address: Address, summary: str, detail: str) -> None:
        where = resource.where if resource else None
        self.problems.append(Diagnostic(Severity.ERROR, summary, detail, where, str(address)))


def carried(kind: Kind, item: Item) -> str | None:
    """Return the identity `project/name` that an object carries, None where it carries none.

    That is the value of the tag that the kind's identity names; without that tag, what the create request gave.
    """
    if kind.identity is None:
        return None
    group = kind.group(kind.identity.group)
    entry = entries(as_live(kind, item), group).get(kind.identity.entry)
    if entry is not None and group.entries:
        return str(entry.get(group.entries.value))
    given = item.get(kind.identity.on_create)
    return str(given) if given else None


def as_live(kind: Kind, item: Item, documents: Mapping[str, Any] = EMPTY) -> Live:
    """Return an object (`item` is its own document) with its groups' documents; its status is its switch's value."""
    status = dig(item, str(kind.setting(kind.switch.setting).wire)) if kind.switch else None
    return Live(str(item["id"]), {**documents, "": item}, status)


def _grouped(items: Iterable[Item], path: str) -> Mapping[str, list[Item]]:
    """Return the items by the text that they hold at a dotted path, trimmed; those without one are left out."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        value = trimmed(dig(item, path))
        if isinstance(value, str):
            groups.setdefault(value, []).append(item)
    return groups
