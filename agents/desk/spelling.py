"""How Chinese is typed on a Latin keyboard: full pinyin and initials, every reading of a polyphone. Pure."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

MAX_READINGS: Final = 24  # combinations of readings that are kept
MAX_PINYIN: Final = 600
MAX_INITIALS: Final = 150
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_KEPT: Final = re.compile(r"[a-z0-9]+")
_EACH: Any = list
"""Gives back what is not Chinese character by character; the library's types know of no such function."""


def spellings(*texts: str) -> tuple[str, str]:
    """(full pinyin, initials) of the texts, each a list of readings with spaces between, the usual one first.

    退货 → ("tuihuo", "th"); 重庆 → ("chongqing zhongqing", "cq zq"). What is not Chinese stays as it is, in
    lower case and without punctuation; a text without Chinese has no spelling of its own.
    """
    full: list[str] = []
    short: list[str] = []
    for text in texts:
        if not _HAN.search(text):
            continue
        for reading in _readings(text.lower()):
            full.append("".join(syllable for syllable, _ in reading))
            short.append("".join(initial for _, initial in reading))
    return _packed(full, MAX_PINYIN), _packed(short, MAX_INITIALS)


def compact(query: str) -> str:
    """A query as it is compared with spellings: lower case, nothing but letters and digits; "" when it holds
    anything else (Chinese is looked for in the text itself).
    """
    lowered = query.lower().replace("'", "").replace("ü", "v")
    return lowered if _KEPT.fullmatch(lowered) else ""


def _readings(text: str) -> list[list[tuple[str, str]]]:
    """Lists of (syllable, initial): the reading in this context, then with one character read otherwise, then
    with several.
    """
    # Its dictionary takes 0.3 s and 40 MB: only who spells something waits for it, not every start.
    from pypinyin import Style, pinyin

    usual = [_part(group[0]) for group in pinyin(text, style=Style.NORMAL, errors=_EACH)]
    choices: list[list[tuple[str, str]]] = []
    for place, character in enumerate(text):
        own = [usual[place]] if place < len(usual) else []
        if _HAN.match(character):
            found = pinyin(character, style=Style.NORMAL, heteronym=True, errors=_EACH)
            own += [_part(syllable) for syllable in found[0] if _part(syllable) not in own]
        choices.append(own or [_part(character)])
    first = [options[0] for options in choices]
    alone = (
        [*first[:place], other, *first[place + 1 :]]
        for place, options in enumerate(choices)
        for other in options[1:]
    )
    together = (list(reading) for reading in itertools.product(*choices))
    return list(itertools.islice(itertools.chain([first], alone, together), MAX_READINGS))


def _part(syllable: str) -> tuple[str, str]:
    """A syllable and its initial; of what is no Chinese, every letter and digit counts."""
    kept = "".join(_KEPT.findall(syllable))
    return (kept, kept[:1])


def _packed(words: list[str], room: int) -> str:
    """As many different words as fit, the first ones first."""
    kept: list[str] = []
    used = 0
    for word in dict.fromkeys(words):
        if not word:
            continue
        if used + len(word) + 1 > room:
            if not kept:
                kept.append(word[:room])
            break
        kept.append(word)
        used += len(word) + 1
    return " ".join(kept)
