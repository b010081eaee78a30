"""Which of a plan's changes the platform has approved first, and what is asked for already (API reference 2.11)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from drplan.errors import Rejected
from drplan.kinds import KINDS
from drplan.plan.change_requests import Governance, Opened, guardable, has_opened, opened, petitioned
from drplan.plan.observation import Observation
from drplan.platform.api import Api
from drplan.records.plans import Plan
from drplan.records.specs import Address, Live
from drplan.registry.kinds import Approval
from drplan.registry.rows import Petition

_NO_WORKFLOW = (403, 404, 405, 501)  # a platform without approvals, or a user who may not see policies


async def governed(api: Api, plan: Plan, seen: Observation) -> Plan:
    """Return the plan that asks for what the platform has approved first; Refused where something else is asked for.

    It costs one read per kind of change that policies can be about, and one per object with such a change whose
    document says that requests are open; a plan without such changes costs nothing.
    """
    lives: Mapping[Address, Live] = {**seen.live, **seen.orphans}
    found = list(guardable(plan))
    subjects = {(petition.entity, petition.operation): (approval, petition) for _, approval, petition in found}
    matched = await asyncio.gather(*(_matches(api, *subject) for subject in subjects.values()))
    guarded = frozenset(key for key, matches in zip(subjects, matched, strict=True) if matches)
    asked = {
        action.id: approval
        for action, approval, petition in found
        if action.id
        and (petition.entity, petition.operation) in guarded
        and action.address in lives
        and has_opened(KINDS[action.address.kind], lives[action.address])
    }
    requests = await asyncio.gather(*(read_opened(api, approval, id_) for id_, approval in asked.items()))
    return petitioned(plan, Governance(guarded, dict(zip(asked, requests, strict=True))), lives)


async def read_opened(api: Api, approval: Approval, object_id: str) -> tuple[Opened, ...]:
    """Return the change requests that are open for an object."""
    params = (("entityType", approval.entity), ("entityId", object_id))
    return opened(await api.pages(approval.requests_path, params))


async def _matches(api: Api, approval: Approval, petition: Petition) -> bool:
    params = (("entityType", petition.entity), ("action", petition.operation))
    try:
        return _names_policy((await api.send("GET", approval.match_path, params=params)).body)
    except Rejected as error:
        if error.status in _NO_WORKFLOW:
            return False
        raise


def _names_policy(answer: Any) -> bool:
    """Tell whether an answer names a policy; the reference does not give its shape, so any that could is taken."""
    if isinstance(answer, Mapping):
        return any(_there(value) for key, value in answer.items() if key in ("id", "data") or "polic" in key.lower())
    return isinstance(answer, list | tuple) and bool(answer)


def _there(value: Any) -> bool:
    return any(map(_there, value.values())) if isinstance(value, Mapping) else bool(value)
