"""The page as text: what it holds, that nothing in it reaches out, and that texts of the platform stay texts."""

import re
import sys
from html.parser import HTMLParser

import pytest

from drplan.errors import UsageError
from drplan.render.monitor.page import Part, Section, monitor_page, svg
from drplan.render.monitor.view import Chart, Column, Line, Table, View

EVIL = "<script>alert(1)</script>&\"'"


class Elements(HTMLParser):
    """Collects the elements of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def view(chart: Chart | None = None, text: str = "passing") -> View:
    """Return a view with one table and perhaps a chart."""
    table = Table("", (Column("Address"), Column("Service")), (("deployment.churn", text),))
    return View("Health", (("Period", "a week"),), (table,), (chart,) if chart else ())


CHART = Chart("Response time", "ms", ("2026-07-01", "2026-07-02", "2026-07-03"), (Line("ms", (31.5, None, 40.0)),))


def test_the_page_needs_nothing_else() -> None:
    """No script, no link that is fetched, and a policy that forbids both; the SVG is inline."""
    text = monitor_page(
        "Monitoring of shop", [("Platform", "emulator")], view(CHART), [Section("a", "b", (Part("p", view()),))]
    )
    found = Elements(text).found
    tags = {tag for tag, _ in found}
    assert not tags & {"script", "img", "iframe", "object", "embed"}
    assert [attributes["href"] for tag, attributes in found if tag == "link"] == ["data:,"]
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", text)
    policy = next(attributes["content"] for tag, attributes in found if attributes.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert sum(tag == "svg" for tag, _ in found) == 1


def test_equal_input_gives_an_equal_page() -> None:
    """Nothing in the page depends on chance or the clock."""
    made = [monitor_page("t", [("Read at", "x")], view(CHART), []) for _ in range(2)]
    assert made[0] == made[1]


def test_texts_of_the_platform_stay_texts() -> None:
    """Labels, messages, feature names and notes are escaped, in HTML and in SVG."""
    chart = Chart(EVIL, EVIL, (EVIL, "b"), (Line(EVIL, (1.0, 2.0)), Line("y", (1.0, 2.0))), "line")
    bars = Chart("drift", "", (EVIL,), (Line(EVIL, (1.0,)),), "bar")
    section = Section(EVIL, EVIL, (Part(EVIL, view(bars, EVIL), EVIL),))
    text = monitor_page(EVIL, [(EVIL, EVIL)], view(chart, EVIL), [section])
    found = Elements(text)
    assert "script" not in {tag for tag, _ in found.found}
    assert EVIL in found.text


def test_a_chart_says_what_it_shows() -> None:
    """A chart has a role and a label in words; every point has its value as a title, gaps have none."""
    found = Elements(str(svg(CHART)))
    attributes = next(attributes for tag, attributes in found.found if tag == "svg")
    assert attributes["role"] == "img"
    assert attributes["aria-label"] == "Response time: ms from 31.5 to 40, last 40"
    assert attributes["viewbox"] == "0 0 400 230"
    assert sum(tag == "circle" for tag, _ in found.found) == 2
    assert "2026-07-01: 31.5" in found.text


def test_a_series_of_zeros_and_one_of_nothing_are_drawn() -> None:
    """Zeros are drawn as zeros; a chart without any value says no data instead."""
    zeros = Chart("Errors", "share", ("a", "b"), (Line("x", (0.0, 0.0)),))
    nothing = Chart("Nothing", "", ("a",), (Line("x", (None,)),))
    assert sum(tag == "circle" for tag, _ in Elements(str(svg(zeros))).found) == 2
    found = Elements(monitor_page("t", [], View("v", (), (), (zeros, nothing)), []))
    assert sum(tag == "svg" for tag, _ in found.found) == 1
    assert "no data" in found.text


def test_tables_work_without_their_heads() -> None:
    """Every cell names its column, for the narrow layout; rows have header cells, columns too."""
    found = Elements(monitor_page("t", [], view(), [])).found
    assert [attributes.get("data-title") for tag, attributes in found if tag == "td"] == ["Service"]
    assert [attributes.get("scope") for tag, attributes in found if tag == "th"] == ["col", "col", "row"]
    assert [attributes.get("class") for tag, attributes in found if tag == "td"] == ["good"]


def test_the_overview_leads_to_the_sections() -> None:
    """A deployment of the overview's table is a link to its section."""
    text = monitor_page(
        "t", [], view(), [Section("deployment.churn", "Churn", (Part("Accuracy", None, "No data yet."),))]
    )
    found = Elements(text)
    (link,) = [attributes["href"] for tag, attributes in found.found if tag == "a"]
    assert f"#{next(attributes['id'] for tag, attributes in found.found if tag == 'h2')}" == link
    assert "No data yet." in found.text


@pytest.mark.parametrize("library", ["jinja2", "pygal"])
def test_without_its_libraries_the_extra_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a library of the page is missing, the message says which and what to install."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError) as caught:
        monitor_page("t", [], None, [])
    assert caught.value.summary == f"--html needs {library}; install it with: pip install 'drplan[html]'"
