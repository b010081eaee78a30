"""Shapes of request bodies, checked as the platform does: every wrong field is named in one 422 (API reference 1.6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drplan.emulator.core.store import Json, load
from drplan.emulator.http.errors import Problem, invalid

_ENDLESS = 1e300  # no setting is this large; JSON can write infinity as 1e999


class Wrong(Exception):  # noqa: N818 - the reason a value is refused, caught in this module
    """A value that does not fit: a text, or for objects a mapping of texts."""

    def __init__(self, why: "str | dict[str, Any]") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, and whether it must be there, may be null, must be one of a few."""

    read: Callable[[Any, bool], Any]
    required: bool = False
    nullable: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """An object with these fields; others are refused unless `open_`; `exactly_one` names alternatives."""

    fields: Mapping[str, Field]
    open_: bool = False
    exactly_one: tuple[str, ...] = ()
    rule: Callable[[Json], "dict[str, Any] | None"] | None = None
    blank: bool = field(default=True)  # False: at least one field must be given

    def __call__(self, value: Any, form: bool) -> Json:
        """Read a value; raises Wrong with every wrong field."""
        if isinstance(value, str) and form:
            value = _parsed(value)
        if not isinstance(value, dict):
            raise Wrong("must be an object")
        taken, wrong = self._taken(value, form)
        wrong |= {name: "is required" for name, known in self.fields.items() if known.required and name not in value}
        if self.exactly_one and not wrong:
            there = [name for name in self.exactly_one if taken.get(name) is not None]
            if len(there) != 1:
                text = f"exactly one of {', '.join(self.exactly_one)} must be given"
                wrong.update(dict.fromkeys(there or self.exactly_one, text))
        if not self.blank and not value:
            raise Wrong("at least one field must be given")
        if self.rule is not None and not wrong:
            wrong.update(self.rule(taken) or {})
        if wrong:
            raise Wrong(wrong)
        return taken

    def _taken(self, value: Json, form: bool) -> tuple[Json, dict[str, Any]]:
        wrong: dict[str, Any] = {}
        taken: Json = {}
        for name, given in value.items():
            known = self.fields.get(name)
            if known is None and self.open_:
                taken[name] = given
            elif known is None:
                wrong[name] = f"{name} is not allowed key"
            else:
                try:
                    taken[name] = _value(known, given, form)
                except Wrong as error:
                    wrong[name] = error.why
        return taken, wrong


def check(body: Any, shape: Object, *, form: bool = False) -> Json:
    """Give the body as the shape reads it; a body that does not fit is a 422 that names every wrong field."""
    try:
        return shape({} if body is None else body, form)
    except Wrong as error:
        if isinstance(error.why, str):
            raise Problem(422, {"message": f"Invalid field data: the body {error.why}", "errors": {}}) from None
        raise invalid(error.why) from None


def _value(known: Field, given: Any, form: bool) -> Any:
    if given is None:
        if known.nullable:
            return None
        raise Wrong("must not be null")
    return known.read(given, form)


def _parsed(text: str) -> Any:
    try:
        return load(text)
    except ValueError:
        raise Wrong("must be JSON") from None


def text(
    *,
    required: bool = False,
    nullable: bool = False,
    blank: bool = False,
    choices: tuple[str, ...] = (),
    longest: int = 0,
) -> Field:
    """Give a string field."""

    def read(value: Any, _form: bool) -> str:
        if not isinstance(value, str):
            raise Wrong("must be a string")
        if not value.strip() and not blank:
            raise Wrong("must not be blank")
        if choices and value not in choices:
            raise Wrong(f"must be one of {', '.join(choices)}")
        if longest and len(value) > longest:
            raise Wrong(f"must have at most {longest} characters")
        return value

    return Field(read, required, nullable)


def boolean(*, required: bool = False, nullable: bool = False) -> Field:
    """Give a boolean field; in a form `true` and `false` in any case."""

    def read(value: Any, form: bool) -> bool:
        if form and isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise Wrong("must be true or false")
        return value

    return Field(read, required, nullable)


def number(
    *,
    required: bool = False,
    nullable: bool = False,
    whole: bool = False,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[float, ...] = (),
) -> Field:
    """Give a number field, whole or not."""
    kind = "a whole number" if whole else "a number"

    def read(value: Any, form: bool) -> float:
        if form and isinstance(value, str):
            value = _number(value, kind)
        odd = isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _ENDLESS
        if odd or (whole and value != int(value)):
            raise Wrong(f"must be {kind}")
        if least is not None and value < least:
            raise Wrong(f"must be at least {least:g}")
        if most is not None and value > most:
            raise Wrong(f"must be at most {most:g}")
        if choices and value not in choices:
            raise Wrong(f"must be one of {', '.join(f'{choice:g}' for choice in choices)}")
        return int(value) if whole else value

    return Field(read, required, nullable)


def _number(value: str, kind: str) -> float:
    try:
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    except ValueError:
        raise Wrong(f"must be {kind}") from None


def listing(
    of: Field,
    *,
    required: bool = False,
    nullable: bool = False,
    least: int = 0,
    most: int | None = None,
    size: int | None = None,
) -> Field:
    """Give a list field whose items are read by `of`."""

    def read(value: Any, form: bool) -> list[Any]:
        if form and isinstance(value, str):
            value = _parsed(value) if value.startswith("[") else [value]
        if not isinstance(value, list):
            raise Wrong("must be a list")
        if size is not None and len(value) != size:
            raise Wrong(f"must have exactly {size} item{'s' if size != 1 else ''}")
        if len(value) < least:
            raise Wrong(f"must have at least {least} item{'s' if least != 1 else ''}")
        if most is not None and len(value) > most:
            raise Wrong(f"must have at most {most} item{'s' if most != 1 else ''}")
        wrong: dict[str, Any] = {}
        taken = []
        for index, item in enumerate(value):
            try:
                taken.append(_value(of, item, form))
            except Wrong as error:
                wrong[str(index)] = error.why
        if wrong:
            raise Wrong(wrong)
        return taken

    return Field(read, required, nullable)


def nested(shape: Object, *, required: bool = False, nullable: bool = False) -> Field:
    """Give an object field."""
    return Field(shape, required, nullable)


def anything(*, required: bool = False, nullable: bool = True) -> Field:
    """Give a field that takes any JSON value."""
    return Field(lambda value, _form: value, required, nullable)


def one_of(*types: type, required: bool = False, nullable: bool = False, words: str = "a scalar") -> Field:
    """Give a field of one of several Python types."""

    def read(value: Any, _form: bool) -> Any:
        if not isinstance(value, types):
            raise Wrong(f"must be {words}")
        return value

    return Field(read, required, nullable)
