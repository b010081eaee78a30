"""drplan as a library: the deployments of a config repository, planned and applied as the commands do it."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drplan.clock import Clock, utc_now
from drplan.engine.admission import Gate, SavedPlanGate, UnsavedPlanGate, Verification, refuse_blocked, verify_saved
from drplan.engine.apply import Again, Left, Question, apply_plan
from drplan.engine.doctor import examine_platform
from drplan.engine.live import LiveObject, list_live, read_live
from drplan.engine.pipeline import (
    left_to_delete,
    left_to_do,
    left_to_forget,
    make_destruction,
    make_forgetting,
    make_plan,
    plan_again,
)
from drplan.engine.saved import read_plan, refuse_other_digest, refuse_unfit, save_plan, specs_of
from drplan.engine.site import Site, open_site
from drplan.errors import ApplyError, UsageError
from drplan.plan.targets import about
from drplan.platform.api import JOB_TIMEOUT, Api
from drplan.platform.progress import SILENT, Progress
from drplan.project.connect import connected
from drplan.project.lately import made_lately, remember_made
from drplan.project.specs import load_specs, unread_files
from drplan.records.checkups import Checkup
from drplan.records.plans import Plan, Remainder, Report, Verb
from drplan.records.specs import Address, Resource
from drplan.records.values import EMPTY

if TYPE_CHECKING:
    from drplan import monitor


def open_repository(
    directory: Path | str = ".",
    *,
    environment: str | None = None,
    endpoint: str | None = None,
    variables: Mapping[str, Any] = EMPTY,
    progress: Progress = SILENT,
    now: Clock = utc_now,
) -> "Repository":
    """Return a config repository as one of its environments has it; `drplan.open` is this function.

    `endpoint` wins over the project file's, `variables` (name -> text, number or boolean) over its `vars:`. `progress`
    hears of all that happens; without one nothing is said. Nothing is sent, and no spec is read. Raises SpecError where
    the project file is missing or wrong, UsageError where nothing names an endpoint or a variable is not defined.
    """
    return Repository(open_site(Path(directory), environment, endpoint, variables=variables, now=now), progress)


class Repository:
    """What a config repository describes, and the platform it is on; made by `drplan.open`.

    Each call opens a connection of its own, waits until it is over, and works where an event loop runs already. What
    the commands refuse is refused, by the same gates, with the errors of `drplan.errors`.
    """

    def __init__(self, site: Site, progress: Progress = SILENT) -> None:
        self.site = site
        self.progress = progress

    def __repr__(self) -> str:
        environment = f", environment={self.site.project.environment!r}" if self.site.project.environment else ""
        return f"Repository({self.site.project.name!r}{environment}, target={self.site.target.endpoint!r})"

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """The specs, read once; SpecError lists every problem in them."""
        return load_specs(self.site.project)

    @property
    def monitor(self) -> "monitor.Fleet":
        """What is on the platform, to be looked at: service, drift, accuracy and fairness as typed readings."""
        from drplan.monitor.fleet import Fleet

        project = self.site.project
        return Fleet(partial(connected, project, self.site.target), self.resources, project.name, project.now)

    # -------------------------------------------------------------------------------------------------------- reading

    def live(self, address: str) -> LiveObject:
        """Return what is live at an address, with every document; UsageError where nothing is there."""
        resources = self.resources
        return self.site.run(lambda api: read_live(api, self.site, resources, address))

    def listed(self, params: Iterable[tuple[str, str]] = (), *, managed: bool | None = None) -> tuple[LiveObject, ...]:
        """Return what the platform lists, in its order; `params` is a query of the list's route, as `("search", "x")`.

        With `managed`, only what this project manages, or with False, only the rest.
        """
        resources = self.resources
        return self.site.run(lambda api: list_live(api, self.site, resources, params, managed=managed))

    def examine(self) -> Checkup:
        """Return what the platform is like, as far as reading shows it; what cannot be read is a trait of it."""
        site = self.site
        return examine_platform(
            site.project, site.target, now=site.project.now, trace=site.trace, progress=self.progress
        )

    # ------------------------------------------------------------------------------------------------------- planning

    def plan(
        self,
        *,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        forbid: Iterable[Verb] = (),
        allow_deletions: bool = False,
    ) -> Plan:
        """Return the plan that makes the platform as the specs say, every replacement validated; nothing is changed.

        `targets` and `excludes` are addresses, as `deployment.churn-prod`. A plan with what the platform would not
        take, or what the policies deny, is returned too: `validations` and `findings` say what, and `apply` refuses it.
        Unless `allow_deletions`, one that deletes too much of the fleet is such a plan: see `plans.max_deletions`.
        Raises SpecError, UsageError for an unknown address, Refused for a change that cannot be made, ApiError.
        """
        resources = self._read()

        async def work(api: Api) -> Plan:
            return await make_plan(
                api, self.site, resources, targets, excludes, forbid, self.progress, allow_deletions=allow_deletions
            )

        return self.site.run(work)

    def save(self, plan: Plan, file: Path | str) -> None:
        """Keep a plan in a file, to be approved and applied; raise Refused for one that nobody could apply."""
        refuse_blocked(plan)
        save_plan(plan, Path(file))

    def verify(self, file: Path | str) -> Verification:
        """Return whether a saved plan may be applied now, by its age, the rules and the approvals beside it; offline.

        Raises Refused where the project names no signers, or the plan was made for another project or environment.
        """
        return verify_saved(read_plan(Path(file)), self.site.project)

    # ------------------------------------------------------------------------------------------------------- applying

    def apply(
        self,
        plan: Plan | Path | str,
        *,
        approved: str | None = None,
        forbid: Iterable[Verb] = (),
        job_timeout: float = JOB_TIMEOUT,
    ) -> Report:
        """Carry out exactly a plan, one of `plan` or a saved one by its file, if nothing has moved since it was made.

        A saved plan is applied once, with the approvals beside its file; `approved` is its digest where that was
        approved elsewhere. `job_timeout` is how many seconds one of the platform's jobs may take.

        Raises Refused (or ApiError) before anything is sent. Raises ApplyError when not everything was done, or the
        platform is not as the specs say afterwards; its `outcomes` say what became of each action.
        """
        if isinstance(plan, Plan):
            if approved is not None:
                raise UsageError("a digest is approved of a saved plan: name its file")
            made = plan
            refuse_unfit(made, "the plan", self.site)
            name = "this plan"
            gate: Gate = UnsavedPlanGate(self.site.project, tuple(forbid))
        else:
            saved = read_plan(Path(plan))
            made = saved.plan
            refuse_unfit(made, str(saved.file), self.site)
            refuse_other_digest(saved, approved)
            name = str(saved.file)
            gate = SavedPlanGate(self.site.project, saved, bool(approved), tuple(forbid))
        resources = specs_of(self.site.project, made, name)

        async def work(api: Api) -> Report:
            left = partial(left_to_do, api, resources, made)
            return await self._apply(
                api, made, gate, left, again=partial(plan_again, api, resources, made, self._known)
            )

        return self.site.run(work, job_timeout=job_timeout)

    def apply_specs(
        self,
        *,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        forbid: Iterable[Verb] = (),
        allow_deletions: bool = False,
        question: Question | None = None,
        job_timeout: float = JOB_TIMEOUT,
    ) -> Report:
        """Make a plan and carry it out at once, over one connection; the arguments and errors are those of both.

        `question` is asked with the plan before anything is written, and Refused is raised where it says no. An answer
        takes time, so the platform is read again after it.
        """
        resources = self._read()

        async def work(api: Api) -> Report:
            plan = await make_plan(
                api, self.site, resources, targets, excludes, forbid, self.progress, allow_deletions=allow_deletions
            )
            gate = UnsavedPlanGate(self.site.project)
            left = partial(left_to_do, api, resources, plan)
            again = partial(plan_again, api, resources, plan, self._known) if question else None
            return await self._apply(api, plan, gate, left, question=question, again=again)

        return self.site.run(work, job_timeout=job_timeout)

    def destroy(self, *addresses: str, question: Question | None = None, job_timeout: float = JOB_TIMEOUT) -> Report:
        """Delete what is live at the addresses, or without any, everything of this project that carries its identity.

        Raises as `apply_specs` does; what `prevent_destroy` protects is refused. Where addresses are named, variables
        of others may be without a value.
        """
        return self._apply_to(addresses, make_destruction, left_to_delete, question, job_timeout)

    def forget(self, *addresses: str, question: Question | None = None) -> Report:
        """Take the seal off what is live at the addresses, and touch nothing else; afterwards it is nobody's.

        Raises as `apply_specs` does, and Refused where nothing at an address bears this project's seal.
        """
        return self._apply_to(addresses, make_forgetting, left_to_forget, question)

    def _apply_to(
        self,
        addresses: tuple[str, ...],
        make: Callable[..., Coroutine[Any, Any, Plan]],
        left: Callable[..., Coroutine[Any, Any, Remainder]],
        question: Question | None,
        job_timeout: float = JOB_TIMEOUT,
    ) -> Report:
        """Make a plan about the addresses named, and carry it out; variables of others may be without a value."""
        resources = load_specs(replace(self.site.project, about=about(addresses)))

        async def work(api: Api) -> Report:
            plan = await make(api, self.site, resources, addresses, self.progress)
            gate = UnsavedPlanGate(self.site.project)
            again = partial(make, api, self.site, resources, addresses) if question else None
            return await self._apply(api, plan, gate, partial(left, api, plan), question=question, again=again)

        return self.site.run(work, job_timeout=job_timeout)

    def _read(self) -> tuple[Resource, ...]:
        """Return the specs; what lies beside them and is none is told to the progress."""
        resources = self.resources
        for each in unread_files(self.site.project.root):
            self.progress.note(str(each))
        return resources

    async def _apply(
        self,
        api: Api,
        plan: Plan,
        gate: Gate,
        left: Left,
        *,
        again: Again | None,
        question: Question | None = None,
    ) -> Report:
        reveal = self.site.project.overlays.scope.reveal
        try:
            report = await apply_plan(
                api, plan, gate, left=left, again=again, reveal=reveal, question=question, progress=self.progress
            )
        except ApplyError as error:
            remember_made(self.site.project, plan, error.outcomes)
            raise
        remember_made(self.site.project, plan, report.outcomes)
        return report

    @property
    def _known(self) -> Mapping[Address, str]:
        return made_lately(self.site.project, self.site.target.endpoint)
