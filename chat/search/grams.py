"""Words as grams. Pure.

A text's grams are its single characters and its pairs of neighbouring characters, folded (NFKC, lower case)
and written as 32-bit numbers. Chinese has no spaces between words, so a word index misses what its
dictionary does not know; pairs miss nothing: a text that holds a term holds all of the term's pairs. The
reverse does not hold (and pairs are hashed), so whatever is found is compared with the words themselves.
"""

from __future__ import annotations

import itertools
import unicodedata
from typing import Final

MAX_TERMS: Final = 8
MAX_QUERY: Final = 100  # characters


def folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters where it came from in `text`.

    Character by character, so that every place can be told; white space of any kind is one space.
    """
    out: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            if out and out[-1] != " ":
                out.append(" ")
                places.append(place)
            continue
        for folded_character in unicodedata.normalize("NFKC", character).casefold():
            out.append(folded_character)
            places.append(place)
    return "".join(out), places


def grams(text: str) -> set[int]:
    """The grams of a text: characters as their code points, pairs as negative hashes; spaces have none."""
    found: set[int] = set()
    before = 0
    for character in folded(text)[0]:
        code = ord(character)
        if character == " ":
            before = 0
            continue
        found.add(code)
        if before:
            found.add(_pair(before, code))
        before = code
    return found


def terms(query: str) -> list[str]:
    """What is asked for: the folded words of a query, at most `MAX_TERMS`; each must be found."""
    return folded(query[:MAX_QUERY])[0].split()[:MAX_TERMS]


def wanted(words: list[str]) -> set[int]:
    """The grams a text must have to hold all of these: pairs, or the character of a word of one."""
    found: set[int] = set()
    for word in words:
        if len(word) == 1:
            found.add(ord(word))
        found.update(_pair(ord(a), ord(b)) for a, b in itertools.pairwise(word))
    return found


def matches(text: str, words: list[str]) -> list[tuple[int, int]] | None:
    """Where the words stand in the text as (start, end), ascending and apart; None unless all of them do."""
    flat, places = folded(text)
    spans: list[tuple[int, int]] = []
    for word in words:
        at = flat.find(word)
        if at < 0:
            return None
        while at >= 0:
            spans.append((places[at], places[at + len(word) - 1] + 1))
            at = flat.find(word, at + len(word))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, spans: list[tuple[int, int]], width: int = 80) -> tuple[str, list[tuple[int, int]]]:
    """A window of about `width` characters around the first match, and the matches inside it.

    Offsets count UTF-16 units, as browsers do.
    """
    start = max(0, spans[0][0] - width // 4) if spans else 0
    end = min(len(text), start + width)
    window = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    shift = (1 if start else 0) - start

    def units(place: int) -> int:
        return len(window[:place].encode("utf-16-le")) // 2

    inside = [
        (units(begin + shift), units(min(finish, end) + shift)) for begin, finish in spans if begin < end
    ]
    return window, inside


def _pair(a: int, b: int) -> int:
    """Two code points (21 bits each) in 31 bits, negative. Knuth's multiplicative hashing spreads them."""
    return -1 - ((a * 2_654_435_761 + b * 40_503) & 0x7FFF_FFFF)
