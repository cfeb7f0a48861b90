"""How Chinese sounds: toneless syllables, and a key that forgives the usual confusions.

The readings are pypinyin's single-character table, read as a file: importing the package would hold its
table of phrases, 50 MB, in every process for the one reading in a hundred that depends on the phrase.
"""

import json
import re
import unicodedata
from array import array
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from knowledge.text.fold import is_han

_FIRST, _LAST = 0x3400, 0x9FFF  # the Chinese characters of the basic planes
_TOKEN = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")

# The reading that service talk means, where the table names another first.
# fmt: off
_PREFERRED = {
    "还": "hai", "都": "dou", "得": "de", "地": "di", "着": "zhe", "了": "le", "吗": "ma",
    "么": "me", "个": "ge", "没": "mei", "的": "de", "会": "hui", "行": "xing", "重": "chong",
    "长": "chang", "单": "dan", "发": "fa", "什": "shen", "差": "cha", "少": "shao", "大": "da",
    "看": "kan", "上": "shang", "过": "guo", "那": "na", "哪": "na", "车": "che", "参": "can",
    "便": "bian", "调": "tiao", "传": "chuan", "石": "shi", "嗯": "en",
}
# fmt: on

# Confusions of dialects and of hasty typing, in the order in which they are applied.
_LIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_ENDS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


class _Readings:
    """Syllables by character: two bytes a character. A dictionary of them would be 3 MB."""

    def __init__(self, table: dict[str, str]) -> None:
        """`table`: marked readings by code point in decimal, the most common one first."""
        numbers = {"": 0}
        self._at = array("H", bytes(2 * (_LAST - _FIRST + 1)))
        for code, marked in table.items():
            if is_han(chr(int(code))):
                spelt = _toneless(marked.split(",", 1)[0])
                self._at[int(code) - _FIRST] = numbers.setdefault(spelt, len(numbers))
        for character, spelt in _PREFERRED.items():
            self._at[ord(character) - _FIRST] = numbers.setdefault(spelt, len(numbers))
        self._syllables = list(numbers)
        self.all = frozenset(self._syllables[number] for number in set(self._at) if number)

    def of(self, character: str) -> str:
        """The reading of a single character, "" for none."""
        code = ord(character)
        return self._syllables[self._at[code - _FIRST]] if _FIRST <= code <= _LAST else ""


@cache
def _readings() -> _Readings:
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pypinyin")
    return _Readings(json.loads(Path(spec.origin).with_name("pinyin_dict.json").read_text(encoding="utf-8")))


def _toneless(marked: str) -> str:
    plain = unicodedata.normalize("NFD", marked).replace("u\u0308", "v")
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("ê", "e")


def syllable(character: str) -> str:
    """The most common reading of a Chinese character without its tone, "" when it has none."""
    return _readings().of(character)


def syllables(folded: str) -> list[str]:
    """A folded text by its sound: one toneless syllable a Chinese character, Latin words and numbers kept
    whole."""
    readings = _readings()
    out = []
    for token in _TOKEN.findall(folded):
        reading = readings.of(token) if len(token) == 1 else ""
        if reading:
            out.append(reading)
        elif token[0].isalnum():
            out.append(token)
    return out


@cache
def sound(spelt: str) -> str:
    """A syllable's key: zh/z, ch/c, sh/s, n/l at the front and -ng/-n at the end sound alike; other words
    stay."""
    if spelt not in _readings().all:
        return spelt
    for old, new in _LIKE:
        if spelt.startswith(old):
            spelt = new + spelt[len(old) :]
            break
    if spelt.startswith("l") and len(spelt) > 1:
        spelt = "n" + spelt[1:]
    for old, new in _ENDS:
        if spelt.endswith(old):
            return spelt[: -len(old)] + new
    return spelt


def sounds(folded: str) -> list[str]:
    """`syllables` by their keys: two texts that a visitor might confuse by ear have the same list."""
    return [sound(spelt) for spelt in syllables(folded)]
