"""The row types of settings and requests: a setting is one `Setting`, a request is one `Group`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drplan.records.specs import Live, Resource
from drplan.records.values import EMPTY, dig
from drplan.registry.lookups import Reference


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
    with_object it is sent along whenever its wire object is sent, even when only a neighbour changed
    in_request it never causes a request; it travels in its group's body (a reason, say)
    words     what a plan's text calls a value that travels so, where its path does not say it well
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
    with_object: bool = False
    in_request: bool = False
    policy: bool = False
    attribute: str = ""
    words: str = ""
    default: Any = None
    reference: Reference | None = None
    encode: Callable[[Any], Any] = field(default=lambda value: value)
    decode: Callable[[Any], Any] = field(default=lambda value: value)
    compare: Callable[[Any], Any] = field(default=lambda value: value)

    def sent(self, value: Any) -> Any:
        """Return a value as requests carry it: a reference is an id already, the others are encoded."""
        return value if self.reference else self.encode(value)

    def read(self, document: Mapping[str, Any]) -> Any:
        """Return this setting's value, in spec terms, from the document its group reads."""
        path = self.live or self.wire or self.on_create
        return self.decode(dig(document, path)) if path else None


@dataclass(frozen=True, slots=True)
class ValidationRoute:
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
    after     groups that must be done first, each only where it has something to do
    before    groups that must wait for this one: what another group's `after` would say, said here, so that a new
              group edits no other one. A group that comes between two others says `after` one and `before` the other
    requires  the switch's position that the request needs ("on" or "off"), None where it does not matter
    unless    why the request cannot be made of an object as it stands, from its spec and its live state (None where it
              does not exist yet); None: it can be made. A reason is an error at the setting's line; nothing is sent
    whole     the platform replaces the document by what is sent, so all of it is sent: it is read again right before,
              and only the changed settings are put in their places. With `{"a": 1, "b": 2, "c": 3}` on the platform
              and a change of `a` to 5, the plan's body is `{"a": 5}`. Somebody sets `b` to 4 meanwhile; what is sent
              is `{"a": 5, "b": 4, "c": 3}`: `c`, which no row knows, and the newer `b` are kept
    validation validate with it before any write of the plan
    confirm   after any job that the answer names, wait until the live document shows the value sent (it may lag)
    resets    groups that this request may reset, to be read back and reasserted
    change_request  how it is asked for where the platform has it approved
    why       the reason for all this, with its source
    """

    name: str
    path: str
    why: str
    method: str = "PATCH"
    read: str | None = None
    verb: str = "update"
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    requires: str | None = None
    unless: Callable[[Resource, Live | None], str | None] | None = None
    whole: bool = False
    validation: ValidationRoute | None = None
    confirm: bool = False
    resets: tuple[str, ...] = ()
    entries: Entries | None = None
    change_request: ChangeRequest | None = None


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
