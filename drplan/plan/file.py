"""A plan as canonical JSON (RFC 8785) and back; refused when edited, cut short or of another format."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import rfc8785

from drplan.errors import ApiError, Refused
from drplan.plan.file_schema import plan_schema
from drplan.records.plans import (
    Action,
    Change,
    Check,
    Demand,
    Finding,
    Observed,
    Origin,
    Plan,
    Source,
    Validation,
    Verb,
)
from drplan.records.specs import Address, Diagnostic, Severity, Where
from drplan.records.values import freeze, thaw

FORMAT = "1.3"
MAJOR = FORMAT.partition(".")[0]

_AGAIN = "make a new one with `drplan plan --out FILE`"


def document(plan: Plan) -> dict[str, Any]:
    """Return the plan as the JSON object that files, `--format json` and digests share, with its digest."""
    content = _content(plan)
    return {"format_version": FORMAT, "plan": {"digest": _digest(content), **content}}


def dumps(plan: Plan) -> str:
    """Return the plan file's text; equal plans give equal bytes."""
    return _canonical(document(plan)).decode()


def digest(plan: Plan) -> str:
    """Return the SHA-256 (hexadecimal) over everything in the plan."""
    return _digest(_content(plan))


def loads(text: str, file: str) -> Plan:
    """Return the plan in a file's text; raise Refused when it is not one, is damaged, or is of another format."""
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{file} is not a whole plan file ({error}); {_AGAIN}") from None
    if not isinstance(outer, dict) or "format_version" not in outer:
        raise Refused(f"{file} is not a plan file: it has no format_version; {_AGAIN}")
    version = str(outer["format_version"])
    if version.partition(".")[0] != MAJOR:
        raise Refused(
            f"{file} has plan format {version} and this drplan reads {MAJOR}.x; "
            f"apply it with the drplan that made it, or {_AGAIN}"
        )
    content = outer.get("plan")
    if not isinstance(content, dict) or set(outer) != {"format_version", "plan"}:
        raise Refused(f"{file} is not a plan file, or was edited; {_AGAIN}")
    try:
        _check_form(outer)
        plan = _plan(content)
        whole = dumps(plan)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ApiError):
        raise Refused(f"{file} was edited or cut short: a part of the plan is missing or wrong; {_AGAIN}") from None
    # What was read is written again: an unknown field, another digest, a moved byte all make a difference.
    if whole != text and version != FORMAT:
        raise Refused(f"{file} has plan format {version} and this drplan writes {FORMAT}; {_AGAIN}")
    if whole != text:
        raise Refused(f"{file} was edited after it was made: its digest does not fit its content; {_AGAIN}")
    return plan


def _check_form(outer: Mapping[str, Any]) -> None:
    """Raise ValueError where a file of this very format has a field of another form than drplan writes."""
    from drplan.spec.complaints import validator

    if outer["format_version"] == FORMAT and not validator(plan_schema()).is_valid(outer):
        raise ValueError("a field has another form")


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical([FORMAT, content])).hexdigest()


def _canonical(content: Any) -> bytes:
    try:
        return rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:  # specs cannot hold such a value
        raise ApiError(f"the platform answered with a value that no plan can hold: {error}") from None


def _content(plan: Plan) -> dict[str, Any]:
    return {
        "origin": {"drplan": plan.origin.drplan, "registry": plan.origin.registry},
        "target": plan.target,
        "project": plan.project,
        "environment": plan.environment,
        "variables": thaw(plan.variables),
        "spec_digest": plan.spec_digest,
        "source": plan.source
        and {"commit": plan.source.commit, "author": plan.source.author, "dirty": plan.source.dirty},
        "made_at": plan.made_at,
        "signed": plan.signed,
        "required": plan.required,
        "summary": summary(plan),
        "actions": [_action(action) for action in plan.actions],
        "validations": [_validation(validation) for validation in plan.validations],
        "observed": [
            {"address": str(seen.address), "id": seen.id, "fields": thaw(seen.fields)} for seen in plan.observed
        ],
        "findings": [
            {
                "rule": finding.rule,
                "demand": finding.demand.value,
                "message": finding.message,
                "about": finding.about,
                "count": finding.count,
                "group": finding.group,
            }
            for finding in plan.findings
        ],
        "diagnostics": [diagnostic_document(diagnostic) for diagnostic in plan.diagnostics],
    }


