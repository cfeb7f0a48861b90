"""A picture of a graph: SVG without script, style or chance. The same graph always gives the same picture.

Springs along the links, repulsion between all (Fruchterman and Reingold, 1991), from a fixed start on a
circle and with cooling steps. Colours come from the classes of the page's style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from knowledge.graph.graph import Graph, Node

STEPS: Final = 240
MARGIN: Final = 70
LINE: Final = 16  # pixels of a line of writing
WIDEST_NAME: Final = 14  # characters; the whole one stands in the tooltip
PER_NODE: Final = 14_000  # square pixels


def draw(
    graph: Graph, centre: str = "", *, label: str = "", addresses: Mapping[str, str] | None = None
) -> str:
    """The graph as an `<svg>` element; `centre` is marked, `addresses` links entities to pages by id."""
    if not graph.nodes:
        return ""
    width, height = _size(len(graph.nodes))
    places = layout(graph, width, height, centre)
    parts = [
        f'<svg class="graph" viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(label)} '
        'xmlns="http://www.w3.org/2000/svg">',
        '<defs><marker id="graph-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="graph-head" d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    parts.extend(_links(graph, places))
    kinds = {kind: at % 6 for at, kind in enumerate(sorted({node.kind for node in graph.nodes.values()}))}
    for node in sorted(graph.nodes.values(), key=lambda one: one.id):
        parts.append(_node(node, places[node.id], kinds[node.kind], node.id == centre, addresses or {}))
    parts.append("</svg>")
    return "".join(parts)


def layout(graph: Graph, width: int, height: int, centre: str = "") -> dict[str, tuple[float, float]]:
    """Where each entity stands, inside the margins; `centre` stays in the middle."""
    ids = sorted(graph.nodes)
    middle = (width / 2, height / 2)
    if len(ids) == 1:
        return {ids[0]: middle}
    places = [
        (
            middle[0] + width / 3 * math.cos(2 * math.pi * at / len(ids)),
            middle[1] + height / 3 * math.sin(2 * math.pi * at / len(ids)),
        )
        for at in range(len(ids))
    ]
    index = {node: at for at, node in enumerate(ids)}
    if centre in index:
        places[index[centre]] = middle
    edges = sorted({(index[link.subject], index[link.object]) for link in graph.links.values()})
    ideal = 0.8 * math.sqrt(width * height / len(ids))
    for step in range(STEPS):
        heat = max(width, height) / 10 * (1 - step / STEPS) + 0.5
        places = _step(places, edges, ideal, heat, index.get(centre), width, height)
    return {node: places[at] for node, at in index.items()}


def _step(
    places: list[tuple[float, float]],
    edges: list[tuple[int, int]],
    ideal: float,
    heat: float,
    fixed: int | None,
    width: int,
    height: int,
) -> list[tuple[float, float]]:
    force = [[0.0, 0.0] for _ in places]
    for one, (x, y) in enumerate(places):
        for other in range(one):
            dx, dy = x - places[other][0], y - places[other][1]
            square = dx * dx + dy * dy or 1e-6
            push = ideal * ideal / square
            force[one][0] += dx * push
            force[one][1] += dy * push
            force[other][0] -= dx * push
            force[other][1] -= dy * push
    for one, other in edges:
        if one == other:
            continue
        dx, dy = places[one][0] - places[other][0], places[one][1] - places[other][1]
        pull = math.hypot(dx, dy) / ideal
        force[one][0] -= dx * pull
        force[one][1] -= dy * pull
        force[other][0] += dx * pull
        force[other][1] += dy * pull
    moved = []
    for at, (x, y) in enumerate(places):
        if at == fixed:
            moved.append((x, y))
            continue
        strength = math.hypot(*force[at]) or 1e-6
        reach = min(strength, heat) / strength
        moved.append(
            (
                min(width - MARGIN, max(MARGIN, x + force[at][0] * reach)),
                min(height - MARGIN / 2, max(MARGIN / 2, y + force[at][1] * reach)),
            )
        )
    return moved


def _size(nodes: int) -> tuple[int, int]:
    side = max(360.0, math.sqrt(nodes * PER_NODE))
    return round(side * 1.5), round(side)


def _links(graph: Graph, places: Mapping[str, tuple[float, float]]) -> list[str]:
    """Lines first, so that no line crosses a name; several links of one pair share a line."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for link in sorted(graph.links.values(), key=lambda one: one.id):
        words = link.predicate + (f"（{link.condition}）" if link.condition else "")
        pairs.setdefault((link.subject, link.object), []).append(words)
    lines, words_of = [], []
    for (subject, target), said in pairs.items():
        (x1, y1), (x2, y2) = places[subject], places[target]
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        # The arrow ends before the name it points at, whose box is wider than high.
        away = min(length / 2.2, 14 + 26 * abs(x2 - x1) / length)
        ex, ey = x2 - (x2 - x1) / length * away, y2 - (y2 - y1) / length * away
        lines.append(
            f'<path class="graph-link" d="M{x1:.1f} {y1:.1f}L{ex:.1f} {ey:.1f}" '
            'marker-end="url(#graph-arrow)"/>'
        )
        shown = [_short(one) for one in list(dict.fromkeys(said))[:3]]
        mx, my = (x1 + x2) / 2, (y1 + y2) / 2 - (len(shown) - 1) * LINE / 2
        for at, one in enumerate(shown):
            words_of.append(
                f'<text class="graph-word" x="{mx:.1f}" y="{my + at * LINE:.1f}" text-anchor="middle">'
                f"<title>{escape('; '.join(said))}</title>{escape(one)}</text>"
            )
    return [*lines, *words_of]


def _node(
    node: Node, place: tuple[float, float], kind: int, central: bool, addresses: Mapping[str, str]
) -> str:
    x, y = place
    name = _short(node.name)
    half = 12 + sum(7.0 if character.isascii() else 13.0 for character in name) / 2
    classes = f"graph-node graph-kind-{kind}" + (" graph-centre" if central else "")
    told = f"{node.name} · {node.kind}" if node.kind else node.name
    box = (
        f'<g class="{classes}"><title>{escape(told)}</title>'
        f'<rect x="{x - half:.1f}" y="{y - 14:.1f}" width="{2 * half:.1f}" height="28" rx="14"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{escape(name)}</text></g>'
    )
    address = addresses.get(node.id)
    return f"<a href={quoteattr(address)}>{box}</a>" if address else box


def _short(text: str) -> str:
    return text if len(text) <= WIDEST_NAME else text[: WIDEST_NAME - 1] + "…"
