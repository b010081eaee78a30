"""YAML text to values that remember where they stand.

YAML is data here: no tags, aliases and sizes bounded, duplicate keys refused. A merge key (`<<`) lays other mappings
under the one that it stands in; `x-` keys at the top of a file are a place for these. Plain words are read as YAML 1.2
reads them (its core schema, section 10.3.2 of the specification), where PyYAML by itself reads YAML 1.1:

    010      ten; 0o10 is eight
    1:30     a text, as are 1_000 and 2026-01-01
    no       a text, as are yes, on and off; true and false are the only booleans
    1e3      a thousand
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from drplan.records.specs import Diagnostic, Severity, Where

MAX_CHARACTERS = 1_000_000

MAX_VALUES = 100_000

MAX_DEPTH = 50

MAX_NUMBER = 2**53  # the whole numbers that every reader of JSON takes alike (RFC 8785)

MAX_SHOWN = 100  # characters of a wrong value in a message

Path = tuple[str | int, ...]

_PLAIN = "tag:yaml.org,2002:"

_MERGE = f"{_PLAIN}merge"

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # chosen at run time
    """PyYAML's safe loader, with the plain words of YAML 1.2 instead of its own."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}


_PLAIN_WORDS = (
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ("~", "n", "N", "")),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), tuple("tTfF")),
    ("int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), tuple("-+0123456789")),
    (
        "float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        tuple("-+.0123456789"),
    ),
    ("merge", re.compile(r"<<\Z"), ("<",)),
)
"""How plain words are read, the first that fits: the type, its words, and the characters that they begin with."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper; it quotes each text that YAML 1.2, or 1.1, would take for something else.

    A text with hidden characters, or one that a CI system takes for a command, stands in double quotes with escapes.
    """

    def represent_str(self, data: str) -> yaml.ScalarNode:
        escaped = not data.isprintable() or "::" in data or "##" in data
        return self.represent_scalar(f"{_PLAIN}str", data, style='"' if escaped else None)

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        self.allow_unicode = text.isprintable()
        super().write_double_quoted(text, split)


_Dumper.add_representer(str, _Dumper.represent_str)


for _form, _words, _first in _PLAIN_WORDS:
    for _side in (_Loader, _Dumper):
        _side.add_implicit_resolver(f"{_PLAIN}{_form}", _words, list(_first))

_TAGS = {  # what YAML itself gives to a node without a written tag
    yaml.MappingNode: {"map"},
    yaml.SequenceNode: {"seq"},
    yaml.ScalarNode: {"str", "null", "bool", "int", "float", "merge"},
}

_SHORT = 5_000  # characters; a text shorter than this cannot nest deep enough to exhaust the C composer's stack


def _boolean(word: str) -> bool:
    return {"true": True, "false": False}[word.lower()]


def _whole(word: str) -> int:
    return int(word[2:], {"0o": 8, "0x": 16}[word[:2]]) if word[:2] in ("0o", "0x") else int(word)


def _number(word: str) -> float:
    return float(word.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    f"{_PLAIN}null": lambda _: None,
    f"{_PLAIN}bool": _boolean,
    f"{_PLAIN}int": _whole,
    f"{_PLAIN}float": _number,
}


@dataclass(slots=True)
class Document:
    """A parsed file: its value, and line and column of each key and value by path.

    `texts` has a word as it stands there where its value would be written otherwise (`1.10`; empty: nothing is there).
    `wrong` are the paths of the problems. Where the file is no YAML, or too large or deep, it is not `parsed`: there is
    a problem, and no value.
    """

    file: str
    value: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    parsed: bool = True
    problems: list[Diagnostic] = field(default_factory=list)
    wrong: list[Path] = field(default_factory=list)

    def where(self, path: Path, *, key: bool = False) -> Where:
        """Return the place of the value at `path` (or of its key), or of the nearest value above that has one."""
        places = self.keys if key else self.values
        while path and path not in places and path not in self.values:  # an item of a list has no key
            path = path[:-1]
        line, column = places.get(path) or self.values.get(path) or (1, 1)
        return Where(self.file, line, column)

    def complain(self, path: Path, summary: str, detail: str = "", *, key: bool = False) -> None:
        """Add an error about the value (or key) at `path`."""
        self.problems.append(Diagnostic(Severity.ERROR, summary, detail, self.where(path, key=key), dotted(path)))
        self.wrong.append(path)

    def broken(self, path: Path) -> bool:
        """Tell whether something is wrong at `path` or below it."""
        return any(wrong[: len(path)] == path for wrong in self.wrong)


