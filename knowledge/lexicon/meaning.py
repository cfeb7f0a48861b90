"""What a text is about, beyond the expressions it names: explicit semantic analysis over the concepts.

Each concept is a document made of its expressions, and each term points to the concepts whose expressions
hold it (E. Gabrilovich and S. Markovitch, "Computing semantic relatedness using Wikipedia-based explicit
semantic analysis", IJCAI 2007, with the lexicon in place of the encyclopaedia). So "碎了一地" is near 破损
although no expression says so.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from knowledge.lexicon.loading import GAP
from knowledge.text.common import weight
from knowledge.text.numbered import Numbered, Numbers
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
        numbers: dict[str, int] = {}
        held, times, ends = array("i"), array("i"), [0]  # by concept: its terms, how often it has each
        for expressions in told.values():
            counts = _counted(expressions)
            held.extend([numbers.setdefault(term, len(numbers)) for term in counts])
            times.extend(counts.values())
            ends.append(len(held))
        self._terms = Numbered(numbers)
        spread = np.bincount(held, minlength=len(numbers)).tolist()
        rare = [
            math.log((len(told) + 1) / (found + 0.5)) * _FIELD[term[0]]
            for term, found in zip(numbers, spread, strict=True)
        ]
        # Once for the concept's vector, once for the term in a text.
        twice = [worth * weight(term[1:]) for term, worth in zip(numbers, rare, strict=True)]
        told_by = array("d")
        for begin, end in pairwise(ends):
            worth = [_times(times[at]) * rare[held[at]] for at in range(begin, end)]
            length = math.sqrt(sum(value * value for value in worth)) or 1.0
            told_by.extend([value / length * twice[held[at]] for at, value in enumerate(worth, begin)])
        self._keep(np.array(held, np.int32), np.array(told_by), np.array(ends))

    def _keep(self, held: Numbers, told_by: npt.NDArray[np.float64], ends: npt.NDArray[np.int64]) -> None:
        """By term, the concepts it tells most about: flat, for an array a term would be 25 MB."""
        concepts = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        order = np.lexsort((-concepts, -told_by, held))
        counts = np.bincount(held, minlength=len(self._terms))
        rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        order = order[rank < KEPT]
        self._start = np.concatenate(([0], np.cumsum(np.minimum(counts, KEPT)))).astype(np.int32)
        self._concepts: Places = concepts[order].astype(np.int16)
        self._shares: Shares = told_by[order].astype(np.float32)

    def known(self, terms: Collection[str]) -> int:
        """How many of these terms any expression holds."""
        return int((self._terms.find(terms) >= 0).sum())

    def weights(self, held: Collection[str], named: Mapping[str, float]) -> dict[str, float]:
        """The `KEPT` strongest concepts of a text, as a vector of length 1; {} when nothing is known of it.

        `held`: its terms (`knowledge.text.terms`); `named`: how surely it names concepts.
        """
        total: npt.NDArray[np.float64]
        found = self._terms.find(held)
        found = found[found >= 0]
        if len(found):
            lengths = self._start[found + 1] - self._start[found]
            until = np.cumsum(lengths)
            told = np.arange(until[-1]) + np.repeat(self._start[found] - (until - lengths), lengths)
            total = np.bincount(self._concepts[told], self._shares[told], minlength=len(self._names)).astype(
                np.float64, copy=False
            )
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
