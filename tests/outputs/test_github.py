"""Step outputs: their names, and that no value can become another output."""

import pytest
import samples

from drplan.records.plans import Result
from drplan.render.github import outputs, outputs_text
from drplan.render.tally import effected, planned


def test_the_outputs_of_a_plan() -> None:
    """Counts are of objects; replacements and adoptions are among the changes."""
    assert outputs("abc", planned(samples.everything())) == {
        "digest": "abc",
        "has_changes": "true",
        "add": "2",
        "change": "2",
        "destroy": "1",
        "replace": "1",
    }


def test_the_outputs_of_partial_work() -> None:
    """Where the replacement failed after another change, the object is changed and not replaced."""
    plan = samples.everything()
    failed, skipped = Result.FAILED, Result.SKIPPED
    ended = samples.outcomes(plan, model=failed, create=failed, cost=skipped, delete=skipped)
    found = outputs("abc", effected(plan, ended))
    assert (found["has_changes"], found["change"], found["replace"], found["destroy"]) == ("true", "2", "0", "0")
    assert outputs("abc", effected(samples.nothing(), []))["has_changes"] == "false"


def test_a_value_cannot_end_itself() -> None:
    """Lines and equal signs in a value stay in it; one that holds the delimiter is refused."""
    assert outputs_text({"a": "1\nb=2"}, "END") == "a<<END\n1\nb=2\nEND\n"
    with pytest.raises(ValueError, match="delimiter"):
        outputs_text({"a": "1\nEND\nb<<END"}, "END")
