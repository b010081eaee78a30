"""The plan's page in a real browser: quiet, offline, readable on a phone, filtered by address, usable by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import samples
from browser import chromium, flaws, marks, visits

from drplan.render.html import plan_html

pytestmark = marks


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the addresses of the sample plans' pages."""
    directory: Path = tmp_path_factory.mktemp("pages")
    plans = {
        "everything": samples.everything(),
        "nothing": samples.nothing(),
        "hostile": samples.hostile(),
        "some": samples.large(30),
        "large": samples.large(1000),
    }
    for name, plan in plans.items():
        (directory / f"{name}.html").write_text(plan_html(plan), encoding="utf-8")
    return {name: (directory / f"{name}.html").as_uri() for name in plans}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a browser."""
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Any, pages: dict[str, str]) -> Iterator[Any]:
    """Give a function that opens the page of a sample plan."""
    with visits(browser) as opened:
        yield lambda name, **options: opened(pages[name], **options)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", ["everything", "nothing", "hostile", "some"])
def test_it_can_be_read(visit: Any, name: str, width: int, scheme: str) -> None:
    """On a phone and on a desktop, light and dark: nothing sticks out, and every text has contrast enough."""
    opened = visit(name, width=width, scheme=scheme)
    assert flaws(opened, width) == []


def shown(opened: Any) -> list[str]:
    """Return the addresses of the objects that can be seen."""
    visible = opened.locator(".object:visible")
    return [visible.nth(index).get_attribute("data-address") for index in range(visible.count())]


def test_the_filter(visit: Any) -> None:
    """Typing narrows the objects and the graph; unticking a kind hides it; the count is said."""
    opened = visit("everything")
    assert len(shown(opened)) == 5
    opened.get_by_label("Filter by address").fill("CHURN")
    assert shown(opened) == ["deployment.churn-prod", "deployment.churn-canary"]
    assert opened.locator("#count").inner_text() == "2 of 5 objects"
    faint = opened.locator(".graph a.faint")
    assert {faint.nth(index).get_attribute("data-address") for index in range(faint.count())} == {
        "deployment.old",
        "deployment.lifetime-value",
        "prediction_environment.serverless",
    }
    opened.get_by_role("checkbox", name="create").uncheck()
    assert shown(opened) == ["deployment.churn-prod"]
    opened.get_by_label("Filter by address").fill("")
    opened.get_by_role("checkbox", name="create").check()
    assert len(shown(opened)) == 5


def test_the_graph_leads_to_the_objects(visit: Any) -> None:
    """A node opens its object and brings it into view, even where the filter hides it; with the keyboard too."""
    opened = visit("some", width=360)
    assert opened.locator(".object[open]").count() == 0
    opened.get_by_label("Filter by address").fill("nothing has this name")
    assert shown(opened) == []
    opened.locator(".graph a.replace[data-address='deployment.d0021']").focus()
    opened.keyboard.press("Enter")
    assert shown(opened) == ["deployment.d0021"]
    place = opened.locator(".object[open]")
    assert place.get_attribute("data-address") == "deployment.d0021"
    assert 0 <= place.bounding_box()["y"] < 900


def test_open_and_close_all(visit: Any) -> None:
    """The button opens what is seen, and closes it when all of it is open."""
    opened = visit("some")
    opened.get_by_label("Filter by address").fill("d001")
    button = opened.get_by_role("button", name="Open or close all")
    button.click()
    assert opened.locator(".object[open]").count() == 10
    button.click()
    assert opened.locator(".object[open]").count() == 0


def test_a_thousand_objects(visit: Any) -> None:
    """A large plan stays usable: a filter over a thousand deployments answers within a quarter of a second."""
    opened = visit("large", width=360)
    assert opened.locator(".object").count() == 1000
    took = opened.evaluate(
        """() => {
          const box = document.getElementById("filter"), began = performance.now();
          box.value = "d0999";
          box.dispatchEvent(new Event("input"));
          document.body.offsetHeight;
          return performance.now() - began;
        }"""
    )
    assert shown(opened) == ["deployment.d0999"]
    assert took < 250


def test_without_scripts(visit: Any) -> None:
    """Where scripts are off, everything can be read, and there is no dead filter."""
    opened = visit("everything", java_script_enabled=False)
    assert opened.locator(".tools").is_visible() is False
    assert len(shown(opened)) == 5
    assert opened.get_by_text("Features are needed").is_visible()
