"""Whether a plan is approved: every statement counts or is refused with its reason, and people are counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from keys import Key, Token

from drplan.gate.approvals import Approval, Candidate, Need, Rejection, Terms, needs, statement, verify
from drplan.gate.approvals.signers import allowed
from drplan.plan.file import digest
from drplan.records.plans import Action, Demand, Finding, Observed, Plan, Source, Verb
from drplan.records.specs import Address

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
CHURN = Address("deployment", "churn")
PLAN = Plan(
    target="https://platform.example/api/v2",
    project="shop",
    spec_digest="0" * 64,
    observed=(Observed(CHURN, None),),
    actions=(Action("deployment.churn/create", CHURN, Verb.CREATE, "", "POST", "deployments/fromModelPackage/"),),
    source=Source("c" * 40, "ada@example.com", dirty=False),
)
TERMS = Terms(allowed_signers="allowed_signers", count=1, groups={"leads": frozenset({"cleo@corp"})}, ci_digest=False)


class Team:
    """Ada, Bob and Cleo with their keys, and the file that lists them; Bob has two, Cleo two names."""

    def __init__(self, folder: Path) -> None:
        self.ada, self.bob, self.bob2, self.cleo, self.eve = (
            Key.make(folder / name) for name in ("ada", "bob", "bob2", "cleo", "eve")
        )
        self.token = Token(curve=False)
        self.signers = allowed(
            f"ada@example.com {self.ada.public}\n"
            f"bob@example.com {self.bob.public}\n"
            f"bob@example.com {self.bob2.public}\n"
            f'cleo@example.com,cleo@corp namespaces="drplan-approval" {self.cleo.public}\n'
            f"dora@example.com {self.token.public}\n"
        )


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Give the team."""
    return Team(tmp_path_factory.mktemp("team"))


def signed(key: Key | Token, plan: Plan = PLAN, until: datetime = LATER, comment: str = "", **more: str) -> Candidate:
    """Return a statement about a plan, signed."""
    content = str(statement(more.pop("plan_digest", "") or digest(plan), until, comment)).encode()
    return Candidate("a.approval", content, key.sign(content, **more))


def outcome(
    team: Team, *candidates: Candidate, plan: Plan = PLAN, terms: Terms = TERMS, revoked: frozenset[bytes] = frozenset()
) -> tuple[tuple[Approval, ...], tuple[Rejection, ...]]:
    """Verify some statements."""
    return verify(candidates, plan, digest(plan), terms=terms, signers=team.signers, revoked=revoked, now=NOW)


def reasons(team: Team, *candidates: Candidate, **more: object) -> list[str]:
    """Return why statements are refused; none of them may count."""
    approvals, rejections = outcome(team, *candidates, **more)  # type: ignore[arg-type]
    assert approvals == ()
    return [each.reason for each in rejections]


def test_an_approval(team: Team) -> None:
    """A signed statement about this plan counts for every name of its key, with its comment and its end."""
    approvals, rejections = outcome(team, signed(team.cleo, comment="Fine."))
    names = frozenset({"cleo@example.com", "cleo@corp"})
    assert rejections == ()
    assert approvals == (Approval("a.approval", names, approvals[0].key, LATER, "Fine."),)
    assert approvals[0].key.startswith("SHA256:")
    assert outcome(team, signed(team.token))[0][0].principals == {"dora@example.com"}


def test_each_refusal_has_its_reason(team: Team) -> None:
    """Unsigned, unknown, another namespace, replayed, expired, damaged, no statement, the author: each says why."""
    good = signed(team.bob)
    changed = replace(good, content=good.content.replace(b"06-11", b"06-12"))
    nonsense = Candidate("a.approval", b"Looks fine.\n", team.bob.sign(b"Looks fine.\n"))
    eve = team.eve.public.split()[0]
    assert eve == "ssh-ed25519"
    assert reasons(team, replace(good, signature=None)) == ["it is not signed"]
    (empty,) = reasons(team, replace(good, signature=b""))
    assert empty.startswith("its signature is no good: it does not begin with -----BEGIN SSH SIGNATURE----- and ")
    assert reasons(team, changed) == ["its signature is no good: it does not fit the text: one of them was changed"]
    assert [each.endswith("is not an allowed signer's") for each in reasons(team, signed(team.eve))] == [True]
    assert reasons(team, signed(team.bob, namespace="git")) == [
        "it is signed for the namespace 'git', and approvals are for 'drplan-approval'"
    ]
    assert reasons(team, signed(team.bob, plan_digest="ab" * 32)) == [
        f"it approves another plan, of the digest {'ab' * 32}"
    ]
    assert reasons(team, signed(team.bob, until=NOW)) == ["it expired at 2026-06-10T12:00:00Z"]
    assert reasons(team, signed(team.bob, until=NOW - timedelta(days=1))) == ["it expired at 2026-06-09T12:00:00Z"]
    assert reasons(team, nonsense) == [
        "it is no statement: it is not the four lines of a statement, of which the first is `drplan approval 1`"
    ]
    assert reasons(team, signed(team.ada)) == ["ada@example.com is the author of the commit, who may not approve"]
    (revoked,) = reasons(team, good, revoked=frozenset({team.bob.blob}))
    assert revoked.endswith(" is revoked")
    assert outcome(team, signed(team.bob, until=NOW + timedelta(seconds=1)))[1] == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "the author may not approve, and this plan was made outside of git: its author is not known"),
        (
            Source("c", "", dirty=False),
            "the author may not approve, and this plan was made outside of git: its author is not known",
        ),
        (
            Source("c", "x@y", dirty=True),
            "the author may not approve, and this plan was made from files that no commit has",
        ),
        (
            Source("c", "BOB@example.COM", dirty=False),
            "BOB@example.COM is the author of the commit, who may not approve",
        ),
    ],
)
def test_the_author_may_not_approve(team: Team, source: Source | None, reason: str) -> None:
    """Who wrote the change does not approve it, in whatever spelling; where nobody knows who did, nobody does."""
    plan = replace(PLAN, source=source)
    assert reasons(team, signed(team.bob, plan), plan=plan) == [reason]
    lenient = replace(TERMS, author_may_approve=True)
    assert [each.principals for each in outcome(team, signed(team.bob, plan), plan=plan, terms=lenient)[0]] == [
        {"bob@example.com"}
    ]


