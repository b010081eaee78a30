"""The JSON Schemas of the files people write, made from the registry's rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from drplan.gate.approvals.schema import APPROVALS, PLANS
from drplan.gate.policy.schema import BUILTIN_POLICIES, POLICIES
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID, Setting

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"


def spec_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the schema of a spec file: one section per kind, each a mapping from name to object."""
    return {
        "$schema": DIALECT,
        "title": "drplan spec",
        "description": "Any file below deployments/ of a drplan project.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            kind.section: section(kind.doc, resource_schema(kind, kinds)) for kind in kinds.values() if not kind.parent
        },
    }


def section(doc: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping from names to objects."""
    return {
        "description": doc,
        "type": "object",
        "propertyNames": {"pattern": NAME, "maxLength": 63},
        "additionalProperties": item,
    }


def resource_schema(kind: Kind, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the schema of one object of a kind: the rows' fragments, nested along their paths.

    The kinds that live inside it stand there with their sections, in which null removes an object.
    """
    root = _object(f"One {kind.name.replace('_', ' ')}.")
    for row in kind.settings:
        *parents, name = row.path.split(".")
        node = root
        for depth, parent in enumerate(parents, 1):
            node = node["properties"].setdefault(parent, _object(_title(kind, parents[:depth])))
        node["properties"][name] = _fragment(row)
        if row.required:
            node.setdefault("required", []).append(name)
    for each in kinds.values():
        if each.parent and each.parent.kind == kind.name:
            item = {**resource_schema(each, kinds), "type": ["object", "null"]}
            root["properties"][each.section] = section(each.doc, item)
    return root


def project_schema(kinds: Mapping[str, Kind], primary: Kind) -> dict[str, Any]:
    """Return the schema of the project file, `drplan.yaml`."""
    parts = {kind.name: _partial(resource_schema(kind, kinds)) for kind in kinds.values()}
    others = {
        kind.section: {**parts[kind.name], "description": f"What lies under every {kind.name.replace('_', ' ')}."}
        for kind in kinds.values()
        if kind is not primary
    }
    place = _place(parts[primary.name], {**_object("Defaults of the other kinds, by section."), "properties": others})
    return {
        "$schema": DIALECT,
        "title": "drplan project",
        "description": "drplan.yaml, at the root of a config repository.",
        "type": "object",
        "additionalProperties": False,
        "required": ["project"],
        "properties": {
            "project": _PROJECT,
            **place,
            "policies": POLICIES,
            "builtin_policies": BUILTIN_POLICIES,
            "approvals": APPROVALS,
            "plans": PLANS,
            "environments": {
                "description": "Environments by name, chosen with `-e NAME`: what differs there.",
                "type": "object",
                "propertyNames": {"pattern": NAME, "maxLength": 63},
                "additionalProperties": {
                    "description": "One environment.",
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "project": {
                            **_PROJECT,
                            "description": "Another namespace, where environments share a platform.",
                        },
                        **place,
                        "protected": {
                            "description": "Whether policies guard it more strictly.",
                            "type": "boolean",
                            "examples": [True],
                        },
                        **{
                            kind.section: {
                                "description": "Overrides by name, over what the specs say.",
                                "type": "object",
                                "additionalProperties": parts[kind.name],
                            }
                            for kind in kinds.values()
                            if not kind.parent
                        },
                    },
                },
            },
        },
    }


_PROJECT = {
    "description": "The namespace of every identity: a deployment is `project/name` on the platform.",
    "type": "string",
    "pattern": NAME,
    "maxLength": 63,
    "examples": ["churn"],
}


def _place(part: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fragments that the project and each environment share."""
    return {
        "endpoint": {
            "description": "The platform's API, or `emulator` for the embedded emulator. Left out, DATAROBOT_ENDPOINT "
            "or the vendor's config file says it.",
            "type": "string",
            "minLength": 1,
            "examples": ["emulator", "https://app.datarobot.com/api/v2"],
        },
        "emulator": {
            "description": "How the embedded emulator starts; read only when the endpoint is `emulator`.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "seed": {
                    "description": "The file that describes its world, relative to this one.",
                    "type": "string",
                    "minLength": 1,
                    "examples": ["world.yaml"],
                },
                "job_seconds": {
                    "description": "How long its jobs take, in seconds.",
                    "type": "number",
                    "minimum": 0,
                    "examples": [0.2],
                },
            },
        },
        "parallelism": {
            "description": "How many requests may be under way at once (10 when left out).",
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "examples": [10],
        },
        "vars": {
            "description": "Variables, for `${var.NAME}` in any value.",
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_-]*$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "examples": [{"team": "retention"}],
        },
        "defaults": {**part, "description": "What lies under every deployment: a spec wins setting by setting."},
        "kind_defaults": others,
    }


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an object's schema without what is required and what only one object can have."""
    properties = {}
    for name, fragment in schema["properties"].items():
        if "propertyNames" in fragment and "examples" not in fragment:  # what lives inside, by name
            item = _partial(fragment["additionalProperties"])
            properties[name] = {**fragment, "additionalProperties": item}
        elif name != ID:
            inner = fragment.get("type") == "object" and "examples" not in fragment
            properties[name] = _partial(fragment) if inner else fragment
    return {key: value for key, value in schema.items() if key != "required"} | {"properties": properties}


def _object(description: str) -> dict[str, Any]:
    return {"description": description, "type": "object", "additionalProperties": False, "properties": {}}


def _fragment(row: Setting) -> dict[str, Any]:
    fragment = {"description": row.doc, **row.schema, "examples": [row.example]}
    if row.default is not None:
        fragment["default"] = row.default
    if row.clears and isinstance(row.schema.get("type"), str):
        fragment["type"] = [row.schema["type"], "null"]
    return fragment


def _title(kind: Kind, path: Iterable[str]) -> str:
    words = " ".join(step.replace("_", " ") for step in path)
    return f"The {kind.name.replace('_', ' ')}'s {words}."
