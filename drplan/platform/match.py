"""Which live object belongs to which address: by the identity it carries, by its id, or by its name."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.plan.diff import entries, has_entries, identity
from drplan.platform.lists import Item
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.records.values import EMPTY, dig, trimmed
from drplan.registry.kinds import Identity, Kind
from drplan.registry.rows import ID, MOVED_FROM, former_address


class Match:
    """Which live object belongs to which address. `kind` is called once per kind with its whole list.

    items     address of a spec -> the document of its object, where it has one
    orphans   address -> the document of an object that bears this project's seal and is in no spec
    unclaimed kind and value of its `named_by` -> ids of the objects that bear no seal and are in no spec
    unseen    address -> id of an object that a run has just made (`known`) and that does not show whose it is
    blind     the kinds of which there are objects, and none has a place to show whose it is
    unproven  the kinds of which nothing that is sealed shows a birth mark too: it may be that this platform keeps none
    problems  errors: two objects for one address, or an object that belongs to another spec
    warnings  what was made for a spec of this project and does not bear the seal

    With the project `shop`, and the specs `a`, `b` (which has `id: 2`), `e`, and `g` (which has `moved_from: h`):
        1 bears shop/a          items[a]
        2 bears nothing         items[b], which its id says
        3 bears shop/c          orphans[c]
        4, 5 bear shop/d        a problem: two objects for one address
        6 bears other/a         another project's, and left alone
        7 was made for shop/e   items[e]: its birth mark says so, and it bears no seal that says otherwise
        8 was made for shop/f   left alone: a birth mark alone makes nothing an orphan
        9 bears shop/h          items[g]
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
        self.blind: set[str] = set()
        self.unproven: set[str] = set()
        self.problems: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self._moved = {before: address for address, each in resources.items() if (before := former_address(each))}
        self._disputed: set[Address] = set()  # whose `id:` is somebody else's
        self._contested: set[str] = set()  # ids of several objects that were made for one spec

    def kind(self, kind: Kind, items: list[Item]) -> None:
        """Match the live objects of a kind: by the identity that they carry, or by name where the kind has none."""
        if kind.identity:
            self._by_identity(kind, kind.identity, items)
        else:
            self._by_name(kind, items)

    def inside(self, kind: Kind, parent: str, items: list[Item]) -> None:
        """Match by name the objects of a kind that live inside the object whose address has the name `parent`."""
        self._by_name(kind, items, parent)

    def _by_identity(self, kind: Kind, form: Identity, items: list[Item]) -> None:
        by_id = {str(item["id"]).lower(): item for item in items}
        self._by_id(kind, by_id)
        taken = {str(item["id"]) for item in self.items.values()}
        sealed: dict[str, list[Item]] = {}
        marked: dict[str, list[Item]] = {}
        for item in items:
            owner, mark = seal_of(kind, item), birth_mark(kind, item)
            if owner is not None:
                sealed.setdefault(owner, []).append(item)
            elif mark is not None and str(item["id"]) not in taken:
                marked.setdefault(mark, []).append(item)
        for owner, holders in sorted(sealed.items()):
            self._sealed(kind, form, owner, [item for item in holders if str(item["id"]) not in taken])
        for mark, holders in sorted(marked.items()):
            self._marked(kind, form, mark, holders)
        self._made(kind, by_id)
        ours = (item for owner, holders in sealed.items() if belongs(owner, self.project) for item in holders)
        proven = any(belongs(birth_mark(kind, item) or "", self.project) for item in ours)
        self._leave(kind, form, items, proven=proven)

    def _by_id(self, kind: Kind, by_id: Mapping[str, Item]) -> None:
        """Match the objects whose ids specs give, in either case of their hexadecimal digits.

        It is a problem when the object bears the seal of another project, or of another spec of this one. The seal of a
        name without a spec is no problem: the spec was renamed. Somebody else's birth mark is none either.
        """
        for address, resource in self.resources.items():
            item = by_id.get(str(resource.value(ID)).lower()) if address.kind == kind.name else None
            if item is None or ID not in resource.desired:
                continue
            owner = seal_of(kind, item)
            project, _, name = (owner or identity(self.project, address)).partition("/")
            if project != self.project or (name != address.name and Address(kind.name, name) in self.resources):
                self._disputed.add(address)
                self._problem(
                    address,
                    f"{item['id']} carries the identity {owner} already",
                    "one object belongs to one spec of one project",
                )
            self.items[address] = item

    def _sealed(self, kind: Kind, form: Identity, owner: str, holders: list[Item]) -> None:
        """Match the objects that bear one seal, apart from those that specs name by their ids."""
        address = self._address(kind, owner)
        if address is None or not holders or address in self._disputed:
            return
        found = [*holders, *filter(None, [self.items.get(address)])]
        if len(found) > 1:
            ids = ", ".join(sorted(str(item["id"]) for item in found))
            what, detail = f"carry the identity {owner}", f"delete one of them, or change its tag '{form.entry}'"
            if len({seal_of(kind, item) for item in found}) > 1 and former_address(self.resources[address]):
                what = f"are this spec's, one of them by its {MOVED_FROM}"
                detail = f"take {MOVED_FROM} out, and `drplan forget` or destroy what is not meant"
            self._problem(address, f"{len(found)} objects {what}: {ids}", detail)
        elif address not in self.resources:
            self.orphans[address] = holders[0]
        else:
            self.items[address] = holders[0]

    def _marked(self, kind: Kind, form: Identity, mark: str, holders: list[Item]) -> None:
        """Match what was made for a spec and bears no seal; what was made for none, or made twice, is left alone."""
        address = self._address(kind, mark)
        if address is None:
            return
        ids = ", ".join(sorted(str(item["id"]) for item in holders))
        resource = self.resources.get(address)
        if resource and address not in self.items and ID not in resource.desired:
            if len(holders) == 1:
                self.items[address] = holders[0]
            else:
                self._contested |= {str(item["id"]) for item in holders}
                detail = f"add the `id:` of the one that it describes; their {form.on_create} alone does not say"
                self._problem(address, f"{len(holders)} objects were made for {mark}: {ids}", detail)
        else:
            self.warnings.append(
                Diagnostic(
                    Severity.WARNING,
                    f"made for {mark}, and without its tag '{form.entry}': {ids}",
                    "it is left alone; a spec with its `id:` adopts it",
                    path=str(address),
                )
            )

    def _made(self, kind: Kind, by_id: Mapping[str, Item]) -> None:
        """Match what a run has just made by its id where it does not show whose it is."""
        for address in sorted(self.resources.keys() & self.known.keys() - self.items.keys()):
            found = by_id.get(self.known[address].lower())
            if address.kind == kind.name and found is not None and carried(kind, found) is None:
                self.items[address] = found
                self.unseen[address] = str(found["id"])

    def _leave(self, kind: Kind, form: Identity, items: list[Item], *, proven: bool) -> None:
        """Note what bears no seal and is in no spec, and whether this platform was seen to show whose things are."""
        named_by = str(kind.setting(kind.named_by).wire)
        ours = {str(item["id"]) for item in self.items.values()} | self._contested
        for item in items:
            if seal_of(kind, item) is None and str(item["id"]) not in ours:
                self.unclaimed.setdefault((kind.name, str(trimmed(dig(item, named_by)))), []).append(str(item["id"]))
        if not proven:
            self.unproven.add(kind.name)
        if items and not any(shows_seal(kind, item) or form.on_create in item for item in items):
            self.blind.add(kind.name)

    def _address(self, kind: Kind, owner: str) -> Address | None:
        """Return the address in this project that an identity names; None: it is another's, or no identity at all.

        Where a spec says that it was that address before, it is the spec's.
        """
        address = Address(kind.name, owner.partition("/")[2]) if belongs(owner, self.project) else None
        return self._moved.get(address, address) if address else None

    def _by_name(self, kind: Kind, items: list[Item], parent: str = "") -> None:
        """Match specs by `id:`, or else by the kind's `named_by` setting; two objects for one spec are a problem."""
        row = kind.setting(kind.named_by)
        present = [item for item in items if not item.get("isDeleted")]
        by_id = {str(item["id"]).lower(): [item] for item in present}
        by_name = _grouped(present, str(row.wire))
        for address, resource in self.resources.items():
            if (address.kind, address.parent) != (kind.name, parent):
                continue
            named = resource.value(row.path)
            hits = by_id.get(resource.value(ID).lower(), []) if ID in resource.desired else by_name.get(named, [])
            if len(hits) > 1:
                ids = ", ".join(sorted(str(item["id"]) for item in hits))
                way = "rename or remove the others" if parent else "name one by `id:`"
                self._problem(address, f"{len(hits)} objects have the {row.wire} '{named}': {ids}", way)
            elif hits:
                self.items[address] = hits[0]

    def _problem(self, address: Address, summary: str, detail: str) -> None:
        resource = self.resources.get(address)
        where = resource.where if resource else None
        self.problems.append(Diagnostic(Severity.ERROR, summary, detail, where, str(address)))


