"""Words: Chinese cut by jieba's dictionary, English reduced to its stem, numbers whole."""

import re
from functools import lru_cache

from knowledge.text import dictionary
from knowledge.text.english import stem
from knowledge.text.fold import HAN

__all__ = ["stem", "words"]

_RUN = re.compile(
    rf"(?P<han>[{HAN}]+)|(?P<latin>[^\W\d_{HAN}]+(?:'[a-z]+)*)|(?P<number>[0-9]+(?:[.:][0-9]+)*)"
)


def words(folded: str) -> list[str]:
    """The words of a folded text in order: Chinese words, stems of English ones, numbers; no punctuation."""
    out: list[str] = []
    for match in _RUN.finditer(folded):
        piece = match.group()
        if match.lastgroup == "han":
            out.extend(cut(piece) if len(piece) < 40 else dictionary.cut(piece))
        elif match.lastgroup == "latin":
            out.extend(stem(part) for part in expand(piece))
        else:
            out.append(piece)
    return out


@lru_cache(maxsize=4096)
def cut(piece: str) -> tuple[str, ...]:
    """jieba's cut of a run of Chinese characters."""
    return tuple(dictionary.cut(piece))


@lru_cache(maxsize=2048)
def expand(word: str) -> tuple[str, ...]:
    """An English word without its apostrophe: "don't" is "do" and "not", "it's" is "it"."""
    if "'" not in word:
        return _JOINED.get(word, (word,))
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    head, tail = word.split("'", 1)
    if tail == "t" and head.endswith("n"):
        return (head[:-1], "not")
    return (head,) if len(tail) <= 2 else (head, tail)


# fmt: off
_CONTRACTED = {
    "can't": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not"),
    "ain't": ("is", "not"), "let's": ("let", "us"), "i'm": ("i", "am"), "o'clock": ("oclock",),
}
# fmt: on
# fmt: off
_JOINED = {
    "cannot": ("can", "not"), "cant": ("can", "not"), "wont": ("will", "not"),
    "dont": ("do", "not"), "didnt": ("did", "not"), "doesnt": ("does", "not"),
    "isnt": ("is", "not"), "wasnt": ("was", "not"), "havent": ("have", "not"),
    "hasnt": ("has", "not"), "arent": ("are", "not"), "couldnt": ("could", "not"),
    "im": ("i", "am"), "gonna": ("go", "to"), "wanna": ("want", "to"),
}
# fmt: on
