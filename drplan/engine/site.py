"""Where plans are made for and carried out: a project, and the platform it is for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from drplan.clock import Clock, utc_now
from drplan.platform.api import JOB_TIMEOUT, Api, Trace
from drplan.project.connect import connected, wait_for
from drplan.project.file import Project, load_project
from drplan.project.target import Target, resolve_target
from drplan.records.specs import Address
from drplan.records.values import EMPTY

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """A project, as one of its environments has it, and the target; `trace` hears of every request that is sent."""

    project: Project
    target: Target
    trace: Trace | None = field(default=None, repr=False, compare=False)

    def run(self, work: Callable[[Api], Awaitable[T]], *, job_timeout: float = JOB_TIMEOUT) -> T:
        """Open a client of the target, do the work with it and return the work's result.

        Works where an event loop runs already, as in a notebook. `job_timeout` is how many seconds one of the
        platform's jobs may take. Raises what the work raises, and UsageError where there is no token for the target.
        """

        async def connect_and_work() -> T:
            async with connected(self.project, self.target, job_timeout=job_timeout, trace=self.trace) as api:
                return await work(api)

        return wait_for(connect_and_work)


def open_site(
    directory: Path,
    environment: str | None = None,
    endpoint: str | None = None,
    *,
    variables: Mapping[str, Any] = EMPTY,
    about: frozenset[Address] | None = None,
    now: Clock = utc_now,
    trace: Trace | None = None,
) -> Site:
    """Return the site of a config repository; `endpoint` wins over the project file's, `variables` over its `vars:`.

    With `about`, it is for commands about these addresses alone, and those of others need no value for their variables.

    Raises SpecError where the project file is missing or wrong, UsageError where nothing names an endpoint or a
    variable is not defined. Nothing is sent, and no spec is read.
    """
    project = load_project(directory, environment, variables=variables, about=about, now=now)
    return Site(project, resolve_target(endpoint, project), trace)
