"""The page in a real browser: quiet, offline, readable on a phone, in light and dark."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, flaws, marks, visits
from shop import Shop

SMALL = """
() => [...document.querySelectorAll("svg text")]
  .map((element) => parseFloat(getComputedStyle(element).fontSize) * element.ownerSVGElement.getScreenCTM().a)
  .filter((size) => size < 8)
"""
pytestmark = marks


@pytest.fixture(scope="module")
def address(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of the fleet's page."""
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    assert shop.drplan("monitor", "--html", str(path))[0] == 0
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:  # noqa: ARG001  the page first: playwright keeps an event loop running
    """Give a browser."""
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Give a function that opens a page."""
    with visits(browser) as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_readable(visit: Any, address: str, width: int, scheme: str) -> None:
    """Nothing is logged, nothing is fetched, nothing lies outside the screen, text has contrast and size."""
    page = visit(address, width=width, scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    assert flaws(page, width) == []
    assert page.evaluate(SMALL) == []


def test_the_page_speaks_to_those_who_cannot_see_it(visit: Any, address: str) -> None:
    """Landmarks, headings in order, a name for every chart and table; a link leads to its deployment."""
    page = visit(address, width=360)
    assert page.locator("main").count() == 1
    levels = [int(tag[1]) for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => e.tagName)")]
    assert levels[0] == 1
    assert all(after <= before + 1 or after == 4 for before, after in itertools.pairwise(levels))
    charts = page.get_by_role("img")
    assert charts.count() > 5
    assert all(": " in str(chart.get_attribute("aria-label")) for chart in charts.all())
    assert all(table.get_attribute("aria-label") for table in page.locator("table").all())
    page.get_by_role("link", name="deployment.value").first.click()
    assert page.evaluate("document.querySelector(location.hash).textContent").startswith("deployment.value")
