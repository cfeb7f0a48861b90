"""One spelling for every text: what is compared, indexed and looked up.

Full-width and compatibility forms become plain (NFKC), traditional characters simplified (character by
character, with OpenCC's table), Latin letters lower-case without accents, invisible characters vanish, a
run of spaces becomes one, and the space between two Chinese characters goes. Every rule works on a single
character, so an origin is kept for free.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

# Han without extensions beyond the BMP: what people type, and what a space may stand between by mistake.
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_SPACES = re.compile(r"\s+")
_INNER = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")
_KEPT_SPACE = {"\n", "\t", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"}


class Folded(NamedTuple):
    """A folded text, and for each of its characters the index of the character it came from."""

    text: str
    origin: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original that became `text[start:end]` (start < end)."""
        return self.origin[start], self.origin[end - 1] + 1


class _Table(dict[int, str]):
    """`str.translate`'s table, filled with what texts really contain: the second look-up costs nothing."""

    def __missing__(self, code: int) -> str:
        folded = _character(chr(code))
        if len(self) < 60_000:  # everything in use is far less; a hostile text must not grow memory
            self[code] = folded
        return folded


@cache
def _simplified() -> dict[str, str]:
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    ranges = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00))
    pairs = ((chr(code), convert(chr(code))) for code in ranges)
    return {old: new for old, new in pairs if new != old and len(new) == 1}


def _character(character: str) -> str:
    if character in _KEPT_SPACE:
        return " "
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cs"}:  # zero-width, accents typed apart, half of a pair
        return ""
    if category in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    current = character
    for _ in range(4):  # İ needs two rounds, ligatures of accented letters three
        plain = "".join(map(_plain, unicodedata.normalize("NFKC", current)))
        if plain == current:
            break
        current = plain
    # At most twice as long: ㍿ and ⑽ stay what they are.
    return current if len(current) <= 2 else character


def _plain(character: str) -> str:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return ""
    lowered = character.lower()
    decomposed = unicodedata.normalize("NFKD", lowered)
    if (
        decomposed != lowered and decomposed[0].isascii()
    ):  # accents of Latin letters; Hangul and kana keep theirs
        lowered = "".join(part for part in decomposed if not unicodedata.combining(part))
    return _simplified().get(lowered, lowered)


_TABLE = _Table()


def fold(text: str) -> str:
    """`text` as it is compared; never longer than twice the text, and folding again changes nothing."""
    folded = _SPACES.sub(" ", text.translate(_TABLE)).strip(" ")
    return _INNER.sub("", folded) if " " in folded else folded


def fold_with_origin(text: str) -> Folded:
    """`fold(text)` together with where each character came from."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for folded in _TABLE[ord(character)]:
            if folded == " " and (not characters or characters[-1] == " "):
                continue
            characters.append(folded)
            origin.append(index)
    if characters and characters[-1] == " ":
        characters.pop()
        origin.pop()
    joined = "".join(characters)
    if " " in joined:
        drop = {match.start() for match in _INNER.finditer(joined)}
        if drop:
            kept = [index for index in range(len(joined)) if index not in drop]
            return Folded("".join(joined[index] for index in kept), [origin[index] for index in kept])
    return Folded(joined, origin)


def is_han(character: str) -> bool:
    """Whether `character` is a Chinese character of the basic planes."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