def test_an_author_under_another_name(team: Team) -> None:
    """An author is known by every name of their key."""
    plan = replace(PLAN, source=Source("c", "cleo@corp", dirty=False))
    assert reasons(team, signed(team.cleo, plan), plan=plan) == [
        "cleo@corp is the author of the commit, who may not approve"
    ]


def test_a_good_one_among_bad_ones(team: Team) -> None:
    """Bad statements take nothing away from good ones; both are told, by file."""
    files = [
        replace(signed(team.eve), file="z"),
        replace(signed(team.bob), file="y"),
        replace(signed(team.bob), file="x", signature=None),
    ]
    approvals, rejections = outcome(team, *files)
    assert ([each.file for each in approvals], [each.file for each in rejections]) == (["y"], ["x", "z"])


def asked(count: int, group: str = "", rule: str = "r") -> Finding:
    """Return a rule's wish for approvals."""
    return Finding(rule, Demand.REQUIRE_APPROVAL, "m", "", count, group)


def approval(*names: str) -> Approval:
    """Return an approval by one key."""
    return Approval("f", frozenset(names), "k", LATER, "")


def met(plan: Plan, terms: Terms, *approvals: Approval, digest_given: bool = False) -> list[tuple[str, int, int, bool]]:
    """Return rule, count, how many there are, and whether that is enough."""
    found = needs(plan, terms, approvals, digest_given=digest_given)
    return [(need.rule, need.count, need.given, need.met) for need in found]


ADA, BOB, CLEO = approval("ada"), approval("bob"), approval("cleo@corp", "cleo@example.com")


@pytest.mark.parametrize(
    ("approvals", "given"),
    [
        ((), 0),
        ((ADA,), 1),
        ((ADA, ADA), 1),
        ((ADA, BOB), 2),
        ((CLEO, approval("cleo@corp")), 1),  # two keys of one person
        ((approval("a", "b"), approval("c", "d"), approval("b", "c")), 1),  # one person, as the third key shows
        ((approval("a"), approval("b"), approval("c")), 3),
    ],
)
def test_people_are_counted_once(approvals: tuple[Approval, ...], given: int) -> None:
    """However many keys and statements somebody has, they are one person."""
    plan = replace(PLAN, findings=(asked(2),))
    none = Terms(allowed_signers="a")
    assert met(plan, none, *approvals) == [("r", 2, given, given >= 2)]
    assert met(plan, none, *reversed(approvals)) == [("r", 2, given, given >= 2)]


def test_what_is_needed() -> None:
    """The project's own count comes first, then each rule's; a group counts only its members."""
    plan = replace(PLAN, findings=(asked(1, "leads"), asked(2, rule="s"), Finding("w", Demand.WARN, "m")))
    assert met(plan, TERMS, BOB) == [("approvals.required", 1, 1, True), ("r", 1, 0, False), ("s", 2, 1, False)]
    assert met(plan, TERMS, BOB, CLEO) == [("approvals.required", 1, 2, True), ("r", 1, 1, True), ("s", 2, 2, True)]
    assert met(plan, replace(TERMS, count=1, group="leads"), BOB)[0] == ("approvals.required", 1, 0, False)
    assert met(plan, replace(TERMS, groups={}), CLEO)[1] == ("r", 1, 0, False)  # a group that is gone has no members
    assert met(replace(plan, findings=()), replace(TERMS, count=0)) == []
    assert met(replace(plan, actions=()), TERMS) == []


@pytest.mark.parametrize(
    ("terms", "findings", "given", "expected"),
    [
        (Terms(), (asked(1),), True, [("r", 1, 1, True)]),
        (Terms(), (asked(1),), False, [("r", 1, 0, False)]),
        (Terms(), (asked(2),), True, [("r", 2, 1, False)]),
        (Terms(), (asked(1, "leads"),), True, [("r", 1, 0, False)]),
        (TERMS, (), True, [("approvals.required", 1, 0, False)]),
        (replace(TERMS, ci_digest=True), (), True, [("approvals.required", 1, 1, True)]),
        (Terms(ci_digest=False), (asked(1),), True, [("r", 1, 0, False)]),
    ],
)
def test_a_digest_named_on_the_command_line(
    terms: Terms, findings: tuple[Finding, ...], given: bool, expected: list[tuple[str, int, int, bool]]
) -> None:
    """It is one approval, of nobody's group, and only where the project lets it be one."""
    assert met(replace(PLAN, findings=findings), terms, digest_given=given) == expected


def test_a_digest_and_a_signature() -> None:
    """Where both count, they are two."""
    plan = replace(PLAN, findings=(asked(2),))
    assert needs(plan, Terms(allowed_signers="a"), (BOB,), digest_given=True) == (
        Need("r", 2, "", (frozenset({"bob"}),), digest_counts=True),
    )
