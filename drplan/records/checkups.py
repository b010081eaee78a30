"""What the checks find: traits of a platform, and all of them as a checkup. Frozen records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drplan.records.values import EMPTY


class Level(StrEnum):
    """What a trait means for drplan, in rising order; the highest of a checkup is its result."""

    OK = "ok"  # as documented
    NOTE = "note"  # worth knowing, or not to be seen by reading
    WARNING = "warning"  # drplan does less here, or a person has to do something
    ERROR = "error"  # drplan cannot read what it needs

    @property
    def rank(self) -> int:
        """Its place in the order: 0 is `ok`."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of a platform: what was seen, what it means for drplan, and what to do; the last two may be empty.

    None of the texts has a token, a label, an e-mail address, or the value of a setting or of a tag other than the
    identities that drplan writes.
    """

    level: Level
    seen: str
    means: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one check has found: its name, the question that it asks, and the traits."""

    check: str
    question: str
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """What all checks have found of a platform; `requests` counts what was sent, by method and route."""

    endpoint: str
    project: str
    looked: tuple[Looked, ...]
    requests: Mapping[str, int] = field(default_factory=lambda: EMPTY)

    def __iter__(self) -> Iterator[Trait]:
        return (trait for each in self.looked for trait in each.traits)

    @property
    def result(self) -> Level:
        """The highest level among the traits."""
        return max((trait.level for trait in self), key=lambda level: level.rank, default=Level.OK)

    @property
    def sent(self) -> int:
        """How many requests were made."""
        return sum(self.requests.values())


def fine(seen: str) -> Trait:
    """Return a trait that is as documented."""
    return Trait(Level.OK, seen)


def noted(seen: str, means: str = "", advice: str = "") -> Trait:
    """Return a trait that is worth knowing."""
    return Trait(Level.NOTE, seen, means, advice)


def warned(seen: str, means: str, advice: str) -> Trait:
    """Return a trait that lets drplan do less, or asks somebody to do something."""
    return Trait(Level.WARNING, seen, means, advice)


def unreadable(seen: str, means: str, advice: str) -> Trait:
    """Return the trait that something cannot be read that drplan needs."""
    return Trait(Level.ERROR, seen, means, advice)
