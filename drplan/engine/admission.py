"""What stands between a plan and the platform: what the platform says to its replacements, the rules, age, approvals.

There are two gates. A plan that was made just now needs nobody's approval, or else has to be saved first
(`UnsavedPlanGate`). A saved one may have been approved since, and is applied once (`SavedPlanGate`). Both are asked
twice: before anybody is asked, and again right before the first write.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from drplan.engine.saved import SavedPlan, refuse_elsewhere
from drplan.errors import Refused, SpecError
from drplan.gate.admission import denials, forbidden, too_old, unmet, with_findings
from drplan.gate.approvals import SUFFIX, Approval, Candidate, Need, Rejection, moment, needs, verify
from drplan.gate.approvals.signers import Signer, WrongSigners, allowed, revoked
from drplan.gate.policy import judge
from drplan.plan.build import refusal
from drplan.project.applied import AppliedPlans, LocalAppliedPlans
from drplan.project.file import Project
from drplan.project.files import read_bytes
from drplan.project.workspace import STATE_DIRECTORY, state_directory
from drplan.records.plans import Plan, Verb
from drplan.records.specs import Diagnostic, Severity, Where


class Gate(Protocol):
    """What has to let a plan pass before it is carried out."""

    def check(self, plan: Plan) -> None:
        """Raise Refused where the plan may not be applied. It may be asked any number of times."""

    def admit(self, plan: Plan) -> None:
        """Check once more, with what was read last; called once, right before the first write."""


def judged(plan: Plan, project: Project, forbid: Iterable[Verb] = ()) -> Plan:
    """Return the plan with what today's rules, and `forbid`, find in it beside what it has recorded."""
    return with_findings(plan, (*judge(project.policy, plan, project.now()), *forbidden(plan, forbid)))


def refuse_blocked(plan: Plan) -> None:
    """Raise Refused where the platform would not take a replacement, or a finding denies the plan."""
    refused = refusal(plan)
    if refused:
        raise refused
    refuse_denied(plan)


def refuse_denied(plan: Plan) -> None:
    """Raise Refused where a finding denies the plan."""
    denied = list(denials(plan))
    if denied:
        raise Refused("the policies do not allow this plan; nothing was changed", denied)


@dataclass(frozen=True, slots=True)
class UnsavedPlanGate:
    """Lets a plan pass that nobody can have approved, as it was never saved."""

    project: Project
    forbid: tuple[Verb, ...] = ()

    def check(self, plan: Plan) -> None:
        """Raise Refused where the plan is too old, or today's rules deny it or ask for an approval."""
        _refuse_old(plan, self.project)
        plan = judged(plan, self.project, self.forbid)
        refuse_denied(plan)
        terms = self.project.terms
        missing = unmet(needs(plan, terms, (), digest_given=False), (), terms)
        asked = [replace(diagnostic, detail="") for diagnostic in missing]
        if asked:
            raise Refused("save the plan (drplan plan --out FILE), have it approved, and apply that file", asked)

    def admit(self, plan: Plan) -> None:
        """Check once more."""
        self.check(plan)


@dataclass(frozen=True, slots=True)
class SavedPlanGate:
    """Lets a saved plan pass once: within its age, by today's rules, with the approvals beside its file.

    `digest_given`: whoever applies it has named its digest, which counts as one person's approval where the project
    names no signers.
    """

    project: Project
    saved: SavedPlan
    digest_given: bool = False
    forbid: tuple[Verb, ...] = ()

    def check(self, plan: Plan) -> None:
        """Raise Refused where the plan may not be applied; `plan` is the saved one, or has later answers in it."""
        self.record.refuse_consumed(self.saved.digest)
        _refuse_old(plan, self.project)
        if self.saved.plan.signed and not self.project.terms.signed:
            raise Refused(
                "approvals were signatures when this plan was made, and the project file names no signers now"
            )
        plan = judged(plan, self.project, self.forbid)
        refuse_denied(plan)
        found = verification(plan, self.saved, self.project, digest_given=self.digest_given)
        missing = list(unmet(found.needs, found.rejections, self.project.terms))
        if missing:
            raise Refused(f"this plan (digest {self.saved.digest}) is not approved; nothing was changed", missing)

    def admit(self, plan: Plan) -> None:
        """Check once more, and record that the plan is applied."""
        self.check(plan)
        if plan.writes:
            state_directory(self.project)
            self.record.consume(self.saved.digest, moment(self.project.now()))

    @property
    def record(self) -> AppliedPlans:
        """Where it is remembered which plans were applied."""
        return LocalAppliedPlans(self.project.root / STATE_DIRECTORY / "applied")


