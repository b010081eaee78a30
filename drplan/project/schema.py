"""The JSON Schema of the project file, made from the registry's rows and from what gates it can hold."""

from collections.abc import Mapping
from typing import Any

from drplan.gate.approvals.schema import APPROVALS, PLANS
from drplan.gate.policy.schema import BUILTIN_POLICIES, POLICIES
from drplan.records.specs import NAME
from drplan.registry.kinds import Kind
from drplan.spec.document import EXTENSIONS
from drplan.spec.overlays import VARIABLE
from drplan.spec.schema import DIALECT, object_schema, partial_schema, resource_schema


def project_schema(kinds: Mapping[str, Kind], primary: Kind) -> dict[str, Any]:
    """Return the schema of the project file, `drplan.yaml`."""
    parts = {kind.name: partial_schema(resource_schema(kind, kinds)) for kind in kinds.values()}
    others = {
        kind.section: {**parts[kind.name], "description": f"What lies under every {kind.words}."}
        for kind in kinds.values()
        if kind is not primary
    }
    place = _place(
        parts[primary.name], {**object_schema("Defaults of the other kinds, by section."), "properties": others}
    )
    return {
        "$schema": DIALECT,
        "title": "drplan project",
        "description": "drplan.yaml, at the root of a config repository.",
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {**EXTENSIONS},
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
                "propertyNames": {**NAME},
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
    **NAME,
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
        "plain_http": {
            "description": "Let the token travel unencrypted to an `http` endpoint on another machine, in a network of "
            "your own.",
            "type": "boolean",
            "examples": [False],
        },
        "parallelism": {
            "description": "How many requests may be under way at once (10 when left out).",
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "examples": [10],
        },
        "vars": {
            "description": "Variables, for `${var.NAME}` in any value; null has to be given with `--var NAME=VALUE`.",
            "type": "object",
            "propertyNames": {"pattern": f"^{VARIABLE}$"},
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            "examples": [{"team": "retention"}],
        },
        "defaults": {**part, "description": "What lies under every deployment: a spec wins setting by setting."},
        "kind_defaults": others,
    }
