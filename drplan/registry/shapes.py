"""The forms of values: what a value of a spec looks like, and how it reads on the wire; declared once, in the row.

A nested value is a `Shape` of `Field`s. Its JSON Schema, what is sent, what is read back and what is compared all come
from it:

    replay = Shape(
        Field("enabled", "Whether challengers replay.", {"type": "boolean"}, example=True),
        Field("time_zone", "Whose midnight it is.", {"type": "string"}, example="UTC"),
    )
    live = {"enabled": True, "timeZone": "UTC", "new": 1}
    replay.encode({"time_zone": "CET"}) == {"timeZone": "CET"}
    replay.decode(live) == {"enabled": True, "time_zone": "UTC"}
    replay.cut({"enabled": True, "time_zone": "UTC"}, {"time_zone": "CET"}) == {"time_zone": "UTC"}
    replay.keep({"timeZone": "CET"}, live) == {"enabled": True, "timeZone": "CET", "new": 1}
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ValueForm:
    """A value that reads on the wire as in the spec. `fragment` is its JSON Schema."""

    fragment: Mapping[str, Any]

    @property
    def partial(self) -> bool:
        """Whether a spec may say a part of the value only; the rest is left as it is."""
        return False

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value in a spec."""
        return dict(self.fragment)

    def encode(self, value: Any) -> Any:
        """Return the value on the wire."""
        return value

    def decode(self, value: Any) -> Any:
        """Return a value of the wire in the spec's terms; what the form does not know is left out."""
        return value

    def cut(self, live: Any, like: Any) -> Any:  # noqa: ARG002  other forms look at it
        """Return of a live value, in the spec's terms, the parts that `like` has too."""
        return live

    def normal(self, value: Any) -> Any:
        """Return a value in the form in which it is compared: words of an `enum` as the schema spells them."""
        return _spelled(self.fragment, value)

    def keep(self, sent: Any, found: Any) -> Any:  # noqa: ARG002  other forms look at it
        """Return what is sent, completed by what stands on the platform and nobody has asked to change."""
        return sent


def _spelled(schema: Any, value: Any) -> Any:
    """Return a word, or a list of words, in the case in which an `enum` has them, whichever case a platform shows.
    {"enum": ["LOW", "HIGH"]}       high → HIGH        odd → odd
    """
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list | tuple):
        return [_spelled(schema.get("items"), item) for item in value]
    if not isinstance(value, str) or value in (words := schema.get("enum", ())):
        return value
    return next((word for word in words if isinstance(word, str) and word.lower() == value.lower()), value)


def value_form(schema: "Mapping[str, Any] | ValueForm") -> ValueForm:
    """Return the form of a value: a JSON Schema fragment alone says that it reads on the wire as in the spec."""
    return schema if isinstance(schema, ValueForm) else ValueForm(schema)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a `Shape`.

    name      the key in a spec
    wire      the key on the wire; the name in camelCase when left out
    reads     other keys under which servers answer with it
    required  a spec that says the value has to say this key
    clears    null is allowed, and clears it
    normal    the form in which it is compared, where the platform does not keep a value as it was sent
    """

    name: str
    doc: str
    schema: Mapping[str, Any] | ValueForm
    example: Any
    wire: str = ""
    reads: tuple[str, ...] = ()
    required: bool = False
    clears: bool = False
    normal: Callable[[Any], Any] = field(default=lambda value: value)

    @property
    def key(self) -> str:
        """The key on the wire."""
        first, *others = self.name.split("_")
        return self.wire or first + "".join(word.capitalize() for word in others)

    @property
    def form(self) -> ValueForm:
        """The form of its value."""
        return value_form(self.schema)

    def fragment(self) -> dict[str, Any]:
        """Return the JSON Schema of its value."""
        return completed(self.form.schema(), self.doc, self.example, clears=self.clears)


def completed(schema: Mapping[str, Any], doc: str, example: Any, *, clears: bool) -> dict[str, Any]:
    """Return a JSON Schema fragment with its description and example, and null allowed where that `clears`."""
    fragment = {"description": doc, **schema, "examples": [example]}
    if clears and isinstance(fragment.get("type"), str):
        fragment["type"] = [fragment["type"], "null"]
    return fragment


@dataclass(frozen=True, slots=True, init=False)
class Shape(ValueForm):
    """An object with known keys, of which a spec may say some; the others are left alone, as are unknown ones."""

    fields: tuple[Field, ...]

    def __init__(self, *fields: Field) -> None:
        object.__setattr__(self, "fragment", {})
        object.__setattr__(self, "fields", fields)

    @property
    def partial(self) -> bool:
        """A spec may say some of the keys only."""
        return True

    def schema(self) -> dict[str, Any]:
        """Return the schema of an object that has these keys and no others."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {each.name: each.fragment() for each in self.fields},
            "additionalProperties": False,
        }
        required = [each.name for each in self.fields if each.required]
        return schema | ({"required": required} if required else {})

    def encode(self, value: Any) -> Any:
        """Return the keys that the value has, under their names on the wire."""
        if not isinstance(value, Mapping):
            return value
        return {each.key: each.form.encode(value[each.name]) for each in self.fields if each.name in value}

    def decode(self, value: Any) -> Any:
        """Return every known key, with None for what the wire does not have."""
        if not isinstance(value, Mapping):
            return None
        found = {}
        for each in self.fields:
            key = next((key for key in (each.key, *each.reads) if key in value), each.key)
            found[each.name] = each.form.decode(value.get(key))
        return found

    def cut(self, live: Any, like: Any) -> Any:
        """Return the keys that `like` has, each None where the live value has none; None where there is no value.

        To clear keys of a value that is not there is no change.
        """
        if not isinstance(like, Mapping) or (live is None and any(held is not None for held in like.values())):
            return live
        live = live or {}
        return {
            each.name: each.form.cut(live.get(each.name), like[each.name]) for each in self.fields if each.name in like
        }

    def normal(self, value: Any) -> Any:
        """Return each key's value in the form in which it is compared."""
        if not isinstance(value, Mapping):
            return value
        return {
            each.name: each.normal(each.form.normal(value[each.name])) for each in self.fields if each.name in value
        }

    def keep(self, sent: Any, found: Any) -> Any:
        """Return the whole object: whether a platform merges below a key, or replaces, is not known of any."""
        if not (isinstance(sent, Mapping) and isinstance(found, Mapping)):
            return sent
        forms = {each.key: each.form for each in self.fields}
        known = {key for each in self.fields for key in each.reads}
        kept = {key: value for key, value in found.items() if key not in known}
        return kept | {key: forms[key].keep(value, found.get(key)) for key, value in sent.items()}


