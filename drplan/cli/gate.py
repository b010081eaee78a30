"""What stands between a plan and the platform: the rules of today, age, approvals, and that a plan is applied once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drplan.cli.terminal import note
from drplan.errors import Refused, SpecError, UsageError, counted
from drplan.records.plans import Plan, Verb
from drplan.records.specs import Diagnostic, Severity, Where
from drplan.suggest import did_you_mean

if TYPE_CHECKING:
    from drplan.gate.approvals import Approval, Candidate, Need, Rejection
    from drplan.gate.approvals.signers import Signer
    from drplan.project.applied import AppliedPlans
    from drplan.project.file import Project


def forbidden_verbs(texts: Iterable[str]) -> tuple[Verb, ...]:
    """Return the verbs of `--forbid replace,delete`; raise UsageError at a word that is none."""
    known = [verb.value for verb in Verb if verb is not Verb.VALIDATE]
    words = [word.strip() for text in texts for word in text.split(",")]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"there are: {', '.join(known)}"
            raise UsageError(f"--forbid: '{word}' is nothing that a plan does; {hint}")
    return tuple(Verb(word) for word in dict.fromkeys(words))


def judged(plan: Plan, project: "Project", forbid: Iterable[Verb] = ()) -> Plan:
    """Return the plan with what today's rules, and `--forbid`, find in it beside what it has recorded."""
    from drplan.gate.admission import forbidden, with_findings
    from drplan.gate.policy import judge

    return with_findings(plan, (*judge(project.policy, plan, project.now()), *forbidden(plan, forbid)))


def dated(plan: Plan, project: "Project") -> Plan:
    """Return the plan with the time it is made, where the project limits the age of its plans."""
    from drplan.gate.approvals import moment

    return replace(plan, made_at=moment(project.now())) if project.max_age else plan


def refuse_denied(plan: Plan) -> None:
    """Raise Refused where a finding denies the plan."""
    from drplan.gate.admission import denials

    denied = list(denials(plan))
    if denied:
        raise Refused("the policies do not allow this plan; nothing was changed", denied)


