"""drplan as people start it: a process on a terminal, and one that is interrupted."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import ENDPOINT, TOKEN, World, deployment
from terminal import Child

from drplan.cli.globals import Globals
from drplan.cli.hearing import hearing
from drplan.emulator.core.jobs import Pace
from drplan.engine.pipeline import make_plan
from drplan.platform.api import Api
from drplan.project.specs import load_specs

ASKED = "Only 'yes' will be accepted: "
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(text: str) -> str:
    """Return what stands on a terminal without its colours and cursor moves."""
    return _ESCAPES.sub("", text).replace("\r", "")


def test_yes_is_yes(shop: World) -> None:
    """The plan is shown, `yes` is asked for and typed, progress runs, the deployment is there."""
    shop.specs({"a": deployment("A")})
    with Child(shop.root, "apply", terminal=True) as child:
        shown = plain(child.read_until(ASKED))
        assert "Plan: 1 to add, 0 to change, 0 to destroy." in shown
        assert shop.sent == []
        child.type("yes\n")
        code, text, _ = child.end()
    assert (code, shop.names()) == (0, ["shop/a"])
    assert "+ deployment.a: create: done" in plain(text)
    assert "Apply complete! Resources: 1 added, 0 changed, 0 destroyed." in plain(text)
    assert "\x1b[" in text
    assert TOKEN not in text


@pytest.mark.parametrize("typed", ["no\n", "YES\n", "\n", "\x04"])
def test_anything_else_is_no(shop: World, typed: str) -> None:
    """Only `yes` in full is yes: exit 4, nothing sent."""
    shop.specs({"a": deployment("A")})
    with Child(shop.root, "apply", terminal=True) as child:
        child.read_until(ASKED)
        child.type(typed)
        code, text, _ = child.end()
    assert (code, shop.sent) == (4, [])
    assert "not approved; nothing was changed" in plain(text)


def test_ctrl_c_at_the_question(shop: World) -> None:
    """One Ctrl-C at the question ends it: exit 130, nothing sent."""
    shop.specs({"a": deployment("A")})
    with Child(shop.root, "apply", terminal=True) as child:
        child.read_until(ASKED)
        child.interrupt()
        code, _, _ = child.end(10)
    assert (code, shop.sent) == (130, [])


def test_the_platform_moves_while_the_question_stands(shop: World, drplan: Callable[..., Any]) -> None:
    """What somebody changed between the plan on the screen and the `yes` is seen: refused, nothing sent."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    shop.specs({"a": deployment("B")})
    with Child(shop.root, "apply", terminal=True) as child:
        child.read_until(ASKED)
        shop.change("PATCH", f"deployments/{shop.one('a')['id']}/", {"label": "Theirs"})
        shop.forget()
        child.type("yes\n")
        code, text, _ = child.end()
    assert (code, shop.sent) == (4, [])
    assert "deployment.a.label: it was 'A' and is 'Theirs'" in plain(text)


def test_destroy_asks_more_urgently(shop: World, drplan: Callable[..., Any]) -> None:
    """`destroy` has a question of its own."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    with Child(shop.root, "destroy", terminal=True) as child:
        assert "Do you really want to destroy these? There is no undo." in plain(child.read_until(ASKED))
        child.type("yes\n")
        assert child.end()[0] == 0
    assert shop.names() == []


@pytest.mark.parametrize(("arguments", "environment"), [([], {"NO_COLOR": "1"}), (["--no-color"], {})])
def test_no_colour(shop: World, arguments: list[str], environment: dict[str, str]) -> None:
    """NO_COLOR and `--no-color` take every colour away, on a terminal as well."""
    shop.specs({"a": {**deployment("A"), "model": {"registered_model": "churm", "version": 1}}})
    with Child(shop.root, *arguments, "plan", terminal=True, **environment) as child:
        code, text, _ = child.end()
    assert code == 3
    assert not re.search(r"\x1b\[[0-9;]*m", text)
    assert "did you mean 'churn'?" in text


@pytest.mark.parametrize(("arguments", "environment"), [([], {"NO_COLOR": "1"}), (["--no-color"], {})])
def test_a_plain_list(
    shop: World, drplan: Callable[..., Any], arguments: list[str], environment: dict[str, str]
) -> None:
    """The table of `list` is plain text where no colour is wanted, its header as well."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    with Child(shop.root, *arguments, "list", terminal=True, **environment) as child:
        code, text, _ = child.end()
    header, row = (line.split() for line in text.splitlines())
    assert (code, header) == (0, ["ADDRESS", "ID", "LABEL", "STATUS", "IMPORTANCE"])
    assert row[:2] == ["deployment.a", shop.one("a")["id"]]


def test_a_checkup_shows_its_progress(world: World) -> None:
    """On a terminal a bar tells how many checks are through, and makes room for what was found."""
    world.project(endpoint="emulator")
    with Child(world.root, "doctor", terminal=True) as child:
        code, text, _ = child.end()
    assert (code, "checking" in text) == (0, True)
    assert "none of which changes anything." in text.rpartition("checking")[2]


