"""Autobahn groups 6.5 to 6.23 as data: byte sequences, and whether they are UTF-8 (Markus Kuhn's test)."""

from __future__ import annotations

_KOSME = "ce ba e1 bd b9 cf 83 ce bc ce b5"


def _starts(first: int, last: int) -> str:
    """Lonely start bytes, a space after each."""
    return " ".join(f"{byte:02x} 20" for byte in range(first, last + 1))


_MISSING_LAST = [
    "c0", "e0 80", "f0 80 80", "f8 80 80 80", "fc 80 80 80 80",
    "df", "ef bf", "f7 bf bf", "fb bf bf bf", "fd bf bf bf bf",
]  # fmt: skip

# The last two code points of each of the 17 planes: no characters, but valid UTF-8.
_NONCHARACTERS = [chr(plane << 16 | low).encode().hex(" ") for plane in range(17) for low in (0xFFFE, 0xFFFF)]

_GROUPS: dict[str, tuple[bool, list[str]]] = {
    "5 valid": (
        True,
        [
            _KOSME,
            b"hello$world".hex(" "),
            "68 65 6c 6c 6f c2 a2 77 6f 72 6c 64",
            "68 65 6c 6c 6f e2 82 ac 77 6f 72 6c 64",
            "68 65 6c 6c 6f f0 a4 ad a2 77 6f 72 6c 64",
        ],
    ),
    "7 first of a length": (True, ["00", "c2 80", "e0 a0 80", "f0 90 80 80"]),
    "8 first of 5 and 6 bytes": (False, ["f8 88 80 80 80", "fc 84 80 80 80 80"]),
    "9 last of a length": (True, ["7f", "df bf", "ef bf bf", "f4 8f bf bf"]),
    "10 last of 4 to 6 bytes": (False, ["f7 bf bf bf", "fb bf bf bf bf", "fd bf bf bf bf bf"]),
    "11 boundaries": (True, ["ed 9f bf", "ee 80 80", "ef bf bd", "f4 8f bf bf"]),
    "11 beyond the last code point": (False, ["f4 90 80 80"]),
    "12 unexpected continuation bytes": (
        False,
        [
            "80", "bf", "80 bf", "80 bf 80", "80 bf 80 bf", "80 bf 80 bf 80", "80 bf 80 bf 80 bf",
            bytes(range(0x80, 0xC0)).hex(" "),
        ],
    ),
    "13 lonely start bytes": (
        False,
        [
            _starts(0xC0, 0xDF), _starts(0xE0, 0xEF), _starts(0xF0, 0xF7), _starts(0xF8, 0xFB),
            _starts(0xFC, 0xFD),
        ],
    ),
    "14 last byte missing": (False, _MISSING_LAST),
    "15 incomplete ones in a row": (False, [" ".join(_MISSING_LAST)]),
    "16 impossible bytes": (False, ["fe", "ff", "fe fe ff ff"]),
    "17 overlong slash": (
        False, ["c0 af", "e0 80 af", "f0 80 80 af", "f8 80 80 80 af", "fc 80 80 80 80 af"],
    ),
    "18 largest overlong": (
        False, ["c1 bf", "e0 9f bf", "f0 8f bf bf", "f8 87 bf bf bf", "fc 83 bf bf bf bf"],
    ),
    "19 overlong NUL": (
        False, ["c0 80", "e0 80 80", "f0 80 80 80", "f8 80 80 80 80", "fc 80 80 80 80 80"],
    ),
    "20 single surrogates": (
        False, ["ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"],
    ),
    "21 paired surrogates": (
        False,
        [
            "ed a0 80 ed b0 80", "ed a0 80 ed bf bf", "ed ad bf ed b0 80", "ed ad bf ed bf bf",
            "ed ae 80 ed b0 80", "ed ae 80 ed bf bf", "ed af bf ed b0 80", "ed af bf ed bf bf",
        ],
    ),
    "22 non-characters": (True, _NONCHARACTERS),
    "23 specials": (
        True, ["ef bf b9", "ef bf ba", "ef bf bb", "ef bf bc", "ef bf bd", "ef bf be", "ef bf bf"],
    ),
}  # fmt: skip

_WHOLE = bytes.fromhex(_KOSME)
# Group 6.6: every prefix of a word; it is UTF-8 where a character ends.
_PREFIX_ENDS = {2, 5, 7, 9, 11}

CASES: list[tuple[str, bool, bytes]] = [
    (f"6.{group} #{number}", valid, bytes.fromhex(text))
    for group, (valid, texts) in _GROUPS.items()
    for number, text in enumerate(texts, 1)
] + [(f"6.6 prefix of {size}", size in _PREFIX_ENDS, _WHOLE[:size]) for size in range(1, len(_WHOLE) + 1)]
"""(name, whether it is UTF-8, bytes)"""
