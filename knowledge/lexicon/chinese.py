"""Chinese expressions in a text: literally, with gaps, and by sound; and whether the text denies them."""

import re
from array import array
from collections.abc import Mapping, Sequence
from functools import cache

from knowledge.lexicon.gaps import Automaton
from knowledge.lexicon.loading import GAP
from knowledge.text import dictionary
from knowledge.text.fold import is_han
from knowledge.text.pinyin import sound, syllable

GAP_LENGTH = 6
_SIGN = re.compile("[不没未别甭勿无非]")
# What may stand between a gapped expression's parts is not the end of a sentence.
_END = re.compile(r"[。!?;\n]")
# "不能退", "还没给我发", "没有收到": a negator, then at most two helpers, then the concept.
_DENIED = re.compile(
    r"(?:不|没|没有|未|别|甭|勿|无法|没法|没办法|无|不是|并非)"
    r"(?:能|会|想|要|用|让|给|可以|可|必|需要|需|再|有|过|把|被|曾|我|你|您|来|去|办法|打算|准备){0,2}$"
)
# "能不能退", "是不是", "有没有", "要不要" ask; "没问题", "不好意思", "不客气" deny nothing.
_ASKED = re.compile(
    r"(.)[不没]\1[^不没]{0,2}$|[是要行能会]不$|(?:不过|不但|不仅|不管|不论|要不|差不多|不知道|不好意思)$"
)


class ChineseExpressions:
    """The Chinese side of a lexicon; `find` gives (concept, start, end, denied, only sounding alike)."""

    def __init__(self, told: Mapping[str, Sequence[str]]) -> None:
        pairs = [(name, expression) for name, expressions in told.items() for expression in expressions]
        self._names = [name for name, _ in pairs]
        self._exact = Automaton(_compact(expression).split(GAP) for _, expression in pairs)
        self._expressions = [expression for _, expression in pairs]
        # What can be heard, by its number among all.
        self._heard = array(
            "i",
            (
                number
                for number, expression in enumerate(self._expressions)
                if 2 <= len(expression) <= 8 and all(map(is_han, expression))
            ),
        )
        self._sounds = Automaton([_keys(self._expressions[number])] for number in self._heard)

    def find(self, folded: str, *, sounding: bool) -> list[tuple[str, int, int, bool, bool]]:
        """Every mention in a folded text, overlapping ones too."""
        text, origin = _without_spaces(folded)
        out = []
        for number, start, end in self._exact.find(text, GAP_LENGTH):
            if _inside_word(text, start, end) or _END.search(text, start, end):
                continue
            out.append((self._names[number], start, end, denied(text, start), False))
        if sounding and any(map(is_han, text)):
            out.extend(self._find_sounding(text, {(name, start, end) for name, start, end, *_ in out}))
        if origin is None:
            return out
        return [(name, origin[start], origin[end - 1] + 1, *rest) for name, start, end, *rest in out]  # type: ignore[misc]

    def _find_sounding(
        self, text: str, exact: set[tuple[str, int, int]]
    ) -> list[tuple[str, int, int, bool, bool]]:
        out = []
        known: list[bool] | None = None
        for number, start, end in self._sounds.find(_keys(text), 0):
            name, expression = self._names[self._heard[number]], self._expressions[self._heard[number]]
            if (name, start, end) in exact:
                continue
            differing = [at for at in range(start, end) if text[at] != expression[at - start]]
            if not differing or len(differing) == end - start:
                continue  # nothing in common with how it is written: the sound alone proves too little
            if known is None:
                known = _in_known_words(text)
            if not any(known[at] for at in differing):
                out.append((name, start, end, denied(text, start), True))
        return out


def denied(text: str, start: int) -> bool:
    """Whether what begins at `start` of a folded Chinese text is denied by the words right before it."""
    before = text[max(0, start - 8) : start]
    if _SIGN.search(before) is None:
        return False
    match = _DENIED.search(before)
    return match is not None and not _ASKED.search(before[: match.end()])


def _in_known_words(text: str) -> list[bool]:
    """By character: whether it is part of a dictionary word of two or more characters."""
    known = []
    for word in dictionary.cut(text):
        known.extend([len(word) > 1 and dictionary.is_word(word)] * len(word))
    return known


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether a match that begins or ends with a Latin letter is only part of a longer Latin word."""
    first, last = text[start], text[end - 1]
    if (
        first.isascii()
        and first.isalpha()
        and start
        and text[start - 1].isascii()
        and text[start - 1].isalpha()
    ):
        return True
    if last.isascii() and last.isalpha() and end < len(text):
        return text[end].isascii() and text[end].isalpha()
    return False


def _compact(expression: str) -> str:
    return expression.replace(" ", "")


def _without_spaces(folded: str) -> tuple[str, list[int] | None]:
    if " " not in folded:
        return folded, None
    origin = [index for index, character in enumerate(folded) if character != " "]
    return "".join(folded[index] for index in origin), origin


@cache
def _key(character: str) -> str:
    """One private-use character for each sound, so that a text's sounds have the text's own places."""
    heard = sound(syllable(character)) if is_han(character) else ""
    return chr(0xE000 + _sounds().setdefault(heard, len(_sounds()))) if heard else character


@cache
def _sounds() -> dict[str, int]:
    return {}


def _keys(text: str) -> str:
    return "".join(map(_key, text))
