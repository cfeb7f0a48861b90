"""Entities, relations, terms and synonyms of the moment, as a release keeps them."""

from __future__ import annotations

import threading
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec

from knowledge.graph import Graph, Link, Node
from knowledge.lexicon import Lexicon
from knowledge.models import Entity, Relation, Synonym, Term

_Words = tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]

_lexicons: Final[WeakValueDictionary[_Words, Lexicon]] = WeakValueDictionary()
_lock: Final = threading.Lock()


class Facts(msgspec.Struct, frozen=True):
    """All of them, in a stable order, so that two equal ones compare equal."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    terms: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = {}


def current() -> Facts:
    """As the tables have them."""
    nodes = tuple(
        Node(
            str(row.pk), row.name, tuple(row.aliases), row.kind,
            str(row.site_id) if row.site_id else None, row.description,
        )
        for row in Entity.objects.order_by("pk")
    )  # fmt: skip
    links = tuple(
        Link(
            str(row.pk), str(row.subject_id), row.predicate, str(row.object_id), row.condition, row.answer,
            row.language,
        )
        for row in Relation.objects.order_by("pk")
    )  # fmt: skip
    terms = tuple(Term.objects.order_by("phrase").values_list("phrase", flat=True))
    return Facts(nodes, links, terms, synonyms_of(Synonym.objects.order_by("concept", "pk")))


def synonyms_of(groups: Any) -> dict[str, tuple[str, ...]]:
    """Concept, or "syn:" and the first expression of a group of its own → expressions."""
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        words = tuple(str(word).strip() for word in group.expressions if str(word).strip())
        if words:
            name = group.concept or f"syn:{words[0]}"
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *words)))
    return found


def lexicon_of(facts: Facts) -> Lexicon:
    """The shipped lexicon with the operator's synonyms; business terms are concepts of their own.

    The same object for the same words while anybody has it: an index only takes over what the same lexicon
    analysed. What nobody has any more is forgotten: each takes 15 MB.
    """
    words = (facts.terms, tuple(sorted(facts.synonyms.items())))
    with _lock:
        known = _lexicons.get(words)
        if known is None:
            extra: dict[str, tuple[str, ...]] = {f"term:{term}": (term,) for term in facts.terms}
            extra.update(facts.synonyms)
            known = _lexicons[words] = Lexicon.load(extra=extra)
        return known


def graph_of(facts: Facts, lexicon: Lexicon) -> Graph:
    """Entities and relations, ready to answer."""
    return Graph.build(facts.nodes, facts.links, lexicon.concepts)


def plain(facts: Facts) -> dict[str, Any]:
    """As JSON values, for a release's column."""
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found


def facts_of(value: Any) -> Facts:
    """The reverse of `plain`. Raises `msgspec.ValidationError`."""
    return msgspec.convert(value or {}, Facts)


def differences(old: Facts, new: Facts) -> int:
    """How many facts came, went or changed."""

    def rows(facts: Facts) -> set[Any]:
        return {*facts.nodes, *facts.links, *facts.terms, *facts.synonyms.items()}

    before, after = rows(old), rows(new)
    changed = {getattr(row, "id", row) for row in before ^ after}
    return len(changed)
