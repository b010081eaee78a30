"""The row types of settings and requests: a setting is one `Setting`, a request is one `Group`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from drplan.records.specs import NAME, Address, Live, Resource
from drplan.records.values import EMPTY, dig, equal, folded, freeze
from drplan.registry.lookups import Found, Reference
from drplan.registry.shapes import ValueForm, completed, value_form


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a person can write in a spec.

    path      where it stands in the spec, dotted
    schema    its JSON Schema fragment, which `doc` and `example` complete; or its `ValueForm`, where it is nested
    group     the request that changes it; None: only creation sets it
    wire      where it stands in that request's body (and in the document read back, unless `live` says otherwise)
    on_create its key in the create request; None: creation does not take it
    required  a spec must have it
    clears    the platform has a way to clear it, so null is allowed
    cleared_as what is sent in place of null where a platform refuses that
    with_object it is sent along whenever its wire object is sent, even when only a neighbour changed
    in_request it never causes a request; it travels in its group's body (a reason, say)
    also_in   groups whose request carries it as well, each with the place in that body: where a plan has such a request
              anyway, it is set there, and not by its own group's request
    write_only the platform never shows it: it is sent with a creation, and along with every change of its group, and
              never compared, so that a new value alone changes nothing
    sensitive nobody may see its live value; a spec says it as `${env.NAME}`
    kept_by_some only some platforms keep it: where no object of the kind shows a value, one that drplan looks after
              already and that shows none is as it can be
    recreate  only creation sets it, and an object with another value is deleted and created again
    words     what a plan's text calls a value that travels so, where its path does not say it well
    policy    it steers drplan and is never sent; it is read in its normal form
    attribute its name in the vendor's Terraform provider, where that does not follow from the path
    decode    of a reference, the spec's way to say the id that the platform shows
    normal    the form in which it is compared and recorded, where the platform does not keep what was sent: another
              order, another case, an empty text for none
    compare   whether the live value is as desired, both in the form in which they are compared
    """

    path: str
    doc: str
    schema: Mapping[str, Any] | ValueForm
    example: Any
    group: str | None = None
    wire: str | None = None
    live: str | None = None
    on_create: str | None = None
    required: bool = False
    clears: bool = False
    cleared_as: Any = None
    with_object: bool = False
    in_request: bool = False
    also_in: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    write_only: bool = False
    sensitive: bool = False
    kept_by_some: bool = False
    recreate: bool = False
    policy: bool = False
    attribute: str = ""
    words: str = ""
    default: Any = None
    reference: Reference | None = None
    decode: Callable[[Any], Any] = field(default=lambda value: value)
    normal: Callable[[Any], Any] = field(default=lambda value: value)
    compare: Callable[[Any, Any], bool] = equal

    @property
    def form(self) -> ValueForm:
        """The form of its value."""
        return value_form(self.schema)

    def fragment(self) -> dict[str, Any]:
        """Return the JSON Schema of its value in a spec."""
        fragment = completed(self.form.schema(), self.doc, self.example, clears=self.clears)
        return fragment if self.default is None else {**fragment, "default": self.default}

    def wire_in(self, group: str) -> str:
        """Return where it stands in the body of a group's request: its own group's, or one that carries it as well."""
        return str(self.wire) if group == self.group else self.also_in[group]

    def sent(self, value: Any) -> Any:
        """Return a value as requests carry it: a reference is an id already, the others are encoded."""
        return value if self.reference else self.form.encode(value)

    def read(self, document: Mapping[str, Any]) -> Any:
        """Return this setting's value, in spec terms, from the document its group reads."""
        path = self.live or self.wire or self.on_create
        return self.form.decode(dig(document, path)) if path else None

    def comparable(self, value: Any, like: Any) -> Any:
        """Return a value as it is compared: the parts of it that `like` has too, in normal form."""
        return freeze(self.normal(self.form.normal(self.form.cut(value, like))))

    def as_wanted(self, desired: Any, live: Any) -> bool:
        """Tell whether a live value, in spec terms, is what the spec wants, as far as the spec says something."""
        return self.compare(self.comparable(desired, desired), self.comparable(live, desired))


