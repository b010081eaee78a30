"""The shapes of Terraform's plan JSON and event stream as JSON Schemas, written from its documented format.

A slow test holds them against what a real Terraform prints, so that they are not only what drplan believes.
"""

from typing import Any

NULLABLE = {"type": ["object", "null"]}


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


TEXT = {"type": "string"}
WORD = {"type": "string", "minLength": 1}
HEAD = {"address": WORD, "mode": {"const": "managed"}, "type": WORD, "name": WORD}
RESOURCE = closed(
    {
        **HEAD,
        "provider_name": WORD,
        "schema_version": {"type": "integer"},
        "values": {"type": "object"},
        "sensitive_values": {"type": "object"},
    },
    {"index": {"type": ["string", "integer"]}},
)
MODULE = closed({}, {"resources": {"type": "array", "items": RESOURCE}, "child_modules": {"type": "array"}})
VALUES = closed({"root_module": MODULE}, {"outputs": {"type": "object"}})
CHANGE = closed(
    {
        "actions": {"enum": [["no-op"], ["create"], ["read"], ["update"], ["delete"], ["delete", "create"]]},
        "before": NULLABLE,
        "after": NULLABLE,
        "after_unknown": {"type": "object"},
        "before_sensitive": {"oneOf": [{"const": False}, {"type": "object"}]},
        "after_sensitive": {"oneOf": [{"const": False}, {"type": "object"}]},
    },
    {"replace_paths": {"type": "array"}, "importing": closed({"id": WORD})},
)
RESOURCE_CHANGE = closed(
    {**HEAD, "provider_name": WORD, "change": CHANGE},
    {"index": {"type": ["string", "integer"]}, "previous_address": WORD, "action_reason": WORD},
)
STATUS = {"enum": ["pass", "fail", "error", "unknown"]}
INSTANCE = closed(
    {"address": closed({"to_display": WORD}), "status": STATUS},
    {"problems": {"type": "array", "minItems": 1, "items": closed({"message": WORD})}},
)
CHECK = closed(
    {
        "address": {"type": "object", "required": ["kind", "name", "to_display"]},
        "status": STATUS,
        "instances": {"type": "array", "minItems": 1, "items": INSTANCE},
    }
)
BOOLEAN = {"type": "boolean"}
PLAN = closed(
    {
        "format_version": {"const": "1.2"},
        "terraform_version": WORD,
        "planned_values": VALUES,
        "resource_changes": {"type": "array", "items": RESOURCE_CHANGE},
        "applyable": BOOLEAN,
        "complete": BOOLEAN,
        "errored": BOOLEAN,
    },
    {
        "prior_state": closed({"format_version": {"const": "1.0"}, "terraform_version": WORD, "values": VALUES}),
        "configuration": {"type": "object"},
        "checks": {"type": "array", "minItems": 1, "items": CHECK},
        "timestamp": {"type": "string", "format": "date-time"},
        "drplan": {"type": "object"},
    },
)
ORDER = (
    "format_version",
    "terraform_version",
    "variables",
    "planned_values",
    "resource_drift",
    "resource_changes",
    "output_changes",
    "prior_state",
    "configuration",
    "checks",
    "timestamp",
    "applyable",
    "complete",
    "errored",
)

COUNT = {"type": "integer", "minimum": 0}
SUBJECT = closed(
    {
        "addr": WORD,
        "module": {"const": ""},
        "resource": WORD,
        "implied_provider": WORD,
        "resource_type": WORD,
        "resource_name": WORD,
        "resource_key": {"type": ["string", "null"]},
    }
)
HOOK = closed(
    {"resource": SUBJECT, "action": {"enum": ["create", "update", "delete", "import"]}},
    {"id_key": {"const": "id"}, "id_value": WORD, "elapsed_seconds": COUNT},
)
POINT = closed({"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}, "byte": COUNT})
PAYLOADS = {
    "version": {"terraform": WORD, "ui": {"const": "1.2"}},
    "planned_change": {
        "change": closed(
            {"resource": SUBJECT, "action": {"enum": ["create", "update", "replace", "delete", "import"]}},
            {"importing": closed({"id": WORD}), "reason": WORD},
        )
    },
    "change_summary": {
        "changes": closed(
            {
                **dict.fromkeys(("add", "change", "import", "remove"), COUNT),
                "operation": {"enum": ["plan", "apply", "destroy"]},
            }
        )
    },
    "apply_start": {"hook": HOOK},
    "apply_progress": {"hook": {**HOOK, "required": [*HOOK["required"], "elapsed_seconds"]}},
    "apply_complete": {"hook": {**HOOK, "required": [*HOOK["required"], "elapsed_seconds"]}},
    "apply_errored": {"hook": {**HOOK, "required": [*HOOK["required"], "elapsed_seconds"]}},
    "diagnostic": {
        "diagnostic": closed(
            {"severity": {"enum": ["error", "warning"]}, "summary": TEXT, "detail": TEXT},
            {
                "address": WORD,
                "range": closed({"filename": WORD, "start": POINT, "end": POINT}),
                "snippet": {"type": "object"},
            },
        )
    },
}
OWN = {"version": {"version": {"type": "object"}}, "outcome": {"outcome": {"type": "object"}}}
OWN["report"] = {"format_version": WORD, "report": {"type": "object"}}


def event(kind: str) -> dict[str, Any]:
    """Return the schema of an event of a type; drplan's own additions are optional, or types of their own."""
    envelope = {
        "@level": {"enum": ["info", "warn", "error"]},
        "@message": WORD,
        "@module": {"const": "terraform.ui"},
        "@timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
        "type": {"const": kind},
    }
    if kind in PAYLOADS:
        return closed({**envelope, **PAYLOADS[kind]}, OWN.get(kind))
    return closed({**envelope, **OWN[kind]})
