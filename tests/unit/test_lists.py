"""Paginated lists: whole, each id once, or refused; asked for in an order that traffic does not move."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from drplan.errors import ApiError, Rejected
from drplan.platform.api import Api

BASE = "https://platform.example/api/v2"
ORDER = (("orderBy", "createdAtTimestamp"),)


@dataclass
class Remote:
    """A platform with one list route, answered by a function of the query and of how often it was asked before."""

    respond: Callable[[int, dict[str, str]], Any]
    asked: list[dict[str, str]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        query = dict(request.url.params)
        self.asked.append(query)
        answer = self.respond(len(self.asked) - 1, query)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def read(self, *orders: tuple[tuple[str, str], ...], params: tuple[tuple[str, str], ...] = ()) -> list[str]:
        """Return the ids of the list, read once for each of `orders`."""

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        async def work() -> list[str]:
            found: list[str] = []
            async with Api(BASE, "not-a-secret", transport=httpx.MockTransport(self), sleep=pause) as api:
                for order in orders or ((),):
                    found += [str(item["id"]) for item in await api.pages("things/", params, order=order)]
            return found

        return asyncio.run(work())


def page(ids: str, total: int | None = None, offset: int | None = None, cursor: str = "") -> Any:
    """Return a page of a list; `offset` is the next one's."""
    following = f"{BASE}/things/?offset={offset}&limit=2" if offset is not None else None
    body: dict[str, Any] = {
        "count": len(ids),
        "next": f"{BASE}/things/?cursor={cursor}" if cursor else following,
        "previous": None,
        "data": [{"id": each} for each in ids],
    }
    return body if total is None else {**body, "totalCount": total}


def cut(ids: str, query: dict[str, str], most: int = 2) -> Any:
    """Return the page of a list that a query asks for; no page has more than `most`."""
    offset = int(query.get("offset", 0))
    more = offset + most < len(ids)
    return page(ids[offset : offset + most], len(ids), offset + most if more else None)


def test_pages_after_the_first_are_asked_for_by_its_total() -> None:
    """The first page says how many there are; the others are asked for in the server's own steps, with every filter."""
    remote = Remote(lambda _, query: cut("abcde", query))
    assert remote.read(ORDER, params=(("search", "x"),)) == ["a", "b", "c", "d", "e"]
    common = {"search": "x", "orderBy": "createdAtTimestamp"}
    assert remote.asked == [
        {**common, "limit": "100"},
        {**common, "offset": "2", "limit": "2"},
        {**common, "offset": "4", "limit": "2"},
    ]
    assert remote.pauses == []


@pytest.mark.parametrize("status", [400, 422])
def test_an_order_that_is_refused(status: int) -> None:
    """A platform that refuses the order is asked without it, and is not asked for it again."""

    def respond(_: int, query: dict[str, str]) -> Any:
        return httpx.Response(status, json={"message": "no"}) if "orderBy" in query else page("ab", 2)

    remote = Remote(respond)
    assert remote.read(ORDER, ORDER) == ["a", "b", "a", "b"]
    assert remote.asked == [{"limit": "100", **dict(ORDER)}, {"limit": "100"}, {"limit": "100"}]


def test_an_order_of_ones_own() -> None:
    """An order that is asked for by name is the only one, and its refusal is one."""
    remote = Remote(lambda _, __: httpx.Response(422, json={"message": "no such order"}))
    with pytest.raises(Rejected) as error:
        remote.read(ORDER, params=(("orderBy", "weight"),))
    assert (str(error.value), remote.asked) == (
        "GET things/: 422 Unprocessable Entity: no such order",
        [{"orderBy": "weight", "limit": "100"}],
    )


@pytest.mark.parametrize("order", [ORDER, ()])
def test_another_refusal_is_one(order: tuple[tuple[str, str], ...]) -> None:
    """Any other error of a list is raised at once."""
    remote = Remote(lambda _, __: httpx.Response(403, json={"message": "no"}))
    with pytest.raises(Rejected):
        remote.read(order)
    assert len(remote.asked) == 1


MOVING: dict[str, tuple[Callable[[int, dict[str, str]], Any], str]] = {
    "one twice and one never": (
        lambda _, query: page("bc", 4) if "offset" in query else page("ab", 4, 2),
        "it counts 4 and shows 3",
    ),
    "one never": (lambda _, query: page("b", 3) if "offset" in query else page("ab", 3, 2), "it counts 3 and shows 2"),
    "fewer than its total on its only page": (lambda _, __: page("ab", 3), "it counts 3 and shows 2"),
    "more than its total": (lambda _, __: page("ab", 1), "it counts 1 and shows 2"),
    "one twice without a total": (
        lambda _, query: page("bc") if "offset" in query else page("ab", None, 2),
        "it shows 1 of 3 more than once",
    ),
    "a total that changes": (
        lambda _, query: page("c", 4) if "offset" in query else page("ab", 3, 2),
        "its total changed from 3 to 4 while it was read",
    ),
    "a bare list with one twice": (lambda _, __: [{"id": "a"}, {"id": "a"}], "it shows 1 of 1 more than once"),
}


@pytest.mark.parametrize("name", MOVING)
def test_a_list_that_never_adds_up(name: str) -> None:
    """It is read three times, with pauses in between, and then refused in a sentence with what is wrong."""
    respond, why = MOVING[name]
    remote = Remote(respond)
    with pytest.raises(ApiError) as error:
        remote.read()
    assert (str(error.value), error.value.exit_code, remote.pauses) == (
        f"GET things/ is not the whole list: {why}, at each of 3 readings; try again later",
        5,
        [1.0, 3.0],
    )


def test_a_list_that_adds_up_the_second_time() -> None:
    """A list that changed while it was read is whole at the next reading, page by page."""

    def respond(turn: int, query: dict[str, str]) -> Any:
        return page("b", 3) if turn == 1 else cut("abc", query)

    remote = Remote(respond)
    assert remote.read() == ["a", "b", "c"]
    assert (len(remote.asked), remote.pauses) == (4, [1.0])


def test_a_server_that_knows_only_cursors() -> None:
    """A server that ignores `offset` is read by its `next`."""

    def respond(_: int, query: dict[str, str]) -> Any:
        cursor = query.get("cursor", "")
        return {"": page("ab", 5, cursor="x"), "x": page("cd", 5, cursor="y"), "y": page("e", 5)}[cursor]

    assert Remote(respond).read() == ["a", "b", "c", "d", "e"]