def belongs(owner: str, project: str) -> bool:
    """Tell whether an identity is one of a project's: `shop/a` is the project `shop`'s; `shop` and `shop/` are none."""
    own, _, name = owner.partition("/")
    return own == project and bool(name) and "/" not in name


def seal_of(kind: Kind, item: Item) -> str | None:
    """Return the value of the entry that says whose an object is, whatever it says; None where there is none."""
    if kind.identity is None:
        return None
    group = kind.group(kind.identity.group)
    entry = entries(as_live(kind, item), group).get(kind.identity.entry)
    return str(entry.get(group.entries.value)) if entry is not None and group.entries else None


def shows_seal(kind: Kind, item: Item) -> bool:
    """Tell whether a document has a place for the seal, be it empty: not every list, and not every platform, has."""
    return kind.identity is not None and has_entries(as_live(kind, item), kind.group(kind.identity.group))


def birth_mark(kind: Kind, item: Item) -> str | None:
    """Return what the request that made an object said whose it is; None where that is not shown."""
    given = item.get(kind.identity.on_create) if kind.identity else None
    return str(given) if given else None


def carried(kind: Kind, item: Item) -> str | None:
    """Return the identity `project/name` that an object carries: its seal, or without one, its birth mark."""
    owner = seal_of(kind, item)
    return owner if owner is not None else birth_mark(kind, item)


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