def refuse_unsaved(plan: Plan, project: "Project") -> None:
    """Raise Refused where a plan that nobody can have approved, as it was made just now, needs an approval."""
    from drplan.gate.admission import unmet
    from drplan.gate.approvals import needs

    missing = list(unmet(needs(plan, project.terms, (), digest_given=False), (), project.terms))
    if missing:
        asked = [replace(diagnostic, detail="") for diagnostic in missing]
        raise Refused("save the plan (drplan plan --out FILE), have it approved, and apply that file", asked)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found beside a plan: the approvals, the statements that are none, and what the plan needs."""

    approvals: "tuple[Approval, ...]"
    rejections: "tuple[Rejection, ...]"
    needs: "tuple[Need, ...]"


def verification(plan: Plan, digest: str, file: Path, project: "Project", *, digest_given: bool) -> Verification:
    """Verify the statements beside a plan's file; `plan` has today's findings, `digest` is the file's own."""
    from drplan.gate.approvals import needs, verify

    terms = project.terms
    approvals: tuple[Approval, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    if terms.signed:
        approvals, rejections = verify(
            candidates(file),
            plan,
            digest,
            terms=terms,
            signers=_signers(project),
            revoked=_revoked(project),
            now=project.now(),
        )
    return Verification(approvals, rejections, needs(plan, terms, approvals, digest_given=digest_given))


def candidates(file: Path) -> "list[Candidate]":
    """Return the statements beside a plan's file: `PLAN.*.approval`, each with its `.sig`."""
    from drplan.gate.approvals import SUFFIX, Candidate

    found = []
    for path in sorted(file.parent.glob(f"{_literal(file.name)}.*{SUFFIX}")):
        signature = path.with_name(f"{path.name}.sig")
        found.append(Candidate(str(path), _bytes(path), _bytes(signature) if signature.exists() else None))
    return found


class Gate:
    """The last word on a saved plan: called before anything is read, and again with what was read just before writing.

    `digest_given`: the plan's digest was named on the command line.
    """

    def __init__(self, project: "Project", file: Path, digest: str, *, digest_given: bool, forbid: Iterable[Verb]):
        self.project = project
        self.file = file
        self.digest = digest
        self.digest_given = digest_given
        self.forbid = tuple(forbid)

    def check(self, plan: Plan, *, same_specs: bool = True) -> None:
        """Raise Refused where the plan may not be applied; an approval is void where the specs have changed since."""
        from drplan.gate.admission import too_old, unmet

        self.record.refuse_consumed(self.digest)
        aged = too_old(plan, self.project.max_age, self.project.now())
        if aged:
            raise Refused(f"this plan may not be applied: {aged}; plan again")
        plan = judged(plan, self.project, self.forbid)
        refuse_denied(plan)
        found = verification(plan, self.digest, self.file, self.project, digest_given=self.digest_given)
        missing = list(unmet(found.needs, found.rejections, self.project.terms))
        if missing:
            raise Refused(f"this plan (digest {self.digest}) is not approved; nothing was changed", missing)
        if found.needs and not same_specs:
            raise Refused("the specs have changed since this plan was made, which voids its approval; plan again")

    def pass_once(self, plan: Plan) -> None:
        """Check once more, with what was read last, and record that the plan is applied; call it before any write."""
        from drplan.gate.approvals import moment
        from drplan.project.workspace import state_directory

        self.check(plan)
        if plan.writes:
            state_directory(self.project)
            self.record.consume(self.digest, moment(self.project.now()))

    @property
    def record(self) -> "AppliedPlans":
        """Where it is remembered which plans were applied."""
        from drplan.project.applied import LocalAppliedPlans
        from drplan.project.workspace import STATE_DIRECTORY

        return LocalAppliedPlans(self.project.root / STATE_DIRECTORY / "applied")


def say_needs(plan: Plan, project: "Project", file: Path) -> None:
    """Say, on stderr, what a kept plan needs before it can be applied."""
    from drplan.gate.approvals import needs

    for need in needs(plan, project.terms, (), digest_given=False):
        by = f" by members of {need.group}" if need.group else ""
        note(f"Before that it needs {_approvals(need.count)}{by} ({need.rule}).")
    if needs(plan, project.terms, (), digest_given=False):
        from drplan.plan.file import digest

        how = f"drplan approve {file} --key KEY" if project.terms.signed else f"apply {file} --approve-digest"
        note(f"{how}; its digest is {digest(plan)}")


# ---------------------------------------------------------------------------------------------------------- details


def _signers(project: "Project") -> "tuple[Signer, ...]":
    from drplan.gate.approvals.signers import WrongSigners, allowed

    path = project.root / project.terms.allowed_signers
    try:
        return allowed(_bytes(path).decode())
    except WrongSigners as error:
        raise _wrong(path, str(error), error.line) from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is not text", 1) from None


def _revoked(project: "Project") -> frozenset[bytes]:
    from drplan.gate.approvals.signers import WrongSigners, revoked

    if not project.terms.revoked_keys:
        return frozenset()
    path = project.root / project.terms.revoked_keys
    try:
        return revoked(_bytes(path))
    except WrongSigners as error:
        raise _wrong(path, str(error), error.line) from None


def _approvals(count: int) -> str:
    return counted(count, "approval")


def _bytes(path: Path) -> bytes:
    from drplan.project.files import read_bytes

    try:
        return read_bytes(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}; without it nothing is approved") from None


def _wrong(path: Path, summary: str, line: int) -> SpecError:
    return SpecError.listing([Diagnostic(Severity.ERROR, summary, "", Where(str(path), line, 1))])


def _literal(name: str) -> str:
    """Return a file's name as a pattern that matches only itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
