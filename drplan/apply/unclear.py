"""Requests without a clear answer, and the search for what they may have made."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from drplan.errors import ApiError, JobFailed, Rejected, Unreachable
from drplan.platform.api import Api

SEARCH_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before each look for what an unclear request may have made

Sought = TypeVar("Sought")


def unclear(error: Exception) -> bool:
    """Return whether a request that failed with `error` may have had its effect on the platform.

    It may after an answer of 500 or more, and where the connection was lost after the request was sent; a refusal of
    any other kind and a connection that was never made had none.
    """
    if isinstance(error, Rejected):
        return error.status >= 500
    return isinstance(error, Unreachable) and error.sent


async def search(api: Api, look: Callable[[], Awaitable[Sought | None]]) -> Sought | None:
    """Return what `look` finds, or None where it has found nothing after 0, 0.5, 1.5, 3.5 and 7.5 s.

    An ApiError of a look counts as nothing found, but JobFailed is raised. A creation whose answer was lost:
        0.0 s   look: the list shows no object with our identity
        0.5 s   look: 502
        1.5 s   look: the list shows it; its id is returned, and the creation is not sent again
    """
    for pause in SEARCH_PAUSES:
        if pause:
            await api.sleep(pause)
        try:
            found = await look()
        except JobFailed:
            raise
        except ApiError:  # what cannot be read now may be readable after the next pause
            continue
        if found:
            return found
    return None
