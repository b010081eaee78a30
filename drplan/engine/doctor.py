"""Looking at a platform: `drplan doctor` without a terminal. It needs no specs, and no project file either."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from drplan.clock import Clock, utc_now
from drplan.doctor.checkup import examine
from drplan.platform.api import Trace
from drplan.platform.progress import SILENT, Progress
from drplan.project.connect import connected, wait_for
from drplan.project.file import PROJECT_FILE, Project, load_project
from drplan.project.target import Target, resolve_target
from drplan.records.checkups import Checkup
from drplan.records.values import EMPTY

_IDS = re.compile(r"(?<=/)[0-9a-fA-F-]{24,}(?=/)")


def examine_target(
    directory: Path,
    environment: str | None = None,
    endpoint: str | None = None,
    *,
    variables: Mapping[str, Any] = EMPTY,
    now: Clock = utc_now,
    trace: Trace | None = None,
    progress: Progress = SILENT,
) -> Checkup:
    """Return what the platform of a config repository is like, or of the `endpoint`; only reads are sent.

    Without a project file in the directory, the endpoint comes from `endpoint` or the environment, and no deployment
    counts as ours. `variables` win over the project file's `vars:`. Raises SpecError where the project file is wrong,
    UsageError where nothing names an endpoint, or there is no token for it. What cannot be read of the platform is a
    trait of level `error`, not an ApiError.
    """
    project = None
    if environment or (directory / PROJECT_FILE).exists():
        project = load_project(directory, environment, variables=variables, now=now)
    target = resolve_target(endpoint, project)
    return examine_platform(project, target, now=now, trace=trace, progress=progress)


def examine_platform(
    project: Project | None,
    target: Target,
    *,
    now: Clock = utc_now,
    trace: Trace | None = None,
    progress: Progress = SILENT,
) -> Checkup:
    """Return what the platform at a target is like; `project` is the one whose deployments are ours."""
    requests: Counter[str] = Counter()

    def count(method: str, path: str, status: int, seconds: float) -> None:
        requests[f"{method} {_IDS.sub('{id}', path)}"] += 1
        if trace:
            trace(method, path, status, seconds)

    async def work() -> Checkup:
        async with connected(project, target, trace=count) as api:
            return await examine(api, project.name if project else "", now, progress)

    return replace(wait_for(work), endpoint=target.endpoint, requests=dict(sorted(requests.items())))
