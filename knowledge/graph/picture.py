"""A picture of a graph: SVG without script, style or chance. The same graph always gives the same picture.

Springs along the links, repulsion between all (Fruchterman and Reingold, 1991), from a fixed start on a
circle and with cooling steps. Colours come from the classes of the page's style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from knowledge.graph.graph import Graph, Node

STEPS: Final = 200
APART: Final = 30  # rounds of moving names away from each other
IDEAL: Final = 90  # pixels of a link at rest
MIN_WIDTH: Final = 640
GAP: Final = 24
COLOURS: Final = 6  # classes graph-kind-0 to graph-kind-5
ROW: Final = 60  # pixels between the middles of two names
WIDEST_NAME: Final = 14  # characters; the whole one stands in the tooltip


def draw(
    graph: Graph, centre: str = "", *, label: str = "", addresses: Mapping[str, str] | None = None
) -> str:
    """The graph as an `<svg>` element; `centre` is marked, `addresses` links entities to pages by id."""
    if not graph.nodes:
        return ""
    places, width, height = layout(graph, centre)
    parts = [
        f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="{"group" if addresses else "img"}" aria-label={quoteattr(label)} '
        'xmlns="http://www.w3.org/2000/svg">',
        '<defs><marker id="graph-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="graph-head" d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    parts.extend(_links(graph, places))
    kinds = kinds_of(graph)
    for node in sorted(graph.nodes.values(), key=lambda one: one.id):
        parts.append(_node(node, places[node.id], kinds[node.kind], node.id == centre, addresses or {}))
    parts.append("</svg>")
    return "".join(parts)


def kinds_of(graph: Graph) -> dict[str, int]:
    """Kinds of entities and the number of their colour, 0 to 5, for the words beside the picture."""
    return {
        kind: at % COLOURS for at, kind in enumerate(sorted({node.kind for node in graph.nodes.values()}))
    }


def layout(graph: Graph, centre: str = "") -> tuple[dict[str, tuple[float, float]], int, int]:
    """Where each entity stands, and the width and height of the whole: parts that nothing links stand side
    by side, the largest first; `centre` is the middle of its part.
    """
    boxes = [_part(graph, part, centre) for part in _parts(graph)]
    widest = max(MIN_WIDTH, 1.5 * math.sqrt(sum(width * height for _places, width, height in boxes)))
    places: dict[str, tuple[float, float]] = {}
    left = top = row = right = 0.0
    for found, width, height in boxes:
        if left and left + width > widest:
            left, top, row = 0.0, top + row, 0.0
        places.update({node: (x + left, y + top) for node, (x, y) in found.items()})
        left, row = left + width, max(row, height)
        right = max(right, left)
    return places, round(right), round(top + row)


def _parts(graph: Graph) -> list[list[str]]:
    """Entities that links hold together, the largest part first."""
    near: dict[str, set[str]] = {node: set() for node in graph.nodes}
    for link in graph.links.values():
        near[link.subject].add(link.object)
        near[link.object].add(link.subject)
    left = set(graph.nodes)
    parts = []
    for node in sorted(graph.nodes):
        if node not in left:
            continue
        part, edge = {node}, [node]
        while edge:
            edge = [other for at in edge for other in sorted(near[at]) if other not in part]
            part.update(edge)
        left -= part
        parts.append(sorted(part))
    return sorted(parts, key=lambda part: (-len(part), part[0]))


def _part(graph: Graph, ids: list[str], centre: str) -> tuple[dict[str, tuple[float, float]], float, float]:
    """One part with its left upper corner at 0, 0, and its size."""
    index = {node: at for at, node in enumerate(ids)}
    radius = IDEAL * math.sqrt(len(ids))
    places = [
        (radius * math.cos(2 * math.pi * at / len(ids)), radius * math.sin(2 * math.pi * at / len(ids)))
        for at in range(len(ids))
    ]
    if centre in index:
        places[index[centre]] = (0.0, 0.0)
    ends = {
        (index[link.subject], index[link.object]) for link in graph.links.values() if link.subject in index
    }
    edges = sorted(ends)
    for step in range(STEPS if len(ids) > 1 else 0):
        places = _step(places, edges, radius / 4 * (1 - step / STEPS) + 0.5, index.get(centre))
    if _spread(y for _x, y in places) > _spread(x for x, _y in places):
        places = [(y, x) for x, y in places]  # pages are wider than high
    halves = [_half(graph.nodes[node].name) for node in ids]
    for _round in range(APART):
        places = _apart(places, halves)
    x0 = min(x - half for (x, _y), half in zip(places, halves, strict=True)) - GAP
    x1 = max(x + half for (x, _y), half in zip(places, halves, strict=True)) + GAP
    y0, y1 = min(y for _x, y in places) - ROW, max(y for _x, y in places) + ROW
    return {node: (places[at][0] - x0, places[at][1] - y0) for node, at in index.items()}, x1 - x0, y1 - y0


def _step(
    places: list[tuple[float, float]], edges: list[tuple[int, int]], heat: float, fixed: int | None
) -> list[tuple[float, float]]:
    force = [[0.0, 0.0] for _ in places]
    for one, (x, y) in enumerate(places):
        for other in range(one):
            dx, dy = x - places[other][0], y - places[other][1]
            push = IDEAL * IDEAL / (dx * dx + dy * dy or 1e-6)
            force[one][0] += dx * push
            force[one][1] += dy * push
            force[other][0] -= dx * push
            force[other][1] -= dy * push
    for one, other in edges:
        dx, dy = places[one][0] - places[other][0], places[one][1] - places[other][1]
        pull = math.hypot(dx, dy) / IDEAL
        force[one][0] -= dx * pull
        force[one][1] -= dy * pull
        force[other][0] += dx * pull
        force[other][1] += dy * pull
    moved = []
    for at, (x, y) in enumerate(places):
        strength = math.hypot(*force[at]) or 1e-6
        reach = 0.0 if at == fixed else min(strength, heat) / strength
        moved.append((x + force[at][0] * reach, y + force[at][1] * reach))
    return moved


def _apart(places: list[tuple[float, float]], halves: list[float]) -> list[tuple[float, float]]:
    """Names that cover each other move away, half the way each, where it is shorter."""
    moved = [list(place) for place in places]
    for one in range(len(moved)):
        for other in range(one):
            dx, dy = moved[one][0] - moved[other][0], moved[one][1] - moved[other][1]
            across = halves[one] + halves[other] + GAP - abs(dx)
            down = ROW - abs(dy)
            if across > 0 and down > 0:
                axis = 1 if down < across else 0
                way = math.copysign((down if axis else across) / 2, (dy if axis else dx) or 1.0)
                moved[one][axis] += way
                moved[other][axis] -= way
    return [(x, y) for x, y in moved]


def _links(graph: Graph, places: Mapping[str, tuple[float, float]]) -> list[str]:
    """Lines first, so that no line crosses a name; several links of one pair share a line,
    and one word with the others counted: all of them stand in the tooltip."""
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
        different = list(dict.fromkeys(said))
        more = f" +{len(different) - 1}" if len(different) > 1 else ""
        words_of.append(
            f'<text class="graph-word" x="{(x1 + x2) / 2:.1f}" y="{(y1 + y2) / 2:.1f}" text-anchor="middle">'
            f"<title>{escape('; '.join(said))}</title>{escape(_short(different[0]) + more)}</text>"
        )
    return [*lines, *words_of]


def _node(
    node: Node, place: tuple[float, float], kind: int, central: bool, addresses: Mapping[str, str]
) -> str:
    x, y = place
    name = _short(node.name)
    half = _half(node.name)
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


def _spread(values: Iterable[float]) -> float:
    found = list(values)
    return max(found) - min(found)


def _half(name: str) -> float:
    """Half the width of a name's box."""
    return 12 + sum(7.0 if character.isascii() else 13.0 for character in _short(name)) / 2
