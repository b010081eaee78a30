"""The page in a real browser: quiet, offline, readable on a phone, in light and dark."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="there is no chromium on the PATH"),
]

CONTRAST = """
() => {
  const luminance = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const bad = [];
  for (const element of document.querySelectorAll("h1, h2, h3, td, th, dd, dt, p, a, figcaption, summary, li, text")) {
    const style = getComputedStyle(element);
    const ink = luminance(element.tagName === "text" ? style.fill : style.color);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName} ${element.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return bad;
}
"""
OUTSIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => !element.closest("svg") && !element.closest("thead"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`)
"""
SMALL = """
() => [...document.querySelectorAll("svg text")]
  .map((element) => parseFloat(getComputedStyle(element).fontSize) * element.ownerSVGElement.getScreenCTM().a)
  .filter((size) => size < 8)
"""


@pytest.fixture(scope="module")
def address(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of the fleet's page."""
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    assert shop.drplan("monitor", "--html", str(path))[0] == 0
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:  # noqa: ARG001  the page first: playwright keeps an event loop running
    """Give a headless chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_readable(browser: Any, address: str, width: int, scheme: str) -> None:
    """Nothing is logged, nothing is fetched, nothing lies outside the screen, text has contrast and size."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(address)
    for summary in page.locator("summary").all():
        summary.click()
    assert heard == [address]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(SMALL) == []
    page.close()


def test_the_page_speaks_to_those_who_cannot_see_it(browser: Any, address: str) -> None:
    """Landmarks, headings in order, a name for every chart and table; a link leads to its deployment."""
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(address)
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
    page.close()
