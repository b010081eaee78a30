"""`drplan doctor`: what each kind of platform is found to be like, by reading alone, and what that costs."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from harness import SERVER, WORLD, Each, World

from drplan.doctor.checkup import examine
from drplan.records.checkups import Checkup, Level

OURS, THEIRS, STRAY = (f"5f00000000000000000000d{number}" for number in (1, 2, 3))
SETTINGS = "predictionWarning: {enabled: true, customBoundaries: {lower: 0, upper: 9}}"
FLEET = (
    (
        f"id: {OURS}, label: Ours, tags: {{drplan: shop/a, team: x}}, user_provided_id: shop/a, "
        f"created_at: '2024-05-01T10:00:00.000000Z', settings: {{{SETTINGS}}}"
    ),
    f"id: {THEIRS}, label: Theirs, user_provided_id: credit/b, created_at: '2024-05-02T10:00:00.000000Z'",
)
Open = Callable[..., World]


def seeded(*deployments: str, features: str = "{}") -> str:
    """Return a world with these deployments, as a seed file has them, on a platform with these features."""
    common = f"model: {{registered_model: churn, version: 1}}, prediction_server: {SERVER}"
    lines = [f"  - {{{each}, {common}}}" for each in deployments]
    return "\n".join([WORLD, f"features: {features}", *(["deployments:", *lines] if lines else [])])


def checkup(world: World, project: str = "shop") -> Checkup:
    """Return what is found of a platform; nothing was sent but reads."""
    world.forget()
    found = world.run(lambda api: examine(api, project, lambda: datetime(2026, 11, 25, 12, tzinfo=UTC)))
    assert [each["method"] for each in world.emulator.requests.log if each["method"] != "GET"] == []
    return found


def traits(found: Checkup) -> dict[str, list[tuple[str, str]]]:
    """Return the levels and what was seen, by check."""
    return {each.check: [(trait.level.value, trait.seen) for trait in each.traits] for each in found.looked}


def answering(world: World, change: Callable[[httpx.Request, Any], Any], **headers: str) -> None:
    """Have a platform's JSON answers changed by a function before they are seen, and headers added to them."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        await response.aread()
        body = change(request, response.json())
        return httpx.Response(response.status_code, json=body, headers={**response.headers, **headers})

    world.transport = Each(respond)


def unchanged(_request: httpx.Request, body: Any) -> Any:
    """Return an answer as it is."""
    return body


PLAIN: Mapping[str, list[tuple[str, str]]] = {
    "reachable": [("ok", "the token is taken; the API is version 2.49.0")],
    "account": [("ok", "the token is that of user fbbea8726381c09300ec64d2")],
    "clock-skew": [("note", "the platform does not say what time it is")],
    "permissions": [("ok", "the token may change all of 2 deployments")],
    "list-whole": [("ok", "the list is whole: 2 deployments")],
    "list-order": [("ok", "the list comes in the order asked for (orderBy=createdAtTimestamp)")],
    "list-limit": [("ok", "limit is honoured")],
    "list-search": [("ok", "search is honoured")],
    "list-fresh": [("ok", "2 deployments read at their own routes are as the list shows them")],
    "list-keys": [("ok", "items of the list have every key of the objects")],
    "tag-places": [("ok", "tags are shown in the list")],
    "tag-shape": [("ok", "tags are objects with id, name and value")],
    "tag-routes": [("ok", "the route of tags answers")],
    "birth-marks": [("ok", "userProvidedId is shown in the list")],
    "seals": [
        ("note", "not ours, with a birth mark of the form a/b and without a seal: 1 deployment"),
        ("ok", "deployments with a seal: 1 by this project, 0 by others; without one: 1"),
    ],
    "duplicates": [("ok", "no identity stands for two deployments")],
}
"""What is found of the usual world with the `FLEET`."""


def test_a_platform_as_documented(open_world: Open) -> None:
    """Of a platform that is as documented every check says so, in so many requests, none of which is a write."""
    world = open_world(seeded(*FLEET))
    found = checkup(world)
    assert traits(found) == PLAIN
    assert found.result is Level.NOTE
    assert world.counts == {
        "GET version/": 1,
        "GET account/info/": 1,
        "GET deployments/": 4,
        "GET registeredModels/": 1,
        "GET deployments/{id}/": 2,
        "GET deployments/{id}/tags/": 1,
    }
