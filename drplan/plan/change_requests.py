"""Changes that the platform has approved before they are made: asked for by change requests (API reference 2.11).

The platform says which changes those are. A plan that would make one becomes a plan that asks for it. What is asked for
already is not asked for again; the plan warns of it, and leaves out the actions that need it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from drplan.errors import Refused
from drplan.kinds import KINDS
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address, Diagnostic, Live, Severity
from drplan.records.values import EMPTY, dig, seal, thaw
from drplan.registry.kinds import ChangeRequestRoutes, Kind
from drplan.registry.rows import ChangeRequest

DIGEST = "$digest"
"""`{"$digest": TEXT}` in a body is TEXT with the plan's digest, which is known only once the plan is whole."""

_CLOSED = {"cancelled", "canceled", "closed", "declined", "failed", "rejected", "resolved"}  # whatever their spelling


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A change request that is open on the platform: its id, its action, the change it asks for, its status."""

    id: str
    action: str
    change: Mapping[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class Governance:
    """What the platform says about the changes of a plan.

    `guarded` are (entity, operation) that an approval policy covers; `opened` are the open requests by object id.
    """

    guarded: frozenset[tuple[str, str]] = frozenset()
    opened: Mapping[str, tuple[OpenRequest, ...]] = field(default_factory=lambda: EMPTY)


def change_request_of(action: Action) -> ChangeRequest | None:
    """Return how an action's change is asked for, or None where no approval policy can cover it."""
    kind = KINDS[action.address.kind]
    if kind.change_requests is None or action.aim in (Verb.VALIDATE, Verb.CREATE, Verb.REASSERT):
        return None
    if action.aim is Verb.DELETE:
        return kind.change_requests.delete
    change_request = kind.group(action.group).change_request if action.group else None
    wires = {kind.setting(change.setting).wire for change in action.changes} if change_request else set()
    return change_request if change_request and not wires.isdisjoint(change_request.change) else None


def guardable(plan: Plan) -> Iterator[tuple[Action, ChangeRequestRoutes, ChangeRequest]]:
    """Yield each action that an approval policy could cover, its kind's routes, and how it is asked for."""
    for action in plan:
        change_request, routes = change_request_of(action), KINDS[action.address.kind].change_requests
        if change_request and routes:
            yield action, routes, change_request


def has_opened(kind: Kind, live: Live) -> bool:
    """Tell whether an object's own document says that change requests are open."""
    return kind.change_requests is not None and any(dig(live.item, path) for path in kind.change_requests.opened)


def opened(items: Iterable[Any]) -> tuple[OpenRequest, ...]:
    """Return the requests that are open, out of the items of the platform's list; other items are left out."""
    found = []
    for item in items:
        if isinstance(item, Mapping):
            status = str(item.get("status") or "")
            if status.replace("_", "").lower() not in _CLOSED:
                change = item.get("change")
                asked = change if isinstance(change, Mapping) else EMPTY
                found.append(OpenRequest(str(item.get("id")), str(item.get("action")), asked, status))
    return tuple(found)


def same(
    change_request: ChangeRequest, change: Mapping[str, Any], requests: Iterable[OpenRequest]
) -> tuple[OpenRequest | None, OpenRequest | None]:
    """Return two of the open requests, each None where there is none.

    The first asks for exactly this change; the second is about the same thing and asks for another change.
    """
    about = [each for each in requests if each.action in (change_request.action, *change_request.rivals)]
    equal = [each for each in about if each.action == change_request.action and _said(each.change) == _said(change)]
    other = [each for each in about if each not in equal]
    return (equal[0] if equal else None), (other[0] if other else None)


