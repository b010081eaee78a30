"""Whatever carrying out an action raises is that action's outcome: the others go on, and the report is whole."""

import json

import httpx
import pytest
from harness import TOKEN, Each, World, deployment

from drplan.errors import ApplyBug
from drplan.records.plans import Result


@pytest.fixture
def broken(world: World) -> World:
    """A platform whose client meets a bug of drplan's own when it creates the deployment `B`."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and json.loads(request.content or b"{}").get("label") == "B":
            raise KeyError(TOKEN)  # as a bug's text may hold a secret
        return await inner.handle_async_request(request)

    world.transport = Each(respond)
    world.specs({name: deployment(name.upper(), tags={"team": "x"}) for name in "abc"})
    return world


def test_a_bug_is_one_actions_outcome(broken: World, capfd: pytest.CaptureFixture[str]) -> None:
    """What depends on it is not attempted, independent deployments are made, and the command ends with exit 1."""
    ended = broken.apply()
    assert (ended.exit_code, type(ended.error)) == (1, ApplyBug)
    assert isinstance(ended.error.__cause__ if ended.error else None, KeyError)
    assert ended.results == {
        f"deployment.{name}/{step}": Result.DONE
        if name != "b"
        else Result.UNKNOWN
        if step == "create"
        else Result.SKIPPED
        for name in "abc"
        for step in ("create", "tags/drplan", "tags/team")
    }
    assert broken.names() == ["shop/a", "shop/c"]
    assert str(ended.error) == "3 of 9 actions were not done: 1 unknown, 2 not attempted"
    said = capfd.readouterr()
    message = ended.messages["deployment.b/create"]
    assert message.startswith("a bug in drplan: KeyError in test_bugs:")
    assert message.endswith("; look whether it took effect")
    assert message in said.out
    assert "Apply complete" not in said.out
    assert TOKEN not in said.out + said.err


def test_a_bug_deletes_nothing(broken: World) -> None:
    """A deletion waits for everything else to be done, and a bug is not done."""
    transport, broken.transport = broken.transport, httpx.ASGITransport(broken.emulator.app)
    broken.specs({"old": deployment("Old")})
    assert broken.apply().exit_code == 0
    broken.transport = transport
    broken.specs({"b": deployment("B")})
    ended = broken.apply()
    assert (ended.exit_code, ended.results["deployment.old/delete"]) == (1, Result.SKIPPED)
    assert broken.names() == ["shop/old"]
