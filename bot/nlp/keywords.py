"""What a text is about, in a few of its own words. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from knowledge.lexicon import Lexicon
from knowledge.text import fold, words

_SMALL: Final = frozenset(
    (
        *("的", "了", "吗", "呢", "吧", "啊", "呀", "我", "你", "您", "他", "她", "它", "们"),
        *("我们", "你们", "是"),
        *("有", "在", "就", "都", "也", "还", "和", "与", "或", "把", "被", "给", "这", "那"),
        *("这个", "那个", "请"),
        *("请问", "一下", "the", "a", "an", "of", "to", "is", "are", "it", "i", "you", "my", "your"),
        *("in", "on", "for", "and", "or", "do", "doe", "did", "can", "could", "would", "will"),
        *("be", "have", "has", "this", "that", "with", "at"),
    )
)  # fmt: skip
CONCEPT: Final = 1.5
"""A word that the lexicon has a concept for is worth so much more than one that it has none for."""


def keywords(text: str, lexicon: Lexicon, top: int = 5) -> list[dict[str, Any]]:
    """The best words, [{"word", "score", "concept"}]: often, long and known to customer service first.
    `score` is relative to the best, 0 to 1.
    """
    folded = fold(text)
    meant = {folded[each.start : each.end]: each.concept for each in lexicon.mentions(folded)}
    found = [word for word in words(folded) if word not in _SMALL and (len(word) > 1 or word in meant)]
    place = {word: at for at, word in reversed(list(enumerate(found)))}
    rates = {
        word: count * (1 + min(len(word), 6) / 6) * (CONCEPT if word in meant else 1.0)
        for word, count in Counter(found).items()
    }
    ordered = sorted(rates, key=lambda word: (-rates[word], place[word]))[:top]
    best = rates[ordered[0]] if ordered else 1.0
    return [
        {"word": word, "score": round(rates[word] / best, 4), "concept": meant.get(word)} for word in ordered
    ]
