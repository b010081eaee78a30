"""A plan's age, and what is recorded and found about it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from test_verifying import NOW, PLAN

from drplan.gate.admission import denials, forbidden, too_old, unmet, with_findings
from drplan.gate.approvals import Need, Rejection, Terms
from drplan.records.plans import Demand, Finding, Verb

DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("made_at", "reason"),
    [
        ("2026-06-10T12:00:00Z", ""),
        ("2026-06-09T12:00:00Z", ""),
        ("2026-06-09T11:59:59Z", "it was made at 2026-06-09T11:59:59Z, and a plan may be applied for 24 hours"),
        ("2026-06-10T12:05:00Z", ""),
        ("2026-06-10T12:05:01Z", "it says that it was made at 2026-06-10T12:05:01Z, which is yet to come"),
        ("", "the project limits the age of its plans, and this one does not say when it was made"),
        ("yesterday", "it says that it was made at 'yesterday', which is no time"),
        ("2026-06-10T12:00:00+00:00", "it says that it was made at '2026-06-10T12:00:00+00:00', which is no time"),
    ],
)
def test_age(made_at: str, reason: str) -> None:
    """A plan is applied within its age, by a clock that may differ by five minutes; without a date it is not."""
    assert too_old(replace(PLAN, made_at=made_at), DAY, NOW) == reason
    assert too_old(replace(PLAN, made_at=made_at), None, NOW) == ""


@pytest.mark.parametrize(
    ("age", "words"),
    [(timedelta(days=7), "7 days"), (timedelta(minutes=90), "90 minutes"), (timedelta(hours=36), "36 hours")],
)
def test_age_in_words(age: timedelta, words: str) -> None:
    """The limit is told as people say it."""
    assert too_old(replace(PLAN, made_at="2020-01-01T00:00:00Z"), age, NOW).endswith(f"may be applied for {words}")


def test_forbidden_actions() -> None:
    """Each action that does what is forbidden is denied; the others are not."""
    key = PLAN.actions[0].key
    assert forbidden(PLAN, (Verb.CREATE, Verb.DELETE)) == (
        Finding("--forbid", Demand.DENY, "--forbid create was given", key),
    )
    assert forbidden(PLAN, (Verb.DELETE,)) == ()


def test_findings_join_what_was_recorded() -> None:
    """What a plan recorded stays, what is found now comes to it, and what is the same stands once."""
    first, second = Finding("a", Demand.WARN, "m"), Finding("b", Demand.DENY, "m", "x")
    plan = replace(PLAN, findings=(first,))
    assert with_findings(plan, (second, first)).findings == (first, second)
    assert [(each.path, each.summary) for each in denials(with_findings(plan, (second,)))] == [("x", "denied by b: m")]


def test_what_is_missing_is_told() -> None:
    """Each need that is not met is told with the way to meet it, then what was refused; nothing when all are met."""
    rejected = (Rejection("a.approval", "it is not signed"),)
    signing, anybody = Terms(allowed_signers="a"), Terms()

    def told(need: Need, terms: Terms) -> list[tuple[str, str, str]]:
        return [(each.path, each.summary, each.detail) for each in unmet((need,), rejected, terms)]

    no_approval = ("a.approval", "this is no approval", "it is not signed")
    assert told(Need("r", 1, "", ()), signing) == [
        ("", "r asks for 1 approval, and there are 0", "have it signed: drplan approve PLANFILE --key KEY"),
        no_approval,
    ]
    assert told(Need("r", 2, "leads", (frozenset({"x"}),)), signing)[0][1] == (
        "r asks for 2 approvals by members of leads, and there are 1"
    )
    assert told(Need("r", 1, "", ()), anybody)[0][2] == "name the digest that was approved: --approve-digest SHA256"
    assert told(Need("r", 2, "", ()), anybody)[0][2] == (
        "nobody can give it: the project file names no allowed_signers under approvals"
    )
    assert told(Need("r", 1, "", (frozenset({"x"}),)), signing) == []
