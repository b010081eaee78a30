"""Saved plans: kept in a file, read from it, and refused where they belong elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drplan.engine.site import Site
from drplan.errors import Refused, UsageError
from drplan.plan.file import digest, dumps, loads
from drplan.plan.origin import refuse_other_drplan
from drplan.project.file import Project, load_project
from drplan.project.files import named_text, write_file
from drplan.project.specs import load_specs
from drplan.records.plans import Plan
from drplan.records.specs import Resource
from drplan.spec.load import spec_digest


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as a file has it, and the SHA-256 (hexadecimal) over it, which is what people approve."""

    file: Path
    plan: Plan
    digest: str


def read_plan(file: Path) -> SavedPlan:
    """Return the plan in a file; raise UsageError where the file cannot be read, SpecError where it holds no plan."""
    plan = loads(named_text(file), str(file))
    return SavedPlan(file, plan, digest(plan))


def save_plan(plan: Plan, file: Path) -> None:
    """Keep a plan in a file that only its owner can read, whole or not at all; UsageError where that cannot be."""
    try:
        write_file(file, dumps(plan), private=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def refuse_unfit(plan: Plan, name: str, site: Site) -> None:
    """Raise Refused where the plan called `name` was made for another target, project or environment, or drplan."""
    if plan.target != site.target.endpoint:
        raise Refused(f"{name} was made for the target {plan.target}, and this is {site.target.endpoint}; plan again")
    refuse_other_drplan(plan, name)
    refuse_elsewhere(plan, name, site.project)


def refuse_elsewhere(plan: Plan, name: str, project: Project) -> None:
    """Raise Refused where the plan called `name` was made for another project or environment."""
    for what, made, here in (
        ("project", plan.project, project.name),
        ("environment", plan.environment or "(none)", project.environment or "(none)"),
    ):
        if made != here:
            raise Refused(f"{name} was made for the {what} {made}, and this is {here}; plan again")


def refuse_other_digest(saved: SavedPlan, approved: str | None) -> None:
    """Raise Refused where the digest that was approved is named, and is another."""
    if approved is not None and approved.strip().lower() != saved.digest:
        raise Refused(
            f"the digest that was approved is {approved}, and this plan's is {saved.digest}; nothing was changed"
        )


def specs_of(project: Project, plan: Plan, name: str) -> tuple[Resource, ...]:
    """Return the specs that the plan called `name` was made from, read with the variables that it was made with.

    Raises Refused where they are others by now, or the project was given other variables.
    """
    if project.variables and project.variables != plan.variables:
        raise Refused(f"{name} was made with other variables ({_shown(plan.variables)}); plan again")
    try:
        resources = load_specs(_with_variables(project, plan.variables))
    except UsageError:  # a variable that the project does not define any more
        resources = ()
    about = {seen.address for seen in plan.observed}
    chosen = [resource for resource in resources if resource.address in about]
    if spec_digest(chosen) != plan.spec_digest:
        raise Refused(
            f"the specs have changed since {name} was made, which voids it and its approvals; plan again, or check out "
            "the commit that it was made from"
        )
    return resources


def _with_variables(project: Project, variables: Mapping[str, Any]) -> Project:
    if project.variables == variables:
        return project
    environ = project.overlays.scope.environ
    return load_project(project.root, project.environment or None, environ, variables=dict(variables), now=project.now)


def _shown(variables: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(variables.items())) or "none"
