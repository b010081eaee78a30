"""Job records that are lost, that never say anything or that are late: the object itself decides what became of it."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import CONFIG, WORLD, Each, World, deployment

from drplan.records.plans import Result

SETTINGS = {"predictions_data_collection": {"enabled": True}, "secondary_dataset_config": {"id": CONFIG}}
RECORDS = ["lost", "lost_when_done", "initialized", "completed"]


def platform(open_world: Callable[..., World], records: str, **options: Any) -> World:
    """Open a world whose jobs leave such records."""
    return open_world(
        f"features: {{job_records: {records}, replacement_resets: [predictionsDataCollection]}}\n{WORLD}", **options
    )


@pytest.mark.parametrize("records", RECORDS)
def test_a_fleet_is_brought_about_whatever_the_records_say(open_world: Callable[..., World], records: str) -> None:
    """Creation, settings, replacement, what it resets, and both turns are done when the object shows it."""
    world = platform(open_world, records, job_seconds=8.0)
    world.specs({"a": deployment("A", settings=SETTINGS, status="inactive")})
    assert world.apply().exit_code == 0
    assert world.one("a")["status"] == "inactive"
    world.specs({"a": deployment("A", 2, settings=SETTINGS, status="active")})
    assert world.apply().exit_code == 0
    own = world.one("a")
    assert (own["status"], own["model"], own["config"]) == ("active", "churn (v2)", CONFIG)
    assert own["settings"]["predictionsDataCollection"] == {"enabled": True}
    assert world.plan().writes == ()


def answered(world: World, answers: dict[str, list[httpx.Response | None]]) -> None:
    """Let GETs of paths with a part be answered by these, one after the other; None: as the platform does."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        for part, left in answers.items():
            if request.method == "GET" and part in request.url.path and left and (given := left.pop(0)):
                return given
        return await inner.handle_async_request(request)

    world.transport = Each(respond)


def test_one_answer_is_not_an_outcome(world: World) -> None:
    """A 500, a page and a record that is not there yet are asked again."""
    answers = {"/status/": [httpx.Response(500), httpx.Response(404), None, httpx.Response(200, html="<html></html>")]}
    answered(world, answers)
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    assert answers == {"/status/": []}


def test_a_token_that_is_refused_while_a_job_runs(world: World) -> None:
    """Nothing is told by the object either, so the outcome is unknown; it is not asked until the time is over."""
    answered(world, {"/status/": [httpx.Response(401)] * 99})
    world.specs({"a": deployment("A")})
    began = world.emulator.clock.seconds()
    applied = world.apply()
    assert applied.results["deployment.a/create"] is Result.UNKNOWN
    assert applied.messages["deployment.a/create"].startswith(
        "it was accepted, and its job cannot be read: GET status/"
    )
    assert world.emulator.clock.seconds() - began < 10


def test_a_job_without_a_record_that_never_ends(open_world: Callable[..., World]) -> None:
    """With the job's time the wait is over, and the outcome is unknown."""
    world = platform(open_world, "lost", job_seconds=500.0)
    world.specs({"a": deployment("A")})
    applied = world.apply(job_timeout=20.0)
    assert applied.results["deployment.a/create"] is Result.UNKNOWN
    assert "its job cannot be read: GET status/" in applied.messages["deployment.a/create"]


def test_a_creation_that_comes_to_nothing(open_world: Callable[..., World]) -> None:
    """A deployment that is errored after all is a failed creation, and what needs it is left out."""
    world = platform(open_world, "lost")
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        text = (await response.aread()).decode()
        content = json.loads(text.replace("launching", "errored")) if text else None
        return httpx.Response(response.status_code, json=content, headers=response.headers)

    world.transport = Each(respond)
    world.specs({"a": deployment("A")})
    applied = world.apply()
    assert applied.results == {"deployment.a/create": Result.FAILED, "deployment.a/tags/drplan": Result.SKIPPED}
    assert applied.messages["deployment.a/create"] == "it was made, and is errored"


@pytest.mark.parametrize("named", [True, False])
def test_an_answer_without_a_job(world: World, named: bool) -> None:
    """A 202 that names no job is awaited at the object, which is looked for where the answer has no id."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        body = json.loads(await response.aread() or b"null")
        if request.method == "POST" and "id" in (body or ()) and not named:
            body = {}
        return httpx.Response(response.status_code, json=body)

    world.transport = Each(respond)
    world.specs({"a": deployment("A", settings=SETTINGS)})
    assert world.apply().exit_code == 0
    assert world.one("a")["status"] == "active"


def test_what_was_just_made_is_not_known_everywhere_yet(world: World) -> None:
    """404 right after a creation is asked again, of what this run has made."""
    left = {"tags/": 2, "settings/": 3}
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        for part, times in left.items():
            if request.method in ("POST", "PATCH") and request.url.path.endswith(part) and times:
                left[part] -= 1
                return httpx.Response(404, json={"message": "Not Found"})
        if request.method == "GET" and left["tags/"] and re.search("/deployments/[0-9a-f]{24}/$", request.url.path):
            return httpx.Response(404, json={"message": "Not Found"})
        return await inner.handle_async_request(request)

    world.transport = Each(respond)
    world.specs({"a": deployment("A", settings=SETTINGS)})
    assert world.apply().exit_code == 0
    assert left == {"tags/": 0, "settings/": 0}
    assert world.one("a")["tags"] == {"drplan": "shop/a"}


def test_an_object_that_is_not_shown_yet_either(open_world: Callable[..., World]) -> None:
    """Where neither the record nor the object is there, it is looked again until the object shows the effect."""
    world = platform(open_world, "lost")
    inner = world.transport
    hidden = [True, True]

    async def respond(request: httpx.Request) -> httpx.Response:
        own = request.method == "GET" and re.search("/deployments/[0-9a-f]{24}/$", request.url.path)
        if own and hidden and hidden.pop():
            return httpx.Response(404, json={"message": "Not Found"})
        if request.method == "PATCH" and request.url.path.endswith("settings/"):
            hidden.append(True)
        return await inner.handle_async_request(request)

    world.transport = Each(respond)
    world.specs({"a": deployment("A", settings=SETTINGS)})
    assert world.apply().exit_code == 0
    assert hidden == []
    assert world.one("a")["settings"]["predictionsDataCollection"] == {"enabled": True}