def _said(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a change without those that are null or false: a request may leave them out."""
    return {key: thaw(value) for key, value in change.items() if value is not None and value is not False}


def clash(other: OpenRequest) -> tuple[str, str]:
    """Return summary and detail of the error when a request for another change of the same thing is open."""
    wants = ", ".join(f"{key} {value}" for key, value in sorted(_said(other.change).items()))
    what = f"{other.action}: {wants}" if wants else other.action
    return (
        f"another change is asked for already: change request {other.id} ({what})",
        "cancel that request, or wait until it is through, and plan again",
    )


# --------------------------------------------------------------------------------------------------- a plan that asks


def with_change_requests(plan: Plan, governance: Governance, lives: Mapping[Address, Live]) -> Plan:
    """Return the plan that asks for the changes that policies guard, instead of making them.

    Left out are changes that are asked for already, and what needs them. `lives` are the objects as they are, by
    address. Where nothing is guarded, the actions are the plan's own. Raises Refused where a request for another change
    of the same thing is open.
    """
    draft = _Draft(plan)
    for action, routes, change_request in guardable(plan):
        if (change_request.entity, change_request.operation) in governance.guarded:
            draft.ask(action, routes, change_request, governance.opened.get(action.id or "", ()))
    # A request that an action of this plan is waiting for is no clash for a later one, which waits for that action.
    ours = {request.id for request in draft.awaited.values()}
    problems = [problem for id_, problem in draft.clashes if id_ not in ours]
    if problems:
        raise Refused.listing(problems, "nothing was changed")
    standing = tuple(_standing(lives))
    if not (draft.asked or draft.awaited):
        return replace(plan, diagnostics=(*plan.diagnostics, *standing)) if standing else plan
    return draft.finished(standing)


class _Draft:
    """A plan being rewritten. `ask` is called for each guarded action, then `finished` once.

    actions  key of an action of the plan -> what stands in its place
    passed   key of an action that is gone -> what it needed, which now those need that needed it
    asked    whether any action has become a request
    awaited  key -> the open request that the action with this key waits for
    clashes  id of an open request for another change -> the error, in pairs
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.actions: dict[str, tuple[Action, ...]] = {action.key: (action,) for action in plan}
        self.passed: dict[str, tuple[str, ...]] = {}  # keys that nothing needs any more -> what they needed
        self.asked = False  # whether any action became a request
        self.awaited: dict[str, OpenRequest] = {}
        self.clashes: list[tuple[str, Diagnostic]] = []
        self.warnings: list[Diagnostic] = []

    def ask(
        self,
        action: Action,
        routes: ChangeRequestRoutes,
        change_request: ChangeRequest,
        requests: tuple[OpenRequest, ...],
    ) -> None:
        """Turn a guarded action into a request, or note the open request that asks for the same already.

        A request may be unable to carry some of an action's changes. An update sets `a` and `b`, requests carry `a`
        alone:
            apart, nothing open        update {b}, then request {a}, which needs it; who needed the update still does
            apart, {a} is open         update {b}, and a warning that {a} awaits approval
            else, nothing open         request {a} in the update's place, and a warning that `b` is for a later plan
            else, {a} is open          nothing; what needs the update is left out with it
        """
        kind = KINDS[action.address.kind]
        body = action.body if isinstance(action.body, Mapping) else EMPTY
        said = {change_request.change[key]: value for key, value in body.items() if key in change_request.change}
        change = {**change_request.constant, **said}
        carried = tuple(each for each in action.changes if _carries(kind, change_request, each.setting))
        left = tuple(each for each in action.changes if each not in carried)
        sets = {path: value for path, value in action.sets.items() if _carries(kind, change_request, path)}
        key = f"{action.address}/request-{action.group}" if change_request.apart else action.key
        rest: tuple[Action, ...] = ()
        if change_request.apart and left:
            kept = {name: value for name, value in body.items() if name not in change_request.change}
            others = {path: value for path, value in action.sets.items() if path not in sets}
            rest = (replace(action, body=seal(kept), sets=seal(others), changes=left),)
        elif change_request.apart:
            self.passed[action.key] = action.needs
        elif left:
            names = ", ".join(each.setting for each in left)
            self._warn(action, f"a change request cannot carry {names}", "plan again once the rest of it is approved")
        equal, other = same(change_request, change, requests)
        if other:
            summary, detail = clash(other)
            self.clashes.append((other.id, Diagnostic(Severity.ERROR, summary, detail, path=str(action.address))))
        if equal:
            self.actions[action.key] = rest
            self.awaited[key] = equal
            asked = f"{action.aim.value} is asked for and not approved yet: change request {equal.id} ({equal.status})"
            self._warn(action, asked, "it is made once it is approved; what waits for it is planned after that")
            return
        rows = kind.rows(action.group) if action.group else ()
        reasons = [str(action.sets[row.path]) for row in rows if row.in_request and row.path in action.sets]
        request = replace(
            action,
            key=key,
            verb=Verb.REQUEST,
            method="POST",
            path=routes.requests_path,
            body=seal(
                {
                    "entityType": routes.entity,
                    "entityId": action.id or {"$ref": f"{action.address}/create"},
                    "action": change_request.action,
                    "change": change,
                    "autoApply": True,
                    "comment": {DIGEST: ": ".join([*reasons, action.why])},
                }
            ),
            needs=(action.key,) if rest else action.needs,
            changes=carried,
            sets=seal(sets),
            why=f"{action.why}; a policy of the platform has it approved first",
            asks=action.verb,
        )
        self.actions[action.key] = (*rest, request)
        self.asked = True

    def finished(self, standing: tuple[Diagnostic, ...]) -> Plan:
        """Return the rewritten plan, with a warning for each thing left out; `standing` are further warnings.

        Left out are: actions that need one that awaits approval; turns around nothing but requests, as nothing is made
        while the object is turned; validations of groups that no write is left of; preparations for nothing.
        """
        kept = [action for group in self.actions.values() for action in group]
        gone = set(self.awaited)
        while True:
            more = {action.key for action in kept if not gone.isdisjoint(action.needs)} - gone
            if not more:
                break
            gone |= more
        kept = [action for action in kept if action.key not in gone]
        needed = {key for action in kept for key in action.needs}
        kept = [action for action in kept if action.group or action.verb is not Verb.UPDATE or action.key in needed]
        for turn, back in list(self._idle(kept)):
            self.passed[turn.key] = turn.needs
            kept = [action for action in kept if action.key not in (turn.key, back.key)]
            what = f"it is '{turn.changes[0].before}' and the change is made only while it is '{turn.changes[0].after}'"
            self._warn(turn, what, f"{turn.aim.value} it before the change request is approved")
        keys = {action.key for action in kept}
        writes = {(action.address, action.group) for action in kept if action.verb is not Verb.VALIDATE}
        actions = [
            replace(
                action,
                needs=tuple(sorted(set(self._needs(action.needs)) & keys)),
                after=tuple(key for key in action.after if key in keys),
            )
            for action in kept
            if action.verb is not Verb.VALIDATE or (action.address, action.group) in writes
        ]
        found = (*self.plan.diagnostics, *self.warnings, *standing)
        return replace(self.plan, actions=tuple(actions), diagnostics=found)

    def _needs(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield `keys`, with those of actions that are gone replaced by what these needed."""
        for key in keys:
            if key in self.passed:
                yield from self._needs(self.passed[key])
            else:
                yield key

    @staticmethod
    def _idle(kept: list[Action]) -> Iterator[tuple[Action, Action]]:
        """Yield each turn and the action that undoes it where no action between the two changes anything:
        deactivate, request, activate        yielded: nothing is made while the object is off
        deactivate, update, activate         kept
        """
        by_key = {action.key: action for action in kept}
        made = {(action.address, action.group) for action in kept if action.verb not in _MAKE_NOTHING}
        for back in kept:
            if back.undoes in by_key:
                between = [by_key[key] for key in back.after if key in by_key]
                if not any(_makes(action, made) for action in between):
                    yield by_key[back.undoes], back

    def _warn(self, action: Action, summary: str, detail: str) -> None:
        self.warnings.append(Diagnostic(Severity.WARNING, summary, detail, path=str(action.address)))


_MAKE_NOTHING = (Verb.VALIDATE, Verb.REQUEST, Verb.REASSERT)


def _makes(action: Action, made: Collection[tuple[Address, str]]) -> bool:
    """Return whether an action changes anything. `made` are address and group of the actions that do.

    A reassert does only where such an action may reset its group.
    """
    if action.verb is not Verb.REASSERT:
        return action.verb not in _MAKE_NOTHING
    causes = KINDS[action.address.kind].group(action.group).reset_by
    return any((action.address, cause) in made for cause in causes)


def _carries(kind: Kind, change_request: ChangeRequest, setting: str) -> bool:
    """Return whether a change request can carry a setting; one that lists no keys carries all."""
    return not change_request.change or kind.setting(setting).wire in change_request.change


def _standing(lives: Mapping[Address, Live]) -> Iterator[Diagnostic]:
    """Yield a warning for each object whose own creation still awaits approval."""
    for address, live in sorted(lives.items()):
        routes = KINDS[address.kind].change_requests
        if routes and dig(live.item, routes.standing) == routes.waiting:
            ids = dig(live.item, routes.opened[0])
            listed = ", ".join(map(str, ids)) if isinstance(ids, list | tuple) else ""
            what = f"its creation is not approved yet{f': change request {listed}' if listed else ''}"
            yield Diagnostic(Severity.WARNING, what, "somebody has to approve it on the platform", path=str(address))
