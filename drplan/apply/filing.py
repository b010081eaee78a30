"""Asking for a change on the platform, with a change request that is made at most once."""

from collections.abc import Mapping
from typing import Any

from drplan.apply.unclear import search, unclear
from drplan.errors import ApiError, DrplanError, JobFailed, Rejected, Unreachable
from drplan.kinds import KINDS
from drplan.plan.change_requests import OpenRequest, change_request_of, clash, opened, same
from drplan.platform.api import Api
from drplan.platform.change_requests import read_opened
from drplan.records.plans import Action, Result
from drplan.registry.kinds import ChangeRequestRoutes
from drplan.registry.rows import ChangeRequest

_NEEDED = ("approv", "change request", "changerequest")


async def file(api: Api, action: Action, body: Mapping[str, Any]) -> tuple[Result, str]:
    """Ask for the change of a `request` action; return PENDING (or DONE, where it was made at once) and a remark.

    An open request for the same change is taken for this one. Raises JobFailed where one for another change of the same
    thing is open, Unreachable where it is not known whether the request was made.
    """
    routes, change_request = KINDS[action.address.kind].change_requests, change_request_of(action)
    if routes is None or change_request is None:
        raise DrplanError(f"{action.key} cannot be asked for")
    found = await _equal(api, routes, change_request, body)
    if found:
        return _pending(found, "is open already")
    try:
        answer = await api.send(action.method, action.path, body, once=True)
    except (Rejected, Unreachable) as error:
        if not unclear(error):
            raise
        found = await search(api, lambda: _equal(api, routes, change_request, body))
        if found is None:
            raise Unreachable(
                f"{error}; no such change request has appeared. Plan again in a while", sent=True
            ) from None
        return _pending(found, "was found after an unclear answer")
    (made,) = opened([answer.body]) or (None,)
    if made is None:
        return Result.DONE, "approved and made at once"
    return _pending(made, "was made")


def overtaken(action: Action, error: ApiError) -> str:
    """Return what to do where `error` says that the change needs approval by now, as an end of a sentence; else ""."""
    if not isinstance(error, Rejected) or error.status not in (403, 409) or change_request_of(action) is None:
        return ""
    if not any(word in str(error).lower() for word in _NEEDED):
        return ""
    return "; a policy of the platform has such changes approved first, since after this plan was made: plan again"


async def _equal(
    api: Api, routes: ChangeRequestRoutes, change_request: ChangeRequest, body: Mapping[str, Any]
) -> OpenRequest | None:
    """Return the open request for the same change, or None; raise JobFailed where one for another is open."""
    equal, other = same(change_request, body["change"], await read_opened(api, routes, str(body["entityId"])))
    if other:
        raise JobFailed("; ".join(clash(other)))
    return equal


def _pending(request: OpenRequest, how: str) -> tuple[Result, str]:
    return Result.PENDING, f"change request {request.id} {how} and awaits approval ({request.status})"