def _refuse_old(plan: Plan, project: Project) -> None:
    aged = too_old(plan, project.max_age, project.now())
    if aged:
        raise Refused(f"this plan may not be applied: {aged}; plan again")


# -------------------------------------------------------------------------------------------------------- approvals


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found beside a saved plan: approvals, the statements that are none, and what the plan needs.

    `plan` has today's findings; `refused` is why it may not be applied now, None where it may.
    """

    plan: Plan
    digest: str
    approvals: tuple[Approval, ...]
    rejections: tuple[Rejection, ...]
    needs: tuple[Need, ...]
    refused: Refused | None = None


def verify_saved(saved: SavedPlan, project: Project) -> Verification:
    """Return whether a saved plan may be applied now, and what speaks for and against it; offline.

    Raises Refused where it was made for another project or environment, and where the project names no signers.
    """
    refuse_elsewhere(saved.plan, str(saved.file), project)
    if not project.terms.signed:
        raise Refused("there is nobody to verify: the project file names no allowed_signers under approvals")
    plan = judged(saved.plan, project)
    found = verification(plan, saved, project)
    try:
        SavedPlanGate(project, saved).check(plan)
    except Refused as refused:
        return replace(found, refused=refused)
    return found


def verification(plan: Plan, saved: SavedPlan, project: Project, *, digest_given: bool = False) -> Verification:
    """Verify the statements beside a saved plan; `plan` is it with today's findings."""
    terms = replace(project.terms, count=max(project.terms.count, plan.required))
    approvals: tuple[Approval, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    if terms.signed:
        approvals, rejections = verify(
            statements(saved.file),
            plan,
            saved.digest,
            terms=terms,
            signers=_signers(project),
            revoked=_revoked(project),
            now=project.now(),
        )
    needed = needs(plan, terms, approvals, digest_given=digest_given)
    return Verification(plan, saved.digest, approvals, rejections, needed)


def statements(file: Path) -> list[Candidate]:
    """Return the statements beside a plan's file: `PLAN.*.approval`, each with its `.sig`."""
    found = []
    for path in sorted(file.parent.glob(f"{_literal(file.name)}.*{SUFFIX}")):
        signature = path.with_name(f"{path.name}.sig")
        found.append(Candidate(str(path), _bytes(path), _bytes(signature) if signature.exists() else None))
    return found


def _signers(project: Project) -> tuple[Signer, ...]:
    path = project.root / project.terms.allowed_signers
    try:
        return allowed(_bytes(path).decode())
    except WrongSigners as error:
        raise _wrong(path, str(error), error.line) from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is not text", 1) from None


def _revoked(project: Project) -> frozenset[bytes]:
    if not project.terms.revoked_keys:
        return frozenset()
    path = project.root / project.terms.revoked_keys
    try:
        return revoked(_bytes(path))
    except WrongSigners as error:
        raise _wrong(path, str(error), error.line) from None


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}; without it nothing is approved") from None


def _wrong(path: Path, summary: str, line: int) -> SpecError:
    return SpecError.listing([Diagnostic(Severity.ERROR, summary, "", Where(str(path), line, 1))])


def _literal(name: str) -> str:
    """Return a file's name as a pattern that matches only itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
