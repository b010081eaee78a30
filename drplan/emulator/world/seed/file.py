"""A seed file read: its values, where each stands, and everything that is wrong with its form."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from drplan.emulator.world.seed.diagnostics import SeedDiagnostic, SeedError, suggestion

Path = tuple[str | int, ...]
_VALUES = 2_000_000  # as many as a seed may hold once its aliases are followed
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
}
_WORDS |= {"boolean": "true or false", "null": "null"}


class Seed:
    """The values of a seed file with their positions; `report` collects what is wrong, `raise_if_wrong` tells it."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.wrong: list[SeedDiagnostic] = []
        self._at: dict[Path, tuple[int, int]] = {(): (1, 1)}
        self._keys: dict[Path, tuple[int, int]] = {}
        self._count = 0
        self.value: dict[str, Any] = {}
        self._read(text)

    def _read(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            node = yaml.compose(text, loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.wrong.append(SeedDiagnostic(*at, "", f"not YAML: {error.problem or error.context}"))
            return
        except yaml.YAMLError as error:
            self.wrong.append(SeedDiagnostic(1, 1, "", f"not YAML: {error}"))
            return
        if node is None:
            return
        try:
            value = self._build(node, (), yaml.SafeLoader(""), frozenset())
        except _TooMuchError:
            self.wrong.append(SeedDiagnostic(1, 1, "", f"more than {_VALUES} values"))
            return
        if isinstance(value, dict):
            self.value = value
        else:
            self.report((), "must be a mapping with sections such as users and deployments")

    def _build(self, node: yaml.Node, path: Path, maker: yaml.SafeLoader, above: frozenset[int]) -> Any:
        self._count += 1
        if self._count > _VALUES:
            raise _TooMuchError
        self._at[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in above:
            self.report(path, "contains itself")
            return None
        inside = above | {id(node)}
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, (*path, index), maker, inside) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, maker, inside)
        try:
            value = maker.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self.report(path, f"cannot be read: {getattr(error, 'problem', None) or error}")
            return None
        # A time is written as text in the API; YAML's own dates would be neither text nor JSON.
        return value if value is None or isinstance(value, str | int | float | bool) else node.value

    def _mapping(
        self, node: yaml.MappingNode, path: Path, maker: yaml.SafeLoader, inside: frozenset[int]
    ) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.report(path, "keys must be plain words")
                continue
            key = key_node.value
            here = (*path, key)
            at = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in value:
                first = self._keys[here][0]
                self.wrong.append(SeedDiagnostic(*at, dotted(here), f"{key} is there twice, first in line {first}"))
                continue
            self._keys[here] = at
            value[key] = self._build(value_node, here, maker, inside)
        return value

    def report(self, path: Path, message: str, *, key: bool = False) -> None:
        """Note what is wrong with the value at a path, or with its key; a missing one is shown where it is missing."""
        known = self._keys if key and path in self._keys else self._at
        found = path
        while found not in known:
            known, found = self._at, found[:-1]
        self.wrong.append(SeedDiagnostic(*known[found], dotted(path), message))

    def line(self, path: Path) -> int:
        """Give the line of a value."""
        return self._at[path][0]

    def check(self, schema: dict[str, Any]) -> set[Path]:
        """Hold the values against a JSON Schema, report what does not fit, give the paths of what cannot be loaded."""
        bad: set[Path] = set()
        for where, message, key in misfits(schema, self.value):
            if not key:  # a key too many does not keep the rest from being looked at
                bad.add(where)
            self.report(where, message, key=key)
        return bad

    def raise_if_wrong(self) -> None:
        """Raise SeedError if anything was reported."""
        if self.wrong:
            raise SeedError(self.file, list(dict.fromkeys(self.wrong)))


class _TooMuchError(Exception):
    """A seed whose aliases multiply beyond all measure."""


def misfits(schema: dict[str, Any], value: Any) -> Iterator[tuple[Path, str, bool]]:
    """Yield what does not fit a JSON Schema: where, why in words, and whether it is the key there that is wrong."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema).iter_errors(value):
        yield from _explained(error, tuple(error.absolute_path))


def dotted(path: Path) -> str:
    """Give a path as people write it: `deployments[0].model.version`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.match(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def _explained(error: Any, path: Path) -> list[tuple[Path, str, bool]]:
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties" and isinstance(value, dict):
        known = sorted(error.schema.get("properties", {}))
        extra = [key for key in value if key not in known]
        return [((*path, key), f"unknown key {key}{suggestion(key, known)}", True) for key in extra]
    if rule == "required":
        missing = [name for name in wanted if name not in value]
        return [((*path, name), "is required", False) for name in missing if f"{name!r} is a required" in error.message]
    return [(path, _plain(error, rule, wanted, value), False)]


def _plain(error: Any, rule: str, wanted: Any, value: Any) -> str:
    if rule == "type":
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return f"must be {' or '.join(_WORDS[name] for name in names)}, not {_shown(value)}"
    if rule == "enum":
        names = [choice if isinstance(choice, str) else json.dumps(choice) for choice in wanted]
        return f"must be one of {', '.join(names)}, not {_shown(value)}{suggestion(value, names)}"
    if rule == "pattern":
        return f"{_shown(value)} does not have the form {error.schema.get('x-form', wanted)}"
    if rule in {"minimum", "maximum"}:
        return f"must be at {'least' if rule == 'minimum' else 'most'} {wanted}, not {_shown(value)}"
    return str(error.message)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False)
