"""From what is desired and what is live to a plan: its actions, in order. Nothing here does I/O.

The order comes from what the rows declare (`after`, `before`, `requires`, `validation`): the same resources, rows and
live documents give the same plan, in whatever order they are given.
"""

from collections.abc import Iterable
from dataclasses import replace

from drplan.errors import Refused
from drplan.kinds import KINDS
from drplan.plan.builder import Builder
from drplan.plan.diff import observed
from drplan.plan.observation import Observation
from drplan.plan.order import ordered
from drplan.plan.origin import origin_of
from drplan.plan.targets import parent_of
from drplan.records.plans import CheckStatus, Plan, Validation
from drplan.records.specs import Address, Diagnostic, Resource, Severity
from drplan.spec.load import spec_digest

__all__ = ["Observation", "build", "destroy", "refusal", "with_validations"]


def build(resources: Iterable[Resource], seen: Observation, *, target: str, project: str) -> Plan:
    """Return the plan that brings the platform to what `resources` say, and deletes what `seen` has as orphans.

    Raises SpecError where a spec must be edited (a reference leads nowhere), else Refused where a change is not
    possible or not allowed; both carry every problem found.
    """
    wanted = {resource.address: resource for resource in sorted(resources, key=lambda resource: resource.address)}
    builder = Builder(wanted, seen, project)
    gone = {address: live for address, live in seen.live.items() if address in wanted and wanted[address].absent}
    kept = [resource for resource in wanted.values() if not resource.absent]
    for resource in sorted(
        kept, key=lambda resource: bool(resource.address.parent)
    ):  # what is inside needs what is around
        builder.steps(resource)
    doomed = [builder.delete(address, live) for address, live in sorted({**seen.orphans, **gone}.items())]
    last = builder.make_room(doomed)
    builder.problems.check()
    read = [
        builder.identity_of(address, gone[address])
        if address in gone
        else observed(KINDS[address.kind], resource, seen.live.get(address), project)
        for address, resource in wanted.items()
    ]
    return Plan(
        target=target,
        project=project,
        spec_digest=spec_digest(wanted.values()),
        origin=origin_of({*wanted, *seen.orphans}),
        observed=(*read, *(builder.identity_of(address, live) for address, live in sorted(seen.orphans.items()))),
        actions=ordered(builder.made, last),
        diagnostics=tuple(builder.problems.warnings()),
    )


def destroy(
    resources: Iterable[Resource], seen: Observation, addresses: Iterable[Address], *, target: str, project: str
) -> Plan:
    """Return the plan that deletes the live objects at `addresses`; raise Refused where one is guarded."""
    known = {resource.address: resource for resource in sorted(resources, key=lambda resource: resource.address)}
    builder = Builder(known, seen, project)
    lives = {**seen.live, **seen.orphans}
    doomed = {address: lives[address] for address in sorted(addresses) if address in lives}
    actions = [builder.delete(address, live) for address, live in doomed.items()]
    builder.problems.check()
    around = {parent for address in doomed if (parent := parent_of(address))}
    read = {address: lives[address] for address in sorted({*doomed, *around})}
    return Plan(
        target=target,
        project=project,
        spec_digest=spec_digest(known.values()),
        origin=origin_of(read),
        observed=tuple(builder.identity_of(address, live) for address, live in read.items()),
        actions=ordered({}, actions),
    )


def with_validations(plan: Plan, validations: Iterable[Validation]) -> Plan:
    """Return the plan with the platform's answers to its `validate` actions, ordered by key."""
    return replace(plan, validations=tuple(sorted(validations, key=lambda validation: validation.key)))


def refusal(plan: Plan) -> Refused | None:
    """Return the Refused with every validation that blocks the plan, or None where none does."""
    if not plan.blocking:
        return None
    actions = {action.key: action for action in plan}
    diagnostics = []
    for validation in plan.blocking:
        action = actions[validation.key]
        route = KINDS[action.address.kind].group(action.group).validation
        how = f" ({route.policy} is block)" if route and validation.status == CheckStatus.WARNING else ""
        bad = [f"{check.name}: {check.message}" for check in validation.checks if check.status != CheckStatus.PASSING]
        diagnostics.append(
            Diagnostic(
                Severity.ERROR,
                f"the replacement's validation is {validation.status or 'without a status'}{how}",
                "; ".join(bad) or validation.message,
                path=str(action.address),
            )
        )
    return Refused("the platform would not take every replacement; nothing was changed", diagnostics)
