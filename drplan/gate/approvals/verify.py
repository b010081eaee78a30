"""Whether a plan is approved: which statements beside it count, and whether they are enough. Pure.

Files come as bytes, and the time as a parameter. What a statement says is used only after its signature is verified.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from drplan.gate.approvals.signature import WrongSignature, signed
from drplan.gate.approvals.signers import Signer, principals
from drplan.gate.approvals.statement import NAMESPACE, Statement, moment, read_statement
from drplan.gate.policy import demands
from drplan.records.plans import Plan
from drplan.records.values import EMPTY

BASELINE = "approvals.required"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the project file says under `approvals:`.

    allowed_signers, revoked_keys  paths, relative to the project file
    count, group     the approvals that every plan with changes needs, whatever the policies say
    groups           principals by the name of their group
    author_may_approve  whether the author of the commit counts
    ci_digest        whether `apply --approve-digest` counts as one approval beside signatures
    """

    allowed_signers: str = ""
    revoked_keys: str = ""
    count: int = 0
    group: str = ""
    groups: Mapping[str, frozenset[str]] = field(default_factory=lambda: EMPTY)
    author_may_approve: bool = False
    ci_digest: bool = True

    @property
    def signed(self) -> bool:
        """Whether approvals are signatures here."""
        return bool(self.allowed_signers)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a statement: its name, its content, and its signature file's (None: there is none)."""

    file: str
    content: bytes
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A statement that counts: its file, all names of its key, the key's fingerprint, its end, and its comment."""

    file: str
    principals: frozenset[str]
    key: str
    expires: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A statement that does not count: its file, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Need:
    """Approvals that a plan needs: `count` by different members of `group` (empty: anybody), because of `rule`.

    `people` are the names of each who has approved; `digest_counts`: a digest named on the command line is one more.
    """

    rule: str
    count: int
    group: str
    people: tuple[frozenset[str], ...]
    digest_counts: bool = False

    @property
    def given(self) -> int:
        """How many approvals there are."""
        return len(self.people) + self.digest_counts

    @property
    def met(self) -> bool:
        """Whether there are enough approvals."""
        return self.given >= self.count


def verify(
    candidates: Iterable[Candidate],
    plan: Plan,
    digest: str,
    *,
    terms: Terms,
    signers: tuple[Signer, ...],
    revoked: frozenset[bytes],
    now: datetime,
) -> tuple[tuple[Approval, ...], tuple[Rejection, ...]]:
    """Return the approvals of the plan with this digest, and the statements that do not count, by their files."""
    approvals: list[Approval] = []
    rejections: list[Rejection] = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.file):
        try:
            key, names = _signer(candidate, signers, revoked, now)
            said = _said(candidate, digest, now)
            if not terms.author_may_approve:
                _refuse_author(plan, names)
            approvals.append(Approval(candidate.file, names, key, said.expires, said.comment))
        except _Rejected as reason:
            rejections.append(Rejection(candidate.file, str(reason)))
    return tuple(approvals), tuple(rejections)


def needs(plan: Plan, terms: Terms, approvals: Iterable[Approval], *, digest_given: bool) -> tuple[Need, ...]:
    """Return the approvals that the plan needs, by its findings and the project's terms, each with who has given it.

    A person counts once: keys that have a name in common are one person's. With `digest_given`, the plan's digest was
    named on the command line, which is one approval by a member of no group.
        needs one of the group `leads` (Cleo)      signed by Bob and Cleo
        ->                                         that need has 1 of 1; one for anybody has 2
    """
    if not plan.writes:
        return ()
    people = _people(approvals)
    asked = [(BASELINE, terms.count, terms.group)] if terms.count else []
    asked += [(finding.rule, finding.count, finding.group) for finding in demands(plan.findings)]
    return tuple(
        Need(
            rule,
            count,
            group,
            tuple(person for person in people if not group or person & terms.groups.get(group, frozenset())),
            digest_counts=digest_given and terms.ci_digest and not group,
        )
        for rule, count, group in asked
    )


def _people(approvals: Iterable[Approval]) -> list[frozenset[str]]:
    """Return who has approved, each by all their names; approvals with a name in common are one person's."""
    people: list[frozenset[str]] = []
    for approval in approvals:
        same = [person for person in people if person & approval.principals]
        people = [person for person in people if person not in same]
        people.append(frozenset(approval.principals.union(*same)))
    return sorted(people, key=sorted)


# --------------------------------------------------------------------------------------------------- one statement


class _Rejected(Exception):  # noqa: N818  what happened to it
    """Why a statement does not count."""


def _signer(
    candidate: Candidate, signers: tuple[Signer, ...], revoked: frozenset[bytes], now: datetime
) -> tuple[str, frozenset[str]]:
    """Return the fingerprint of the key that signed, and the names it may approve for."""
    if candidate.signature is None:
        raise _Rejected("it is not signed")
    try:
        by = signed(candidate.content, candidate.signature)
    except WrongSignature as error:
        raise _Rejected(f"its signature is no good: {error}") from None
    if by.namespace != NAMESPACE:
        raise _Rejected(f"it is signed for the namespace '{by.namespace}', and approvals are for '{NAMESPACE}'")
    if by.key in revoked:
        raise _Rejected(f"its key {by.fingerprint} is revoked")
    names, objection = principals(signers, by.key, now)
    if objection:
        raise _Rejected(objection)
    return by.fingerprint, names


def _said(candidate: Candidate, digest: str, now: datetime) -> Statement:
    """Return the statement of a candidate; raise _Rejected where it is about another plan, or not in force at `now`."""
    try:
        said = read_statement(candidate.content)
    except ValueError as error:
        raise _Rejected(f"it is no statement: {error}") from None
    if said.plan != digest:
        raise _Rejected(f"it approves another plan, of the digest {said.plan}")
    if now >= said.expires:
        raise _Rejected(f"it expired at {moment(said.expires)}")
    return said


def _refuse_author(plan: Plan, names: frozenset[str]) -> None:
    """Raise _Rejected where `names` are those of the author of the plan's commit, or its author is not known."""
    if plan.source is None or not plan.source.author:
        raise _Rejected("the author may not approve, and this plan was made outside of git: its author is not known")
    if plan.source.dirty:
        raise _Rejected("the author may not approve, and this plan was made from files that no commit has")
    if plan.source.author.casefold() in {name.casefold() for name in names}:
        raise _Rejected(f"{plan.source.author} is the author of the commit, who may not approve")
