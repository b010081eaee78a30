"""The golden cases of `tests/cases/`."""

from typing import Any

import goldens
import pytest

CASES = list(goldens.every_case())


def without_whys(told: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Drop the reasons that a case does not mention."""
    kept = [
        {key: value for key, value in action.items() if key != "why" or "why" in wanted}
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
        told = without_whys(told, expected)
    assert told == expected
    if reads is not None:
        assert sorted(asked) == reads


def test_names_are_unique() -> None:
    """No case hides behind another of the same name."""
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_planning_writes_nothing() -> None:
    """Whatever the case, the only request but reads is the question whether a model may replace another."""
    asked = {line for case in CASES for line in goldens.outcome(case)[1] if " " in line}
    assert {line.rpartition("/model/")[2] for line in asked} <= {"validation/"}
    assert asked