def without_extensions(content: Any) -> Any:
    """Return a file's content without its `x-` keys, which mean nothing and are a place for anchors."""
    if not isinstance(content, dict):
        return content
    return {key: value for key, value in content.items() if not key.startswith("x-")}


EXTENSIONS: Mapping[str, Any] = {
    "^x-": {"description": "Anything, for `&anchors` to which `*aliases` and `<<` lead; it means nothing by itself."}
}
"""Those keys as `patternProperties` of a JSON Schema."""


def dotted(path: Path) -> str:
    """Return a path as people write it: `deployments.churn.tags[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def as_written(value: Any) -> str:
    """Return a wrong value as a message shows it: as YAML writes it in one line, and cut where it is long."""
    text = _written(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _written(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return str(value)


def parse(text: str, file: str) -> Document:
    """Return a YAML file as a document; what is wrong with it is in its `problems`, and nothing is raised."""
    document = Document(file)
    if len(text) > MAX_CHARACTERS:
        document.complain((), f"the file is larger than {MAX_CHARACTERS:,} characters", "split it")
        document.parsed = False
        return document
    try:
        root = None if len(text) > _SHORT and _too_deep(text, document) else _compose(text)
    except (yaml.YAMLError, UnicodeError) as error:
        if not _too_deep_before(error, text, document):
            document.problems.append(_syntax(error, text, file))
        document.parsed = False
        return document
    if root is not None:
        _Reader(document).read(root, ())
    return document


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _too_deep(text: str, document: Document) -> bool:
    """Return whether values nest too deep, adding the problem. It reads events, which needs no recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark  # always there when text is parsed
                _overflow(document, (), Where(document.file, mark.line + 1, mark.column + 1))
                return True
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return False


def _too_deep_before(error: Exception, text: str, document: Document) -> bool:
    """Complain where values nest too deep before the place of a syntax error, which may be PyYAML's own bound of depth.

    The scanner reads up to 1,024 characters ahead of the events that it gives, so it can come to an error first:
        [[[[ … 1001 times    PyYAML 6.0.4 raises at column 1001 before it gives a single `[`
        [[[[ … 1000 times    the text before the error: its events come, and the 51st `[` is too deep
    """
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return False
    try:
        return _too_deep(text[: mark.index], document)
    except yaml.YAMLError:  # what was cut off here is wrong too, and nothing before it
        return False


def _overflow(document: Document, path: Path, where: Where) -> None:
    """Add the problem that there are too many values, or too deep ones; the document counts as not parsed."""
    if document.parsed:
        summary = "too many or too deeply nested values"
        detail = "are there aliases of aliases?"
        document.problems.append(Diagnostic(Severity.ERROR, summary, detail, where, dotted(path[:3])))
    document.parsed = False


def _syntax(error: Exception, text: str, file: str) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context", None) or ""
    if mark:
        where = Where(file, mark.line + 1, mark.column + 1)
    else:  # a character that YAML does not allow; the C reader counts its place in bytes
        before = text.encode()[: getattr(error, "position", 0)].decode(errors="ignore")
        where = Where(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    if context.startswith("expected a single document"):
        return Diagnostic(Severity.ERROR, "a second document begins here", "a file holds one; split it", where)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None))
    found = text[mark.index : mark.index + 1] if mark else ""
    if found == "\t" or "tab" in problem.split():
        return Diagnostic(Severity.ERROR, "a tab stands here", "YAML is indented with spaces", where)
    for part, way in _WAYS.items():
        if part in problem:
            context = f"{context}; {way}" if context else way
    return Diagnostic(Severity.ERROR, f"not valid YAML: {problem}", context.replace("CHARACTER", found), where)


_WAYS: Mapping[str, str] = {
    "mapping values are not allowed": "put quotes around a text that has a colon and a blank in it",
    "cannot start any token": "put quotes around a text that begins with CHARACTER",
    "undefined alias": "put quotes around a text that begins with CHARACTER",
}
"""What to write instead, by a part of what PyYAML says."""


def _untagged(node: yaml.Node) -> bool:
    return node.tag.removeprefix(_PLAIN) in _TAGS[type(node)]


