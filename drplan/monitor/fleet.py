"""Monitoring from a notebook or a script: the readings without `await`, each call on a connection of its own."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import update_wrapper
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from drplan.clock import Clock, utc_now
from drplan.monitor.reader import Reader
from drplan.monitor.subject import Subject, find_fleet, fleet_health
from drplan.platform.api import Api
from drplan.project.connect import connected, wait_for
from drplan.project.file import Project, load_project
from drplan.project.specs import load_specs
from drplan.project.target import Target, resolve_target, resolve_token
from drplan.readings.health import FleetHealth
from drplan.records.specs import Address, Resource

P = ParamSpec("P")
T = TypeVar("T")
Open = Callable[[], AbstractAsyncContextManager[Api]]


def connect(
    directory: Path | str = ".",
    *,
    environment: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
    now: Clock = utc_now,
) -> "Fleet":
    """Return the fleet of a config repository (in one of its environments), at its endpoint unless another is given.

    With `endpoint` and `token` no repository is needed: then deployments are named by their ids. Raises SpecError,
    UsageError or ApiError as the commands do; nothing is read from the platform yet. The token is never shown.
    """
    if endpoint and token:
        return Fleet(lambda: Api(endpoint, token), (), "", now)
    project = load_project(Path(directory), environment, now=now)
    target = resolve_target(endpoint, project)
    if not target.embedded:
        resolve_token(target)  # a missing token is said here, not at the first reading
    return Fleet(_opener(project, target), load_specs(project), project.name, now)


def _opener(project: Project, target: Target) -> Open:
    return lambda: connected(project, target)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The deployments of a project; made by `connect`.

    `fleet["deployment.churn-prod"]` is one of them, as is `fleet["5e319d2e422fbd6b58a5edad"]`.
    """

    _open: Open = field(repr=False)
    _resources: tuple[Resource, ...] = field(repr=False)
    _project: str
    _now: Clock = field(repr=False)

    def __getitem__(self, address: str) -> "Deployment":
        """Return a deployment by its address or id: one list, or one read; UsageError when there is none."""
        ((subject,), _) = self._find(address)
        return Deployment(self._open, subject, self._now)

    def health(self, *addresses: str, sort: str = "address") -> FleetHealth:
        """Return the health of the deployments named, or of all the project manages; `sort` as the command has it."""
        return fleet_health(*self._find(*addresses)).ordered(sort)

    def _find(self, *addresses: str) -> tuple[tuple[Subject, ...], tuple[Address, ...]]:
        async def work() -> tuple[tuple[Subject, ...], tuple[Address, ...]]:
            async with self._open() as api:
                return await find_fleet(api, addresses, self._resources, self._project)

        return wait_for(work)


def _waiting(
    method: Callable[Concatenate[Reader, P], Awaitable[T]],
) -> Callable[Concatenate["Deployment", P], T]:
    """Return a reader's method for those who do not await: the same arguments, the same reading."""

    def call(deployment: "Deployment", /, *arguments: P.args, **options: P.kwargs) -> T:
        async def work() -> T:
            async with deployment._open() as api:  # noqa: SLF001  the other half of the same class
                reader = Reader(api, deployment._subject, now=deployment._now)  # noqa: SLF001  likewise
                return await method(reader, *arguments, **options)

        return wait_for(work)

    update_wrapper(call, method)
    return call


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment's readings; see `Reader` for what the arguments mean and what is raised."""

    _open: Open = field(repr=False)
    _subject: Subject = field(repr=False)
    _now: Clock = field(repr=False)

    @property
    def id(self) -> str:
        """The deployment's id on the platform."""
        return self._subject.id

    @property
    def name(self) -> str:
        """Its address, or else its id."""
        return self._subject.name

    def __repr__(self) -> str:
        return f"Deployment({self.name!r})"

    service_stats = _waiting(Reader.service_stats)
    service_stats_over_time = _waiting(Reader.service_stats_over_time)
    target_drift = _waiting(Reader.target_drift)
    feature_drift = _waiting(Reader.feature_drift)
    accuracy = _waiting(Reader.accuracy)
    accuracy_over_time = _waiting(Reader.accuracy_over_time)
    predictions_over_time = _waiting(Reader.predictions_over_time)
    predictions_vs_actuals = _waiting(Reader.predictions_vs_actuals)
    fairness = _waiting(Reader.fairness)
    why_empty = _waiting(Reader.why_empty)
