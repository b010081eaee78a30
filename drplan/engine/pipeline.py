"""From specs to a plan: observe, build, ask for change requests, validate, judge. Every plan is made here.

    resources --observe--> what is live --build--> actions --governed--> with change requests
              --validate--> with the platform's word on replacements --judged--> with what the project's rules find

`plan_changes` and `plan_deletions` need a client and names; `make_plan` and `make_destruction` ask the project too:
its rules, its commit, its environment.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from drplan.engine.admission import judged
from drplan.engine.site import Site
from drplan.errors import ApiError, Refused
from drplan.gate.admission import with_findings
from drplan.gate.approvals import moment
from drplan.gate.deletions import too_many_deletions
from drplan.kinds import KINDS
from drplan.plan import build as planning
from drplan.plan.afterwards import remainder
from drplan.plan.forget import forget
from drplan.plan.observation import Observation
from drplan.plan.targets import check_known, chosen, without_excluded
from drplan.platform.api import Api
from drplan.platform.change_requests import governed
from drplan.platform.objects import moving, settled_object
from drplan.platform.observe import observe, reobserve, reobserve_one, validate
from drplan.platform.progress import SILENT, Progress
from drplan.project.git import git_source
from drplan.project.lately import made_lately
from drplan.records.plans import Outcome, Plan, Remainder, Verb
from drplan.records.specs import Address, Diagnostic, Resource, Severity
from drplan.records.values import EMPTY, freeze


async def make_plan(
    api: Api,
    site: Site,
    resources: tuple[Resource, ...],
    targets: Iterable[str] = (),
    excludes: Iterable[str] = (),
    forbid: Iterable[Verb] = (),
    progress: Progress = SILENT,
    *,
    allow_deletions: bool = False,
) -> Plan:
    """Return the plan that makes the platform as `resources` say, with what the rules and `forbid` find in it.

    Whether it may be applied is another question: see `admission`. `targets` and `excludes` are addresses as text.
    Unless `allow_deletions`, one that deletes too much of the fleet has a finding that denies it.
    Raises UsageError for an address that is none, Refused for a change that cannot be made, ApiError while reading.
    """
    plan = await plan_changes(
        api,
        resources,
        target=site.target.endpoint,
        project=site.project.name,
        targets=targets,
        excludes=excludes,
        progress=progress,
        max_deletions=100 if allow_deletions else site.project.max_deletions,
        known=made_lately(site.project, site.target.endpoint),
    )
    return judged(_of(site, plan), site.project, forbid)


async def make_destruction(
    api: Api, site: Site, resources: tuple[Resource, ...], addresses: Iterable[str], progress: Progress = SILENT
) -> Plan:
    """Return the plan that deletes what is live at `addresses`; see `plan_deletions`, and `make_plan` for the rest."""
    target, project = site.target.endpoint, site.project.name
    known = made_lately(site.project, target)
    plan = await plan_deletions(
        api, resources, addresses, target=target, project=project, progress=progress, known=known
    )
    return judged(_of(site, plan), site.project)


async def plan_changes(
    api: Api,
    resources: tuple[Resource, ...],
    *,
    target: str,
    project: str,
    targets: Iterable[str] = (),
    excludes: Iterable[str] = (),
    progress: Progress = SILENT,
    max_deletions: int | None = None,
    known: Mapping[Address, str] = EMPTY,
) -> Plan:
    """Return the plan for `resources` (of which `targets` and `excludes` choose) with the platform's validations.

    `max_deletions` is the share of the fleet, in percent, that it may delete; see `drplan.gate.deletions`. `known` are
    the ids of objects that were made lately, which the platform's list may not show yet.
    """
    targets = tuple(targets)
    test = chosen(resources, targets, tuple(excludes))
    seen = await observe(api, resources, project, chosen=test, progress=progress, known=known)
    refuse_unseen(seen)
    check_known(targets, [*(resource.address for resource in resources), *seen.orphans])
    plan = await _built(api, resources, seen, test, target, project)
    plan = with_findings(plan, too_many_deletions(plan, seen.fleet, targets, max_deletions))
    return planning.with_validations(plan, await validate(api, plan, progress))


async def plan_deletions(
    api: Api,
    resources: tuple[Resource, ...],
    addresses: Iterable[str],
    *,
    target: str,
    project: str,
    progress: Progress = SILENT,
    known: Mapping[Address, str] = EMPTY,
) -> Plan:
    """Return the plan that deletes what is live at `addresses`, or without any, everything of the project.

    `known` are the ids of objects that were made lately, which the platform's list may not show yet. What can carry no
    identity is deleted only where it is named. Raises Refused where something is protected.
    """
    named = tuple(addresses)
    test = chosen((), named, ())
    seen = await observe(api, resources, project, chosen=test, progress=progress, documents=False, known=known)
    check_known(named, [*(resource.address for resource in resources), *seen.orphans])
    found = (*seen.live, *seen.orphans)
    doomed = [address for address in found if (str(address) in named if named else KINDS[address.kind].identity)]
    return await governed(api, planning.destroy(resources, seen, doomed, target=target, project=project), seen)


async def make_forgetting(
    api: Api, site: Site, resources: tuple[Resource, ...], addresses: Iterable[str], progress: Progress = SILENT
) -> Plan:
    """Return the plan that takes the seal off what is live at `addresses`; see `make_plan` for the rest.

    Raises Refused where nothing at one of them bears this project's seal.
    """
    named = tuple(addresses)
    test, project = chosen((), named, ()), site.project.name
    seen = await observe(api, resources, project, chosen=test, progress=progress, documents=False)
    check_known(named, [*(resource.address for resource in resources), *seen.orphans])
    wanted = {Address.of(text) for text in named}
    plan = forget(resources, seen, wanted, target=site.target.endpoint, project=project)
    return judged(_of(site, plan), site.project)


async def plan_again(
    api: Api, resources: tuple[Resource, ...], plan: Plan, known: Mapping[Address, str] = EMPTY
) -> Plan:
    """Return what planning the addresses of a plan gives now; a `latest` leads to where it has led that plan."""
    about = {seen.address for seen in plan.observed}
    seen = await observe(api, resources, plan.project, chosen=about.__contains__, pins=_pins(plan), known=known)
    return await _built(api, resources, seen, about.__contains__, plan.target, plan.project)


def _pins(plan: Plan) -> dict[tuple[Address, str], str]:
    """Return the ids that the references of a plan have led to: those that it sets, and those that were right."""
    sets = {(action.address, path): value for action in plan for path, value in action.sets.items()}
    read = {(seen.address, path): value for seen in plan.observed for path, value in seen.fields.items()}
    return {place: value for place, value in (read | sets).items() if isinstance(value, str)}


async def left_to_do(
    api: Api, resources: tuple[Resource, ...], plan: Plan, outcomes: Iterable[Outcome], *, fresh: bool
) -> Remainder:
    """Plan the addresses of an applied plan again and return what is left to do.

    What is still on its way between on and off is awaited. What the run has made is found by its id, be it in the list
    or not; with `fresh`, everything that it has written to is read at its own route. Raises Refused where the platform
    does not show whose an object is that the run has made, and ApiError where it does not show the object at all:
    planned without its id, either would be made a second time.
    """
    about = {seen.address for seen in plan.observed}
    ids = _written(plan, outcomes)
    gone = {str(action.id) for action in plan.writes if action.verb is Verb.DELETE}
    look = partial(observe, api, resources, plan.project, chosen=about.__contains__, pins=_pins(plan), gone=gone)
    seen = await look(known=ids, fresh=fresh)
    waiting = {address: live.id for address, live in seen.live.items() if moving(seen.kind(address), live)}
    if waiting:
        await asyncio.gather(
            *(settled_object(api, seen.kind(address), id_, str(address)) for address, id_ in waiting.items())
        )
        seen = await look(known={**ids, **waiting}, fresh=True)
    if fresh:
        refuse_unseen(seen)
    again = await _built(api, resources, seen, about.__contains__, plan.target, plan.project)
    left = remainder(plan, again, resources, seen)
    late = sorted(f"{address} ({id_})" for address, id_ in ids.items() if f"{address}/create" in left.keys)
    if fresh and late:
        raise ApiError(f"the platform does not show {', '.join(late)} yet; plan again in a while")
    return replace(left, keys={**left.keys, **{f"{address}/create": "" for address in sorted(seen.unseen)}})


def refuse_unseen(seen: Observation) -> None:
    """Raise Refused where the platform does not show whose an object is that drplan has just made."""
    if seen.unseen:
        raise Refused.listing(
            Diagnostic(
                Severity.ERROR,
                f"it was made, and this platform does not show whose it is ({id_})",
                f"write `id: {id_}` into its spec; without it drplan does not find it again",
                path=str(address),
            )
            for address, id_ in seen.unseen.items()
        )


def _written(plan: Plan, outcomes: Iterable[Outcome]) -> Mapping[Address, str]:
    """Return the ids of the objects that a run has made or changed, by their addresses."""
    made = {outcome.key: outcome.id for outcome in outcomes if outcome.id}
    ids = ((action.address, made.get(action.key) or action.id) for action in plan.writes if not action.makes)
    doomed = {action.address for action in plan.writes if action.aim is Verb.DELETE}
    return {address: id_ for address, id_ in ids if id_ and (address not in doomed or id_ in made.values())}


async def left_to_delete(api: Api, plan: Plan, outcomes: Iterable[Outcome], *, fresh: bool) -> Remainder:
    """Read what a plan deletes once more and return what is still there, under its address.

    With `fresh`, what a list still shows is there only if its own route shows it too.
    """
    del outcomes  # nothing was made
    doomed = {action.address for action in plan.writes if action.aim is Verb.DELETE}
    left = [each for each in await reobserve(api, plan) if each.id and each.address in doomed]
    if fresh:
        left = [each for each in left if (await reobserve_one(api, plan, each)).id]
    return Remainder({str(each.address): f"{each.id} is still there" for each in left})


async def left_to_forget(api: Api, plan: Plan, outcomes: Iterable[Outcome], *, fresh: bool) -> Remainder:
    """Read once more what a plan takes the seal off and return what it still bears; with `fresh`, at its own route."""
    del outcomes  # nothing was made
    each = (reobserve_one(api, plan, each) for each in plan.observed)
    seen = await asyncio.gather(*each) if fresh else await reobserve(api, plan)
    fields = {each.address: each.fields for each in seen}
    left = [action for action in plan.writes if fields[action.address].get(action.changes[0].setting) is not None]
    return Remainder({action.key: "it is still there" for action in left})


async def _built(
    api: Api,
    resources: tuple[Resource, ...],
    seen: Observation,
    test: Callable[[Address], bool],
    target: str,
    project: str,
) -> Plan:
    picked = [resource for resource in resources if test(resource.address)]
    seen = replace(seen, answers=without_excluded(seen.answers, resources, test))
    return await governed(api, planning.build(picked, seen, target=target, project=project), seen)


def _of(site: Site, plan: Plan) -> Plan:
    """Return the plan with what the project says of it: environment, variables, commit, approvals, and its time.

    The time is left out where the project does not limit the age of its plans.
    """
    project = site.project
    made_at = moment(project.now()) if project.max_age else ""
    source = git_source(project.root)
    return replace(
        plan,
        environment=project.environment,
        variables=freeze(project.variables),
        source=source,
        made_at=made_at,
        signed=project.terms.signed,
        required=project.terms.count,
    )
