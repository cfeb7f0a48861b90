"""Which concepts a text names, in time linear in the text however many expressions there are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from knowledge.lexicon.chinese import ChineseExpressions
from knowledge.lexicon.english import EnglishExpressions
from knowledge.lexicon.loading import DATA, Concept, Expressions, read, with_extra
from knowledge.text.fold import fold

if TYPE_CHECKING:
    from knowledge.lexicon.meaning import Meaning

LONGEST = 2_000  # characters of a text that are looked at: a visitor's message is not longer
RECENT = 16  # texts whose mentions are kept: several readers of one message ask for the same


class Mention(msgspec.Struct, frozen=True):
    """A concept named in a folded text, half-open span; `negated` when the text denies it ("不能退", "not
    arrived").

    `sounding`: the text only sounds like an expression of it ("发漂" for 发票).
    """

    concept: str
    start: int
    end: int
    negated: bool = False
    sounding: bool = False


class Lexicon:
    """All concepts and their expressions, ready for matching; immutable, shared between threads."""

    def __init__(self, found: Mapping[str, tuple[Concept, Expressions]]) -> None:
        self._found = dict(found)
        self._zh = ChineseExpressions({name: told.zh for name, (_, told) in self._found.items()})
        self._meaning: Meaning | None = None
        self._fingerprint = ""
        self._en = EnglishExpressions({name: told.en for name, (_, told) in self._found.items()})
        self._recent = lru_cache(RECENT)(self._mentions)

    @classmethod
    def load(cls, folder: Path | None = None, extra: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
        """The shipped lexicon (or that of `folder`), joined by an operator's synonyms.

        `extra` maps a concept's id, or "syn:word" for a new one, to expressions. Raises `BadLexicon`.
        """
        return cls(with_extra(read(folder or DATA), extra or {}))

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, concept: object) -> bool:
        return concept in self._found

    def concept(self, name: str) -> Concept:
        """The concept of this id; raises KeyError."""
        return self._found[name][0]

    def all(self) -> list[Concept]:
        """Every concept, in the order of the files."""
        return [concept for concept, _ in self._found.values()]

    def expressions(self, name: str) -> tuple[str, ...]:
        """The folded expressions of a concept, Chinese ones first; raises KeyError."""
        told = self._found[name][1]
        return (*told.zh, *told.en)

    def broader(self, name: str) -> tuple[str, ...]:
        """What this concept is a kind of, nearest first, each once; () for an unknown one."""
        out: dict[str, None] = {}
        todo = [name]
        while todo:
            known = self._found.get(todo.pop(0))
            for above in known[0].broader if known else ():
                if above not in out and above != name:
                    out[above] = None
                    todo.append(above)
        return tuple(out)

    def mentions(self, folded: str, *, sounding: bool = True) -> list[Mention]:
        """Every mention in a folded text by start, the longest one of each concept where its own overlap.

        Mentions of different concepts may overlap. `sounding` admits Chinese homophones of an expression
        where the text makes no known word of its own.
        """
        return list(self._recent(folded[:LONGEST], sounding))

    def _mentions(self, text: str, sounding: bool) -> tuple[Mention, ...]:
        raw = self._zh.find(text, sounding=sounding) + self._en.find(text)
        by_concept: dict[str, list[tuple[int, int, bool, bool]]] = {}
        for name, start, end, negated, alike in raw:
            by_concept.setdefault(name, []).append((start, end, negated, alike))
        mentions = []
        for name, spans in by_concept.items():
            spans.sort(key=lambda span: (span[0] - span[1], span[3], span[0]))
            kept: list[tuple[int, int]] = []
            for start, end, negated, alike in spans:
                if all(end <= other or start >= until for other, until in kept):
                    kept.append((start, end))
                    mentions.append(Mention(name, start, end, negated, alike))
        mentions.sort(key=lambda mention: (mention.start, mention.end, mention.concept))
        return tuple(mentions)

    @property
    def fingerprint(self) -> str:
        """Tells lexicons apart: the same concepts with the same expressions have the same one."""
        if not self._fingerprint:
            told = msgspec.msgpack.encode(self._found)
            self._fingerprint = hashlib.blake2b(told, digest_size=16).hexdigest()
        return self._fingerprint

    @property
    def meaning(self) -> Meaning:
        """What texts are about, by the concepts that have content (those with a role have none); made when
        asked."""
        if self._meaning is None:
            from knowledge.lexicon.meaning import Meaning  # brings numpy

            told = {
                name: (*expressions.zh, *expressions.en, fold(concept.zh), fold(concept.en))
                for name, (concept, expressions) in self._found.items()
                if not concept.role
            }
            self._meaning = Meaning(told, {name: self._found[name][0].broader for name in told})
        return self._meaning

    def concepts(self, folded: str) -> list[str]:
        """The concepts a folded text names, each once, in the order of the text; "not:" before a denied
        one."""
        named = (
            f"not:{found.concept}" if found.negated else found.concept for found in self.mentions(folded)
        )
        return list(dict.fromkeys(named))
