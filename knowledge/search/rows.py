"""The terms of every wording and answer as arrays, and back from a term to what holds it.

A row is one wording of an entry, or the answer of one. Rows of wordings come first, in the order of the
entries; then one row an entry for its answer.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from knowledge.search.terms import ANSWER, FIELDS, NUMBER, TOLD_BY_WORD, informative
from knowledge.text.numbered import Numbered, Numbers

Ints = npt.NDArray[np.int32 | np.uint16]
Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

# What a shared term of each field adds to the first, coarse ranking. m and x are parts of a vector of
# length 1, not weighed by rarity; n is for the exact ranking only. fmt: off
COARSE: Mapping[str, float] = {
    "w": 1.0,
    "c": 0.5,
    "b": 1.0,
    "s": 0.5,
    "k": 1.2,
    "h": 0.4,
    "n": 0.0,
    "q": 0.3,
    "r": 0.2,
    "m": 8.0,
    "a": 0.25,
    "e": 0.15,
    "x": 2.0,
}
# fmt: on
WIDTH = len(FIELDS)
SATURATION = 0.75  # BM25's b: how much more a long wording has to share
SPELT_APART = "\0"  # no folded text has it, and no database keeps one with it
_VECTORS = (NUMBER["m"], NUMBER["x"])


class Asked(msgspec.Struct, frozen=True):
    """A query against this base: by term of the base, how surely the query holds it; by field, how much all
    its terms tell, weighed and plain; the squared length of what it is about.
    """

    sure: Floats
    mass: Matrix
    plain: Matrix
    length: float


class Overlap(msgspec.Struct, frozen=True):
    """Rows (lines) against a query by field (columns): how much the terms tell that they share, and that
    each has.

    `plain`: the same, with words like 怎么 counted in full. `meaning`: by row, the cosine of what both are
    about, concepts that are rare in this base counting more.
    """

    both: Matrix
    rows: Matrix
    plain_both: Matrix
    plain_rows: Matrix
    meaning: Matrix


class Rows:
    """Terms by row (forwards) and rows by term (postings), with how much each term tells in this base."""

    def __init__(self, terms: Collection[str], starts: Ints, held: Ints, sure: Floats, wordings: int) -> None:
        """`terms`: each once, by number. `held[starts[r]:starts[r+1]]`: the numbers of row r's terms, `sure`
        how surely it holds each; the first `wordings` rows are wordings, the others answers.
        """
        self.terms = Numbered(terms)
        self.spelt = SPELT_APART.join(terms).encode()  # of no use to a search, and shorter than strings
        self.starts = starts
        # Two bytes are enough for 65,536 terms or rows: 8 MB less for 10,000 questions and their answers.
        self.held: Ints = held.astype(_narrow(len(terms)), copy=False)
        self.sure = sure
        self.wordings = wordings
        self.count = len(starts) - 1
        self.field = np.fromiter((NUMBER[name[0]] for name in terms), np.int8, len(terms))
        found = np.bincount(held, minlength=len(terms)).astype(np.float32)
        answers = max(1, self.count - wordings)
        possible = np.where(self.field >= ANSWER, answers, max(1, wordings)).astype(np.float32)
        self.idf: Floats = np.log1p((possible - found + 0.5) / (found + 0.5)).astype(np.float32)
        self.unseen = float(np.log1p((max(1, wordings) + 0.5) / 0.5))
        self._plain = np.where(np.isin(self.field, _VECTORS), np.float32(1), self.idf).astype(np.float32)
        tells = np.fromiter((informative(name) for name in terms), np.float32, len(terms))
        self._rare = (self._plain * tells).astype(np.float32)
        self._post()

    def names(self) -> list[str]:
        """The terms by number."""
        return names_of(self.spelt)

    def _post(self) -> None:
        lengths = np.diff(self.starts)
        row: Ints = np.repeat(np.arange(self.count).astype(_narrow(self.count)), lengths)
        counts = np.bincount(self.held, minlength=len(self.terms))
        self._postings = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        coarse = np.array([COARSE[field] for field in FIELDS], np.float32)
        # How much a row holds, against how much rows of its kind hold on average.
        size: Matrix = np.bincount(row, self._rare[self.held], minlength=self.count).astype(np.float64)
        for part in (slice(0, self.wordings), slice(self.wordings, None)):
            if len(size[part]):
                size[part] = size[part] / max(1e-6, float(size[part].mean()))
        shorter = (1 / (0.4 + 0.6 * (1 - SATURATION + SATURATION * size))).astype(np.float32)
        weights = (self._rare * coarse[self.field])[self.held]
        weights *= self.sure
        weights *= shorter[row]
        order = np.argsort(self.held, kind="stable")
        self._rows = row[order]
        self._impact: Floats = weights[order]

    def scores(self, wanted: Mapping[str, float], numbers: Numbers) -> tuple[Matrix, Matrix]:
        """By row: the coarse score of all `wanted` terms, and of those alone that tell what it is about.

        `numbers`: theirs, as `terms.find` gives them; here and in `asked`.
        """
        told: tuple[list[Ints], list[Ints]] = [], []
        gained: tuple[list[Floats], list[Floats]] = [], []
        spans = zip(self._postings[numbers].tolist(), self._postings[numbers + 1].tolist(), strict=True)
        for number, (term, sure), (begin, end) in zip(numbers.tolist(), wanted.items(), spans, strict=True):
            if number < 0:
                continue
            about = term[0] in "kmx"
            told[about].append(self._rows[begin:end])
            gain = self._impact[begin:end]
            gained[about].append(gain if sure == 1.0 else gain * np.float32(sure))
        meaning = self._added(told[True], gained[True])
        return self._added(told[False], gained[False]) + meaning, meaning

    def _added(self, rows: Sequence[Ints], gains: Sequence[Floats]) -> Matrix:
        if not rows:
            return np.zeros(self.count)
        added = np.bincount(np.concatenate(rows), np.concatenate(gains), minlength=self.count)
        return added.astype(np.float64, copy=False)

    def overlap(self, query: Asked, rows: Places) -> Overlap:
        """What `query` and each of `rows` share."""
        line, held, sure = self._of(rows)
        asked = query.sure[held]
        field = self.field[held]
        cell = line * WIDTH + field
        rare, plain = self._rare[held] * sure, self._plain[held] * sure
        # Cosine of the concepts' weights, each times its rarity here.
        about = field == NUMBER["m"]
        own = self.idf[held[about]] * sure[about]
        product = np.bincount(line[about], own * self.idf[held[about]] * asked[about], minlength=len(rows))
        norm = np.bincount(line[about], own * own, minlength=len(rows)) * query.length
        return Overlap(
            self._by_cell(cell, rare * asked, len(rows)),
            self._by_cell(cell, rare, len(rows)),
            self._by_cell(cell, plain * asked, len(rows)),
            self._by_cell(cell, plain, len(rows)),
            product / np.sqrt(np.maximum(norm, 1e-9)),
        )

    def shared(self, query: Asked, rows: Places) -> Matrix:
        """`overlap(query, rows).both` alone, in a third of the time."""
        line, held, sure = self._of(rows)
        asked = query.sure[held]
        return self._by_cell(line * WIDTH + self.field[held], self._rare[held] * sure * asked, len(rows))

    def _of(self, rows: Places) -> tuple[Places, Ints, Floats]:
        """The terms of these rows one after the other: in which of them, number, how surely it is held."""
        lengths = (self.starts[rows + 1] - self.starts[rows]).astype(np.int64)
        ends = np.cumsum(lengths)
        at = np.arange(int(ends[-1])) + np.repeat(self.starts[rows] - (ends - lengths), lengths)
        return np.repeat(np.arange(len(rows)), lengths), self.held[at], self.sure[at]

    @staticmethod
    def _by_cell(cell: Places, values: Floats, lines: int) -> Matrix:
        added = np.bincount(cell, values, minlength=lines * WIDTH)
        return added.astype(np.float64, copy=False).reshape(lines, WIDTH)

    def asked(self, wanted: Mapping[str, float], numbers: Numbers) -> Asked:
        """`wanted` in this base's numbers. A term that nobody here holds tells the most."""
        weighed, plain, length = [0.0] * WIDTH, [0.0] * WIDTH, 0.0
        here = zip(numbers.tolist(), self.idf[numbers].tolist(), self._rare[numbers].tolist(), strict=True)
        for (number, idf, rare), (term, sure) in zip(here, wanted.items(), strict=True):
            field = NUMBER[term[0]]
            if number < 0:
                idf = rare = self.unseen
                if term[0] in TOLD_BY_WORD:
                    rare *= informative(term)
            weighed[field] += sure * rare
            plain[field] += sure * idf
            if term[0] == "m":
                length += (sure * idf) ** 2
        known = numbers >= 0
        held = np.zeros(len(self.terms), np.float32)
        held[numbers[known]] = np.fromiter(wanted.values(), np.float32, len(wanted))[known]
        return Asked(held, np.array(weighed), np.array(plain), length)


def _narrow(count: int) -> type[np.uint16 | np.int32]:
    return np.uint16 if count <= 1 << 16 else np.int32


def names_of(spelt: bytes) -> list[str]:
    """The terms of `Rows.spelt`."""
    return spelt.decode().split(SPELT_APART) if spelt else []


def gather(rows: Iterable[Mapping[str, float]], wordings: int) -> Rows:
    """The arrays of these rows, the first `wordings` of them wordings."""
    terms: dict[str, int] = {}
    starts = array("i", [0])
    held, sure = array("i"), array("f")
    for row in rows:
        held.extend([terms.setdefault(term, len(terms)) for term in row])
        sure.extend(row.values())
        starts.append(len(held))
    return Rows(
        terms,
        np.array(starts, np.int32),
        np.array(held, np.int32),
        np.array(sure, np.float32),
        wordings,
    )
