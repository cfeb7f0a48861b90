"""Runs of neighbouring characters: what still overlaps when words are misspelt or cut differently."""

import re

from knowledge.text.fold import HAN

_PIECE = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+|[0-9]+")


def grams(folded: str, shortest: int = 1, longest: int = 3) -> list[str]:
    """Every run of `shortest`…`longest` characters of a folded text, in order, repeated where it repeats.

    Punctuation and spaces end a run; letters, digits and Chinese characters do not mix.
    """
    out = []
    for piece in _PIECE.findall(folded):
        for size in range(shortest, longest + 1):
            out.extend([piece[start : start + size] for start in range(len(piece) - size + 1)])
    return out


def pieces(folded: str) -> list[str]:
    """The unmixed runs of Chinese characters, letters and digits of a folded text."""
    return _PIECE.findall(folded)
