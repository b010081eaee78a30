"""The row types: a setting is one `Setting`, a request is one `Group`, a kind of object is one `Kind`.

Schema, diff, request bodies, order and docs are functions over these rows; no other module knows a setting's name.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drplan.model import EMPTY, Resource, dig

# ---------------------------------------------------------------------------------------------------- looking up


@dataclass(frozen=True, slots=True)
class Read:
    """One GET that a lookup asks for. `paged`: the answer is every item of every page; else the object.

    With `optional`, a 404 is answered with None instead of being an error.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    paged: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A reference resolved: the id to send, and the name people know it by."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A reference that leads nowhere, or to several things: what is wrong and what to do."""

    summary: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unmade:
    """A reference to something that must be created first, by one POST that answers with its id.

    `find` looks for it again (after an ambiguous failure); `stand_in` replaces the reference in a validation's body,
    which must work before anything is created.
    """

    name: str
    path: str
    body: Mapping[str, Any]
    find: Callable[[], "Lookup"]
    stand_in: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Planned:
    """A reference to an object that the same plan makes: its name, and the key of the action that answers its id."""

    name: str
    key: str


Answer = Found | Absent | Unmade | Planned
Lookup = Generator[Read, Any, Answer]
"""A lookup does no I/O: it yields the reads it needs, is sent their answers, and returns what it found."""

# ---------------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Reference:
    """How a setting names another object.

    `settled(value, document)` says from the live document alone that it is already so (which saves the lookup);
    `lookup(value)` finds the id; `kind` names the kind whose specs may define the object by name.
    """

    settled: Callable[[Any, Mapping[str, Any]], bool]
    lookup: Callable[[Any], Lookup]
    kind: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a person can write in a spec.

    path      where it stands in the spec, dotted
    schema    its JSON Schema fragment; `doc` and `example` complete it
    group     the request that changes it; None: only creation sets it
    wire      where it stands in that request's body (and in the document read back, unless `live` says otherwise)
    on_create its key in the create request; None: creation does not take it
    required  a spec must have it
    clears    the platform has a way to clear it, so null is allowed
    beside    it is sent along whenever its wire object is sent, even when only a neighbour changed
    rides     it never causes a request; it travels in its group's body (a reason, say)
    policy    it steers drplan and is never sent
    attribute its name in the vendor's Terraform provider, where that does not follow from the path
    """

    path: str
    doc: str
    schema: Mapping[str, Any]
    example: Any
    group: str | None = None
    wire: str | None = None
    live: str | None = None
    on_create: str | None = None
    required: bool = False
    clears: bool = False
    beside: bool = False
    rides: bool = False
    policy: bool = False
    attribute: str = ""
    default: Any = None
    reference: Reference | None = None
    encode: Callable[[Any], Any] = field(default=lambda value: value)
    decode: Callable[[Any], Any] = field(default=lambda value: value)
    compare: Callable[[Any], Any] = field(default=lambda value: value)

    def read(self, document: Mapping[str, Any]) -> Any:
        """Return this setting's value, in spec terms, from the document its group reads."""
        path = self.live or self.wire or self.on_create
        return self.decode(dig(document, path)) if path else None


@dataclass(frozen=True, slots=True)
class Gate:
    """A request that asks the platform whether a group's change would be accepted, before anything is written.

    `policy` is the path of the setting that says what a warning means: `block` or `allow`.
    """

    path: str
    policy: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Entries:
    """A group that is a list of named entries, each added, changed and removed by a request of its own.

    `live` is where the list stands in the object's document; an entry has an id, and a name and a value under these
    wire keys.
    """

    live: str
    name: str
    value: str
    item_path: str


