"""Views as one HTML page that needs nothing else: no script, no font, no network.

pygal draws: it is pure Python without dependencies, and its SVG carries classes rather than colours, so that one style
sheet on the page serves dark and light. Its own styles and scripts are taken out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from drplan.errors import UsageError
from drplan.render.monitor.text import STYLES
from drplan.render.monitor.view import NO_DATA, Chart, Line, View, displayed
from drplan.render.page import STYLE

WIDTH, HEIGHT = 400, 230  # of a chart in its own units: about one CSS pixel each on a phone
MOST_BARS = 30


@dataclass(frozen=True, slots=True)
class Part:
    """One reading on the page: its view, or else a note on why there is none (or no data)."""

    title: str
    view: View | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One deployment on the page: its name, what stands beside the name, and its parts."""

    title: str
    subtitle: str
    parts: tuple[Part, ...]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The facts that its first part has, which the others need not repeat."""
        return next((part.view.facts for part in self.parts if part.view), ())


def monitor_page(
    title: str, facts: Iterable[tuple[str, str]], overview: View | None, sections: Iterable[Section]
) -> str:
    """Return the page: `facts` below the title, the overview's tables and charts, then the sections.

    Raises UsageError, naming drplan's extra, when jinja2 or pygal is not installed.
    """
    try:
        import jinja2
        import pygal  # noqa: F401  asked for here, so that a page is not begun that cannot be ended
    except ImportError as error:
        raise UsageError(f"--html needs {error.name}; install it with: pip install 'drplan[html]'") from None

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drplan.render.monitor", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["svg"] = svg
    environment.filters["style"] = lambda text: STYLES.get(text, "")
    environment.globals |= {"no_data": NO_DATA, "shared_style": STYLE}
    template = environment.get_template("page.html")
    return template.render(title=title, facts=list(facts), overview=overview, sections=list(sections)) + "\n"


def svg(chart: Chart) -> Any:
    """Return a chart as inline SVG, safe to stand in HTML: every point carries its value as a title."""
    import pygal
    from markupsafe import Markup

    drawing = _bars(pygal, chart) if chart.kind == "bar" else _lines(pygal, chart)
    drawing.add_xml_filter(lambda root: _cleaned(root, chart))
    text = drawing.render(is_unicode=True, disable_xml_declaration=True)
    return Markup(text)  # noqa: S704  etree has written it, so every text in it is escaped


def _lines(pygal: Any, chart: Chart) -> Any:
    drawing = pygal.Line(
        **_options(chart),
        height=HEIGHT,
        show_minor_x_labels=False,
        show_x_guides=False,
        allow_interruptions=True,
        dots_size=2.5,
    )
    drawing.x_labels = list(chart.labels)
    last = len(chart.labels) - 1
    drawing.x_labels_major = [chart.labels[place] for place in dict.fromkeys((0, last // 2, last)) if last >= 0]
    values = [value for line in chart.lines for value in line.values if value is not None]
    if values and 0 <= min(values) <= max(values) / 2:
        drawing.range = (0, max(values) or 1)
    for line in chart.lines:
        drawing.add(line.name, _points(chart, line, zip(chart.labels, line.values, strict=True)))
    return drawing


def _points(chart: Chart, line: Line, pairs: Iterable[tuple[str, float | None]]) -> list[Any]:
    """Return values that say their label and series when somebody points at them."""

    def told(label: str) -> Callable[[float], str]:
        name = line.name if len(chart.lines) > 1 else ""
        return lambda value: f"{name} {label}: {displayed(value, chart.unit)}".strip()

    return [None if value is None else {"value": value, "formatter": told(label)} for label, value in pairs]


def _bars(pygal: Any, chart: Chart) -> Any:
    (line,) = chart.lines
    pairs = list(zip(chart.labels, line.values, strict=True))[:MOST_BARS]
    drawing = pygal.HorizontalBar(**_options(chart), height=60 + 24 * len(pairs), show_y_guides=False)
    drawing.x_labels = [label for label, _ in reversed(pairs)]
    drawing.add(line.name, _points(chart, line, reversed(pairs)))
    return drawing


def _options(chart: Chart) -> dict[str, Any]:
    from pygal.style import Style

    return {
        "width": WIDTH,
        "js": (),
        "no_prefix": True,
        "style": Style(font_family="inherit", label_font_size=11, major_label_font_size=11),
        "show_legend": False,  # the page has one of its own, which wraps
        "truncate_label": 24,
        "margin": 6,
        "value_formatter": lambda value: displayed(value, chart.unit),
    }


def _cleaned(root: Any, chart: Chart) -> Any:
    """Take out scripts, styles, comments and what only scripts need; turn descriptions into titles."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _tag(child) in ("script", "style"):
                parent.remove(child)  # a comment, or code
            elif "tooltip-overlay" in child.get("class", "") or _tag(child) == "desc":
                if child.get("class") == "value":
                    _titled(parent, child)
                parent.remove(child)
    for name in ("id", "class"):
        root.attrib.pop(name, None)
    root.set("class", f"chart {chart.kind}-axis")
    root.set("role", "img")
    root.set("aria-label", f"{chart.title}: {_summary(chart)}")
    for child in list(root):
        if _tag(child) == "title":
            root.remove(child)  # a tooltip over the whole chart would hide those of its points
    return root


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _titled(parent: Any, description: Any) -> None:
    from xml.etree.ElementTree import SubElement

    SubElement(parent, "title").text = description.text


def _summary(chart: Chart) -> str:
    """Return a chart in words, for those who cannot see it."""
    said = []
    for line in chart.lines:
        values = [value for value in line.values if value is not None]
        if values:
            ends = f"from {displayed(min(values), chart.unit)} to {displayed(max(values), chart.unit)}"
            last = "" if chart.kind == "bar" else f", last {displayed(values[-1], chart.unit)}"
            said.append(f"{line.name} {ends}{last}")
    return "; ".join(said) or NO_DATA
