"""The row type of a kind of object: its routes, groups, settings and rules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from drplan.records.specs import Live, Resource
from drplan.registry.lookups import Found
from drplan.registry.rows import ChangeRequest, Group, Setting


@dataclass(frozen=True, slots=True)
class ChangeRequestRoutes:
    """The platform's own approvals of a kind's changes: the routes, and where a live document shows them.

    `entity` is what change requests call the kind; `opened` are the paths that say whether some are open; `standing` is
    the path that says whether the object itself is approved, `waiting` its value while it is not.
    """

    requests_path: str
    match_path: str
    entity: str
    opened: tuple[str, ...]
    standing: str
    waiting: str
    delete: ChangeRequest | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """The group that turns an object on and off: the setting's path and the two values on the wire.

    `between` are the values while a transition is under way, `broken` those of what serves nothing and was not
    switched off.
    """

    group: str
    setting: str
    on: str
    off: str
    between: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """How an object carries `project/name`: an entry of `group`, and a field of the create request.

    `guard` is the entry that remembers prevent_destroy. `created` is where the object shows when it was made, in a form
    that sorts as time does.
    """

    group: str
    entry: str
    guard: str
    on_create: str
    created: str


@dataclass(frozen=True, slots=True)
class Criticality:
    """The setting that says how much depends on an object; it stands in the object's own document.

    `values` are in rising order, and `high` are those that count as high. Every plan reads it, as policies ask for it.
    """

    setting: str
    values: tuple[str, ...]
    high: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the list route: the option's name, the query key, the values, and how several are sent.

    `style`: "one", "comma" (joined), "repeat" (repeated key), "flag" (true/false) or "pair" (K=V split over `query`
    and `pair`).
    """

    option: str
    query: str
    doc: str
    values: tuple[str, ...] = ()
    style: str = "one"
    pair: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """What a rule has against the value at a setting's path, and what to do."""

    path: str
    summary: str
    detail: str = ""


Rule = Callable[[Resource], Iterable[Objection]]
"""A check of a spec alone, that needs no platform."""

LiveRule = Callable[[Resource, Live | None, Mapping[str, Found]], Iterable[Objection]]
"""A check of a spec against what planning has read.

It gets the live object, its documents as far as the spec mentions them (None where it does not exist yet), and the
references that were looked up, by their paths, each with the object that it leads to (a model package, say).
"""


@dataclass(frozen=True, slots=True)
class Within:
    """Where objects of a kind live: inside one object of another kind, in whose spec their section stands.

    The routes of the kind have `{parent}`, the parent's id. `after`: the groups of the parent whose requests must be
    done before any of an object inside it. `room`: what is there may stand in the way of what comes, so that inside
    one parent the deletions are done before the creations.
    """

    kind: str
    after: tuple[str, ...] = ()
    room: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: its section in a spec file, its routes, its groups, its settings and its own checks.

    `named_by` is the setting that people know an object by. Objects of a kind without an `identity` are found by it,
    and deleted only when somebody names them. `columns` are the settings that a table shows. `parent` is where objects
    of a kind live that are inside other objects. `list_order` is the query with which the list is asked for in an order
    that nothing but creations and deletions changes, where the route documents one.
    """

    name: str
    section: str
    doc: str
    list_path: str
    item_path: str
    create_path: str
    named_by: str
    settings: tuple[Setting, ...]
    groups: tuple[Group, ...]
    delete_lingers: bool = False
    switch: Switch | None = None
    identity: Identity | None = None
    criticality: Criticality | None = None
    change_requests: ChangeRequestRoutes | None = None
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    live_rules: tuple[LiveRule, ...] = ()
    parent: Within | None = None
    list_order: tuple[tuple[str, str], ...] = ()

    _by_path: Mapping[str, Setting] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Group] = field(init=False, repr=False, compare=False)
    _by_group: Mapping[str, tuple[Setting, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {group.name: tuple(row for row in self.settings if row.group == group.name) for group in self.groups}
        object.__setattr__(self, "_by_path", {row.path: row for row in self.settings})
        object.__setattr__(self, "_by_name", {group.name: group for group in self.groups})
        object.__setattr__(self, "_by_group", rows)

    def at(self, parent: str | None) -> "Kind":
        """Return the kind with the id `parent` in place of `{parent}` in its routes; None leaves them as they are."""
        if self.parent is None or parent is None:
            return self

        def placed(path: str) -> str:
            return path.replace("{parent}", parent)

        return replace(
            self,
            list_path=placed(self.list_path),
            item_path=placed(self.item_path),
            create_path=placed(self.create_path),
            groups=tuple(group.at(placed) for group in self.groups),
        )

    def setting(self, path: str) -> Setting:
        """Return the row at a spec path; KeyError when there is none."""
        return self._by_path[path]

    @property
    def words(self) -> str:
        """The name as people read it: `prediction environment`."""
        return self.name.replace("_", " ")

    def item(self, object_id: str) -> str:
        """Return the route of one object."""
        return self.item_path.replace("{id}", object_id)

    def entry_path(self, group: str, name: str) -> str:
        """Return the path of an entry of a group, such as `tags.team`; `entry` is the way back."""
        return f"{self.rows(group)[0].path}.{name}"

    def entry(self, path: str) -> tuple[Setting, str]:
        """Return the row that holds the entry at a path, and the entry's name, which may have dots of its own."""
        rows = (row for group in self.groups if group.entries for row in self._by_group[group.name])
        row = next(row for row in rows if path.startswith(f"{row.path}."))
        return row, path.removeprefix(f"{row.path}.")

    def group(self, name: str) -> Group:
        """Return the group of that name; KeyError when there is none."""
        return self._by_name[name]

    def rows(self, group: str) -> tuple[Setting, ...]:
        """Return the settings that a group's request carries."""
        return self._by_group[group]
