"""BERT's own way from a text to token numbers, for the uncased vocabularies most encoders have.

The library `tokenizers` reads any `tokenizer.json`, and takes 14 MB for 30,000 words; this takes 1 for those
written like BERT's (Y. Wu et al., "Google's Neural Machine Translation System", 2016, has the algorithm; the
rules for characters are those of the library, so that both give the same numbers but for 400 marks and signs
that are younger than its tables, of 2015). Others are left to it.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, Final

import msgspec

LONGEST_WORD: Final = 100
_SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_PLAIN: Final = {
    "normalizer": {
        "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
}  # fmt: skip
_MODEL: Final = {
    "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
    "max_input_chars_per_word": LONGEST_WORD,
}  # fmt: skip
_CHINESE: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
_ASCII_SIGNS: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class WordPiece:
    """Token numbers of texts, the first `longest` at most; safe to use from several threads."""

    def __init__(self, vocabulary: Mapping[str, int], longest: int) -> None:
        self._begin, self._end = vocabulary["[CLS]"], vocabulary["[SEP]"]
        self._unknown = vocabulary["[UNK]"]
        self._special = {name: vocabulary[name] for name in _SPECIAL if name in vocabulary}
        self._split = re.compile(f"({'|'.join(map(re.escape, self._special))})")
        self._longest = longest
        # What is kept of a word is its hash of 64 bits: as a dictionary they would be 5 MB. Python hashes the
        # bytes of a string: without a Latin letter in front 步 and "ek" have one hash.
        kept = sorted((hash("w" + word), number) for word, number in vocabulary.items())
        self._hashes = array("q", [key for key, _ in kept])
        self._numbers = array("i", [number for _, number in kept])

    @classmethod
    def read(cls, written: bytes, longest: int) -> WordPiece | None:
        """That of a `tokenizer.json`, None when it is of another kind. Raises `msgspec.DecodeError`."""
        told: dict[str, Any] = msgspec.json.decode(written)
        model: dict[str, Any] = told.get("model") or {}
        vocabulary: dict[str, int] = model.pop("vocab", {})
        special = {token["content"]: token for token in told.get("added_tokens") or ()}
        plain = (
            all(told.get(name) == value for name, value in _PLAIN.items())
            and model == _MODEL
            and isinstance(vocabulary, dict)
            and set(special) <= set(_SPECIAL)
            and {"[CLS]", "[SEP]", "[UNK]"} <= set(vocabulary)
            and all(
                _is_plain(token) and vocabulary.get(name) == token["id"] for name, token in special.items()
            )
            and _frames(told.get("post_processor") or {})
        )
        return cls({**vocabulary}, longest) if plain else None

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's tokens between those of its beginning and its end."""
        out = [self._begin]
        if "[" in text:
            for part in self._split.split(text):
                if part in self._special:
                    out.append(self._special[part])
                else:
                    self._words(part, out)
        else:
            self._words(text, out)
        del out[self._longest - 1 :]
        out.append(self._end)
        return out

    def _words(self, text: str, out: list[int]) -> None:
        for word in text.translate(_TABLE).split():
            number = self._number(word)
            if len(word) > LONGEST_WORD:
                out.append(self._unknown)
            elif number >= 0:
                out.append(number)
            else:
                out.extend(self._pieces(word))

    def _pieces(self, word: str) -> list[int]:
        """The longest known beginning, and again of the rest; one unknown token where there is none."""
        out: list[int] = []
        begin = 0
        while begin < len(word):
            for end in range(len(word), begin, -1):
                number = self._number(f"##{word[begin:end]}" if begin else word[:end])
                if number >= 0:
                    out.append(number)
                    begin = end
                    break
            else:
                return [self._unknown]
        return out

    def _number(self, word: str) -> int:
        key = hash("w" + word)
        place = bisect_left(self._hashes, key)
        if place < len(self._hashes) and self._hashes[place] == key:
            return self._numbers[place]
        return -1


def _is_plain(token: Mapping[str, Any]) -> bool:
    return not any(token.get(name) for name in ("single_word", "lstrip", "rstrip", "normalized"))


def _frames(processor: Mapping[str, Any]) -> bool:
    """Whether a text's tokens stand between [CLS] and [SEP]."""
    if processor.get("type") == "BertProcessing":
        return (processor["cls"][0], processor["sep"][0]) == ("[CLS]", "[SEP]")
    names = [next(iter(piece.values()))["id"] for piece in processor.get("single") or ()]
    return processor.get("type") == "TemplateProcessing" and names == ["[CLS]", "A", "[SEP]"]


class _Table(dict[int, str]):
    """`str.translate`'s table, filled with what texts contain: signs and Chinese characters stand alone."""

    def __missing__(self, code: int) -> str:
        read = _character(chr(code))
        if len(self) < 20_000:
            self[code] = read
        return read


def _character(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character == "\ufffd" or unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}:
        return ""
    if character.isspace():
        return " "
    code = ord(character)
    parts = "".join(
        part.lower() for part in unicodedata.normalize("NFD", character) if unicodedata.category(part) != "Mn"
    )
    parts = "".join(f" {part} " if _is_sign(part) else part for part in parts)
    return f" {parts} " if any(first <= code <= last for first, last in _CHINESE) else parts


def _is_sign(character: str) -> bool:
    return character in _ASCII_SIGNS or unicodedata.category(character).startswith("P")


_TABLE: Final = _Table()
