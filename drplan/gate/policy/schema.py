"""The JSON Schema fragments of the project file's `policies:` and `builtin_policies:`."""

from typing import Any

from drplan.gate.policy.builtin import BUILTINS
from drplan.gate.policy.expression import MAX_CHARACTERS
from drplan.records.plans import Demand
from drplan.records.specs import NAME

COUNT = {
    "description": "How many different people must approve (1 when left out).",
    "type": "integer",
    "minimum": 1,
    "maximum": 20,
    "examples": [2],
}
GROUP = {
    "description": "Only members of this group of `approvals.groups` count; anybody allowed to sign when left out.",
    "type": "string",
    "minLength": 1,
    "examples": ["leads"],
}

_COMMON: dict[str, Any] = {
    "outcome": {
        "description": "What it means when the rule applies: `deny` refuses the plan, `require_approval` lets only an "
        "approved plan be applied, `warn` is shown.",
        "type": "string",
        "enum": [demand.value for demand in Demand],
        "examples": ["require_approval"],
    },
    "message": {
        "description": "What people read when the rule applies.",
        "type": "string",
        "minLength": 1,
        "examples": ["A replacement on a critical deployment needs two leads."],
    },
    "require_approval": {
        "description": "Who must approve, where the outcome is `require_approval`.",
        "type": "object",
        "additionalProperties": False,
        "properties": {"count": COUNT, "group": GROUP},
        "examples": [{"count": 2, "group": "leads"}],
    },
    "environments": {
        "description": "The environments in which the rule applies (all when left out).",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
        "uniqueItems": True,
        "examples": [["prod"]],
    },
}

POLICIES: dict[str, Any] = {
    "description": "Rules that judge every plan. One that cannot be evaluated denies.",
    "type": "array",
    "items": {
        "description": "One rule.",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "when", "outcome", "message"],
        "properties": {
            "name": {
                "description": "What the rule is called in findings and tests.",
                "type": "string",
                **NAME,
                "examples": ["critical-needs-two"],
            },
            "when": {
                "description": "When it applies: a CEL expression over `plan` and `environment`, judged once, or also "
                "over `action`, `before`, `after` and `deployment`, judged for each action that changes something.",
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_CHARACTERS,
                "examples": ['action.verb == "replace" && deployment.importance == "CRITICAL"'],
            },
            **_COMMON,
        },
    },
}

BUILTIN_POLICIES: dict[str, Any] = {
    "description": "The rules that come with drplan, switched on by name; `{}` takes their defaults.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        each.name: {
            "description": each.doc,
            "type": "object",
            "additionalProperties": False,
            **({"required": list(each.required)} if each.required else {}),
            "properties": {**each.parameters, **_COMMON},
            "examples": [{}],
        }
        for each in BUILTINS.values()
    },
}
