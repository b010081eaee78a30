"""The event stream of an apply, in the shape of `terraform apply -json`: one JSON object a line.

Terraform speaks of objects, drplan of actions: an object starts with its first action and is complete after its last.
`outcome` and `report` are drplan's own events; readers of Terraform's stream pass over types they do not know.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from drplan.records.plans import Action, Outcome, Verb
from drplan.records.specs import Address, Diagnostic
from drplan.render.oneline import printable
from drplan.render.report import outcome_row
from drplan.render.rows import Object, name
from drplan.render.tally import Tally
from drplan.render.terraform import PROVIDER, TERRAFORM, resource_address, resource_place, resource_type
from drplan.render.text import outcome_line
from drplan.version import __version__

FORMAT = "1.0"
UI = "1.2"  # of Terraform's stream
MODULE = "terraform.ui"  # readers choose these lines by it
PROGRESS_SECONDS = 10

Text = Callable[[str], str | None]
"""Returns a file's text, or None where it cannot be read."""

_WORD = {
    Verb.CREATE: ("create", "Creating", "Creation"),
    Verb.DELETE: ("delete", "Destroying", "Destruction"),
    Verb.ADOPT: ("import", "Importing", "Import"),
}
_CHANGE = ("update", "Modifying", "Modifications")
_AGAIN = ("create", "Replacing", "Replacement")


def event(kind: str, message: str, at: datetime, *, level: str = "info", **payload: Any) -> str:
    """Return one line: the envelope that all events share, and one payload."""
    envelope = {
        "@level": level,
        "@message": printable(message),
        "@module": MODULE,
        "@timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": kind,
    }
    return json.dumps({**envelope, **payload}, ensure_ascii=False, separators=(",", ":"))


def version(at: datetime) -> str:
    """Return the first event, with the version of the format and of the tools."""
    return event(
        "version",
        f"drplan {__version__}",
        at,
        version={"format_version": FORMAT, "drplan": __version__},
        terraform=TERRAFORM,
        ui=UI,
    )


def planned_change(each: Object, at: datetime) -> str:
    """Return what will happen to an object."""
    word = "replace" if each.again else _words(each)[0]
    change = {"resource": _resource(each.address), "action": word}
    if each.again:
        change["reason"] = "cannot_update"
    if each.fate is Verb.ADOPT:
        change["importing"] = {"id": each.id}
    return event("planned_change", f"{resource_address(each.address)}: Plan to {word}", at, change=change)


def change_summary(message: str, tally: Tally, operation: str, at: datetime) -> str:
    """Return the counts of objects, planned (`plan`) or reached (`apply`, `destroy`)."""
    counts = {"add": tally.add, "change": tally.change, "import": tally.adopt, "remove": tally.destroy}
    return event("change_summary", message, at, changes={**counts, "operation": operation})


def apply_start(each: Object, at: datetime) -> str:
    """Return that the first action of an object begins."""
    _, doing, _ = _words(each)
    return event("apply_start", f"{resource_address(each.address)}: {doing}...", at, hook=_hook(each, each.id))


def apply_progress(each: Object, seconds: float, running: Iterable[Action], at: datetime) -> str:
    """Return that an object is still being worked on, and by which actions."""
    _, doing, _ = _words(each)
    now = ", ".join(name(action) for action in running)
    told = f"{int(seconds)}s elapsed{f', {now}' if now else ''}"
    text = f"{resource_address(each.address)}: Still {doing.lower()}... [{told}]"
    return event("apply_progress", text, at, hook=_hook(each, each.id, seconds))


def apply_ended(each: Object, seconds: float, id_: str | None, at: datetime, *, good: bool) -> str:
    """Return that an object is through: everything of it was done, or something was not."""
    _, _, done = _words(each)
    address, id_ = resource_address(each.address), id_ or each.id
    if good:
        text = f"{address}: {done} complete after {int(seconds)}s{f' [id={id_}]' if id_ else ''}"
        return event("apply_complete", text, at, hook=_hook(each, id_, seconds))
    text = f"{address}: {done} errored after {int(seconds)}s"
    return event("apply_errored", text, at, level="error", hook=_hook(each, id_, seconds))


def outcome(action: Action, ended: Outcome, at: datetime) -> str:
    """Return what became of one action."""
    return event("outcome", outcome_line(action, ended), at, outcome=outcome_row(action, ended))


def diagnostic(
    severity: str, summary: str, detail: str, at: datetime, *, address: str = "", place: Mapping[str, Any] | None = None
) -> str:
    """Return a problem; `place` is its range in a file."""
    body: dict[str, Any] = {"severity": severity, "summary": summary, "detail": detail}
    body |= {"address": address} if address else {}
    body |= {"range": place} if place else {}
    level = "warn" if severity == "warning" else "error"
    return event("diagnostic", f"{severity.capitalize()}: {summary}", at, level=level, diagnostic=body)


def report(document: Mapping[str, Any], at: datetime) -> str:
    """Return the last event: drplan's own report, with its `format_version`."""
    return event("report", "What became of the plan", at, **document)


def place_of(found: Diagnostic, text: Text) -> dict[str, Any] | None:
    """Return where a diagnostic is, as Terraform says it: lines and columns from 1, bytes from 0; None without a place.

    A place is a point: it starts and ends there. The line itself is not shown, as it may hold a secret.
    """
    if found.where is None:
        return None
    lines = (text(found.where.file) or "").splitlines(keepends=True)
    line = found.where.line - 1
    before = "".join(lines[:line]) + "".join(lines[line : line + 1])[: found.where.column - 1]
    point = {"line": found.where.line, "column": found.where.column, "byte": len(before.encode())}
    return {"filename": found.where.file, "start": point, "end": dict(point)}


def _words(each: Object) -> tuple[str, str, str]:
    return _AGAIN if each.again else _WORD.get(each.fate, _CHANGE)


def _resource(address: Address) -> dict[str, Any]:
    name, index = resource_place(address)
    return {
        "addr": resource_address(address),
        "module": "",
        "resource": resource_address(address),
        "implied_provider": PROVIDER,
        "resource_type": resource_type(address),
        "resource_name": name,
        "resource_key": index,
    }


def _hook(each: Object, id_: str | None, seconds: float | None = None) -> dict[str, Any]:
    hook: dict[str, Any] = {"resource": _resource(each.address), "action": _words(each)[0]}
    hook |= {"id_key": "id", "id_value": id_} if id_ else {}
    return hook | ({"elapsed_seconds": int(seconds)} if seconds is not None else {})
