"""Creation is never repeated blindly: whatever becomes of its answer, there is one deployment and no second."""

from typing import Any

import httpx
import pytest
from harness import World, deployment

from drplan.emulator import ConnectionDropped
from drplan.records.plans import Result

POST = "deployments/fromModelPackage/"
KEY = "deployment.a/create"


class Answering(httpx.AsyncBaseTransport):
    """The platform's transport, on which creations are answered by one function, with or without their effect."""

    def __init__(self, world: World, how: Any, *, effect: bool, times: int = 1) -> None:
        self.inner, self.how, self.effect, self.times = world.transport, how, effect, times
        self.posts = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method != "POST" or not request.url.path.endswith(POST):
            return await self.inner.handle_async_request(request)
        self.posts += 1
        if self.posts > self.times:
            return await self.inner.handle_async_request(request)
        if self.effect:
            await self.inner.handle_async_request(request)
        if isinstance(self.how, httpx.Response):
            return self.how
        raise self.how


UNCLEAR = {
    "502": httpx.Response(502, json={"message": "Bad gateway"}),
    "504": httpx.Response(504, html="<html>Gateway timeout</html>"),
    "503 with Retry-After": httpx.Response(503, headers={"retry-after": "1"}),
    "timed out": httpx.ReadTimeout("too slow"),
    "dropped": ConnectionDropped("gone"),
    "cut off": httpx.RemoteProtocolError("incomplete"),
    "a web page": httpx.Response(200, html="<html>Sign in</html>"),
    "JSON cut off": httpx.Response(202, content=b'{"id": "5f', headers={"content-type": "application/json"}),
}


@pytest.mark.parametrize("how", UNCLEAR)
def test_an_unclear_answer_after_the_effect(world: World, how: str) -> None:
    """The deployment is found by its identity, and everything that follows is done to that one."""
    world.specs({"a": deployment("A", tags={"team": "x"})})
    world.transport = answering = Answering(world, UNCLEAR[how], effect=True)
    applied = world.apply()
    assert (applied.exit_code, answering.posts) == (0, 1)
    assert world.names() == ["shop/a"]
    assert world.one("a")["tags"] == {"drplan": "shop/a", "team": "x"}


@pytest.mark.parametrize("how", UNCLEAR)
def test_an_unclear_answer_without_effect(world: World, how: str) -> None:
    """It is not sent again; its outcome is unknown, what needs it is skipped, and the next apply makes exactly one."""
    world.specs({"a": deployment("A"), "b": deployment("B")})
    inner = world.transport
    world.transport = answering = Answering(world, UNCLEAR[how], effect=False)
    applied = world.apply()
    assert applied.exit_code == 6
    lost = "a" if applied.results[KEY] is Result.UNKNOWN else "b"
    kept = {"a": "b", "b": "a"}[lost]
    assert applied.results == {
        f"deployment.{lost}/create": Result.UNKNOWN,
        f"deployment.{lost}/tags/drplan": Result.SKIPPED,
        f"deployment.{kept}/create": Result.DONE,
        f"deployment.{kept}/tags/drplan": Result.DONE,
    }
    assert applied.messages[f"deployment.{lost}/create"].endswith(
        "nothing with its identity has appeared yet. It is not sent again, as that could make a second one: "
        "plan again in a while"
    )
    assert (answering.posts, world.names()) == (2, [f"shop/{kept}"])
    world.transport = inner
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a", "shop/b"]


@pytest.mark.parametrize("how", [httpx.Response(429), httpx.ConnectError("refused"), httpx.ConnectTimeout("no route")])
def test_what_was_never_taken_is_sent_again(world: World, how: Any) -> None:
    """After 429, and when no connection came about, the creation is repeated until it is taken."""
    world.specs({"a": deployment("A")})
    world.transport = answering = Answering(world, how, effect=False, times=3)
    assert (world.apply().exit_code, answering.posts, world.names()) == (0, 4, ["shop/a"])


def test_it_appears_late(world: World) -> None:
    """What an unclear creation made is found when it turns up within the pauses of the search."""
    world.specs({"a": deployment("A")})
    inner = Answering(world, httpx.Response(502), effect=True)
    hidden = 3

    class Late(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal hidden
            if inner.posts and hidden and request.method == "GET" and request.url.path.endswith("/deployments/"):
                hidden -= 1
                empty = {"data": [], "count": 0, "totalCount": 0, "next": None, "previous": None}
                return httpx.Response(200, json=empty) if hidden else httpx.Response(500)
            return await inner.handle_async_request(request)

    world.transport = Late()
    assert (world.apply().exit_code, inner.posts, hidden, world.names()) == (0, 1, 0, ["shop/a"])


def test_the_platform_is_gone_after_the_creation(world: World) -> None:
    """When nothing can be read after an unclear creation, its outcome is unknown, not failed."""
    world.specs({"a": deployment("A")})
    inner = Answering(world, httpx.ReadTimeout("too slow"), effect=True)

    class Gone(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if inner.posts:
                raise httpx.ConnectError("gone", request=request)
            return await inner.handle_async_request(request)

    real, world.transport = world.transport, Gone()
    applied = world.apply()
    assert (applied.exit_code, applied.results[KEY]) == (6, Result.UNKNOWN)
    world.transport = real
    world.settle()
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a"]


def test_a_found_creation_that_fails_after_all(world: World) -> None:
    """A deployment that was found while it was being launched, and then vanished, is a failure that says so."""
    world.specs({"a": deployment("A")})
    world.fault("POST deployments/fromModelPackage/", "job_error", message="No room.")
    real = world.transport
    world.transport = Answering(world, httpx.Response(502), effect=True)
    applied = world.apply()
    assert applied.results[KEY] is Result.FAILED
    assert applied.messages[KEY] == "it is not on the platform any more"
    world.transport = real
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a"]


@pytest.mark.parametrize("body", [{}, [], "x", {"id": ""}])
def test_an_answer_without_an_id(world: World, body: Any) -> None:
    """When the answer does not say what was made, it is looked for by its identity."""
    world.specs({"a": deployment("A")})
    world.transport = Answering(world, httpx.Response(202, json=body), effect=True)
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a"]


def test_an_answer_without_an_id_and_without_effect(world: World) -> None:
    """A success that says nothing and made nothing is unknown."""
    world.specs({"a": deployment("A")})
    world.transport = Answering(world, httpx.Response(200, json={}), effect=False)
    applied = world.apply()
    assert (applied.exit_code, applied.results[KEY]) == (6, Result.UNKNOWN)
    assert applied.messages[KEY] == "the platform did not say what it created"


def test_an_environment_is_found_by_its_name(world: World) -> None:
    """A prediction environment, which carries no identity, is looked for by its name after an unclear creation."""
    world.specs({}, prediction_environments={"mine": {"platform": "aws"}})
    world.fault("POST predictionEnvironments/", "drop", when="after")
    assert world.apply().exit_code == 0
    assert world.apply().plan.writes == ()  # type: ignore[union-attr]  # it was planned


def test_a_server_error_after_the_effect(world: World) -> None:
    """A 500 does not say that nothing was made: what carries the identity is found, and the run goes on."""
    world.specs({"a": deployment("a")})
    world.fault("POST deployments/fromModelPackage/", status=500, when="after", count=1)
    assert world.apply().exit_code == 0
    assert (world.counts["POST deployments/fromModelPackage/"], len(world.request("GET", "deployments/")["data"])) == (
        1,
        1,
    )
