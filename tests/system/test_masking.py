"""What the platform repeats of a secret is masked, wherever the platform puts it and whatever prints it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import ENDPOINT, TOKEN, World, deployment

from drplan.errors import Rejected
from drplan.platform.api import Api
from drplan.platform.observe import ask
from drplan.records.plans import Action, Check, Validation, Verb
from drplan.records.specs import Address

SECRET = 'hunter2/very "secret" ä'
Run = Callable[..., Any]


@pytest.fixture
def keeper(shop: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A repository whose only deployment sends a secret as a tag's value, and a platform that repeats it."""
    monkeypatch.setenv("KEPT", SECRET)
    shop.specs({"a": deployment("A", tags={"password": "${env.KEPT}"})})
    body = {"message": f"Not {SECRET}", "errors": {"value": f"{SECRET} is too long"}}
    shop.fault("POST deployments/{id}/tags/", status=422, body=body, skip=1)
    return shop


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_refusal_that_repeats_a_secret(
    keeper: World, drplan: Run, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, events, errors and GitHub's step summary say what is wrong with the value, without the value."""
    summary = keeper.root / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ended = drplan(keeper, "--verbose", "apply", "--auto-approve", "--format", form)
    everything = ended.out + ended.err + summary.read_text()
    assert ended.code == 6
    assert everything.count("Not *** (value: *** is too long)") >= 2
    assert [form for form in ("hunter2", json.dumps(SECRET)[1:-1]) if form in everything] == []


def test_a_check_that_repeats_it(world: World) -> None:
    """So do the messages of a replacement's validation, which plans and their files show."""
    checks = {"target": {"status": "passing", "message": f"as {SECRET}"}}
    answer = {"status": "passing", "message": f"is {SECRET}", "checks": checks}

    async def work(_: Api) -> Validation:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
        async with Api(ENDPOINT, TOKEN, transport=transport, secrets=[SECRET]) as api:
            action = Action("k", Address("deployment", "a"), Verb.VALIDATE, "model", "POST", "p", {}, policy="block")
            return await ask(api, action)

    passing = Check("target", "passing", "as ***")
    assert world.run(work) == Validation("k", "passing", "is ***", (passing,), "block")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a-long-secret and a-long", "*** and ***"),
        ("abc is short", "abc is short"),
        (f"{TOKEN} too", "*** too"),
        ("a%2Fpath%20of", "***"),
    ],
)
def test_what_is_masked(world: World, said: str, shown: str) -> None:
    """The longest first, also as a URL writes it; what is too short to be a secret would only spoil words."""

    async def work(_: Api) -> str:
        transport = httpx.MockTransport(lambda _: httpx.Response(400, json={"message": said}))
        secrets = ["a-long", "a-long-secret", "abc", "a/path of"]
        async with Api(ENDPOINT, TOKEN, transport=transport, secrets=secrets) as api:
            with pytest.raises(Rejected) as error:
                await api.get("version/")
        return str(error.value)

    assert world.run(work) == f"GET version/: 400 Bad Request: {shown}"
