"""Charts as text for terminals: lines in braille by plotille, bars by block characters."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from math import floor, log10
from typing import Any

from drplan.errors import UsageError
from drplan.render.monitor.view import NO_DATA, Chart, displayed
from drplan.render.oneline import printable

COLOURS = ("cyan", "yellow", "magenta", "green", "blue", "red")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_BLANK = "\u2800 "  # braille without dots
_FACTORS = (10, 20, 25, 50, 100, 200, 250, 500, 1000)
_AXIS = 13  # characters left of a plot, at least: the labels of its values and the axis


def plots(charts: Iterable[Chart], *, width: int = 80, height: int = 10, colour: bool = False) -> str:
    """Return charts as text, one below the other, at most `width` characters wide; `height` is that of a line chart.

    Raises UsageError, naming drplan's extra, when plotille is not installed.
    """
    blocks = [_plot(chart, max(width, 40), height, colour=colour) for chart in charts]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _plot(chart: Chart, width: int, height: int, *, colour: bool) -> str:
    chart = replace(
        chart,
        labels=tuple(map(printable, chart.labels)),
        lines=tuple(replace(line, name=printable(line.name)) for line in chart.lines),
    )
    if not chart.has_data:
        return f"{chart.heading}: {NO_DATA}"
    drawn = _bars(chart, width) if chart.kind == "bar" else _lines(chart, width, height, colour=colour)
    return f"{chart.heading}\n{drawn}"


def _bars(chart: Chart, width: int) -> str:
    (line,) = chart.lines
    size = min(max(map(len, chart.labels)), width // 3)
    highest = max((value for value in line.values if value is not None), default=0) or 1
    room = width - size - 12
    rows = []
    for label, value in zip(chart.labels, line.values, strict=True):
        name = label if len(label) <= size else f"{label[: size - 1]}…"
        if value is None:
            rows.append(f"{name:<{size}}  {NO_DATA}")
            continue
        eighths = max(round(value / highest * room * 8), 0)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        rows.append(f"{name:<{size}}  {bar} {displayed(value, chart.unit)}")
    return "\n".join(rows)


def _lines(chart: Chart, width: int, height: int, *, colour: bool) -> str:
    try:
        import plotille
    except ImportError:
        raise UsageError("--plot needs plotille; install it with: pip install 'drplan[plot]'") from None

    values = [value for line in chart.lines for value in line.values if value is not None]
    low, step, rows_ = _axis(min(values), max(values), height)
    # A row reaches from its label's value up to the next one.
    names = [displayed(low + row * step, chart.unit) for row in reversed(range(rows_))]
    margin = max(_AXIS, max(map(len, names)) + 2)
    room = width - margin
    last_x = max(len(chart.labels) - 1, 1)  # and a little more: what lies on the edge is not drawn
    canvas = plotille.Canvas(room, rows_, 0, low, last_x + last_x / room, low + rows_ * step, mode="names")
    for number, line in enumerate(chart.lines):
        shade = COLOURS[number % len(COLOURS)] if colour else None
        for run in _runs(line.values):
            canvas.point(*run[0], color=shade)
            for (x0, y0), (x1, y1) in pairwise(run):
                canvas.line(x0, y0, x1, y1, color=shade)
    body = canvas.plot().splitlines()
    rows = [f"{name:>{margin - 2}} ┤{row.rstrip(_BLANK)}" for name, row in zip(names, body, strict=True)]
    first, last = chart.labels[0], chart.labels[-1]
    space = room - len(first) - len(last)
    rows.append(f"{'':>{margin - 1}}└{'─' * room}")
    ends = f"{first}{' ' * space}{last}" if len(chart.labels) > 1 and space > 0 else first
    rows.append(f"{'':>{margin}}{ends}")
    if len(chart.lines) > 1:
        rows.append(f"{'':>{margin}}{_legend(chart, colour=colour)}")
    return "\n".join(rows)


def _axis(low: float, high: float, most: int) -> tuple[float, float, int]:
    """Return the lowest value on the axis, the step between rows and their number: round steps, at most `most` rows.

    The axis starts at zero unless the values lie far above it.
    """
    bottom = 0.0 if 0 <= low <= high / 2 else low
    spread = (high - bottom) or abs(high) or 1.0
    unit = 10.0 ** (floor(log10(spread / most)) - 1)
    for factor in _FACTORS:
        step = factor * unit
        start = floor(bottom / step + 1e-9) * step
        rows = floor((high - start) / step + 1e-9) + 1
        if rows <= most:
            break
    return start, step, rows


def _runs(values: Iterable[float | None]) -> list[list[tuple[int, float]]]:
    """Return the stretches without a gap, each as (place, value)."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _legend(chart: Chart, *, colour: bool) -> str:
    import plotille

    names: list[Any] = []
    for number, line in enumerate(chart.lines):
        mark = plotille.color("⠤⠤", fg=COLOURS[number % len(COLOURS)], mode="names") if colour else "⠤⠤"
        names.append(f"{mark} {line.name}")
    return "   ".join(names)
