"""One section of a seed file, and what its loader works with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from drplan.emulator.core.ids import derived_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.world.seed.diagnostics import suggestion
from drplan.emulator.world.seed.file import Path, Seed, dotted

ID_SCHEMA = {
    "type": "string",
    "pattern": "^[0-9a-f]{24}$",
    "x-form": "24 hexadecimal digits",
    "description": "Its id, 24 hexadecimal digits; derived from kind and name unless given, so equal in every world.",
    "examples": ["5f48cb94408673683eca0fab"],
}


@dataclass
class Seeding:
    """The loading of one seed into one store: what is in the seed, what its names mean, and what is wrong with it.

    A loader walks `items`, gives each an id with `named`, looks other names up with `refer`, and writes to `store`. It
    never raises for a wrong value: it reports it and goes on; all is taken back when anything was reported.
    """

    seed: Seed
    store: Store
    now: str
    bad: set[Path]
    switches: Json
    _names: dict[str, dict[str, str]] = field(default_factory=dict)
    _silent: dict[str, set[str]] = field(default_factory=dict)
    _places: dict[tuple[str, str], int] = field(default_factory=dict)

    def items(self, section: str, path: Path = (), value: Any = None) -> Iterator[tuple[Path, Json]]:
        """Give the items of a section (or of a list inside an item) that have the right form, with their paths."""
        found = self.seed.value.get(section) if value is None else value
        base: Path = path or (section,)
        for index, item in enumerate(found if isinstance(found, list) else []):
            here = (*base, index)
            if any(bad[: len(here)] == here for bad in self.bad) or not isinstance(item, dict):
                if isinstance(item, dict):
                    self._silent.setdefault(section, set()).update(str(value) for value in item.values())
                continue
            yield here, item

    def named(self, kind: str, path: Path, item: Json, *names: object, within: str = "") -> str:
        """Give an item's id and remember what it is called; reports a name or id that was used before.

        The last one of `names` is what the seed calls it; `within` is the thing in which that has to be unique.
        """
        object_id = str(item.get("id") or derived_id(kind, *names))
        known = self._names.setdefault(kind + within, {})
        called = str(names[-1])
        twice = next((name for name in (called, object_id) if name in known), None)
        if twice is not None:
            self.seed.report(path, f"{twice} is there twice in {dotted(path[:-1])}")
        known[called] = known[object_id] = object_id
        return object_id

    def alias(self, kind: str, name: str, object_id: str) -> None:
        """Remember a further name of an object, such as a server's URL."""
        self._names.setdefault(kind, {}).setdefault(name, object_id)

    def refer(self, kind: str, name: object, path: Path, section: str) -> str | None:
        """Give the id that a name or an id means; None after reporting that there is no such thing in the seed."""
        known = self._names.get(kind, {})
        object_id = known.get(str(name))
        if object_id is None and str(name) not in self._silent.get(section, ()):
            words = sorted(word for word in known if word != known[word])
            self.seed.report(path, f"there is no {name} in {section}{suggestion(name, words)}")
        return object_id

    def user(self, name: str | None, path: Path) -> Json | None:
        """Give the user of a name, the world's first one for None."""
        users = self._names.get("user", {})
        user_id = next(iter(users.values()), None) if name is None else self.refer("user", name, path, "users")
        return None if user_id is None else self.store.get("user", user_id)

    def place(self, kind: str, name: str) -> int:
        """Give how many things of a kind have had this name so far, this one included."""
        count = self._places[kind, name] = self._places.get((kind, name), 0) + 1
        return count

    def derive(self, kind: str, *names: object) -> str:
        """Give the id of a thing that the seed does not name."""
        return derived_id(kind, *names)

    @property
    def wrong(self) -> bool:
        """Tell whether anything was reported yet."""
        return bool(self.seed.wrong)

    def report(self, path: Path, message: str) -> None:
        """Note what is wrong at a path."""
        self.seed.report(path, message)


@dataclass(frozen=True, slots=True)
class Section:
    """A top-level key of a seed file: its JSON Schema, and what loads it; sections load in the order of the table."""

    key: str
    schema: Json
    load: Callable[[Seeding], None]


def mapping(properties: Json, required: tuple[str, ...] = (), description: str = "") -> Json:
    """Give the schema of a closed mapping."""
    schema: Json = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        schema["required"] = list(required)
    if description:
        schema["description"] = description
    return schema


def many(items: Json, description: str) -> Json:
    """Give the schema of a list."""
    return {"type": "array", "items": items, "description": description}


def key(type_: str | list[str], description: str, example: Any, **more: Any) -> Json:
    """Give the schema of a plain value."""
    return {"type": type_, "description": description, "examples": [example], **more}
