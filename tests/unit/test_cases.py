"""The golden cases of `tests/cases/`."""

from typing import Any

import goldens
import pytest

from drplan.kinds import KINDS
from drplan.plan.body import body_of
from drplan.records.plans import Verb
from drplan.records.values import thaw

CASES = list(goldens.every_case())


def as_told(told: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Drop the reasons, and what is set, where a case does not mention them."""
    kept = [
        {key: value for key, value in action.items() if key not in ("why", "sets") or key in wanted}
        for action, wanted in zip(told["plan"], like["plan"], strict=True)
    ]
    return {**told, "plan": kept}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: goldens.Case) -> None:
    """A case's specs and platform give exactly the plan, or the error, that stands beside them."""
    expected = dict(case.expected)
    reads = expected.pop("reads", None)
    told, asked = goldens.outcome(case)
    if "plan" in told and "plan" in expected and len(told["plan"]) == len(expected["plan"]):
        told = as_told(told, expected)
    assert told == expected
    if reads is not None:
        assert sorted(asked) == reads


NOT_SET = (Verb.VALIDATE, Verb.DELETE)


@pytest.mark.parametrize("case", [case for case in CASES if "plan" in case.expected], ids=lambda case: case.name)
def test_what_an_action_sets(case: goldens.Case) -> None:
    """An action sets what it changes, and what travels along; a group's request says just that, on the wire."""
    for action in goldens.planned(case):
        kind = KINDS[action.address.kind]
        changed = {} if action.verb in NOT_SET or action.makes else {each.setting: each for each in action.changes}
        if action.verb is Verb.REASSERT:  # what is put back as it was has no value yet
            changed = {name: change for name, change in changed.items() if name in action.sets}
        asked_delete = action.aim is Verb.DELETE
        assert asked_delete or changed.keys() <= action.sets.keys(), action.key
        assert {name for name in action.sets if name not in changed} <= {
            row.path for row in kind.settings if row.in_request or row.with_object
        }
        for name, change in changed.items() if not asked_delete else ():
            made_first = change.after is None and change.after_name is not None
            assert set(action.sets[name]) == {"$ref"} if made_first else action.sets[name] == change.after
        group = kind.group(action.group) if action.group else None
        if group and not group.entries and action.verb not in (*NOT_SET, Verb.REASSERT, Verb.REQUEST):
            assert thaw(action.body) == thaw(body_of(kind, action.group, action.sets)), action.key


def test_names_are_unique() -> None:
    """No case hides behind another of the same name."""
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_planning_writes_nothing() -> None:
    """Whatever the case, the only request but reads is the question whether a model may replace another."""
    asked = {line for case in CASES for line in goldens.outcome(case)[1] if " " in line}
    assert {line.rpartition("/model/")[2] for line in asked} <= {"validation/"}
    assert asked
