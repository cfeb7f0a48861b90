"""The operator's own entities: lists with synonyms, found also when misspelt by sound, and RE2 patterns."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import re2
from ahocorasick_rs import AhoCorasick, MatchKind

from bot.entities.entity import TAKEN, Found, Reading
from knowledge.text import syllables

# RE2 keeps an automaton of each pattern; a pattern of the operator may take this much memory (bytes).
PATTERN_MEMORY = 1 << 20
_LATIN = re.compile("[0-9a-z]")


class PatternError(ValueError):
    """A pattern that RE2 refuses, with its words."""


class ListItem(msgspec.Struct, frozen=True):
    """One thing of a list: its canonical name and what else it is called."""

    name: str
    synonyms: tuple[str, ...] = ()


class EntityLists:
    """An operator's lists and patterns, ready to be looked for in time linear in the text.

    `lists` maps a type's name to its items, `patterns` a type's name to RE2 patterns (a group named `value`,
    when there is one, is the entity). `fuzzy` types are also found by their sound: two syllables at least,
    tones ignored. Raises PatternError for a pattern RE2 does not take.
    """

    def __init__(
        self,
        lists: Mapping[str, Sequence[ListItem]] | None = None,
        patterns: Mapping[str, Sequence[str]] | None = None,
        fuzzy: Sequence[str] = (),
    ) -> None:
        self._words: list[tuple[str, str]] = []
        self._sounds: list[tuple[str, str]] = []
        words: list[str] = []
        sounds: list[str] = []
        for kind, items in (lists or {}).items():
            for item in items:
                for written in (item.name, *item.synonyms):
                    plain = _plain(written)
                    if not plain:
                        continue
                    words.append(plain)
                    self._words.append((kind, item.name))
                    spoken = syllables(plain)
                    if kind in fuzzy and len(spoken) >= 2 and not _LATIN.search(plain):
                        sounds.append(" " + " ".join(spoken) + " ")
                        self._sounds.append((kind, item.name))
        self._by_word = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest) if words else None
        self._by_sound = AhoCorasick(sounds, matchkind=MatchKind.LeftmostLongest) if sounds else None
        self._patterns = [
            (kind, _compiled(pattern)) for kind, many in (patterns or {}).items() for pattern in many
        ]

    def take(self, reading: Reading) -> None:
        """Keep what the text names of the lists and patterns; patterns first, then words, then sounds."""
        for kind, pattern in self._patterns:
            for match in pattern.finditer(reading.free):
                start, end = match.span(pattern.groupindex.get("value", 0))
                if start < end and TAKEN not in reading.free[start:end]:
                    reading.take(Found(kind, start, end, reading.original[start:end].strip()))
        if self._by_word is not None:
            for index, start, end in self._by_word.find_matches_as_indexes(reading.free):
                if _whole_word(reading.plain, start, end):
                    reading.take(Found(self._words[index][0], start, end, self._words[index][1]))
        if self._by_sound is not None:
            self._by_ear(reading)

    def _by_ear(self, reading: Reading) -> None:
        assert self._by_sound is not None
        spoken = " "
        places: dict[int, int] = {}
        for position, character in enumerate(reading.free):
            places[len(spoken) - 1] = position
            heard = "".join(syllables(character)) if "\u4e00" <= character <= "\u9fff" else "|"
            spoken += heard + " "
        places[len(spoken) - 1] = len(reading.free)
        for index, start, end in self._by_sound.find_matches_as_indexes(spoken):
            span = places[start], places[end - 1]
            if TAKEN not in reading.free[slice(*span)]:
                kind, name = self._sounds[index]
                reading.take(Found(kind, *span, name))


def _plain(written: str) -> str:
    """The same folding as the text's; the word's own spaces stay."""
    return Reading(written.strip(), datetime.min).plain


def _whole_word(plain: str, start: int, end: int) -> bool:
    """Latin words and numbers match whole: "x1" is not in "x10"."""
    if start and _LATIN.match(plain[start]) and _LATIN.match(plain[start - 1]):
        return False
    return not (end < len(plain) and _LATIN.match(plain[end - 1]) and _LATIN.match(plain[end]))


def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise PatternError(str(error)) from error