@dataclass(frozen=True, slots=True)
class Petition:
    """How a change reads as a change request, for platforms that have it approved first (API reference 2.11).

    entity, operation  what approval policies call it
    action    what a change request calls it
    change    key of the direct request's body -> key of the request's `change`; other keys cannot be asked for
    constant  what `change` says besides
    rivals    further actions of change requests that are about the same thing
    apart     what cannot be asked for goes its own way, and nothing in the plan waits for the approval
    """

    entity: str
    operation: str
    action: str
    change: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    constant: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    rivals: tuple[str, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
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
    delete: Petition | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One request: where it goes, what it must come after, and what state the object must be in.

    read      the route of the document it changes; None: the object's own document
    after     groups that must be done first, each only where it has something to do
    requires  the switch's position that the request needs ("on" or "off"), None where it does not matter
    gate      validate with it before any write of the plan
    confirm   after any job that the answer names, wait until the live document shows the value sent (it may lag)
    resets    groups that this request may reset, to be read back and reasserted
    petition  how it is asked for where the platform has it approved
    why       the reason for all this, with its source
    """

    name: str
    path: str
    why: str
    method: str = "PATCH"
    read: str | None = None
    verb: str = "update"
    after: tuple[str, ...] = ()
    requires: str | None = None
    gate: Gate | None = None
    confirm: bool = False
    resets: tuple[str, ...] = ()
    entries: Entries | None = None
    petition: Petition | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """The group that turns an object on and off: the setting's path and the two values on the wire.

    `between` are the values while a transition is under way.
    """

    group: str
    setting: str
    on: str
    off: str
    between: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """How an object carries `project/name`: an entry of `group`, and a field of the create request.

    `guard` is the entry that remembers prevent_destroy.
    """

    group: str
    entry: str
    guard: str
    on_create: str


@dataclass(frozen=True, slots=True)
class Weight:
    """The setting that says how much depends on an object, its values in rising order, and from which on it is much.

    Every plan reads it, as policies look at it. It stands in the object's own document.
    """

    setting: str
    values: tuple[str, ...]
    heavy: tuple[str, ...]


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
    """What a cross-field check has against the value at a setting's path, and what to do."""

    path: str
    summary: str
    detail: str = ""


Judge = Callable[[Resource], Iterable[Objection]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: its section in a spec file, its routes, its groups, its settings and its own checks.

    `named_by`: the setting that people know an object by. Objects of a
    kind without an `identity` are found by that setting, and are deleted only when somebody names them. `columns`: the
    settings that a table shows.
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
    weight: Weight | None = None
    approval: Approval | None = None
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    judges: tuple[Judge, ...] = ()

    _by_path: Mapping[str, Setting] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Group] = field(init=False, repr=False, compare=False)
    _by_group: Mapping[str, tuple[Setting, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {group.name: tuple(row for row in self.settings if row.group == group.name) for group in self.groups}
        object.__setattr__(self, "_by_path", {row.path: row for row in self.settings})
        object.__setattr__(self, "_by_name", {group.name: group for group in self.groups})
        object.__setattr__(self, "_by_group", rows)

    def setting(self, path: str) -> Setting:
        """Return the row at a spec path; KeyError when there is none."""
        return self._by_path[path]

    def group(self, name: str) -> Group:
        """Return the group of that name; KeyError when there is none."""
        return self._by_name[name]

    def rows(self, group: str) -> tuple[Setting, ...]:
        """Return the settings that a group's request carries."""
        return self._by_group[group]


def covers(prefix: str, path: str) -> bool:
    """Tell whether a dotted path is `prefix` or lies below it."""
    return path == prefix or path.startswith(f"{prefix}.")


# ------------------------------------------------------------------------------- what every kind of object can say

ID = "id"
PREVENT_DESTROY = "lifecycle.prevent_destroy"
IGNORE_CHANGES = "lifecycle.ignore_changes"

ADOPTION = (
    Setting(
        ID,
        "The id of an object that exists already: adopt it instead of creating a new one.",
        {"type": "string", "pattern": "^[0-9a-fA-F]{24}$"},
        example="5e319d2e422fbd6b58a5edad",
        policy=True,
    ),
)
LIFECYCLE = (
    Setting(
        PREVENT_DESTROY,
        "Refuse every plan that would delete this. It is remembered on the platform, for objects that have tags, so "
        "that deleting the spec does not delete the guard; write false (and apply) to lift it.",
        {"type": "boolean"},
        example=True,
        policy=True,
    ),
    Setting(
        IGNORE_CHANGES,
        "Settings that creation sets and that drplan then leaves alone: paths of this spec, or the start of one.",
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        example=["description"],
        policy=True,
    ),
)
