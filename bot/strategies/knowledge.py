"""Level 3: what the operator knows. Entities and relations first, then questions and passages. Pure.

A clear lead answers; a close race asks with up to three choices; nothing good is left to the next level,
which says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot import phrases
from bot.strategies.base import Answer, Choice, Context, Source, Strategy
from bot.strategies.parts import Parts
from knowledge.graph import Graph
from knowledge.lexicon import Lexicon
from knowledge.search import OFFER_AT, Entry, Hit

if TYPE_CHECKING:
    from knowledge.search.index import SearchIndex

GRAPH_AT: Final = 0.75
"""From how much of a question a fact has to speak of to answer it alone."""
CLEAR: Final = 0.08
"""By how much the best must lead the second; closer is a race, and the visitor knows better than we do."""
MAX_CHOICES: Final = 3


class Facts:
    """Entities and relations."""

    name = "graph"
    priority = 30

    def __init__(self, graph: Graph, lexicon: Lexicon) -> None:
        self._graph, self._lexicon = graph, lexicon

    def match(self, context: Context) -> Answer | None:
        """The fact the question asks for."""
        seen = self._graph.mentions(context.folded, context.site)
        if not seen:
            return None
        concepts = self._lexicon.concepts(context.folded)
        found = self._graph.answer(
            seen, concepts, context.folded, site=context.site, language=context.language
        )
        best = found[0] if found else None
        names = [self._graph.nodes[each.node].name for each in seen]
        context.note(
            self.name, "answered" if best and best.score >= GRAPH_AT else "none", entities=names,
            score=round(best.score, 3) if best else 0.0,
        )  # fmt: skip
        if best is None or best.score < GRAPH_AT:
            return None
        first = self._graph.nodes[best.nodes[0]]
        return Answer(
            best.text, self.name, best.score, sources=(Source("graph", first.id, first.name),),
            state=context.state.answered((), context.folded),
        )  # fmt: skip


class Retrieval:
    """Questions and passages."""

    name = "retrieval"
    priority = 40

    def __init__(self, index: SearchIndex, help_path: str = "") -> None:
        self._index, self._help_path = index, help_path

    def match(self, context: Context) -> Answer | None:
        """The answer that leads clearly, choices when none does."""
        hits = context.hits()
        threshold = context.asked.answers_at
        shown = [
            {"id": hit.id, "score": round(hit.score, 3), "matched": hit.matched, "parts": hit.parts}
            for hit in hits[:5]
        ]
        best = hits[0] if hits else None
        if best is None or best.score < min(threshold, OFFER_AT):
            context.note(self.name, "none", hits=shown, threshold=threshold)
            return None
        rivals = [hit for hit in hits[1:MAX_CHOICES] if best.score - hit.score < CLEAR]
        if best.score >= threshold and not rivals:
            context.note(self.name, "answered", hits=shown, threshold=threshold)
            return self._answer(best, context)
        context.note(self.name, "choices", hits=shown, threshold=threshold)
        return self._choices(context, [best, *rivals] if rivals else list(hits[:MAX_CHOICES]), threshold)

    def _choices(self, context: Context, hits: list[Hit], threshold: float) -> Answer | None:
        offered = [hit for hit in hits if hit.score >= OFFER_AT]
        titles = list(dict.fromkeys(title_of(self._index.entry(hit.id)) for hit in offered))
        if len(titles) < 2:
            best = hits[0]
            # One thing alone that is almost sure is no choice to offer: it answers or it does not.
            return self._answer(best, context) if best.score >= threshold else None
        return Answer(
            phrases.say("choices", context.language), self.name, hits[0].score, "choices",
            choices=tuple(Choice(title) for title in titles[:MAX_CHOICES]),
        )  # fmt: skip

    def _answer(self, hit: Hit, context: Context) -> Answer:
        return answer_of(self._index.entry(hit.id), hit, context, self._help_path)


def title_of(entry: Entry) -> str:
    """What an entry is offered as."""
    return entry.question or entry.title


def answer_of(entry: Entry, hit: Hit, context: Context, help_path: str = "") -> Answer:
    """An entry as an answer, with where it comes from."""
    state = context.state.answered((entry.id,), context.query or context.folded)
    sources = (source_of(entry, help_path),)
    return Answer(entry.answer, "retrieval", hit.score, sources=sources, card=entry.answer_card, state=state)


def source_of(entry: Entry, help_path: str = "") -> Source:
    """Where an entry comes from. `help_path`: the site's help page, which its addresses are relative to."""
    source = entry.source
    url = str(source.get("url") or "")
    if url and help_path and "://" not in url and not url.startswith("/"):
        url = help_path + url
    return Source(
        str(source.get("kind") or entry.kind), str(source.get("id") or entry.id),
        str(source.get("title") or title_of(entry)), url,
    )  # fmt: skip


def make(parts: Parts) -> list[Strategy]:
    """Facts and texts, as the site's visitors see them."""
    return [Facts(parts.graph, parts.lexicon), Retrieval(parts.index, parts.help_path)]
