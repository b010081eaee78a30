"""Lists that lag seconds behind: what a run has made and can read by its id is there, whatever the list says."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import WORLD, Each, World, deployment

from drplan.records.plans import Result, Verb

LATE = WORLD + "\nfeatures: {list_lag_seconds: 12}\n"


def test_what_was_just_made_is_there(open_world: Callable[..., World]) -> None:
    """An apply on a platform whose list does not show its deployments yet has converged; it cost one read of each."""
    world = open_world(LATE, job_seconds=0.0)
    world.specs({"a": deployment("A", importance="HIGH", tags={"team": "x"}), "b": deployment("B")})
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a", "shop/b"]
    assert world.counts["GET deployments/"] == 2
    assert world.counts["GET deployments/{id}/"] == 2


def test_what_was_just_changed_is_as_it_is(open_world: Callable[..., World]) -> None:
    """A list that shows the values of before a change is not believed; what was changed is read again by its id."""
    world = open_world(LATE)
    world.specs({"a": deployment("A"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    world.emulator.clock.advance(20)
    world.specs({"a": deployment("renamed", tags={"team": "x"}), "b": deployment("B")})
    world.forget()
    assert world.apply().exit_code == 0
    assert world.counts["GET deployments/{id}/"] == 1


def test_what_was_just_made_and_does_not_answer(open_world: Callable[..., World]) -> None:
    """A deployment that neither the list nor its own route shows for seconds is named, and never said to be missing."""
    world = open_world(LATE, job_seconds=0.0)
    world.specs({"a": deployment("A")})
    world.fault("GET deployments/{id}/", status=404, count=9)
    applied = world.apply()
    (id_,) = world.stored()
    assert applied.exit_code == 6
    assert str(applied.error) == (
        "everything was applied, but it could not be planned again: "
        f"the platform does not show deployment.a ({id_}) yet; plan again in a while"
    )


def test_what_answers_a_little_later(open_world: Callable[..., World]) -> None:
    """A deployment that answers at its own route only some seconds after its creation has converged."""
    world = open_world(LATE, job_seconds=0.0)
    world.specs({"a": deployment("A")})
    world.fault("GET deployments/{id}/", status=404, count=3)
    assert world.apply().exit_code == 0


def test_what_was_just_deleted_is_gone(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """`destroy` on a platform whose list still shows what it has deleted is complete: its own route knows better."""
    world = serve(LATE)
    world.specs({"a": deployment("A")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    world.emulator.clock.advance(20)
    ended = drplan(world, "destroy", "--auto-approve")
    assert (ended.code, ended.out.splitlines()[-1]) == (
        0,
        "Apply complete! Resources: 0 added, 0 changed, 1 destroyed.",
    )


def test_a_list_without_what_a_change_is_about(open_world: Callable[..., World]) -> None:
    """A list that loses a deployment after its change, and still adds up, does not make it seem to be missing."""
    world = open_world(job_seconds=0.0)
    world.specs({"a": deployment("A"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    inner, changed = world.transport, False

    async def losing(request: httpx.Request) -> httpx.Response:
        nonlocal changed
        changed = changed or request.method == "PATCH"
        response = await inner.handle_async_request(request)
        if not (changed and request.method == "GET" and request.url.path.endswith("/deployments/")):
            return response
        await response.aread()
        rest = [each for each in response.json()["data"] if each["label"] == "B"]
        return httpx.Response(200, json={"data": rest, "count": 1, "totalCount": 1, "next": None, "previous": None})

    world.transport = Each(losing)
    world.specs({"a": deployment("renamed"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    assert sorted(each["label"] for each in world.stored().values()) == ["B", "renamed"]


def test_made_again_and_read_again(open_world: Callable[..., World]) -> None:
    """Environments, which carry no identity, are found by their names; a made one that lists lack is read by its id."""
    world = open_world(job_seconds=0.0)
    inner = world.transport

    async def late(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        if not (request.method == "GET" and request.url.path.endswith("/predictionEnvironments/")):
            return response
        await response.aread()
        rest = [each for each in response.json()["data"] if each["name"] == "serverless"]
        return httpx.Response(200, json={"data": rest, "count": 1, "totalCount": 1, "next": None, "previous": None})

    world.transport = Each(late)
    world.specs({}, prediction_environments={"zone": {"platform": "aws"}})
    applied = world.apply()
    assert (applied.exit_code, [action.verb for action in applied.plan or ()]) == (0, [Verb.CREATE])


def test_the_next_run_knows_what_was_made(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """Two applies within the lag make one deployment: the second asks for what the first has made by its id."""
    world = serve(LATE)
    world.specs({"a": deployment("A")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    again = drplan(world, "apply", "--auto-approve")
    assert (again.code, again.out.splitlines()[-1]) == (0, "No changes. The platform is as the specs say.")
    assert world.names() == ["shop/a"]
    assert drplan(world, "destroy", "deployment.a", "--auto-approve").code == 0
    assert drplan(world, "plan").out.splitlines()[-1] == "Plan: 1 to add, 0 to change, 0 to destroy."


def test_what_nobody_can_read_of_the_last_run(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """The memory of what was made is a hint: a file that is broken, of another version or not there costs nothing."""
    world = serve()
    world.specs({"a": deployment("A")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    memory = world.root / ".drplan" / "made.json"
    made = json.loads(memory.read_text())
    assert [(each["address"], each["project"]) for each in made["made"]] == [("deployment.a", "shop")]
    for text in ("{", "[]", '{"format_version": 1}', '{"format_version": 2, "made": [{"id": 1}]}', None):
        memory.unlink()
        if text is not None:
            memory.write_text(text)
        ended = drplan(world, "plan")
        assert (ended.code, ended.out.splitlines()[-1]) == (0, "No changes. The platform is as the specs say.")
        memory.touch()


def test_a_memory_that_cannot_be_written(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """An apply in a place where nothing can be remembered is an apply all the same."""
    world = serve()
    (world.root / ".drplan").mkdir()
    (world.root / ".drplan" / "made.json").mkdir()
    world.specs({"a": deployment("A")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    assert drplan(world, "plan").code == 0


def test_a_run_that_fails_is_remembered(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """What a run has made before it failed is known to the next one too."""
    world = serve(LATE)
    world.specs({"a": deployment("A", tags={"team": "x"})})
    world.fault("POST deployments/{id}/tags/", status=422)
    assert drplan(world, "apply", "--auto-approve").code == 6
    assert drplan(world, "apply", "--auto-approve").code == 0
    assert world.names() == ["shop/a"]


@pytest.mark.parametrize(
    ("freed", "why"),
    [
        (True, "it does not bear this project's seal (tag 'drplan') any more; left alone"),
        (False, "it is protected by prevent_destroy by now; left alone"),
    ],
)
def test_what_is_set_free_while_the_list_lags(open_world: Callable[..., World], freed: bool, why: str) -> None:
    """A deployment whose seal was taken off, or that was protected, seconds ago is not deleted on a list's word."""
    world = open_world(job_seconds=0.0)
    world.specs({"a": deployment("A"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    inner, stale = world.transport, world.request("GET", "deployments/")

    async def late(request: httpx.Request) -> httpx.Response:
        listed = request.method == "GET" and request.url.path.endswith("/deployments/")
        return httpx.Response(200, json=stale) if listed else await inner.handle_async_request(request)

    world.transport = Each(late)
    item = next(each for each in stale["data"] if each["label"] == "A")
    route = f"deployments/{item['id']}/tags/"
    if freed:
        world.change("DELETE", f"{route}{item['tags'][0]['id']}/")
    else:
        world.change("POST", route, {"name": "drplan-protected", "value": "true"})
    world.specs({"b": deployment("B")})
    applied = world.apply()
    assert (applied.exit_code, applied.messages) == (6, {"deployment.a/delete": why})
    assert sorted(each["label"] for each in world.stored().values()) == ["A", "B"]


def test_a_deletion_that_nobody_can_be_asked_about(world: World) -> None:
    """Where the object cannot be read just before its deletion, it is not deleted."""
    world.specs({"a": deployment("A"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    world.specs({"b": deployment("B")})
    world.fault("GET deployments/{id}/", status=500, count=None)
    applied = world.apply()
    assert (applied.exit_code, list(applied.results.values())) == (6, [Result.FAILED])
    assert applied.messages["deployment.a/delete"].startswith("whether it is ours to delete cannot be read: GET ")
    assert len(world.stored()) == 2
