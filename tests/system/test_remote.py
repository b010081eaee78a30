"""Bad remotes: what drplan says, how it ends, how often it asks, and whom it never tells its token."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from harness import ENDPOINT, SERVER, TOKEN, Each, World, deployment

from drplan.errors import ApiError

Remote = Callable[[httpx.Request], httpx.Response]
LIST = "GET deployments/"


def refuse(error: type[httpx.TransportError]) -> Remote:
    """Return a handler that raises a transport's error."""

    def remote(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return remote


def answer(status: int = 200, **content: Any) -> Remote:
    """Return a handler that always gives one answer."""
    return lambda _: httpx.Response(status, **content)


NO_OBJECTS = f"{LIST} was answered without a list of objects; is this the platform's API v2?"
PAGE = f"{ENDPOINT} does not speak the API: {LIST} was answered with a web page. Is this the right host?"
NO_JSON = (
    f"{ENDPOINT} does not speak the API: {LIST} was answered with something that is not JSON. Is this the right host?"
)
REMOTES: dict[str, tuple[Remote, str, int]] = {
    "a web page": (answer(html="<html>Hello</html>"), PAGE, 1),
    "a web page, 404": (
        answer(404, html="<html>No</html>"),
        f"{LIST}: 404 Not Found: a web page. Is this the right host?",
        1,
    ),
    "wrong token": (
        answer(401, json={"message": f"Bad token {TOKEN}"}),
        f"{LIST}: 401 Unauthorized: the token is not valid for this endpoint; check DATAROBOT_API_TOKEN",
        1,
    ),
    "no permission, with the token in it": (
        answer(403, json={"message": f"Token {TOKEN} may not"}),
        f"{LIST}: 403 Forbidden: Token *** may not",
        1,
    ),
    "field errors": (
        answer(422, json={"message": "Invalid field data", "errors": {"limit": "too big", "a": {"b": "is wrong"}}}),
        f"{LIST}: 422 Unprocessable Entity: Invalid field data (limit: too big; a.b: is wrong)",
        2,  # once more without the order, which may be what it refuses
    ),
    "a redirect": (
        answer(301, headers={"location": "https://elsewhere.example.com/api/v2/deployments/"}),
        (
            f"{ENDPOINT} redirects to https://elsewhere.example.com/api/v2/deployments/; "
            "write the endpoint as it is after the redirect"
        ),
        1,
    ),
    "a server error": (answer(500, json={"message": "Oh"}), f"{LIST}: 500 Internal Server Error: Oh", 6),
    "a gateway's page": (answer(502, html="<html/>"), f"{LIST}: 502 Bad Gateway", 6),
    "text": (answer(json="hello"), NO_OBJECTS, 1),
    "a number": (answer(json=5), NO_OBJECTS, 1),
    "an empty answer": (answer(), NO_OBJECTS, 1),
    "no data": (answer(json={}), NO_OBJECTS, 1),
    "data that is no list": (answer(json={"data": {}}), NO_OBJECTS, 1),
    "items that are no objects": (answer(json={"data": [1]}), NO_OBJECTS, 1),
    "items without an id": (answer(json={"data": [{"label": "x"}]}), NO_OBJECTS, 1),
    "JSON cut off": (answer(content=b'{"data": [{"id"', headers={"content-type": "application/json"}), NO_JSON, 1),
    "a page without end": (
        answer(json={"data": [], "next": f"{ENDPOINT}/deployments/?offset=0"}),
        f"{LIST} never ends: its pages go round in circles",
        2,
    ),
    "refused": (refuse(httpx.ConnectError), f"{ENDPOINT} cannot be reached: broken", 6),
    "cut off": (refuse(httpx.RemoteProtocolError), f"{ENDPOINT} gave no answer: broken", 6),
    "timed out": (refuse(httpx.ReadTimeout), f"{ENDPOINT} gave no answer: broken", 6),
    "come back tomorrow": (
        answer(429, headers={"retry-after": "86400"}),
        (
            f"{LIST}: 429 Too Many Requests: something that is not JSON. Is this the right host? "
            "(it asks to come back in 86400 s)"
        ),
        1,
    ),
}


@pytest.mark.parametrize("name", REMOTES)
def test_a_bad_remote(world: World, name: str) -> None:
    """Reading fails with exit code 5 and words that say what the remote did, after as many tries as make sense."""
    remote, message, tries = REMOTES[name]
    asked: list[str] = []

    def counted(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.host}")
        return remote(request)

    world.transport = httpx.MockTransport(counted)
    world.specs({"a": deployment("A")})
    applied = world.apply()
    assert (applied.exit_code, type(applied.error) is not None, str(applied.error)) == (5, True, message)
    assert isinstance(applied.error, ApiError)
    assert asked == ["GET emulator.localhost"] * tries


class Wrapped(httpx.AsyncBaseTransport):
    """The platform's transport with every answer changed on its way."""

    def __init__(self, world: World, change: Callable[[httpx.Request, Any, dict[str, str]], Any]) -> None:
        self.inner, self.change = world.transport, change
        self.hosts: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.hosts.add(request.url.host)
        response = await self.inner.handle_async_request(request)
        content = await response.aread()
        headers = {key: value for key, value in response.headers.items() if key == "location"}
        body = self.change(request, json.loads(content) if content else None, headers)
        return httpx.Response(response.status_code, headers=headers, **({} if body is None else {"json": body}))


def _without_total(request: httpx.Request, body: Any, headers: dict[str, str]) -> Any:
    del request, headers
    return {key: value for key, value in body.items() if key != "totalCount"} if isinstance(body, dict) else body


def _elsewhere(request: httpx.Request, body: Any, headers: dict[str, str]) -> Any:
    del request
    if "location" in headers:
        headers["location"] = headers["location"].replace("http://emulator.localhost", "https://evil.example.com")
    if isinstance(body, dict) and body.get("next"):
        del body["totalCount"]
        body["next"] = body["next"].replace("http://emulator.localhost", "https://evil.example.com")
    return body


def _wrong_total(request: httpx.Request, body: Any, headers: dict[str, str]) -> Any:
    del request, headers
    return {**body, "totalCount": 9} if isinstance(body, dict) and "totalCount" in body else body


def _bare(request: httpx.Request, body: Any, headers: dict[str, str]) -> Any:
    del headers
    return body["data"] if request.method == "GET" and request.url.path.endswith("Environments/") else body


@pytest.mark.parametrize("change", [_without_total, _elsewhere, _bare])
def test_lists_of_every_form_are_read_whole(world: World, change: Callable[..., Any]) -> None:
    """With and without totalCount, as bare arrays, or with `next` on a strange host: nothing is lost.

    The token goes to the endpoint's host alone, whatever a `Location` or a `next` says.
    """
    world.specs(
        {f"d{number:03}": deployment(f"D {number}") for number in range(120)},
        prediction_environments={"mine": {"platform": "aws"}},
    )
    world.transport = wrapped = Wrapped(world, change)
    assert world.apply().exit_code == 0
    assert world.plan().writes == ()
    assert world.names() == [f"shop/d{number:03}" for number in range(120)]
    assert wrapped.hosts == {"emulator.localhost"}


def test_a_list_with_a_wrong_total(world: World) -> None:
    """A list that counts more than it shows is refused: what it does not show might be made a second time."""
    world.transport = Wrapped(world, _wrong_total)
    world.specs({"a": deployment("A")})
    applied = world.apply()
    assert (applied.exit_code, str(applied.error), world.sent) == (
        5,
        f"{LIST} is not the whole list: it counts 9 and shows 0, at each of 3 readings; try again later",
        [],
    )


@pytest.mark.parametrize("cap", [1, 7, 20])
def test_a_server_that_caps_the_limit(world: World, cap: int) -> None:
    """A server whose pages are smaller than asked for is read in its own steps."""
    names = [f"d{number:02}" for number in range(21)]
    world.specs({name: deployment(name) for name in names})
    assert world.apply().exit_code == 0
    inner = world.transport

    async def capped(request: httpx.Request) -> httpx.Response:
        params = {**request.url.params, "limit": str(min(cap, int(request.url.params.get("limit", "20"))))}
        return await inner.handle_async_request(_rewritten(request, params))

    world.transport = Each(capped)
    world.forget()
    assert world.plan().writes == ()
    assert world.counts["GET deployments/"] == -(-21 // cap)


def test_a_list_that_changes_while_it_is_read(world: World) -> None:
    """When the pages do not add up to the total, the list is read again, so that nobody is made twice."""
    world.specs({f"d{number:03}": deployment(f"D {number}") for number in range(130)})
    assert world.apply().exit_code == 0
    inner = world.transport
    turn = 0

    async def shifted(request: httpx.Request) -> httpx.Response:
        nonlocal turn
        params = dict(request.url.params)
        turn += request.url.path.endswith("/deployments/")
        if turn == 2 and params.get("offset") == "100":
            params["offset"] = "110"  # ten were deleted before this page, so that others moved up
            turn += 1
        return await inner.handle_async_request(_rewritten(request, params))

    world.transport = Each(shifted)
    assert world.plan().writes == ()


def _rewritten(request: httpx.Request, params: dict[str, str]) -> httpx.Request:
    url = request.url.copy_with(query=urlencode(params).encode())
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


RETRIED = {
    "GET deployments/": 5,
    "GET deployments/{id}/settings/": 5,
    "POST deployments/{id}/model/validation/": 5,
    "PATCH deployments/{id}/": 6,
    "PATCH deployments/{id}/tags/{tag_id}/": 6,
    "PATCH deployments/{id}/settings/": 6,
    "PATCH deployments/{id}/model/": 6,
    "PATCH deployments/{id}/model/secondaryDatasetConfiguration/": 6,
    "DELETE deployments/{id}/": 6,
}
"""Routes of reads and idempotent writes, with the exit code when they fail for good."""


def _busy(world: World) -> None:
    spec = {"tags": {"team": "a"}, "settings": {"drift_tracking": {"target_drift_enabled": True}}}
    world.specs({"a": deployment("A", **spec), "b": deployment("B")})
    assert world.apply().exit_code == 0
    config = {
        "drift_tracking": {"target_drift_enabled": False},
        "secondary_dataset_config": {"id": "5f48cb94408673683eca0fab"},
    }
    world.specs({"a": deployment("New", 2, tags={"team": "b"}, settings=config)})
    world.forget()
    world.waits.clear()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("route", RETRIED)
def test_reads_validations_and_idempotent_writes_are_sent_again(world: World, route: str, status: int) -> None:
    """After 429, 502, 503 and 504 they are repeated, no sooner than `Retry-After` says."""
    _busy(world)
    world.fault(route, status=status, retry_after=7, count=2)
    assert world.apply().exit_code == 0
    assert world.waits == [7.0, 7.0]


@pytest.mark.parametrize("status", [500, 404])
@pytest.mark.parametrize("route", sorted(RETRIED.keys() - {"DELETE deployments/{id}/"}))
def test_what_is_no_passing_trouble_is_not_sent_again(world: World, route: str, status: int) -> None:
    """A 404, and a 500 after a write, is an answer: one request, no repeat, and the documented exit code."""
    _busy(world)
    world.fault(route, status=status, count=1)
    applied = world.apply()
    if status == 500 and route.startswith("GET"):
        assert (applied.exit_code, len(world.waits)) == (0, 1)
        return
    assert world.waits == []
    expected = RETRIED[route]
    if route.endswith("validation/") and status == 404:
        expected = 4  # the platform does not know the new model: a validation that fails
    assert applied.exit_code == expected


@pytest.mark.parametrize(("text", "waited"), [("3", 3.0), ("0.5", 0.5), ("120", 120.0)])
def test_retry_after_is_honoured(world: World, text: str, waited: float) -> None:
    """A POST that was never taken (429) is sent again after exactly the time asked for, and makes one deployment."""
    world.specs({"a": deployment("A")})
    world.fault("POST deployments/fromModelPackage/", status=429, retry_after=float(text))
    assert world.apply().exit_code == 0
    assert world.waits == [waited]
    assert world.names() == ["shop/a"]


@pytest.mark.parametrize(
    ("text", "date", "waited"),
    [
        ("Wed, 21 Oct 2026 07:28:20 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 20.0),
        ("Wednesday, 21-Oct-26 07:30:00 GMT", "Wed Oct 21 07:28:00 2026", 120.0),
    ],
)
def test_a_retry_after_that_is_a_date(world: World, text: str, date: str, waited: float) -> None:
    """The time to wait is from the answer's own date on, whatever the time is here."""
    inner = world.transport
    turns = iter([True])

    async def busy(request: httpx.Request) -> httpx.Response:
        if next(turns, False):
            return httpx.Response(429, headers={"retry-after": text, "date": date})
        return await inner.handle_async_request(request)

    world.specs({"a": deployment("A")})
    world.transport = Each(busy)
    assert world.plan().writes != ()
    assert world.waits == [waited]


@pytest.mark.parametrize("text", ["Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-3", "nan", "inf", ""])
def test_a_retry_after_that_is_no_number_of_seconds(world: World, text: str) -> None:
    """Where `Retry-After` says nothing usable, drplan's own pauses are taken."""
    inner = world.transport
    turns = iter([True])

    async def busy(request: httpx.Request) -> httpx.Response:
        if next(turns, False):
            return httpx.Response(503, headers={"retry-after": text})
        return await inner.handle_async_request(request)

    world.specs({"a": deployment("A")})
    world.transport = Each(busy)
    assert world.plan().writes != ()
    assert len(world.waits) == 1
    assert 0.25 <= world.waits[0] <= 1.25


@pytest.mark.parametrize("parallelism", [1, 3])
def test_no_more_requests_at_once_than_parallelism(world: World, parallelism: int) -> None:
    """However much there is to do, at most `parallelism` requests are under way, and that many are."""
    inner = world.transport
    under_way = most = 0

    async def counted(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)  # of the emulator's time
        response = await inner.handle_async_request(request)
        under_way -= 1
        return response

    world.transport = Each(counted)
    world.parallelism = parallelism
    settings = {"drift_tracking": {"target_drift_enabled": False}}
    world.specs({f"d{number}": deployment(f"D {number}", settings=settings) for number in range(9)})
    assert world.apply().exit_code == 0
    assert most == parallelism


def test_a_refused_field_is_named(world: World) -> None:
    """A creation that the platform refuses fails with the platform's own words about the field."""
    world.specs({"a": {**deployment("A" * 600)}, "b": deployment("B")})
    applied = world.apply()
    assert applied.exit_code == 6
    assert applied.messages["deployment.a/create"].startswith(
        "POST deployments/fromModelPackage/: 422 Unprocessable Entity: Invalid field data (label: "
    )
    assert world.names() == ["shop/b"]
    assert SERVER not in applied.messages["deployment.a/create"]