def summary(plan: Plan) -> dict[str, int]:
    """Return how many objects (not requests) the plan touches, each under what `counted_as` says of it."""
    counts = dict.fromkeys(("create", "adopt", "update", "replace", "delete"), 0)
    by_address: dict[Address, set[Verb]] = {}
    for action in plan.writes:
        verbs = by_address.setdefault(action.address, set())
        if not action.makes:
            verbs.add(action.aim)
    for verbs in by_address.values():
        for verb in counted_as(verbs):
            counts[verb.value] += 1
    return counts


def counted_as(verbs: set[Verb]) -> tuple[Verb, ...]:
    """Return what an object counts as: its `headline`, and a creation too where it is deleted and made again."""
    return (Verb.DELETE, Verb.CREATE) if made_again(verbs) else (headline(verbs),)


def made_again(verbs: set[Verb]) -> bool:
    """Tell whether an object is deleted only to be made again."""
    return {Verb.DELETE, Verb.CREATE} <= verbs


def headline(verbs: set[Verb]) -> Verb:
    """Return the first of delete, replace, create and adopt that is among `verbs`, else update."""
    for verb in (Verb.DELETE, Verb.REPLACE, Verb.CREATE, Verb.ADOPT):
        if verb in verbs:
            return verb
    return Verb.UPDATE


def diagnostic_document(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON: severity, summary, detail, path, and `file`, `line`, `column` where it has them."""
    where = diagnostic.where
    return {
        "severity": diagnostic.severity.value,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "path": diagnostic.path,
        "file": where.file if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "key": action.key,
        "address": str(action.address),
        "verb": action.verb.value,
        "group": action.group,
        "method": action.method,
        "path": action.path,
        "body": thaw(action.body),
        "id": action.id,
        "needs": list(action.needs),
        "after": list(action.after),
        "changes": [change.as_json() for change in action.changes],
        "why": action.why,
        "policy": action.policy,
        "asks": action.asks and action.asks.value,
        "undoes": action.undoes,
        "only_for": action.only_for,
        "sets": thaw(action.sets),
        "makes": action.makes,
    }


def _validation(validation: Validation) -> dict[str, Any]:
    return {
        "key": validation.key,
        "status": validation.status,
        "message": validation.message,
        "checks": [
            {"name": check.name, "status": check.status, "message": check.message} for check in validation.checks
        ],
        "on_warning": validation.on_warning,
    }


def _plan(content: Mapping[str, Any]) -> Plan:
    return Plan(
        target=content["target"],
        project=content["project"],
        spec_digest=content["spec_digest"],
        observed=tuple(
            Observed(Address.of(seen["address"]), seen["id"], freeze(seen["fields"])) for seen in content["observed"]
        ),
        actions=tuple(
            Action(
                key=item["key"],
                address=Address.of(item["address"]),
                verb=Verb(item["verb"]),
                group=item["group"],
                method=item["method"],
                path=item["path"],
                body=freeze(item["body"]),
                id=item["id"],
                needs=tuple(item["needs"]),
                after=tuple(item["after"]),
                changes=tuple(Change(**{**change, **_values(change)}) for change in item["changes"]),
                why=item["why"],
                policy=item["policy"],
                asks=Verb(item["asks"]) if item["asks"] is not None else None,
                undoes=item["undoes"],
                only_for=item["only_for"],
                sets=freeze(item["sets"]),
                makes=item["makes"],
            )
            for item in content["actions"]
        ),
        validations=tuple(
            Validation(
                item["key"],
                item["status"],
                item["message"],
                tuple(Check(**check) for check in item["checks"]),
                item["on_warning"],
            )
            for item in content["validations"]
        ),
        diagnostics=tuple(_diagnostic(item) for item in content["diagnostics"]),
        environment=content["environment"],
        variables=freeze(content["variables"]),
        source=Source(**content["source"]) if content["source"] is not None else None,
        made_at=content["made_at"],
        signed=content["signed"],
        required=content["required"],
        origin=Origin(**content["origin"]),
        findings=tuple(Finding(**{**item, "demand": Demand(item["demand"])}) for item in content["findings"]),
    )


def _values(change: Mapping[str, Any]) -> dict[str, Any]:
    return {"before": freeze(change["before"]), "after": freeze(change["after"])}


def _diagnostic(item: Mapping[str, Any]) -> Diagnostic:
    where = Where(item["file"], item["line"], item["column"]) if item["file"] is not None else None
    return Diagnostic(Severity(item["severity"]), item["summary"], item["detail"], where, item["path"])
