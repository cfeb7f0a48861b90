"""A release's index, lexicon and graph: made of its versions, or read from what was kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from knowledge.graph import Graph
from knowledge.lexicon import Lexicon
from knowledge.models import ArticleVersion, QuestionVersion, Release
from knowledge.publishing import content, facts, store
from knowledge.search.entry import Entry

if TYPE_CHECKING:
    from knowledge.search.index import SearchIndex

log = structlog.get_logger(__name__)
AT_ONCE: Final = 500  # ids in one query: SQLite takes a limited number of parameters


@dataclass(frozen=True, slots=True)
class Live:
    """What answers: the release's number (0 before the first), its index, lexicon and graph."""

    number: int
    index: SearchIndex
    lexicon: Lexicon
    graph: Graph


def from_release(release: Release | None) -> Live:
    """The live form of a release. Reads kept bytes, or its versions where there are none, and keeps them."""
    from knowledge.search.index import SearchIndex  # 17 MB of libraries, and not every process searches

    if release is None:
        lexicon = facts.lexicon_of(facts.Facts())
        return Live(0, SearchIndex.build([], lexicon), lexicon, Graph())
    held = facts.facts_of(release.facts)
    lexicon = facts.lexicon_of(held)
    bundle = store.read(release)
    if bundle is not None:
        try:
            index = SearchIndex.from_bytes(bundle.index, lexicon)
            return Live(release.number, index, lexicon, Graph.from_bytes(bundle.graph))
        except ValueError:
            log.warning("knowledge_snapshot_broken", release=release.number)
    live = build(release.number, entries_of(release.contents), held, lexicon)
    store.keep(release, bundle_of(live))
    return live


def build(
    number: int,
    entries: Iterable[Entry],
    held: facts.Facts,
    lexicon: Lexicon,
    previous: SearchIndex | None = None,
) -> Live:
    """Index and graph of these entries and facts; what `previous` holds is not analysed again."""
    from knowledge.search.index import SearchIndex

    index = SearchIndex.build(entries, lexicon, previous)
    return Live(number, index, lexicon, facts.graph_of(held, lexicon))


def bundle_of(live: Live) -> store.Bundle:
    """As bytes."""
    return store.Bundle(store.form(), live.number, live.index.to_bytes(), live.graph.to_bytes())


def entries_of(contents: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries of the versions that a release names."""
    for version in versions(QuestionVersion, contents.get("questions", ())):
        yield from content.question_entries(str(version.question_id), content.question_of(version.content))
    for version in versions(ArticleVersion, contents.get("articles", ())):
        yield from content.article_entries(str(version.article_id), content.article_of(version.content))


def versions(model: Any, ids: Iterable[str]) -> Iterator[Any]:
    """The versions with these ids, in a stable order."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), AT_ONCE):
        yield from model.objects.filter(pk__in=wanted[start : start + AT_ONCE]).order_by("pk")
