"""The reference of every setting as Markdown, made from the registry's rows."""

from collections.abc import Mapping
from typing import Any

from drplan.registry.kinds import Kind
from drplan.registry.rows import Setting
from drplan.render.oneline import shown


def settings_markdown(kinds: Mapping[str, Kind]) -> str:
    """Return one table per kind: path, what it is, its values, an example, and how it is carried."""
    lines: list[str] = []
    for kind in kinds.values():
        lines += [f"**{_place(kind, kinds)}**", "", "| key | what it is | values | example |", "|---|---|---|---|"]
        lines += [_row(kind, row) for row in kind.settings]
        lines.append("")
    return "\n".join(lines)


def _place(kind: Kind, kinds: Mapping[str, Kind]) -> str:
    return f"{_place(kinds[kind.parent.kind], kinds)}: NAME: {kind.section}" if kind.parent else kind.section


def _row(kind: Kind, row: Setting) -> str:
    marks = [" (required)" if row.required and "." not in row.path else "", _when(kind, row)]
    cells = (
        f"`{row.path}`",
        row.doc + "".join(marks),
        _values(row.form.schema(), clears=row.clears),
        f"`{shown(row.example)}`",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _when(kind: Kind, row: Setting) -> str:
    if row.default is not None:
        return f" Default: `{row.default}`."
    if row.write_only:
        return " It cannot be read back: it is sent with a creation and with every change beside it."
    if row.recreate:
        return " Changing it deletes the object and creates it again."
    group = kind.group(row.group) if row.group else None
    return " Changing it replaces the model." if group and group.validation else ""


def _values(schema: Mapping[str, Any], *, clears: bool) -> str:
    null = ", null" if clears else ""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"]) + null
    if schema.get("type") == "array":
        return f"list of {_values(schema['items'], clears=False)}" + null
    words = {"string": "text", "boolean": "true, false", "object": "mapping"}
    return "id (24 hexadecimal digits)" if "pattern" in schema else words.get(schema["type"], schema["type"]) + null
