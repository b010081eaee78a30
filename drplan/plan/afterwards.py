"""What an apply has come to: what is left to do, and what the platform has made of what it was sent; in words."""

from collections.abc import Iterable, Iterator
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.diff import entry_value, live_value
from drplan.plan.observation import Observation
from drplan.records.plans import Action, Plan, Remainder
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.records.values import equal, sealed, thaw
from drplan.registry.kinds import Kind


def remainder(done: Plan, again: Plan, resources: Iterable[Resource], seen: Observation) -> Remainder:
    """Return what is left to do after the plan `done`: the writes of the plan that was made `again` of what was `seen`.

    Its warnings are what the new plan says of the platform as a whole and the old one did not, and what the platform
    keeps in another form.
    """
    known = {resource.address: resource for resource in resources}
    kept = [
        warning
        for address, paths in _sent(done).items()
        if address in known and address in seen.live
        for warning in _kept_otherwise(KINDS[address.kind], known[address], seen.live[address], paths)
    ]
    new = [each for each in again.diagnostics if not each.path and each not in done.diagnostics]
    return Remainder({action.key: unlike(action) for action in again.writes}, (*new, *kept))


def unlike(action: Action) -> str:
    """Return what is not as a write wants it, setting by setting: wanted and live value."""
    return "; ".join(
        f"{change.setting}: the spec says {_said(change.after_name or change.after)}, "
        f"the platform has {_said(change.before_name or change.before)}"
        for change in action.changes
    )


def _sent(plan: Plan) -> dict[Address, set[str]]:
    """Return the paths of what the writes of a plan set, by address."""
    sent: dict[Address, set[str]] = {}
    for action in plan.writes:
        sent.setdefault(action.address, set()).update(action.sets)
    return sent


def _kept_otherwise(kind: Kind, resource: Resource, live: Live, paths: set[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each text that was sent and counts as the same, and stands on the platform otherwise."""
    rows = {row.path: row for row in kind.settings}
    for path in sorted(paths & resource.desired.keys()):
        wanted = resource.value(path)
        if not isinstance(wanted, str) or sealed(wanted):
            continue
        held = live_value(rows[path], kind, live) if path in rows else entry_value(kind, live, path)
        if isinstance(held, str) and held != wanted and equal(wanted, held):
            yield Diagnostic(
                Severity.WARNING,
                f"the spec says {_said(wanted)}, and the platform keeps {_said(held)}",
                "they count as the same: it is not sent again",
                resource.place(path),
                f"{resource.address}.{path}",
            )


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    return "a secret" if sealed(value) else repr(thaw(value))
