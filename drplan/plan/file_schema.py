"""The JSON Schema of plan files: every field and its form, so that a reader needs no look into the code."""

from collections.abc import Mapping
from typing import Any

from drplan.records.plans import Demand, Verb
from drplan.records.specs import Severity

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": _TEXT}
_COUNT = {"type": "integer", "minimum": 0}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ADDRESS = {"type": "string", "pattern": r"^[a-z_]+\..+$"}
_ANY: Mapping[str, Any] = {}


def plan_schema() -> dict[str, Any]:
    """Return the schema of a plan file, which `plan --format json` prints too."""
    plan = {
        "digest": {**_DIGEST, "description": "SHA-256 over everything else in the plan, in canonical JSON (RFC 8785)."},
        "origin": {
            **_object({"drplan": _TEXT, "registry": _DIGEST}),
            "description": "The version of the drplan that made it, and the SHA-256 over the rows that it rests on "
            "(routes, groups, order, paths and wires of its kinds). A drplan with others does not apply it.",
        },
        "target": {**_TEXT, "description": "The endpoint, or `emulator`."},
        "project": _TEXT,
        "environment": {**_TEXT, "description": "Empty when none was chosen."},
        "variables": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "description": "The values that were given for it (`--var`), by name.",
        },
        "spec_digest": _DIGEST,
        "source": {
            **_object({"commit": _TEXT, "author": _TEXT, "dirty": {"type": "boolean"}}),
            "type": ["object", "null"],
            "description": "Where the specs stood in git; null outside of it.",
        },
        "made_at": {**_TEXT, "description": "RFC 3339, where the project limits the age of plans; else empty."},
        "signed": {
            "type": "boolean",
            "description": "Whether its approvals are signatures, by the project file then.",
        },
        "required": {**_COUNT, "description": "The approvals that every plan needed, by the project file then."},
        "summary": _object(dict.fromkeys(("create", "adopt", "update", "replace", "delete"), _COUNT)),
        "actions": _list(_ACTION),
        "validations": _list(_VALIDATION),
        "observed": _list({"address": _ADDRESS, "id": _MAYBE, "fields": {"type": "object"}}),
        "findings": _list(
            {
                "rule": _TEXT,
                "demand": {"enum": [demand.value for demand in Demand]},
                "message": _TEXT,
                "about": _TEXT,
                "count": _COUNT,
                "group": _TEXT,
            }
        ),
        "diagnostics": _list(_DIAGNOSTIC),
    }
    return {
        "$schema": _DIALECT,
        "title": "drplan plan",
        "description": "A saved plan.",
        **_object({"format_version": {"type": "string", "pattern": r"^1\.[0-9]+$"}, "plan": _object(plan)}),
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
    }


def _list(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


_CHANGE = {"setting": _TEXT, "before": _ANY, "after": _ANY, "before_name": _MAYBE, "after_name": _MAYBE}
_ACTION = {
    "key": _TEXT,
    "address": _ADDRESS,
    "verb": {"enum": [verb.value for verb in Verb]},
    "group": _TEXT,
    "method": {"enum": ["POST", "PATCH", "PUT", "DELETE"]},
    "path": {"type": "string", "pattern": "^[A-Za-z]"},
    "body": {"type": ["object", "array", "null"]},
    "id": _MAYBE,
    "needs": _TEXTS,
    "after": _TEXTS,
    "changes": _list(_CHANGE),
    "why": _TEXT,
    "policy": _TEXT,
    "asks": {"enum": [None, *(verb.value for verb in Verb)]},
    "undoes": _TEXT,
    "only_for": {**_TEXT, "description": "For a turn: the key of the reassert without which it is not made."},
    "sets": {
        "type": "object",
        "description": "Each setting that it brings to a value, what travels along included: path and value as a spec "
        "says it, a reference's as an id or {$ref: KEY} of the action that answers it.",
    },
    "makes": {**_TEXT, "description": "What a creation makes for the object to refer to; empty: the object itself."},
}
_CHECK = {"name": _TEXT, "status": _TEXT, "message": _TEXT}
_VALIDATION = {"key": _TEXT, "status": _TEXT, "message": _TEXT, "checks": _list(_CHECK), "on_warning": _TEXT}
_PLACE = {"type": ["integer", "null"], "minimum": 1}
_DIAGNOSTIC = {
    "severity": {"enum": [severity.value for severity in Severity]},
    "summary": _TEXT,
    "detail": _TEXT,
    "path": _TEXT,
    "file": _MAYBE,
    "line": _PLACE,
    "column": _PLACE,
}
