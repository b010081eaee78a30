"""The JSON Schema fragments of the project file's `approvals:` and `plans:`, and what they mean."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from drplan.gate.approvals.verify import Terms
from drplan.gate.deletions import MAX_DELETIONS, RULE
from drplan.gate.durations import duration
from drplan.gate.policy.rules import check_group
from drplan.gate.policy.schema import COUNT, GROUP
from drplan.records.values import sealed
from drplan.spec.document import Document

APPROVALS: dict[str, Any] = {
    "description": "Who may approve plans, by signing them with an SSH key, and how many must.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "allowed_signers": {
            "description": "The file of the keys that may approve and whose they are (OpenSSH's allowed_signers "
            "format), relative to this one. With it, every plan with changes needs a signed approval.",
            "type": "string",
            "minLength": 1,
            "examples": ["allowed_signers"],
        },
        "revoked_keys": {
            "description": "A file of public keys, one a line, that count no longer, relative to this one.",
            "type": "string",
            "minLength": 1,
            "examples": ["revoked_keys"],
        },
        "required": {
            "description": "The approvals that every plan with changes needs, whatever the policies say (one, where "
            "there are allowed signers).",
            "type": "object",
            "additionalProperties": False,
            "properties": {"count": {**COUNT, "minimum": 0}, "group": GROUP},
            "examples": [{"count": 2, "group": "leads"}],
        },
        "groups": {
            "description": "Groups by name: the principals of their members, as allowed_signers has them.",
            "type": "object",
            "additionalProperties": {
                "description": "The members.",
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "uniqueItems": True,
            },
            "examples": [{"leads": ["ada@example.com"]}],
        },
        "author_may_approve": {
            "description": "Whether the author of the commit that a plan was made from may approve it (no, when left "
            "out; then a plan made outside of git, or from files that no commit has, cannot be approved).",
            "type": "boolean",
            "examples": [False],
        },
        "ci_digest": {
            "description": "Whether `apply --approve-digest` counts as one approval by nobody's group (no, where there "
            "are allowed signers; yes, where there are none).",
            "type": "boolean",
            "examples": [True],
        },
    },
}

PLANS: dict[str, Any] = {
    "description": "What holds for plans.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_age": {
            "description": "How long a saved plan may be applied: 24h, 90m, 7d, or ISO 8601.",
            "type": "string",
            "minLength": 1,
            "examples": ["24h"],
        },
        RULE: MAX_DELETIONS,
    },
}


def terms(content: Mapping[str, Any]) -> Terms:
    """Return the terms of approval of a project file in which `check_approvals` has found nothing."""
    said = content.get("approvals") or {}
    signed = "allowed_signers" in said
    required = said.get("required", {"count": int(signed)})
    return Terms(
        allowed_signers=said.get("allowed_signers", ""),
        revoked_keys=said.get("revoked_keys", ""),
        count=required.get("count", 1),
        group=required.get("group", ""),
        groups={name: frozenset(members) for name, members in (said.get("groups") or {}).items()},
        author_may_approve=said.get("author_may_approve", False),
        ci_digest=said.get("ci_digest", not signed),
    )


def max_age(content: Mapping[str, Any]) -> timedelta | None:
    """Return how old a saved plan may be, None where nothing limits it."""
    text = (content.get("plans") or {}).get("max_age")
    return None if text is None else duration(text)


def check_approvals(document: Document) -> None:
    """Add a problem to the document for what the schema cannot see in `approvals:` and `plans:`."""
    content = document.value if isinstance(document.value, Mapping) else {}
    said = content.get("approvals")
    said = said if isinstance(said, Mapping) else {}
    for key in ("approvals", "plans"):
        if sealed(content.get(key)):
            document.complain((key,), "the process's environment must not decide about approvals", "use ${var.…}")
    required = said.get("required")
    if isinstance(required, Mapping):
        check_group(document, ("approvals", "required"), required)
    for key in ("revoked_keys", "groups"):
        if key in said and "allowed_signers" not in said:
            document.complain(("approvals", key), "nobody can sign here", "name an allowed_signers file", key=True)
    plans = content.get("plans")
    text = plans.get("max_age") if isinstance(plans, Mapping) else None
    if isinstance(text, str) and not sealed(text):
        try:
            duration(text)
        except ValueError as error:
            document.complain(("plans", "max_age"), str(error))
