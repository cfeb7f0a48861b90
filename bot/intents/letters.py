"""How likely each intent's examples make a text, character by character: a language model for each. Pure,
numpy only.

A linear part weighs what it has seen. What a song, a film or a person is called it has not: then it matters
how open an intent is, whether its examples kept bringing new characters after those that stand there
(I. H. Witten and T. C. Bell, "The zero-frequency problem", IEEE Trans. Inf. Theory 37, 1991). Chinese only:
single Latin letters tell nothing.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHARACTERS = 6_000  # among which a character nobody has seen is one; 1,000 and 30,000 gave the same

Counts = NDArray[np.float32]


class LettersPart(NamedTuple):
    """`keys` uint32[c] sorted: characters, with how often each stands in an intent's examples (`counts`
    [c, intents]), how often something follows it and how many different ones; `pairs` uint32[p] sorted
    with `together` [p, intents].
    """

    keys: NDArray[np.uint32]
    counts: Counts
    followed: Counts
    kinds: Counts
    pairs: NDArray[np.uint32]
    together: Counts

    def scores(self, spelling: str) -> Counts:
        """A score for each intent, their mean 0: log-likelihood by the root of the length, float32[intents].

        `spelling`: the text as `features.spelling` writes it.
        """
        places = _places(self.keys, list(spelling))
        pairs = _places(self.pairs, [spelling[at : at + 2] for at in range(len(spelling) - 1)])
        singles, total = self.counts[places[1:]], self.counts.sum(axis=0)
        singles[places[1:] < 0] = 0
        many = (self.counts > 0).sum(axis=0)
        alone = (singles + many / CHARACTERS) / np.maximum(total + many, 1)
        alone[:, total == 0] = 1 / CHARACTERS
        followed, kinds = self.followed[places[:-1]], self.kinds[places[:-1]]
        followed[places[:-1] < 0] = 0
        kinds[places[:-1] < 0] = 0
        together = self.together[pairs]
        together[pairs < 0] = 0
        heard = followed + kinds
        likely = np.where(heard > 0, (together + kinds * alone) / np.maximum(heard, 1), alone)
        score = np.log(likely).sum(axis=0) / math.sqrt(max(1, len(pairs)))
        return np.asarray(score - score.mean(), np.float32)


def count_letters(spellings: Sequence[str], labels: NDArray[np.int64], intents: int) -> LettersPart:
    """The counts of these examples."""
    singles: Counter[tuple[str, int]] = Counter()
    pairs: Counter[tuple[str, int]] = Counter()
    for spelling, label in zip(spellings, labels.tolist(), strict=True):
        singles.update((character, label) for character in spelling[1:])
        pairs.update((spelling[at : at + 2], label) for at in range(len(spelling) - 1))
    followed: Counter[tuple[str, int]] = Counter()
    kinds: Counter[tuple[str, int]] = Counter()
    for (pair, label), times in pairs.items():
        followed[pair[0], label] += times
        kinds[pair[0], label] += 1
    names = sorted({name for name, _ in singles} | {name for name, _ in followed}, key=_key)
    both = sorted({name for name, _ in pairs}, key=_key)
    return LettersPart(
        np.array([_key(name) for name in names], np.uint32),
        _table(names, singles, intents),
        _table(names, followed, intents),
        _table(names, kinds, intents),
        np.array([_key(name) for name in both], np.uint32),
        _table(both, pairs, intents),
    )


def _key(letters: str) -> int:
    return zlib.crc32(letters.encode())


def _table(names: Sequence[str], counted: Counter[tuple[str, int]], intents: int) -> Counts:
    place = {name: row for row, name in enumerate(names)}
    table = np.zeros((len(names), intents), np.float32)
    for (name, label), times in counted.items():
        table[place[name], label] = times
    return table


def _places(keys: NDArray[np.uint32], wanted: Sequence[str]) -> NDArray[np.int64]:
    """Where each of `wanted` stands among `keys`, -1 where it does not."""
    sought = np.array([_key(letters) for letters in wanted], np.uint32)
    if not len(keys):
        return np.full(len(sought), -1, np.int64)
    found = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
    return np.where(keys[found] == sought, found, -1)