@dataclass(frozen=True, slots=True, init=False)
class ListOf(ValueForm):
    """A list of objects of one shape. It is compared, and sent, as a whole: no key says which item is which."""

    item: Shape

    def __init__(self, item: Shape, **fragment: Any) -> None:
        object.__setattr__(self, "fragment", fragment)
        object.__setattr__(self, "item", item)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the list; `fragment` is what bounds it."""
        return {"type": "array", "items": self.item.schema(), **self.fragment}

    def encode(self, value: Any) -> Any:
        """Return each item on the wire."""
        return [self.item.encode(each) for each in value] if isinstance(value, list | tuple) else value

    def decode(self, value: Any) -> Any:
        """Return each item in the spec's terms, without the keys that it does not have."""
        if not isinstance(value, list | tuple):
            return None
        items = [self.item.decode(each) or {} for each in value]
        return [{key: held for key, held in item.items() if held is not None} for item in items]

    def normal(self, value: Any) -> Any:
        """Return each item in the form in which it is compared."""
        return [self.item.normal(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class Keyed(ValueForm):
    """Values by name, of which only the ones that a spec names are managed; null removes one.

    `fragment` is the JSON Schema of one value. On the wire they are an object, or with `name` a list of items: `name`
    is the item's key that holds the name, `value` the one that holds the value. With `name="fieldName"` and
    `value="value"`, `{"LEVEL": "3"}` in a spec stands for `[{"fieldName": "LEVEL", "value": "3"}]`. What an item holds
    besides is kept.
    """

    name: str = ""
    value: str = ""

    @property
    def partial(self) -> bool:
        """A spec may say some of the names only."""
        return True

    def schema(self) -> dict[str, Any]:
        """Return the schema of a mapping from names to values, in which null removes one."""
        value = dict(self.fragment)
        if isinstance(value.get("type"), str):
            value["type"] = [value["type"], "null"]
        return {"type": "object", "additionalProperties": value, "propertyNames": {"minLength": 1}}

    def encode(self, value: Any) -> Any:
        """Return the values by name, or as items, on the wire; null as a value that is null."""
        if not (self.name and isinstance(value, Mapping)):
            return value
        return [{self.name: name, self.value: held} for name, held in value.items()]

    def decode(self, value: Any) -> Any:
        """Return the values by their names; of two items with one name, the first."""
        if not self.name:
            return value if isinstance(value, Mapping) else {}
        return {name: item.get(self.value) for name, item in self._items(value).items()}

    def cut(self, live: Any, like: Any) -> Any:
        """Return the values of the names in `like`; None for one that is not there."""
        return {name: live.get(name) for name in like} if isinstance(like, Mapping) else live

    def keep(self, sent: Any, found: Any) -> Any:
        """Return all values: those on the platform, with those sent in their places, without those sent as null."""
        if not self.name:
            if not isinstance(sent, Mapping):
                return sent
            every = {**(found if isinstance(found, Mapping) else {}), **sent}
            return {name: held for name, held in every.items() if held is not None}
        items, given = self._items(found), self._items(sent)
        every = {**items, **{name: {**items.get(name, {}), **item} for name, item in given.items()}}
        return [item for name, item in every.items() if name not in given or item[self.value] is not None]

    def _items(self, value: Any) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for item in value if isinstance(value, list | tuple) else ():
            if isinstance(item, Mapping):
                found.setdefault(str(item.get(self.name)), item)
        return found
