"""An apply that is cut short from outside: what is left on the screen, and every signal that means it."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from harness import World, deployment
from terminal import Child


@pytest.fixture
def stuck(serve: Callable[..., World], server: Any) -> World:
    """A world of one deployment to create, whose job never ends, as its clock stands still."""
    shop = serve(job_seconds=60.0)
    shop.project(endpoint=server.url)
    shop.specs({"a": deployment("A")})
    return shop


def test_sigterm_is_an_interrupt(stuck: World, server: Any) -> None:
    """SIGTERM, as CI systems send it, ends with the same report and exit code as Ctrl-C."""
    with Child(stuck.root, "apply", "--auto-approve") as child:
        server.await_request("/status/")
        child.popen.send_signal(signal.SIGTERM)
        code, _, err = child.end()
    report = [line.strip() for line in err[err.index("Apply incomplete") :].splitlines() if line.strip()]
    assert (code, report) == (
        130,
        [
            "Apply incomplete: 2 of 2 actions were not done. Resources touched: 0 added, 0 changed, 0 destroyed.",
            "Unknown:",
            "+ deployment.a: create: unknown: interrupted",
            "Not attempted:",
            "~ deployment.a: update tags/drplan: not attempted",
            "What was done stays done; `drplan plan` shows what remains.",
            "Error: interrupted",
        ],
    )


def test_the_bars_are_gone_before_the_report(stuck: World, server: Any) -> None:
    """On a terminal the report of an interrupt begins a line of its own, and nothing is wiped away after it."""
    with Child(stuck.root, "--no-color", "apply", "--auto-approve", terminal=True) as child:
        server.await_request("/status/")
        child.interrupt()
        code, text, _ = child.end()
    before, _, report = text.partition("Apply incomplete")
    assert code == 130
    assert "+ deployment.a: create: unknown: interrupted" in report
    assert "\x1b[2K" in before
    assert not {"\x1b[1A", "\x1b[2K"} & {report[at : at + 4] for at in range(len(report))}
