"""Risk words and their disguises in one pass: Aho-Corasick over the folded text and over its sound. Pure.

Disguises that are seen through: full width and traditional characters (the folding), symbols and blanks in
between (`加-微.信`), letters and words that stand for others (`加vx`, `扣扣`), the sound of a word (`jia wei
xin`, 加薇信) for words of three syllables and more, where sound alone hardly hits the innocent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import ahocorasick_rs
import msgspec

from knowledge.text import fold, syllables

# What stands for what in the talk of those who hide it; an operator's own go into the list of words.
_VEILED: Final = (
    ("vx", "微信"), ("wx", "微信"), ("v信", "微信"), ("w信", "微信"), ("徽信", "微信"), ("微x", "微信"),
    ("威信", "微信"), ("扣扣", "qq"), ("企鹅号", "qq"), ("球球", "qq"), ("支付饱", "支付宝"), ("zfb",
    "支付宝"), ("祝付宝", "支付宝"), ("菠菜", "博彩"), ("弓长", "张"), ("女子", "好"), ("女乃", "奶"),
    ("又鸟", "鸡"), ("车仑", "轮"), ("氵去", "法"), ("口合", "哈"), ("言舌", "话"), ("贝者", "赌"), ("贝兼",
    "赚"), ("钅戋", "钱"), ("古月", "胡"),
)  # fmt: skip
MAX_READ: Final = 2_000
MIN_SYLLABLES: Final = 3
"""Shorter words are not looked for by sound: 微信 sounds like 威信."""


class RiskWord(msgspec.Struct, frozen=True):
    """A word as kept. `site`: None for every site; `to_people`: whoever uses it goes to people."""

    word: str
    category: str = "other"
    to_people: bool = True
    site: str | None = None


class Sensitive:
    """Risk words ready to be found."""

    def __init__(self, words: Iterable[RiskWord]) -> None:
        self._words = [word for word in words if _squeezed(fold(word.word))]
        spelt = [_squeezed(fold(word.word)) for word in self._words]
        self._written = ahocorasick_rs.AhoCorasick(spelt) if spelt else None
        sounds = [(at, _sound(fold(word.word))) for at, word in enumerate(self._words)]
        self._sounding = [(at, sound) for at, sound in sounds if sound.count(" ") > MIN_SYLLABLES]
        self._sounds = (
            ahocorasick_rs.AhoCorasick([sound for _, sound in self._sounding]) if self._sounding else None
        )

    def __len__(self) -> int:
        return len(self._words)

    def find(self, folded: str, site: str | None = None) -> list[RiskWord]:
        """The words a folded text holds that count at the site, in the order they are kept. Linear."""
        text = folded[:MAX_READ]
        found: set[int] = set()
        if self._written is not None:
            squeezed = _squeezed(text)
            latin = _latin_edges(text)
            for spelt in dict.fromkeys((squeezed, _unveiled(squeezed))):
                for at, begin, end in self._written.find_matches_as_indexes(spelt, overlapping=True):
                    # A Latin word counts as a word: "ass" is not in "class".
                    if not spelt[begin:end].isascii() or spelt[begin:end] in latin:
                        found.add(at)
        if self._sounds is not None:
            for at, _, _ in self._sounds.find_matches_as_indexes(_sound(text), overlapping=True):
                found.add(self._sounding[at][0])
        return [
            self._words[at]
            for at in sorted(found)
            if self._words[at].site is None or self._words[at].site == site
        ]


def _squeezed(folded: str) -> str:
    return "".join(character for character in folded if character.isalnum())


def _unveiled(squeezed: str) -> str:
    for veil, meant in _VEILED:
        squeezed = squeezed.replace(veil, meant)
    return squeezed


def _latin_edges(folded: str) -> set[str]:
    """Latin words and numbers, and runs of up to four: what stands alone, or joined though it was apart."""
    words = "".join(
        character if character.isascii() and character.isalnum() else " " for character in folded
    ).split()
    runs = set(words)
    for first in range(len(words)):
        joined = words[first]
        for following in words[first + 1 : first + 4]:
            joined += following
            runs.add(joined)
    # Spelt letter by letter: "f r a u d".
    letters = ""
    for word in words:
        letters = letters + word if len(word) == 1 else ""
        if len(letters) > 2:
            runs.update(letters[at:] for at in range(len(letters) - 2))
    return runs


def _sound(folded: str) -> str:
    apart = "".join(character if character.isalnum() else " " for character in folded)
    return " " + " ".join(syllables(apart)) + " "
