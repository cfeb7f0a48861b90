"""The search index of the bot, the console and the help page: built in memory, never changed, replaced
whole."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from knowledge.lexicon import Lexicon
from knowledge.search.entry import Entry, Hit
from knowledge.search.ranking import Candidates, letters, rank
from knowledge.search.rows import Rows, gather, names_of
from knowledge.search.shelf import Shelf, Texts
from knowledge.search.terms import asked_of_answers, body, known, wording
from knowledge.text.numbered import Numbers

FORMAT = 2
CANDIDATES = 32  # entries the exact ranking looks at
MEANT = 12  # of them at least so many by their concepts alone, where there are such
WORDINGS = 64  # wordings of those entries it looks at
FOREVER = 2**62
FEW = 32  # other wordings an entry may have for their best to be found one after the other
Places = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
_NONE = np.zeros(0, np.int64)


class Look(msgspec.Struct, frozen=True):
    """A query against this base, whoever may see what: its terms with their numbers here, the share of its
    words that the lexicon knows, and coarse scores by wording, by entry, and by entry for its matter alone.
    """

    query: str
    wanted: dict[str, float]
    numbers: Numbers
    known: float
    by_wording: Scores
    by_entry: Scores
    by_meaning: Scores


class SearchIndex:
    """Entries and how to find them. Threads may share it: nothing in it changes after building."""

    def __init__(self, shelf: Shelf, rows: Rows, lexicon: Lexicon) -> None:
        self._shelf = shelf
        self._rows = rows
        self._lexicon = lexicon
        self._letters = Texts(letters(text) for entry in shelf for text in _wordings(entry))  # by row
        held = [(1 + len(entry.similar), entry.site, entry.language, *_valid(entry)) for entry in shelf]
        counts, sites, languages, begin, end = zip(*held, strict=True) if held else ((), (), (), (), ())
        self._first = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=self._first[1:])
        self._others = _others(np.array(counts, np.int64), self._first)
        self._owner = np.repeat(np.arange(len(counts)), counts)
        self._site, self._language = _Kinds(sites, None), _Kinds(languages, "")
        self._from, self._to = np.array(begin, np.int64), np.array(end, np.int64)
        self._timed = bool(np.any(self._from > 0) or np.any(self._to < FOREVER))
        self._visible: dict[tuple[str | None, str | None], npt.NDArray[np.bool_]] = {}

    @classmethod
    def build(
        cls, entries: Iterable[Entry], lexicon: Lexicon, previous: SearchIndex | None = None
    ) -> SearchIndex:
        """An index of `entries`. Texts that `previous` (of the same lexicon) holds are not analysed again."""
        shelf = Shelf.of(entries)
        held = previous if previous is not None and previous._lexicon is lexicon else None
        wordings = sum(1 + len(entry.similar) for entry in shelf)
        return cls(shelf, gather(cls._analysed(shelf, lexicon, held), wordings), lexicon)

    @staticmethod
    def _analysed(shelf: Shelf, lexicon: Lexicon, held: SearchIndex | None) -> Iterator[dict[str, float]]:
        """The terms of each text, one after the other: ten thousand at once would be 100 MB."""
        names = held._rows.names() if held else []
        rows = {text: row for row, text in enumerate(held._texts())} if held else {}
        told = {_told(entry): row for row, entry in enumerate(held._shelf)} if held else {}
        for entry in shelf:
            for text in _wordings(entry):
                yield held._row(rows[text], names) if held and text in rows else wording(text, lexicon)
        for entry in shelf:
            text = _told(entry)
            if held and text in told:
                yield held._row(held._rows.wordings + told[text], names)
            else:
                yield body(text, lexicon)

    def __len__(self) -> int:
        return len(self._shelf)

    def entry(self, name: str) -> Entry:
        """The entry of this id; raises KeyError."""
        return self._shelf.find(name)

    def entries(self) -> list[Entry]:
        """All entries, in the order they were given."""
        return list(self._shelf)

    def _texts(self) -> Iterator[str]:
        """The wordings by row."""
        return (text for entry in self._shelf for text in _wordings(entry))

    def search(
        self,
        query: str,
        limit: int = 5,
        site: str | None = None,
        language: str | None = None,
        now_ms: int | None = None,
        concepts_hint: Sequence[str] = (),
        widened_below: float = 0.0,
    ) -> list[Hit]:
        """The entries that answer `query` best, best first.

        `site`, `language`: only what is shown there (None: everything). `concepts_hint`: concepts the
        conversation is about although the query does not name them; they count half. With nothing of a score
        of `widened_below` in `language`, every language is looked at.
        """
        look = self._look(query, concepts_hint)
        if look is None:
            return []
        rows = self._chosen(look, site, language, now_ms)
        hits = self._hits(look, rows, limit)
        if language is None or (hits[0].score if hits else 0.0) >= widened_below:
            return hits
        wider = self._chosen(look, site, None, now_ms)
        # For four Chinese questions of five they are the same, and so would be the hits.
        return hits if np.array_equal(rows, wider) else self._hits(look, wider, limit) or hits

    def _hits(self, look: Look, rows: Places, limit: int) -> list[Hit]:
        if not len(rows):
            return []
        found = self._among(look, rows)
        best: dict[int, None] = {}
        hits = []
        for place, score, parts in rank(found, self._rows):
            entry = int(found.owner[place])
            if entry in best:
                continue
            best[entry] = None
            told = self._shelf[entry]
            matched = _wordings(told)[int(found.rows[place] - self._first[entry])]
            hits.append(Hit(told.id, score, matched, parts))
            if len(hits) >= limit:
                break
        return hits

    @property
    def rows(self) -> Rows:
        """The terms of the wordings and answers."""
        return self._rows

    def candidates(
        self,
        query: str,
        site: str | None = None,
        language: str | None = None,
        now_ms: int | None = None,
        concepts_hint: Sequence[str] = (),
    ) -> Candidates | None:
        """What is worth an exact look, for `ranking`; None when nothing has anything in common with the
        query."""
        look = self._look(query, concepts_hint)
        rows = self._chosen(look, site, language, now_ms) if look is not None else _NONE
        return self._among(look, rows) if look is not None and len(rows) else None

    def _look(self, query: str, hint: Sequence[str]) -> Look | None:
        wanted = wording(query, self._lexicon, hint) if len(self._shelf) else {}
        if not wanted:
            return None
        wanted |= asked_of_answers(wanted)
        numbers = self._rows.terms.find(wanted)
        total, meaning = self._rows.scores(wanted, numbers)
        split = self._rows.wordings
        return Look(
            query=query,
            wanted=wanted,
            numbers=numbers,
            known=known(wanted, self._lexicon),
            by_wording=total,
            by_entry=self._best(total) + total[split:],
            by_meaning=self._best(meaning) + meaning[split:],
        )

    def _among(self, look: Look, rows: Places) -> Candidates:
        owner = self._owner[rows]
        return Candidates(
            query=look.query,
            wanted=look.wanted,
            numbers=look.numbers,
            rows=rows,
            owner=owner,
            answers=self._rows.wordings + owner,
            letters=self._letters.at(rows.tolist()),
            known=look.known,
        )

    def _chosen(self, look: Look, site: str | None, language: str | None, now_ms: int | None) -> Places:
        """The rows of wordings worth an exact look."""
        total, by_entry, by_meaning = look.by_wording, look.by_entry, look.by_meaning
        shown = self._shown(site, language, now_ms)
        if shown is not None:
            by_entry = np.where(shown, by_entry, 0)
            by_meaning = np.where(shown, by_meaning, 0)
        chosen = dict.fromkeys(_top(by_entry, CANDIDATES))
        chosen.update(dict.fromkeys(_top(by_meaning, MEANT)))
        rows: list[int] = []
        places = np.fromiter(chosen, np.int64, len(chosen))
        for begin, end in zip(self._first[places].tolist(), self._first[places + 1].tolist(), strict=True):
            if end - begin <= 2:
                rows.extend(range(begin, end))
            else:
                rows.extend(begin + int(at) for at in np.argsort(-total[begin:end])[:3])
        return np.array(rows[:WORDINGS], np.int64)

    def _best(self, values: Scores) -> Scores:
        """By entry, the greatest value of its wordings."""
        if self._others is None:
            return np.asarray(np.maximum.reduceat(values[: self._rows.wordings], self._first[:-1]))
        best = values[self._first[:-1]]
        for entries, rows in self._others:
            best[entries] = np.maximum(best[entries], values[rows])
        return best

    def _shown(
        self, site: str | None, language: str | None, now_ms: int | None
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]] | None:
        shown = None
        if site is not None or language is not None:
            shown = self._visible.get((site, language))
            if shown is None:
                shown = self._site.open_to(site) & self._language.open_to(language)
                if len(self._visible) < 256:
                    self._visible[site, language] = shown
        if self._timed:
            now = int(time.time() * 1000) if now_ms is None else now_ms
            valid = (self._from <= now) & (now < self._to)
            shown = valid if shown is None else shown & valid
        return shown

    def _row(self, number: int, names: list[str]) -> dict[str, float]:
        begin, end = self._rows.starts[number], self._rows.starts[number + 1]
        held, sure = self._rows.held[begin:end].tolist(), self._rows.sure[begin:end].tolist()
        return {names[term]: how for term, how in zip(held, sure, strict=True)}

    # Snapshots.

    def to_bytes(self) -> bytes:
        """Everything but the lexicon; for the next process, which need not analyse the texts again.

        With another lexicon `from_bytes` has to, and does.
        """
        saved = _Snapshot(
            FORMAT,
            [msgspec.Raw(self._shelf.packed(place)) for place in range(len(self._shelf))],
            self._rows.spelt,
            self._rows.starts.tobytes(),
            self._rows.held.astype(np.int32).tobytes(),
            self._rows.sure.tobytes(),
            self._rows.wordings,
            self._lexicon.fingerprint,
        )
        return zstandard.compress(msgspec.msgpack.encode(saved), 1)

    @classmethod
    def from_bytes(cls, data: bytes, lexicon: Lexicon) -> SearchIndex:
        """The index of a snapshot. Raises ValueError for what is none, or one of another format."""
        try:
            saved = msgspec.msgpack.decode(zstandard.decompress(data), type=_Snapshot)
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            raise ValueError("not a snapshot of a search index") from error
        if saved.format != FORMAT:
            raise ValueError(f"a snapshot of format {saved.format}, not {FORMAT}")
        try:
            shelf = Shelf(map(memoryview, saved.entries))
        except msgspec.DecodeError as error:
            raise ValueError("a snapshot of other entries") from error
        if saved.lexicon != lexicon.fingerprint:
            return cls.build(shelf, lexicon)
        rows = Rows(
            names_of(saved.spelt),
            np.frombuffer(saved.starts, np.int32),
            np.frombuffer(saved.held, np.int32),
            np.frombuffer(saved.sure, np.float32),
            saved.wordings,
        )
        return cls(shelf, rows, lexicon)


class _Snapshot(msgspec.Struct, array_like=True):
    format: int
    entries: list[msgspec.Raw]
    spelt: bytes
    starts: bytes
    held: bytes
    sure: bytes
    wordings: int
    lexicon: str


class _Kinds:
    """By entry, to whom it is open: one of few names, or everybody."""

    def __init__(self, names: Sequence[str | None], everybody: str | None) -> None:
        self._number = {everybody: 0}
        self._numbers = np.array(
            [self._number.setdefault(name, len(self._number)) for name in names], np.int32
        )

    def open_to(self, name: str | None) -> npt.NDArray[np.bool_]:
        """Which are; without a name, all."""
        if name is None:
            return np.ones(len(self._numbers), np.bool_)
        return np.isin(self._numbers, (0, self._number.get(name, 0)))


def _others(counts: Places, first: Places) -> list[tuple[Places, Places]] | None:
    """Second wordings with their entries, third ones …; None where some entry has many.

    `reduceat` over 10,000 entries takes 170 µs, this 30 where all of them have another wording and 3 where a
    hundred have.
    """
    most = int(counts.max()) if len(counts) else 0
    if most > 1 + FEW:
        return None
    places = [np.flatnonzero(counts > at) for at in range(1, most)]
    return [(entries, first[entries] + at) for at, entries in enumerate(places, 1) if len(entries)]


def _wordings(entry: Entry) -> tuple[str, ...]:
    return (entry.question, *entry.similar)


def _valid(entry: Entry) -> tuple[int, int]:
    return entry.valid_from or 0, entry.valid_to or FOREVER


def _told(entry: Entry) -> str:
    return "\n".join(part for part in (entry.title, entry.category, entry.answer) if part)


def _top(scores: np.ndarray[tuple[int], np.dtype[np.float64]], count: int) -> list[int]:
    """The places of the `count` greatest positive scores, greatest first."""
    most = len(scores) > count
    places = np.argpartition(scores, -count)[-count:] if most else np.arange(len(scores))
    places = places[np.argsort(-scores[places], kind="stable")]
    return cast("list[int]", places[scores[places] > 0].tolist())
