"""What a text is about, beyond the expressions it names: explicit semantic analysis over the concepts.

Each concept is a document made of its expressions, and each term points to the concepts whose expressions
hold it (E. Gabrilovich and S. Markovitch, "Computing semantic relatedness using Wikipedia-based explicit
semantic analysis", IJCAI 2007, with the lexicon in place of the encyclopaedia). So "碎了一地" is near 破损
although no expression says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from knowledge.lexicon.loading import GAP
from knowledge.text.common import weight
from knowledge.text.terms import terms

Places = npt.NDArray[np.int16]
Shares = npt.NDArray[np.float32]

# Concepts of a text: with 8 the right entry was among the first five in 3 of 100 cases less, 32 add nothing.
KEPT = 24
_FIELD = {"w": 1.0, "c": 0.5, "b": 1.0}
_NAMED = 3.0  # what a named concept counts against the terms
_ABOVE = 0.2  # what it tells about the concepts it is a kind of


class Meaning:
    """Texts as weights of concepts; immutable."""

    def __init__(self, told: Mapping[str, Sequence[str]], broader: Mapping[str, Sequence[str]]) -> None:
        """`told`: the folded expressions of each concept; `broader`: what each is a kind of."""
        self._names = list(told)
        self._place = {name: number for number, name in enumerate(self._names)}
        self._above = [
            [self._place[above] for above in broader.get(name, ()) if above in self._place]
            for name in self._names
        ]
        counted = [_counted(expressions) for expressions in told.values()]
        spread = Counter(term for counts in counted for term in counts)
        rare = {term: math.log((len(told) + 1) / (found + 0.5)) for term, found in spread.items()}
        about: dict[str, list[tuple[float, int]]] = {term: [] for term in spread}
        for concept, counts in enumerate(counted):
            worth = {term: _times(count) * rare[term] * _FIELD[term[0]] for term, count in counts.items()}
            length = math.sqrt(sum(value * value for value in worth.values())) or 1.0
            for term, value in worth.items():
                # Once for the concept's vector, once for the term in a text.
                told_by = value / length * rare[term] * _FIELD[term[0]] * weight(term[1:])
                about[term].append((told_by, concept))
        # Flat, with where each term's part begins: an array a term would be 25 MB.
        self._number = {term: number for number, term in enumerate(about)}
        kept = [sorted(pairs, reverse=True)[:KEPT] for pairs in about.values()]
        self._start = [0, *accumulate(map(len, kept))]
        self._concepts: Places = np.array([concept for part in kept for _, concept in part], np.int16)
        self._shares: Shares = np.array([share for part in kept for share, _ in part], np.float32)

    def knows(self, term: str) -> bool:
        """Whether any expression holds this term."""
        return term in self._number

    def weights(self, held: Iterable[str], named: Mapping[str, float]) -> dict[str, float]:
        """The `KEPT` strongest concepts of a text, as a vector of length 1; {} when nothing is known of it.

        `held`: its terms (`knowledge.text.terms`); `named`: how surely it names concepts.
        """
        total: npt.NDArray[np.float64]
        found = [self._number[term] for term in held if term in self._number]
        if found:
            spans = [slice(self._start[number], self._start[number + 1]) for number in found]
            concepts = np.concatenate([self._concepts[span] for span in spans])
            shares = np.concatenate([self._shares[span] for span in spans])
            total = np.bincount(concepts, shares, minlength=len(self._names)).astype(np.float64)
        else:
            total = np.zeros(len(self._names))
        for name, sure in named.items():
            at = self._place.get(name)
            if at is not None:
                total[at] += _NAMED * sure
                for above in self._above[at]:
                    total[above] += _NAMED * _ABOVE * sure
        if not total.any():
            return {}
        best = np.argpartition(total, -KEPT)[-KEPT:] if len(total) > KEPT else np.arange(len(total))
        best = best[total[best] > 0]
        values = total[best] / np.linalg.norm(total[best])
        return {self._names[at]: float(value) for at, value in zip(best.tolist(), values, strict=True)}


def _counted(expressions: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for expression in expressions:
        for term in terms(expression.replace(GAP, " ")):
            if term[0] in _FIELD:
                counts[term] += 1
    return counts


def _times(count: int) -> float:
    return 1 + math.log(count)
