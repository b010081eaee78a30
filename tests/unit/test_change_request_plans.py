"""Plans that ask: whatever is guarded and whatever is open, they stay plans."""

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Any

import goldens
import pytest
from test_order import replacement_and_settings, settings_need_off, step

from drplan.errors import DrplanError, Refused
from drplan.kinds import PRIMARY
from drplan.kinds.deployment.change_requests import IMPORTANCE, MODEL
from drplan.plan.change_requests import (
    Governance,
    OpenRequest,
    change_request_of,
    guardable,
    opened,
    same,
    with_change_requests,
)
from drplan.plan.file import dumps, loads
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address
from drplan.registry.rows import ChangeRequest

SUBJECTS = sorted(
    {(each.change_request.entity, each.change_request.operation) for each in PRIMARY.groups if each.change_request}
    | {("deployment", "delete")}
)
SUBSETS = [frozenset(each) for each in chain.from_iterable(combinations(SUBJECTS, n) for n in (1, 2, len(SUBJECTS)))]


def plans() -> Iterator[tuple[str, Plan]]:
    """Yield the plan of every golden case whose platform guards nothing."""
    for case in goldens.every_case():
        if not case.name.startswith("approval:"):
            try:
                yield case.name, goldens.planned(case)
            except DrplanError:
                continue


PLANS = [(name, plan) for name, plan in plans() if any(True for _ in guardable(plan))]


def wrong(plan: Plan) -> list[str]:
    """Return what makes a plan none: keys that come twice, needs that come later or never, a file that is another."""
    before: set[str] = set()
    found = []
    for action in plan:
        found += [f"{action.key} comes twice"] if action.key in before else []
        found += [f"{action.key} needs {key}" for key in (*action.needs, *action.after) if key not in before]
        before.add(action.key)
    return found + ([] if loads(dumps(plan), "plan.json") == plan else ["its file is another plan"])


def asked(plan: Plan) -> list[Action]:
    """Return the requests of a plan."""
    return [action for action in plan if action.verb is Verb.REQUEST]


def sets_of(plan: Plan) -> Mapping[tuple[Address, str, str], Any]:
    """Return what a plan sets, or asks for, of which object and by which group's request."""
    return {
        (action.address, action.group, setting): value
        for action in plan
        if action.verb is not Verb.REASSERT
        for setting, value in action.sets.items()
    }


def waits(plan: Plan, action: Action) -> bool:
    """Tell whether an action needs, near or far, what is only asked for."""
    by_key = {each.key: each for each in plan}
    return any(by_key[key].verb is Verb.REQUEST or waits(plan, by_key[key]) for key in action.needs)


@pytest.mark.parametrize(("name", "plan"), PLANS, ids=[name for name, _ in PLANS])
def test_whatever_is_guarded(name: str, plan: Plan) -> None:
    """Every guarded change is asked for and none is made; all that is not guarded is as it was."""
    for guarded in SUBSETS:
        asking = with_change_requests(plan, Governance(guarded), {})
        assert wrong(asking) == [], (name, guarded)
        for action in asking:
            change_request = change_request_of(action)
            is_guarded = change_request is not None and (change_request.entity, change_request.operation) in guarded
            assert (action.verb is Verb.REQUEST) is is_guarded, (name, action.key)
        assert sets_of(asking).items() <= sets_of(plan).items(), name


@pytest.mark.parametrize(("name", "plan"), PLANS, ids=[name for name, _ in PLANS])
def test_what_is_asked_for_is_not_asked_again(name: str, plan: Plan) -> None:
    """With every request open that could be filed, the next plan files none, and needs nothing that is not there."""
    for guarded in SUBSETS:
        first = with_change_requests(plan, Governance(guarded), {})
        filed: dict[str, list[OpenRequest]] = {}
        for action in asked(first):
            if action.id and not waits(first, action):
                request = OpenRequest(action.key, action.body["action"], action.body["change"], "pending")
                filed.setdefault(action.id, []).append(request)
        again = with_change_requests(plan, Governance(guarded, {key: tuple(each) for key, each in filed.items()}), {})
        assert wrong(again) == [], (name, guarded)
        assert [action.key for action in asked(again) if action.id] == [], (name, guarded)
        assert {action.key for action in again} <= {action.key for action in first}


@pytest.mark.parametrize(("name", "plan"), PLANS, ids=[name for name, _ in PLANS])
def test_another_request_refuses_the_plan(name: str, plan: Plan) -> None:
    """With a request for something else open, there is no plan; its address is named."""
    for action, _, change_request in guardable(plan):
        if action.id:
            other = OpenRequest("r", change_request.action, {"something": "else"}, "approved")
            governance = Governance(
                frozenset({(change_request.entity, change_request.operation)}), {action.id: (other,)}
            )
            with pytest.raises(Refused) as caught:
                with_change_requests(plan, governance, {})
            assert str(action.address) in {each.path for each in caught.value.diagnostics}, name


def test_a_plan_without_guards_is_the_same() -> None:
    """Where nothing is guarded, nothing is touched."""
    for _, plan in PLANS:
        assert with_change_requests(plan, Governance(), {}) is plan


@pytest.mark.parametrize(
    ("guarded", "expected"),
    [
        ([], "details deactivate settings activate model deactivate-2 reassert-settings activate-2"),
        ([IMPORTANCE], "request-details deactivate settings activate model deactivate-2 reassert-settings activate-2"),
        ([MODEL], "details deactivate settings activate model reassert-settings"),
    ],
)
def test_turns_around_a_reassert(guarded: list[ChangeRequest], expected: str) -> None:
    """A reassert keeps its turns where something is replaced, and loses them where that is only asked for."""
    with settings_need_off():
        plan = replacement_and_settings("active", "active", importance="HIGH")
        asking = with_change_requests(
            plan, Governance(frozenset((each.entity, each.operation) for each in guarded)), {}
        )
    assert [step(action) for action in asking.writes] == expected.split()


@pytest.mark.parametrize("status", ["cancelled", "CANCELLED", "Resolved", "rejected", "REJECTED"])
def test_what_is_closed(status: str) -> None:
    """A request that is through is not open, whatever the spelling; what has no form at all is none."""
    assert opened([{"id": "r", "action": "delete", "change": None, "status": status}, "x", None]) == ()


@pytest.mark.parametrize("status", ["pending", "approved", "changesRequested", "CHANGES_REQUESTED", "resolving", ""])
def test_what_is_open(status: str) -> None:
    """Everything else is."""
    (found,) = opened([{"id": "r", "action": "delete", "change": None, "status": status}])
    assert (found.id, found.action, dict(found.change), found.status) == ("r", "delete", {}, status)


@pytest.mark.parametrize(
    ("theirs", "equal"),
    [
        ({"a": 1}, True),
        ({"a": 1, "b": None, "c": False}, True),
        ({"a": 2}, False),
        ({"a": 1, "b": 2}, False),
        ({}, False),
    ],
)
def test_when_two_changes_are_the_same(theirs: dict[str, Any], equal: bool) -> None:
    """What is null or false is as good as not said; everything else has to be equal."""
    request = OpenRequest("r", "act", theirs, "pending")
    found = same(
        ChangeRequest("e", "o", "act"), {"a": 1, "d": False}, [request, OpenRequest("s", "other", theirs, "pending")]
    )
    assert found == ((request, None) if equal else (None, request))
