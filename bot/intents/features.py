"""What of a text an intent may be recognised by: characters, words, sound and concepts. Pure.

Each family of features has its own weight, and its values are divided by the root of how many it found: a
long text does not shout, and a text of unknown words has small values throughout, which is what tells it
from the examples. Features are known by a 32-bit hash, so a model keeps numbers instead of strings.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.lexicon import Lexicon
from knowledge.text import fold, sounds, words
from knowledge.text.fold import HAN

LONGEST = 500  # characters of a text that are looked at; what somebody wants is said by then
# The weight of each family, chosen by cross-validation on training splits (docs/bot/intents.md).
WEIGHTS = {"c": 1.0, "s": 0.5, "w": 0.3, "k": 0.5}
WEIGHTS_LATIN = {"c": 0.7, "w": 1.0, "k": 0.5}
_HAN = re.compile(rf"[{HAN}]")
_OTHER = re.compile(r"[^\w]+")
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"[0-9]+")


class Features(NamedTuple):
    """Hashes (uint32, sorted, each once) and what each counts for (float32)."""

    keys: NDArray[np.uint32]
    values: NDArray[np.float32]


def is_chinese(folded: str) -> bool:
    """Whether a folded text has a Chinese character."""
    return _HAN.search(folded) is not None


def spelling(text: str) -> str:
    """A text's characters with its ends: "^" before, "$" behind, digits as placeholders, no spaces."""
    return _spelt(_masked(fold(text[:LONGEST])))


def features(text: str, lexicon: Lexicon) -> Features:
    """The features of a text as it was typed."""
    folded = fold(text[:LONGEST])
    chinese = is_chinese(folded)
    named = _families(folded, chinese, lexicon)
    weights = WEIGHTS if chinese else WEIGHTS_LATIN
    found: dict[int, float] = {}
    for family, names in named.items():
        begun = zlib.crc32(family.encode())
        scale = weights[family] / math.sqrt(len(names) or 1)
        for name, times in Counter(names).items():
            key = zlib.crc32(name.encode(), begun)
            worth = scale if times == 1 else scale * (1 + math.log(times))
            found[key] = found.get(key, 0.0) + worth
    keys = np.fromiter(found, np.uint32, len(found))
    values = np.fromiter(found.values(), np.float32, len(found))
    order = np.argsort(keys, kind="stable")
    return Features(keys[order], values[order])


def _families(folded: str, chinese: bool, lexicon: Lexicon) -> dict[str, list[str]]:
    plain = _masked(folded)
    named = {"w": _joined(["^", *words(plain), "$"], 2), "k": lexicon.concepts(folded)}
    if chinese:
        # Punctuation stays: a question mark tells questions from requests (docs/bot/intents.md).
        named["c"] = _runs(_spelt(plain), 1, 3)
        named["s"] = _joined(["^", *sounds(plain), "$"], 3)
    else:
        framed = [f" {word} " for word in _OTHER.split(plain) if word]
        named["c"] = [run for word in framed for run in _runs(word, 2, 4)]
    return named


def _masked(folded: str) -> str:
    return _DIGITS.sub(lambda match: "0" * min(len(match.group()), 6), folded)


def _spelt(plain: str) -> str:
    return f"^{_SPACE.sub('', plain)}$"


def _runs(text: str, shortest: int, longest: int) -> list[str]:
    """Runs of neighbouring characters, the short ones first."""
    return [
        text[start : start + size]
        for size in range(shortest, longest + 1)
        for start in range(len(text) - size + 1)
    ]


def _joined(items: Sequence[str], longest: int) -> list[str]:
    """Runs of up to so many neighbouring words, the short ones first."""
    out = list(items)
    for size in range(2, longest + 1):
        out += ["|".join(items[start : start + size]) for start in range(len(items) - size + 1)]
    return out
