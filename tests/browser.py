"""A real browser for pages that drplan writes: chromium, headless, and what every page must be in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_OUTSIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((each) => !each.closest(".scroll, svg, thead"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map((each) => `${each.tagName} ${each.textContent.slice(0, 40)}`)
"""
_FAINT = """
() => {
  const luminance = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return luminance(colour);
    }
    return 1;
  };
  const texts = "h1, h2, h3, p, a, span, code, th, td, del, ins, dt, dd, label, output, figcaption, summary, li, text";
  const bad = [];
  for (const each of document.querySelectorAll(texts)) {
    const style = getComputedStyle(each);
    const ink = luminance(each.tagName === "text" ? style.fill : style.color), paper = behind(each);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) bad.push(`${each.tagName} ${each.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return bad;
}
"""

marks = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(_BROWSER is None, reason="there is no chromium on the PATH"),
]
"""What a module of tests with a browser is marked with."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a browser. While it runs, so does an event loop: fixtures that need one of their own come first."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_BROWSER, args=list(_FLAGS))
        yield running
        running.close()


@contextmanager
def visits(browser: Any) -> Iterator[Callable[..., Any]]:
    """Give a function that opens the page at an address; at the end none has logged, asked or fetched anything."""
    contexts, heard = [], []

    def visit(address: str, *, width: int = 1200, scheme: str = "light", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url in (address, "data:,") or heard.append(request.url))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert heard == []


def flaws(page: Any, width: int) -> list[str]:
    """Return what cannot be read on a page of this width: it scrolls sideways, sticks out, has too little contrast."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    sideways = [f"the page is {wide} pixels wide"] if wide > width else []
    return [*sideways, *page.evaluate(_OUTSIDE), *page.evaluate(_FAINT)]
