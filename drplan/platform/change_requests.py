"""Which of a plan's changes the platform has approved first, and what is asked for already (API reference 2.11)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from drplan.errors import Rejected
from drplan.kinds import KINDS
from drplan.plan.change_requests import Governance, OpenRequest, guardable, has_opened, opened, with_change_requests
from drplan.plan.observation import Observation
from drplan.platform.api import Api
from drplan.records.plans import Plan
from drplan.records.specs import Address, Live
from drplan.registry.kinds import ChangeRequestRoutes
from drplan.registry.rows import ChangeRequest

_NO_WORKFLOW = (403, 404, 405, 501)  # a platform without approvals, or a user who may not see policies


async def governed(api: Api, plan: Plan, seen: Observation) -> Plan:
    """Return the plan that asks for the changes that the platform has approved first, instead of making them.

    Costs one request for each kind of change in the plan that policies can cover, and one for each object with such a
    change whose document says that requests are open. Raises Refused as `with_change_requests` does.
    """
    lives: Mapping[Address, Live] = {**seen.live, **seen.orphans}
    found = list(guardable(plan))
    subjects = {
        (change_request.entity, change_request.operation): (routes, change_request)
        for _, routes, change_request in found
    }
    matched = await asyncio.gather(*(_matches(api, *subject) for subject in subjects.values()))
    guarded = frozenset(key for key, matches in zip(subjects, matched, strict=True) if matches)
    asked = {
        action.id: routes
        for action, routes, change_request in found
        if action.id
        and (change_request.entity, change_request.operation) in guarded
        and action.address in lives
        and has_opened(KINDS[action.address.kind], lives[action.address])
    }
    requests = await asyncio.gather(*(read_opened(api, routes, id_) for id_, routes in asked.items()))
    return with_change_requests(plan, Governance(guarded, dict(zip(asked, requests, strict=True))), lives)


async def read_opened(api: Api, routes: ChangeRequestRoutes, object_id: str) -> tuple[OpenRequest, ...]:
    """Return the change requests that are open for an object."""
    params = (("entityType", routes.entity), ("entityId", object_id))
    return opened(await api.pages(routes.requests_path, params))


async def _matches(api: Api, routes: ChangeRequestRoutes, change_request: ChangeRequest) -> bool:
    """Return whether an approval policy covers a kind of change; a platform without policies has none."""
    params = (("entityType", change_request.entity), ("action", change_request.operation))
    try:
        return names_policy((await api.send("GET", routes.match_path, params=params)).body)
    except Rejected as error:
        if error.status in _NO_WORKFLOW:
            return False
        raise


def names_policy(answer: Any) -> bool:
    """Return whether an answer names a policy. The reference does not give its form, so any likely one counts."""
    if isinstance(answer, Mapping):
        return any(_there(value) for key, value in answer.items() if key in ("id", "data") or "polic" in key.lower())
    return isinstance(answer, list | tuple) and bool(answer)


def _there(value: Any) -> bool:
    return any(map(_there, value.values())) if isinstance(value, Mapping) else bool(value)
