"""The canonical style of spec and project files: the order of keys, indentation and spacing. Comments are kept.

Old and new text are parsed and compared; where they would say different things, the old text is kept.
"""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from drplan.errors import SpecError
from drplan.kinds import KINDS, inside
from drplan.registry.kinds import Kind
from drplan.spec.document import parse

Order = Mapping[str, Any]
"""Keys in their canonical order, each with the order of what is below it; `*` stands for any name."""


def spec_order() -> Order:
    """Return the order of a spec file: sections and keys as the registry has them, names as people wrote them."""
    return {kind.section: {"*": _kind_order(kind)} for kind in KINDS.values() if not kind.parent}


def formatted(text: str, file: str, order: Order) -> str:
    """Return a spec or project file's text in canonical style, its keys in `order`; raise SpecError for no YAML.

    Where canonical style would change what the file says, or lose a comment, the text is returned as it is.
    """
    before = parse(text, file)
    if before.problems:
        raise SpecError(f"{file} cannot be formatted", before.problems)
    new = _formatted(text, order)
    same = parse(new, file).value == before.value and _comments(new) == _comments(text)
    return new if same else text


def _formatted(text: str, order: Order) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(text)
    if content is None:
        return text
    _arrange(content, order)
    for key in [key for key in reversed(content) if key.startswith("x-")] if isinstance(content, dict) else ():
        content.move_to_end(key, last=False)  # an anchor comes before its aliases
    stream = StringIO()
    yaml.dump(content, stream)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _comments(text: str) -> list[str]:
    """Return the comments of a YAML text, sorted."""
    found = []
    for line in text.splitlines():
        _, sign, comment = f" {line}".partition(" #")
        found += [comment.strip()] if sign else []
    return sorted(found)


def _kind_order(kind: Kind) -> Order:
    order: dict[str, Any] = {}
    for row in kind.settings:
        node = order
        for step in row.path.split("."):
            node = node.setdefault(step, {})
        node.update(schema_order(row.fragment()))
    return order | {each.section: {"*": _kind_order(each)} for each in inside(kind)}


def schema_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order of a file's keys: that of the properties in its JSON Schema."""
    order = {key: schema_order(fragment) for key, fragment in schema.get("properties", {}).items()}
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping):
        order["*"] = schema_order(rest)
    return order


def _arrange(content: Any, order: Order) -> None:
    if not isinstance(content, dict):
        return
    known = [key for key in order if key in content]
    wanted = [*known, *(key for key in content if key not in order)]
    if list(content) != wanted:
        for key in wanted:
            content.move_to_end(key)  # type: ignore[attr-defined]  # ruamel's CommentedMap has it
    for key, value in content.items():
        _arrange(value, order.get(key, order.get("*", {})))
