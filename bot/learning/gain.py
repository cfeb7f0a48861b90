"""What a sentence encoder is worth here: how often it puts the right answer of a golden question first, by
itself and together with the search.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot.encoders.base import Encoder
from bot.engine import language_of
from knowledge.models import GoldenQuestion
from knowledge.publishing.content import item_of
from knowledge.publishing.live import live_index
from knowledge.search import SearchIndex

MOST_ENTRIES: Final = 1_000
"""Questions of the base that are compared, 1 to 2 ms each; those that must answer are among them."""
MOST_ASKED: Final = 200
SHARE: Final = 0.5
"""What a cosine counts beside the search's score; 0 to 1 both."""
NEAR: Final = 5


class Wanted(msgspec.Struct, frozen=True):
    """A golden question and the id of what must answer it. `site` None: at every site."""

    query: str
    expected: str
    site: str | None = None


class Gain(msgspec.Struct, frozen=True):
    """Of `asked` questions the right answer came first: by the search, by the encoder alone, by both."""

    asked: int
    search: int = 0
    encoder: int = 0
    both: int = 0
    took_ms: int = 0


def measure(encoder: Encoder) -> Gain:
    """On the golden questions in its languages, over what is live. Takes seconds; raises `DatabaseError`."""
    rows = GoldenQuestion.objects.exclude(expected=None).values_list("query", "expected_id", "site_id")
    wanted = [
        Wanted(query, str(expected), str(site) if site else None)
        for query, expected, site in rows
        if not encoder.languages or language_of(query, "") in encoder.languages
    ]
    return compare(wanted[:MOST_ASKED], live_index().index, encoder)


def compare(wanted: Sequence[Wanted], index: SearchIndex, encoder: Encoder) -> Gain:
    """The same over an index. What the index does not have is not asked. Pure."""
    began = time.perf_counter()
    entries = {entry.id: entry for entry in index.entries() if entry.kind == "question"}
    wanted = [one for one in wanted if one.expected in entries]
    if not wanted:
        return Gain(0)
    first = dict.fromkeys(one.expected for one in wanted)
    chosen = [*first, *(key for key in entries if key not in first)][:MOST_ENTRIES]
    place = {key: row for row, key in enumerate(chosen)}
    known = encoder.encode([entries[key].question for key in chosen])
    likeness = encoder.encode([one.query for one in wanted]) @ known.T
    by_search = by_encoder = by_both = 0
    for one, row in zip(wanted, likeness, strict=True):
        hits = index.search(one.query, limit=NEAR, site=one.site)
        ranked = sorted(hits, key=lambda hit: -(hit.score + SHARE * _cosine(row, place.get(hit.id))))
        by_search += bool(hits) and item_of(hits[0].id) == one.expected
        by_both += bool(ranked) and item_of(ranked[0].id) == one.expected
        by_encoder += chosen[int(np.argmax(row))] == one.expected
    took_ms = int((time.perf_counter() - began) * 1000)
    return Gain(len(wanted), by_search, by_encoder, by_both, took_ms)


def _cosine(row: NDArray[np.float32], place: int | None) -> float:
    return max(0.0, float(row[place])) if place is not None else 0.0
