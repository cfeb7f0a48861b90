"""The operator's facts: entities, what relates them, and answers found by following at most two links.
Pure."""

from knowledge.graph.graph import Found, Graph, Link, Node, Seen
from knowledge.graph.picture import draw, kinds_of

__all__ = ["Found", "Graph", "Link", "Node", "Seen", "draw", "kinds_of"]
