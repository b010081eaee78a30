"""What is on its way between on and off: an apply is over when that is, however it ends."""

import json
from collections.abc import Callable

import httpx
import pytest
from harness import WORLD, Each, World, deployment

SEED = (
    WORLD
    + """
deployments:
  - {label: A, status: %s, model: {registered_model: churn, version: 1}, tags: {drplan: shop/a}}
"""
)
SPEC = {"label": "A", "model": {"registered_model": "churn", "version": 1}}


def test_a_creation_that_an_earlier_run_left_is_awaited(world: World) -> None:
    """The run that gave up says so; the next one ends with 0 when the deployment serves, and not before."""
    world.specs({"a": deployment("A")})
    first = world.apply(job_timeout=1.0)
    assert first.exit_code == 6
    assert world.one("a")["status"] == "launching"
    assert world.apply().exit_code == 0
    assert world.one("a")["status"] == "active"


def test_what_is_launching_without_a_change_is_awaited(world: World) -> None:
    """A plan without changes that warns of a transition is complete when that is over."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    (id_,) = world.stored()
    world.change("PATCH", f"deployments/{id_}/status/", {"status": "inactive"})
    world.request("PATCH", f"deployments/{id_}/status/", {"status": "active"})
    assert world.one("a")["status"] == "launching"
    assert world.apply().exit_code == 0
    assert world.one("a")["status"] == "active"


def test_a_launch_that_does_not_end(open_world: Callable[..., World]) -> None:
    """The wait ends with the job's time, and the report says what of."""
    world = open_world(SEED % "launching")
    world.specs({"a": SPEC})
    applied = world.apply(job_timeout=30.0)
    assert applied.exit_code == 6
    assert str(applied.error) == (
        "there was nothing to change, but it could not be planned again: "
        "the transition of deployment.a did not end within 30 s"
    )


def test_a_launch_that_ends_in_an_error(open_world: Callable[..., World]) -> None:
    """Where the deployment has not become active the run does not end well, and says how it stands."""
    world = open_world(SEED % "launching")
    world.specs({"a": SPEC})
    words = ["launching"] * 4

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        text = (await response.aread()).decode()
        word = (words.pop() if words else "errored") if request.method == "GET" else "launching"
        return httpx.Response(response.status_code, json=json.loads(text.replace("launching", word)))

    inner, world.transport = world.transport, Each(respond)
    applied = world.apply()
    assert applied.exit_code == 6
    assert str(applied.error).startswith(
        "not converged: there was nothing to change, and yet this is left to do: "
        "deployment.a/activate (status: the spec says 'active', the platform has 'errored')"
    )


@pytest.mark.parametrize("status", ["errored", "archived"])
def test_what_is_broken_is_drift(open_world: Callable[..., World], status: str) -> None:
    """A deployment that serves nothing is a change; that the platform refuses it is the platform's word."""
    world = open_world(SEED % status)
    world.specs({"a": SPEC})
    assert [action.key for action in world.plan().writes] == ["deployment.a/activate"]
    applied = world.apply()
    assert applied.exit_code == 6
    assert f"cannot be changed while it is {status}" in applied.messages["deployment.a/activate"]
