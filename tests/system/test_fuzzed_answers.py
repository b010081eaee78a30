"""Answers in which anything may stand anywhere: drplan says so with a documented exit code, and never falls over."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fleet import SEED, SPECS
from harness import Each, World, deployment
from hypothesis import given, settings
from hypothesis import strategies as st

from drplan.doctor.checkup import examine
from drplan.errors import DrplanError

DEEP: Any = "x"
for _ in range(90):
    DEEP = [DEEP]
ODD = (
    *(None, True, 0, -1.5, 10**20, 10**299, 1e308, "", "x", [], {}, [None], [[]], {"id": None}, ["a", 1], {"data": 3}),
    *("é" * 300, "\ud800", "\x1b]0;x\x07\n::error::\u202e", "[/red]", {"\udfff": "a\nb"}, DEEP),
)


class Odd(httpx.AsyncBaseTransport):
    """The platform's transport, on which one answer has something odd in one place."""

    def __init__(self, inner: httpx.AsyncBaseTransport, turn: int, place: list[int], value: Any) -> None:
        self.inner, self.turn, self.place, self.value = inner, turn, place, value

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        response = await self.inner.handle_async_request(request)
        self.turn -= 1
        content = await response.aread()
        if self.turn != 0 or not content:
            return response
        headers = {key: value for key, value in response.headers.items() if key == "location"}
        odd = json.dumps(self._odd(json.loads(content), self.place)).encode()  # a lone surrogate as its escape
        return httpx.Response(response.status_code, content=odd, headers=headers)

    def _odd(self, value: Any, place: list[int]) -> Any:
        if not place or not isinstance(value, dict | list) or not value:
            return self.value
        step, *rest = place
        if isinstance(value, list):
            index = step % len(value)
            return [self._odd(item, rest) if number == index else item for number, item in enumerate(value)]
        key = sorted(value)[step % len(value)]
        return {**value, key: self._odd(value[key], rest)}


@settings(max_examples=50)
@given(st.integers(1, 60), st.lists(st.integers(0, 30), max_size=5), st.sampled_from(ODD))
def test_no_answer_is_a_bug_in_drplan(turn: int, place: list[int], value: Any) -> None:
    """Whatever one answer holds, apply ends as documented, and so does the next one without it."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory), SEED, job_seconds=0.0)
        world.specs({name: SPECS[name] for name in ("upd", "rep", "taken", "on")})
        inner = world.transport
        world.transport = Odd(inner, turn, place, value)
        assert world.apply().exit_code in (0, 3, 4, 5, 6)
        world.transport = inner
        world.settle()
        assert world.apply().exit_code == 0
        world.close()


def _places(value: Any, above: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    yield above
    if isinstance(value, dict | list):
        inside = [value[key] for key in sorted(value)] if isinstance(value, dict) else value[:1]
        for index, each in enumerate(inside):
            yield from _places(each, (*above, index))


def _answers(world: World, work: Callable[[], Any]) -> list[Any]:
    """Return the answers that a piece of work gets from a platform."""
    inner = world.transport
    answers: list[Any] = []

    async def noted(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        answers.append(json.loads(await response.aread()))
        return response

    world.transport = Each(noted)
    work()
    world.transport = inner
    return answers


def test_every_place_of_every_answer(open_world: Callable[..., World]) -> None:
    """Planning survives something odd at every place of each answer it reads: a plan, or an error that is foreseen."""
    only = SEED.partition("deployments:\n")
    world = open_world("".join(only[:2]) + "  - " + only[2].split("  - ")[2], job_seconds=0.0)
    world.specs(
        {"rep": SPECS["rep"], "new": deployment("New", 3)},
        prediction_environments={"serverless": {"platform": "datarobotServerless"}},
    )
    inner = world.transport
    assert world.plan().writes
    answers = _answers(world, world.plan)
    places = [(turn, list(place)) for turn, each in enumerate(answers, 1) for place in _places(each)]
    for number, (turn, place) in enumerate(places):
        world.transport = Odd(inner, turn, place, ODD[number % len(ODD)])
        with suppress(DrplanError):
            world.plan()


def test_a_checkup_of_odd_answers(open_world: Callable[..., World]) -> None:
    """A checkup ends with findings whatever stands at any place of any answer."""
    only = SEED.partition("deployments:\n")
    world = open_world("".join(only[:2]) + "  - " + only[2].split("  - ")[2], job_seconds=0.0)
    inner = world.transport

    def look() -> Any:
        return world.run(lambda api: examine(api, "shop", lambda: datetime(2026, 11, 25, tzinfo=UTC)))

    answers = _answers(world, look)
    places = [(turn, list(place)) for turn, each in enumerate(answers, 1) for place in _places(each)]
    for number, (turn, place) in enumerate(places):
        world.transport = Odd(inner, turn, place, ODD[number % len(ODD)])
        assert look().looked
