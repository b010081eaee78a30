"""Two runs that plan at the same time, and neither of which knows of the other, make one deployment and not two."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import Each, World, deployment

from drplan.records.plans import Result


@pytest.fixture
def raced(world: World) -> World:
    """Give a world in which one of two runs with the same plan has applied it."""
    world.specs({"a": deployment("A", tags={"team": "x"}), "b": deployment("B")})
    second = world.plan()
    assert world.apply().exit_code == 0
    world.emulator.clock.advance(60)
    world.second = second  # type: ignore[attr-defined]  # for the test
    world.forget()
    return world


def live(world: World) -> dict[str, str]:
    """Return the ids of the live deployments by their labels."""
    return {each["label"]: each["id"] for each in world.request("GET", "deployments/")["data"]}


def test_the_later_run_takes_its_own_back(raced: World) -> None:
    """It deletes what it has made itself, says so, and leaves what was there first as it is."""
    first = live(raced)
    ran = raced.apply(plan=raced.second)  # type: ignore[attr-defined]
    assert (ran.exit_code, str(ran.error)) == (6, "2 of 5 actions were not done: 2 failed")
    assert live(raced) == first
    for name, id_ in (("a", first["A"]), ("b", first["B"])):
        assert ran.results[f"deployment.{name}/create"] == Result.FAILED
        message = ran.messages[f"deployment.{name}/create"]
        assert message.startswith(f"another run has made it meanwhile ({id_}); what this one has made (")
        assert message.endswith(") was deleted again")
    assert raced.plan().writes == ()


def test_the_first_run_waits_for_the_other_to_give_way(world: World) -> None:
    """It sees two for a moment, leaves both alone, and ends well once the later one is gone."""
    world.specs({"a": deployment("A")})
    inner, lists = world.transport, 0

    async def with_a_twin(request: httpx.Request) -> httpx.Response:
        nonlocal lists
        response = await inner.handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith("/deployments/"):
            return response
        await response.aread()
        page = response.json()
        lists += bool(page["data"])
        if page["data"] and lists < 4:
            page["data"].append(
                {**page["data"][0], "id": "5f00000000000000000000ff", "createdAt": "2999-01-01T00:00:00Z"}
            )
            page |= {key: page[key] + 1 for key in ("count", "totalCount") if key in page}
        return httpx.Response(200, json=page)

    world.transport = Each(with_a_twin)
    assert world.apply().exit_code == 0
    assert lists == 4
    assert world.names() == ["shop/a"]


def hidden(raced: World, key: str) -> Callable[[httpx.Request], Any]:
    """Return a transport that leaves a key out of every deployment that it shows."""
    inner = raced.transport

    async def without(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        if request.method != "GET" or "/deployments/" not in request.url.path:
            return response
        await response.aread()
        text = json.dumps(response.json()).replace(f'"{key}"', f'"{key}_"')
        return httpx.Response(response.status_code, text=text, headers={"content-type": "application/json"})

    return without


def test_where_nobody_can_tell_who_came_first_nothing_is_deleted(raced: World) -> None:
    """Two are named, and are for a person to tell apart."""
    raced.transport = Each(hidden(raced, "createdAt"))
    ran = raced.apply(plan=raced.second)  # type: ignore[attr-defined]
    assert ran.exit_code == 6
    assert "2 objects carry the identity shop/a" in str(ran.error)
    assert sorted(each["label"] for each in raced.stored().values()) == ["A", "A", "B", "B"]


def test_what_cannot_be_taken_back_is_named(raced: World) -> None:
    """Where the platform refuses the deletion, a person hears which one to delete."""
    raced.fault("DELETE deployments/{id}/", status=403, message="No.")
    ran = raced.apply(plan=raced.second)  # type: ignore[attr-defined]
    assert (ran.exit_code, len(raced.stored())) == (6, 4)
    assert "could not be deleted again (" in ran.messages["deployment.a/create"]
    assert ran.messages["deployment.a/create"].endswith("): delete it by hand")
