"""Requests without a clear answer, and the search for what they may have made."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from drplan.errors import ApiError, JobFailed, Rejected, Unreachable
from drplan.platform.api import Api

SEARCH_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before each look for what an unclear request may have made

Sought = TypeVar("Sought")


def unclear(error: Exception) -> bool:
    """Tell whether a request that failed so may have had its effect all the same."""
    if isinstance(error, Rejected):
        return error.status >= 500
    return isinstance(error, Unreachable) and error.sent


async def search(api: Api, look: Callable[[], Awaitable[Sought | None]]) -> Sought | None:
    """Look again and again, for some seconds, and return what was found; JobFailed of the look itself ends it."""
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
