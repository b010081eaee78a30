"""The JSON Schema of spec files, made from the registry's rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.records.specs import NAME
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID, MOVED_FROM
from drplan.spec.document import EXTENSIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def spec_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the schema of a spec file: one section per kind, each a mapping from name to object."""
    return {
        "$schema": DIALECT,
        "title": "drplan spec",
        "description": "Any file below deployments/ of a drplan project.",
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {**EXTENSIONS},
        "properties": {
            kind.section: section(kind.doc, resource_schema(kind, kinds)) for kind in kinds.values() if not kind.parent
        },
    }


def section(doc: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping from names to objects."""
    return {
        "description": doc,
        "type": "object",
        "propertyNames": {**NAME},
        "additionalProperties": item,
    }


def resource_schema(kind: Kind, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the schema of one object of a kind: the rows' fragments, nested along their paths.

    The kinds that live inside it stand there with their sections, in which null removes an object.
    """
    root = object_schema(f"One {kind.words}.")
    for row in kind.settings:
        *parents, name = row.path.split(".")
        node = root
        for depth, parent in enumerate(parents, 1):
            node = node["properties"].setdefault(parent, object_schema(_title(kind, parents[:depth])))
        node["properties"][name] = row.fragment()
        if row.required:
            node.setdefault("required", []).append(name)
    for each in kinds.values():
        if each.parent and each.parent.kind == kind.name:
            item = {**resource_schema(each, kinds), "type": ["object", "null"]}
            root["properties"][each.section] = section(each.doc, item)
    return root


def partial_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an object's schema without required keys, and without those that only one object can have."""
    properties = {}
    for name, fragment in schema["properties"].items():
        if "propertyNames" in fragment and "examples" not in fragment:  # what lives inside, by name
            item = partial_schema(fragment["additionalProperties"])
            properties[name] = {**fragment, "additionalProperties": item}
        elif name not in (ID, MOVED_FROM):
            inner = fragment.get("type") == "object" and "examples" not in fragment
            properties[name] = partial_schema(fragment) if inner else fragment
    return {key: value for key, value in schema.items() if key != "required"} | {"properties": properties}


def object_schema(description: str) -> dict[str, Any]:
    return {"description": description, "type": "object", "additionalProperties": False, "properties": {}}


def _title(kind: Kind, path: Iterable[str]) -> str:
    words = " ".join(step.replace("_", " ") for step in path)
    return f"The {kind.words}'s {words}."
