"""Paginated lists, read whole or not at all: every id once, and as many as the list itself says there are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from drplan.errors import ApiError

PAGE = 100  # items a page: the most a deployments list gives (API reference 1.4)
PAGES = 10_000  # pages of one list: a million items, where the server does not cap the limit
PAUSES = (1.0, 3.0)  # seconds before a list that did not add up is read again

Item = Mapping[str, Any]
Params = Sequence[tuple[str, str]]
Ask = Callable[[str, Params], Awaitable[Any]]
"""Returns the JSON that a GET of a path with a query is answered with."""


async def whole_list(ask: Ask, sleep: Callable[[float], Awaitable[None]], path: str, params: Params = ()) -> list[Item]:
    """Return every item of a paginated list of objects with ids, in order.

    The first page says how many there are (`totalCount`), and the others are read at once; without it `next` is
    followed. Bare arrays are taken as they are (API reference 1.4). A list that does not add up is read again, one page
    after the other; ApiError after the third reading, as nobody may rely on what such a list lacks.
        a b      totalCount 5      the pages at the offsets 2 and 4 are asked for at once
        b c      totalCount 5      b is there twice: something moved while we read
        e        totalCount 5      4 of 5: read again
    """
    wanted = params if any(key == "limit" for key, _ in params) else (*params, ("limit", str(PAGE)))
    wrong = ""
    for turn in range(len(PAUSES) + 1):
        if turn:
            await sleep(PAUSES[turn - 1])
        first = await ask(path, wanted)
        items, total = _items(first, path), _total(first)
        if not (isinstance(first, Mapping) and first.get("next")):
            pages = [first]
        elif turn == 0 and total is not None and items:
            pages = [first, *await _at_once(ask, path, wanted, total, len(items))]
        else:
            pages = [first, *await _following(ask, path, first)]
        found = [item for page in pages for item in _items(page, path)]
        wrong = _mismatch(pages, found)
        if not wrong:
            return found
    raise ApiError(f"GET {path} is not the whole list: {wrong}, at each of {len(PAUSES) + 1} readings; try again later")


async def _at_once(ask: Ask, path: str, params: Params, total: int, step: int) -> list[Any]:
    """Return the pages after the first, whose `step` items are the server's page: it may cap the `limit`."""
    filters = tuple(pair for pair in params if pair[0] != "limit")
    if total > step * PAGES:
        raise ApiError(f"GET {path} counts {total} items, {step} a page: more than can be read")
    windows = [(("offset", str(offset)), ("limit", str(step))) for offset in range(step, total, step)]
    return await asyncio.gather(*(ask(path, (*filters, *window)) for window in windows))


async def _following(ask: Ask, path: str, page: Item) -> list[Any]:
    """Return the pages after `page`; only the query of a `next` is used, so no other host is asked."""
    pages: list[Any] = []
    asked = set()
    while isinstance(page, Mapping) and page.get("next"):
        try:
            query = tuple(parse_qsl(urlsplit(str(page["next"])).query, keep_blank_values=True))
        except ValueError:
            raise ApiError(f"GET {path} names a next page that is no URL") from None
        if query in asked:
            raise ApiError(f"GET {path} never ends: its pages go round in circles")
        asked.add(query)
        if len(asked) > PAGES:
            raise ApiError(f"GET {path} does not end within {PAGES} pages")
        page = await ask(path, query)
        pages.append(page)
    return pages


def _items(page: Any, path: str) -> list[Item]:
    items = page.get("data") if isinstance(page, Mapping) else page
    if not isinstance(items, list) or not all(isinstance(item, Mapping) and item.get("id") for item in items):
        raise ApiError(f"GET {path} was answered without a list of objects; is this the platform's API v2?")
    return items


def _total(page: Any) -> int | None:
    total = page.get("totalCount") if isinstance(page, Mapping) else None
    return total if isinstance(total, int) else None


def _mismatch(pages: Sequence[Any], items: Sequence[Item]) -> str:
    """Return in words why these pages are no whole list; an empty text where they are one."""
    totals = list(dict.fromkeys(total for page in pages if (total := _total(page)) is not None))
    distinct = len({str(item["id"]) for item in items})
    if len(totals) > 1:
        return f"its total changed from {totals[0]} to {totals[1]} while it was read"
    if totals and distinct != totals[0]:
        return f"it counts {totals[0]} and shows {distinct}"
    return f"it shows {len(items) - distinct} of {distinct} more than once" if distinct < len(items) else ""
