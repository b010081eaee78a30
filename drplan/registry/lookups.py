"""How a name in a spec leads to the id of another object: lookups ask for reads and do none themselves."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from drplan.records.values import EMPTY


@dataclass(frozen=True, slots=True)
class Read:
    """One GET that a lookup asks for. `paged`: the answer is every item of every page; else the object.

    With `optional`, a 404 is answered with None instead of being an error, of a list too.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    paged: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """A reference that leads nowhere, or to several things: what is wrong and what to do."""

    summary: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A reference resolved: the id to send, the name people know it by, and the object itself as far as it was read.

    `unfit` is why nothing more may refer to it (it is archived, say): an error, except where the live object refers to
    it already. `unready` says in a few words what of it is still under way: a plan warns of it, and apply waits.
    """

    id: str
    name: str | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY, compare=False)
    unfit: Absent | None = None
    unready: str = ""


@dataclass(frozen=True, slots=True)
class Unmade:
    """A reference to something (`what`, in words) that must be created first, by one POST that answers with its id.

    `find` looks for it again (after an ambiguous failure); `stand_in` replaces the reference in a validation's body,
    which must work before anything is created.
    """

    what: str
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


@dataclass(frozen=True, slots=True)
class Readiness:
    """How an object says that it can be used: what `path` (with `{id}`) shows under the key `field`.

    Only the two words given count: what shows neither, or cannot be seen, is left to the platform to judge.
    """

    path: str
    field: str
    waiting: str
    failed: str


@dataclass(frozen=True, slots=True)
class Reference:
    """How a setting names another object.

    `settled(value, document)` tells whether the live document refers to that object already, which saves the lookup.
    `lookup(value)` finds its id. `kind` is the kind whose specs may define the object by name (None: none does), and
    `name` where the live document has the object's name, dotted (None: nowhere). `readiness` is what is awaited before
    the object is used (None: it can be used at once).

    `pin(value, id)` returns a value that leads to another object over time (`latest`) such that it leads to `id`, as
    long as that is one of those that it may lead to (None: it leads to the same object always).
    """

    settled: Callable[[Any, Mapping[str, Any]], bool]
    lookup: Callable[[Any], Lookup]
    kind: str | None = None
    name: str | None = None
    readiness: Readiness | None = None
    pin: Callable[[Any, str], Any] | None = None