class _Reader:
    """Turns composed nodes into values; one per document, as it counts what aliases expand to."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.merging = 0

    def read(self, root: yaml.Node, path: Path) -> None:
        self.document.value = self._value(root, path)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        document = self.document
        mark = node.start_mark
        document.values[path] = (mark.line + 1, mark.column + 1)
        document.texts.pop(path, None)  # of a value that was merged, and is written over
        if self._too_much(path):
            return None
        if not _untagged(node):
            tag = node.tag.replace(_PLAIN, "!!")
            document.complain(path, f"the tag {tag} is not allowed", "YAML is only data here")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)  # type: ignore[arg-type]  # the third and last kind of node

    def _too_much(self, path: Path) -> bool:
        """Count one more value, or mapping that is merged, and tell whether there are too many or too deep ones."""
        self.count += 1
        document = self.document
        if self.count > MAX_VALUES or len(path) + self.merging > MAX_DEPTH or not document.parsed:
            _overflow(document, path, document.where(path))
        return not document.parsed

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        document = self.document
        values = self._merged(node, path)
        own: set[str] = set()
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            plain = isinstance(key_node, yaml.ScalarNode) and _untagged(key_node) and key_node.value.isprintable()
            key = str(key_node.value) if plain else "?"
            below = (*path, key)
            if key in own:
                first = document.keys[below]
                place = Where(document.file, mark.line + 1, mark.column + 1)
                document.problems.append(
                    Diagnostic(
                        Severity.ERROR,
                        f"the key '{key}' stands twice",
                        f"first on line {first[0]}; the later one would win silently",
                        place,
                        dotted(below),
                    )
                )
                continue
            document.keys[below] = (mark.line + 1, mark.column + 1)
            if not plain:
                document.complain(below, "a key must be a plain word", key=True)
                continue
            own.add(key)
            if key_node.tag != _MERGE:
                values[key] = self._value(value_node, below)
        return values

    def _merged(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Return what the merge keys of a mapping lay under its own keys; each value keeps its place.
        x-a: &a {m: 1, n: 1}
        x-b: &b {n: 2, o: 2}
        c: {<<: [*a, *b], m: 0}             m: 0, n: 1, o: 2, of which n stands in the first line
        """
        values: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag != _MERGE:
                continue
            self.document.keys[*path, "<<"] = (key.start_mark.line + 1, key.start_mark.column + 1)
            sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for source in reversed(sources):
                if self._too_much(path):
                    break
                if not (isinstance(source, yaml.MappingNode) and _untagged(source)):
                    detail = "write <<: *NAME, or <<: [*ONE, *OTHER]"
                    self.document.complain((*path, "<<"), "only mappings can be merged", detail, key=True)
                    continue
                self.merging += 1
                values |= self._mapping(source, path)
                self.merging -= 1
        return values

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        construct = _SCALARS.get(node.tag)
        if construct is None:
            return node.value
        try:
            value = construct(node.value)
        except (ValueError, KeyError):  # a written tag (`!!int x`), or more digits than Python takes
            form = node.tag.removeprefix(_PLAIN)
            self.document.complain(path, f"{as_written(node.value)} cannot be read as {form}", "quote it if it is text")
            return None
        if isinstance(value, int | float) and not abs(value) < MAX_NUMBER:  # nor is NaN
            self.document.complain(
                path,
                f"{as_written(node.value)} is not a number that can be sent",
                "finite and below 2^53; put quotes around it if it is text",
            )
            return None
        if node.value != as_written(value):
            self.document.texts[path] = node.value
        return value


def word(text: str) -> Any:
    """Return what a text stands for where it is all there is of a value; ValueError says why there is none.
    4       the number 4            a: b        the text
    "4"     the text 4              x #y        the text
    true    a boolean               null        ValueError, as it is none
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        quoted = parse(text, "").value
        return quoted if isinstance(quoted, str) else text
    form = next((form for form, words, _ in _PLAIN_WORDS if words.match(text)), "str") if text else "str"
    if form == "null":
        raise ValueError("null is no value; put quotes around a text")
    construct = _SCALARS.get(f"{_PLAIN}{form}")
    value = construct(text) if construct else text
    if isinstance(value, int | float) and not abs(value) < MAX_NUMBER:
        raise ValueError("it is not a number that can be sent; put quotes around a text")
    return value


def yaml_text(value: Any) -> str:
    """Return plain values as YAML that `parse` reads back as the same; keys keep their order."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
