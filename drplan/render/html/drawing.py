"""The graph of a plan as inline SVG: layers from top to bottom, wide ones in several rows."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from drplan.records.plans import Verb
from drplan.records.specs import Address
from drplan.render.graph import Graph, Node
from drplan.render.page import tag

WIDTH, HEIGHT = 196, 46  # of a node, in CSS pixels
GAP_X, GAP_Y = 20, 34
COLUMNS = 5
LETTERS = 27  # as many fit into a node


def drawing(graph: Graph, anchors: Mapping[Address, str], fates: Mapping[Address, Verb]) -> Element:
    """Return the SVG; a node of an object leads to its `anchors` place on the page and carries its address and fate."""
    places, width, height = _places(graph)
    svg = tag(
        None,
        "svg",
        class_="graph",
        role="group",
        aria_label="The actions in their order",
        width=str(width),
        height=str(height),
        viewBox=f"0 0 {width} {height}",
    )
    tip = tag(
        tag(svg, "defs"), "marker", id="tip", orient="auto", markerWidth="8", markerHeight="8", refX="7", refY="4"
    )
    tag(tip, "path", d="M0 0 L8 4 L0 8 z")
    for first, second in graph.arrows:
        (x1, y1), (x2, y2) = places[first], places[second]
        start, end, bend = y1 + HEIGHT, y2, GAP_Y * 0.6
        path = f"M{x1 + WIDTH / 2:g} {start} C{x1 + WIDTH / 2:g} {start + bend:g} {x2 + WIDTH / 2:g} {end - bend:g} "
        tag(svg, "path", class_="arrow", d=f"{path}{x2 + WIDTH / 2:g} {end}", marker_end="url(#tip)")
    for node, place in zip(graph.nodes, places, strict=True):
        _node(svg, node, place, anchors, fates)
    return svg


def _node(
    svg: Element, node: Node, place: tuple[int, int], anchors: Mapping[Address, str], fates: Mapping[Address, Verb]
) -> None:
    x, y = place
    what = f"{node.verb.sign} {node.label}"
    if node.address is None:
        group = tag(svg, "g", class_=node.verb.value)
    else:
        group = tag(
            svg,
            "a",
            href=f"#{anchors[node.address]}",
            class_=node.verb.value,
            data_address=str(node.address),
            data_fate=fates[node.address].value,
        )
        what += f" ({node.count} actions)" if node.count > 1 else ""
    tag(group, "title", f"{node.name} {what}".strip())
    tag(group, "rect", x=str(x), y=str(y), width=str(WIDTH), height=str(HEIGHT), rx="6")
    line = y + 19 if node.name else y + 28
    if node.name:
        tag(group, "text", _cut(node.name), x=str(x + 9), y=str(line))
        line += 17
    tag(group, "text", _cut(what), x=str(x + 9), y=str(line), class_="what")


def _places(graph: Graph) -> tuple[list[tuple[int, int]], int, int]:
    """Return the upper left corner of each node, and the size of the whole."""
    before: dict[int, list[int]] = {}
    for first, second in graph.arrows:
        before.setdefault(second, []).append(first)
    layers: dict[int, list[int]] = {}
    for index, node in enumerate(graph.nodes):
        layers.setdefault(node.layer, []).append(index)
    column: dict[int, int] = {}
    places = [(0, 0)] * len(graph.nodes)
    row = width = 0
    for layer in sorted(layers):
        # Below what comes before it, so that arrows cross little.
        members = sorted(
            layers[layer],
            key=lambda index: (min((column[each] for each in before.get(index, ())), default=0), index),
        )
        for position, index in enumerate(members):
            column[index] = position % COLUMNS
            x = GAP_X // 2 + column[index] * (WIDTH + GAP_X)
            places[index] = (x, GAP_Y // 2 + (row + position // COLUMNS) * (HEIGHT + GAP_Y))
            width = max(width, x + WIDTH + GAP_X // 2)
        row += (len(members) - 1) // COLUMNS + 1
    return places, width, row * (HEIGHT + GAP_Y)


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
