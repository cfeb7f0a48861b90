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
from collections.abc import Iterable, Sequence
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
    counted = _families(folded, chinese, lexicon)
    weights = WEIGHTS if chinese else WEIGHTS_LATIN
    found: dict[int, float] = {}
    for family, names in counted.items():
        scale = weights[family] / math.sqrt(sum(names.values()) or 1)
        for name, times in names.items():
            key = zlib.crc32(f"{family}{name}".encode())
            found[key] = found.get(key, 0.0) + scale * (1 + math.log(times))
    keys = np.fromiter(found, np.uint32, len(found))
    values = np.fromiter(found.values(), np.float32, len(found))
    order = np.argsort(keys, kind="stable")
    return Features(keys[order], values[order])


def _families(folded: str, chinese: bool, lexicon: Lexicon) -> dict[str, Counter[str]]:
    plain = _masked(folded)
    tokens = ["^", *words(plain), "$"]
    counted = {"w": Counter(_runs(tokens, 1, 2, "|")), "k": Counter(lexicon.concepts(folded))}
    if chinese:
        # Punctuation stays: a question mark tells questions from requests (docs/bot/intents.md).
        counted["c"] = Counter(_runs(_spelt(plain), 1, 3))
        counted["s"] = Counter(_runs(["^", *sounds(plain), "$"], 1, 3, "|"))
    else:
        inside = (part for word in _OTHER.split(plain) if word for part in _runs(f" {word} ", 2, 4))
        counted["c"] = Counter(inside)
    return counted


def _masked(folded: str) -> str:
    return _DIGITS.sub(lambda match: "0" * min(len(match.group()), 6), folded)


def _spelt(plain: str) -> str:
    return f"^{_SPACE.sub('', plain)}$"


def _runs(items: Sequence[str], shortest: int, longest: int, glue: str = "") -> Iterable[str]:
    for size in range(shortest, longest + 1):
        for start in range(len(items) - size + 1):
            yield glue.join(items[start : start + size])
