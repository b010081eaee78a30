"""The record of plans that were applied: once each, also when two try at the same time, also after a crash."""

import json
import stat
import threading
from pathlib import Path

import pytest

from drplan.errors import Refused
from drplan.project.applied import LocalAppliedPlans

DIGEST = "5e" * 32
AT = "2026-06-10T12:00:00Z"


def test_a_plan_is_consumed_once(tmp_path: Path) -> None:
    """The first time is recorded, privately; the second is refused with the time of the first."""
    record = LocalAppliedPlans(tmp_path / "state" / "applied")
    record.refuse_consumed(DIGEST)
    record.consume(DIGEST, AT)
    file = tmp_path / "state" / "applied" / f"{DIGEST}.json"
    assert json.loads(file.read_text()) == {"format_version": "1.0", "plan_digest": DIGEST, "consumed_at": AT}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    said = f"the plan {DIGEST} was applied already at {AT}; a plan is applied once: plan again"
    for again in (lambda: record.refuse_consumed(DIGEST), lambda: record.consume(DIGEST, AT)):
        with pytest.raises(Refused) as raised:
            again()
        assert raised.value.summary == said
    record.consume("ab" * 32, AT)


def test_of_two_at_once_one_is_refused(tmp_path: Path) -> None:
    """Many runs that apply one plan at the same moment: exactly one goes on."""
    record = LocalAppliedPlans(tmp_path)
    gate = threading.Barrier(16)
    ended: list[str] = []

    def run() -> None:
        gate.wait()
        try:
            record.consume(DIGEST, AT)
            ended.append("applied")
        except Refused:
            ended.append("refused")

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["applied"] + ["refused"] * 15


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": "1.0"}'])
def test_a_record_that_was_cut_short_is_a_record(tmp_path: Path, content: str) -> None:
    """A crash while recording leaves the plan consumed: nobody knows what was sent."""
    (tmp_path / f"{DIGEST}.json").write_text(content)
    with pytest.raises(Refused, match=f"the plan {DIGEST} was applied already; "):
        LocalAppliedPlans(tmp_path).consume(DIGEST, AT)


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    """Where it cannot be recorded, the plan is not applied."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match=r"cannot be recorded in .*: Not a directory"):
        LocalAppliedPlans(tmp_path / "file" / "applied").consume(DIGEST, AT)