def test_a_pipe_gets_no_colour(shop: World) -> None:
    """Without a terminal there is no escape sequence on either stream."""
    shop.specs({"a": deployment("A")})
    with Child(shop.root, "apply", "--auto-approve") as child:
        code, out, err = child.end()
    assert code == 0
    assert "\x1b" not in out + err
    assert TOKEN not in out + err


def test_an_interrupted_apply(serve: Callable[..., World], server: Any, drplan: Callable[..., Any]) -> None:
    """SIGINT during apply: 130, a report of what is done, unknown and not attempted, and the next apply converges."""
    shop = serve(job_seconds=60.0)  # its clock stands still, so that the job never ends
    shop.project(endpoint=server.url, parallelism=1)
    shop.specs({"a": deployment("A"), "b": deployment("B")}, prediction_environments={"0": {"platform": "aws"}})
    with Child(shop.root, "apply", "--auto-approve") as child:
        server.await_request("/status/")
        child.interrupt()
        code, out, err = child.end()
    assert code == 130
    report = err[err.index("Apply incomplete") :].splitlines()
    assert re.match(
        r"Apply incomplete: \d of 5 actions were not done\. Resources touched: \d added, 0 changed", report[0]
    )
    lost = [
        "~ deployment.a: update tags/drplan: not attempted",
        "+ deployment.b: create: not attempted",
        "~ deployment.b: update tags/drplan: not attempted",
    ]
    if "+ prediction_environment.0: create: done" not in err:
        lost.append("+ prediction_environment.0: create: not attempted")
    assert sorted(filter(None, map(str.strip, report[1:]))) == sorted(
        [
            "Unknown:",
            "+ deployment.a: create: unknown: interrupted",
            "Not attempted:",
            *lost,
            "What was done stays done; `drplan plan` shows what remains.",
            "Error: interrupted",
        ]
    )
    assert "Traceback" not in out + err
    assert TOKEN not in out + err
    shop.settle()
    shop.emulator.clock.unfreeze()
    shop.emulator.machine.pace = Pace(0.0, 0.0, 0.0)
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert shop.names() == ["shop/a", "shop/b"]


def test_a_cancelled_run_knows_every_outcome(world: World, said: Callable[[], tuple[str, str]]) -> None:
    """However a run is cut off, each action is done, unknown or not attempted, and none goes on."""
    world.specs({"a": deployment("A", tags={"team": "x"}), "b": deployment("B"), "c": deployment("C")})
    world.parallelism = 2
    inner = world.transport
    reached = asyncio.Event()

    class Stuck(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            if b'"team"' in request.content:
                reached.set()
                await asyncio.Event().wait()
            return response

    async def work(api: Api) -> None:
        specs = load_specs(world.site.project)
        made = await make_plan(api, world.site, specs)
        running = asyncio.create_task(world.carry_out(api, made, specs, progress))
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(asyncio.all_tasks()) == 1

    world.transport = Stuck()
    with hearing(Globals(world.root, None), "text", "apply") as progress:
        world.run(work)
    report = said()[1]
    assert "~ deployment.a: update tags/team: unknown: interrupted" in report
    world.transport = inner
    world.settle()
    assert world.apply().exit_code == 0
    assert world.one("a")["tags"] == {"drplan": "shop/a", "team": "x"}
    assert world.names() == ["shop/a", "shop/b", "shop/c"]
    assert ENDPOINT not in report


def test_the_emulators_first_line_is_its_url(shop: World, drplan: Callable[..., Any]) -> None:
    """The first line on stdout is the endpoint, which answers; it ends cleanly when interrupted."""
    seed = shop.root / "world.yaml"
    with Child(shop.root, "emulator", "--port", "0", "--seed", str(seed), "--job-seconds", "0") as child:
        assert child.popen.stdout
        url = child.popen.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v2", url)
        shop.specs({"a": deployment("A")})
        shop.project(endpoint=url)
        assert drplan(shop, "apply", "--auto-approve").code == 0
        assert drplan(shop, "plan", "--detailed-exitcode").code == 0
        child.interrupt()
        code, out, err = child.end()
    assert (code, out) in ((0, ""), (130, ""))
    assert "The emulator has stopped." in err
    assert "Traceback" not in err


def test_the_embedded_emulator_remembers(shop: World) -> None:
    """With `endpoint: emulator` each command is a process of its own, and they share their state below .drplan/."""
    shop.project(endpoint="emulator", emulator={"seed": "world.yaml", "job_seconds": 0})
    shop.specs({"a": deployment("A")})
    with Child(shop.root, "apply", "--auto-approve") as child:
        code, out, _ = child.end()
    assert (code, out.splitlines()[0]) == (0, "Project shop on emulator")
    with Child(shop.root, "plan", "--detailed-exitcode") as child:
        assert child.end()[0] == 0
    assert (shop.root / ".drplan" / ".gitignore").read_text() == "*\n"
    assert (shop.root / ".drplan").stat().st_mode & 0o777 == 0o700
    assert shop.counts == {}