def boolean(path: str, group: str, wire: str, doc: str, **more: Any) -> Setting:
    """Return the row of a setting that is true or false."""
    return Setting(path, doc, {"type": "boolean"}, **{"example": True, "group": group, "wire": wire, **more})


@dataclass(frozen=True, slots=True)
class ValidationRoute:
    """A request that asks the platform whether a group's change would be accepted, before anything is written.

    `policy` is the path of the setting that says what a warning means: `block` or `allow`.
    """

    path: str
    policy: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Preparation:
    """A request, often a job, that must be over before a group's own is made; it may be repeated without harm."""

    path: str
    why: str
    method: str = "POST"
    body: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


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
class ChangeRequest:
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
class Group:
    """One request: where it goes, what it must come after, and what state the object must be in.

    read      the route of the document it changes, read once for all that name it; None: the object's own document
    read_missing  a 404 of that route means that nothing is set; of others, it is an error that stops the plan
    after     groups that must be done first, each only where it has something to do
    before    groups that must wait for this one: what another group's `after` would say, said here, so that a new
              group edits no other one. A group that comes between two others says `after` one and `before` the other
    requires  the switch's position that the request needs ("on" or "off"), None where it does not matter
    prepare   what must be done first, whenever the request is made
    unless    why the request cannot be made of an object as it stands, from its spec, its live state (None where it
              does not exist yet) and its `Found` references by path; None: it can be made. A reason is an error at the
              setting's line; nothing is sent
    whole     the platform replaces the document by what is sent, so all of it is sent: it is read again right before,
              and only the changed settings are put in their places. With `{"a": 1, "b": 2, "c": 3}` on the platform
              and a change of `a` to 5, the plan's body is `{"a": 5}`. Somebody sets `b` to 4 meanwhile; what is sent
              is `{"a": 5, "b": 4, "c": 3}`: `c`, which no row knows, and the newer `b` are kept
    validation validate with it before any write of the plan
    confirm   after any job that the answer names, wait until the live document shows the value sent (it may lag)
    keeps     the path of the setting that says whether what the request resets, and no spec manages, is put back
    reset_by  groups whose request may reset what this one sets: it is read back after them, and set again
    change_request  how it is asked for where the platform has it approved
    why       the reason for all this, with its source
    """

    name: str
    path: str
    why: str
    method: str = "PATCH"
    read: str | None = None
    read_missing: bool = False
    verb: str = "update"
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    requires: str | None = None
    prepare: Preparation | None = None
    unless: Callable[[Resource, Live | None, Mapping[str, Found]], str | None] | None = None
    whole: bool = False
    validation: ValidationRoute | None = None
    confirm: bool = False
    keeps: str = ""
    reset_by: tuple[str, ...] = ()
    entries: Entries | None = None
    change_request: ChangeRequest | None = None

    def at(self, placed: Callable[[str], str]) -> "Group":
        """Return the group with each of its routes put through `placed`."""
        return replace(
            self,
            path=placed(self.path),
            read=self.read and placed(self.read),
            prepare=self.prepare and replace(self.prepare, path=placed(self.prepare.path)),
            validation=self.validation and replace(self.validation, path=placed(self.validation.path)),
            entries=self.entries and replace(self.entries, item_path=placed(self.entries.item_path)),
        )


def covers(prefix: str, path: str) -> bool:
    """Tell whether a dotted path is `prefix` or lies below it."""
    return path == prefix or path.startswith(f"{prefix}.")


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
        normal=folded,
    ),
)

MOVED_FROM = "moved_from"

MOVES = (
    Setting(
        MOVED_FROM,
        "The name, or address, that it had in the specs before: it is renamed, and nothing is deleted or created. Once "
        "that is done it means nothing.",
        {"type": "string", **NAME},
        example="churn-old",
        policy=True,
    ),
)
"""For kinds with an identity."""


def former_address(resource: Resource) -> Address | None:
    """Return the address that a resource had before by its own word, written whole or as the name alone; else None."""
    said = resource.value(MOVED_FROM)
    kind = resource.address.kind
    return None if said is None else Address(kind, str(said).removeprefix(f"{kind}."))


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
