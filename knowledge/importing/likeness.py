"""Questions that are nearly the same, and answers that contradict each other. Pure.

Alike: the pairs of characters of two folded questions overlap by `ALIKE` (Jaccard). Only questions that
share one of the rarest pairs are compared (prefix filtering: with an overlap of at least t, two sets share
one of the rarest (1 - t) n + 1 elements), so ten thousand rows take seconds.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import Final, Literal

import msgspec

ALIKE: Final = 0.6
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_HAN_NUMBER: Final = re.compile(
    r"[零一二两三四五六七八九十百千万半]+(?=[个天日年月周时小分元块毛折件次条级斤克%％])"
)
_DIGITS: Final = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_NO: Final = re.compile(
    r"不(?!仅|但|过|同|错|妨|管|论|少|断|久|止|用担心|要担心)|没有?|无法|无需|未|别|勿|禁止|拒绝"
    r"|\b(?:no|not|never|cannot|can't|won't|don't|doesn't|isn't|aren't|without|neither)\b",
    re.IGNORECASE,
)
Difference = Literal["numbers", "negation"]


class Alike(msgspec.Struct, frozen=True):
    """A question that is nearly the same, and its answer."""

    id: str
    answer: str
    likeness: float


class Likeness:
    """Questions seen so far, for finding one that is nearly the same."""

    def __init__(self) -> None:
        self._pairs: list[tuple[str, frozenset[str], str]] = []
        self._holders: dict[str, list[int]] = defaultdict(list)

    def add(self, key: str, folded: str, answer: str) -> None:
        """Remember one wording of a question."""
        pairs = pairs_of(folded)
        for pair in pairs:
            self._holders[pair].append(len(self._pairs))
        self._pairs.append((key, pairs, answer))

    def nearest(self, folded: str, besides: str = "") -> Alike | None:
        """The most alike one that is not `besides`, None below `ALIKE`."""
        pairs = pairs_of(folded)
        if not pairs:
            return None
        rarest = sorted(pairs, key=lambda pair: (len(self._holders.get(pair, ())), pair))
        prefix = rarest[: len(pairs) - math.ceil(ALIKE * len(pairs)) + 1]
        best: tuple[float, int] | None = None
        for at in {at for pair in prefix for at in self._holders.get(pair, ())}:
            key, others, _answer = self._pairs[at]
            if key == besides:
                continue
            shared = len(pairs & others)
            likeness = shared / (len(pairs) + len(others) - shared)
            if likeness >= ALIKE and (best is None or (likeness, -at) > (best[0], -best[1])):
                best = (likeness, at)
        if best is None:
            return None
        key, _others, answer = self._pairs[best[1]]
        return Alike(key, answer, best[0])


def pairs_of(folded: str) -> frozenset[str]:
    """Neighbouring characters, words apart; a question of one character is that character."""
    kept = "".join(character for character in folded if character.isalnum())
    return frozenset(kept[at : at + 2] for at in range(len(kept) - 1)) or frozenset(kept)


def contradiction(one: str, other: str) -> Difference | None:
    """How two answers to nearly the same question contradict each other: they name other numbers, or one
    denies what the other does not. None when they do not.
    """
    numbers, others = numbers_of(one), numbers_of(other)
    if numbers and others and not (numbers <= others or others <= numbers):
        return "numbers"
    if bool(_NO.search(one)) != bool(_NO.search(other)) and _same_talk(one, other):
        return "negation"
    return None


def numbers_of(text: str) -> frozenset[str]:
    """The numbers of a text, "七天" like "7 天"; leading zeros and trailing ones after a point do not
    count.
    """
    found = {_normal(match[0]) for match in _NUMBER.finditer(text)}
    found |= {str(_from_han(match[0])) for match in _HAN_NUMBER.finditer(text)}
    return frozenset(found)


def _same_talk(one: str, other: str) -> bool:
    """Whether two answers speak of the same: only then does a "not" in one of them deny the other."""
    pairs, others = pairs_of(_NO.sub("", one).lower()), pairs_of(_NO.sub("", other).lower())
    shared = len(pairs & others)
    return bool(pairs) and bool(others) and shared / min(len(pairs), len(others)) >= 0.5


def _normal(text: str) -> str:
    plain = text.replace(",", "").lstrip("0") or "0"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _from_han(text: str) -> str | int:
    if "半" in text:
        return "0.5"
    total, digit = 0, 0
    for character in text:
        if character == "万":
            total, digit = (total + digit) * 10_000, 0
        elif character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = digit * 10 + _DIGITS[character]
    return total + digit
