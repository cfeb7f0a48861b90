"""Personal data masked: for logs, calls of models, exports. Pure.

Masking keeps the kind of a thing and the end of it, so that people still see what was talked about. What the
bot recognises as an entity is masked as that; long numbers nothing recognised are masked as numbers.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from bot.entities.addresses import take_addresses
from bot.entities.contacts import is_id_card, take_id_cards, take_links, take_phones
from bot.entities.entity import MAX_LENGTH, Found, Reading
from bot.entities.orders import take_numbers

_CARD: Final = re.compile(r"(?<![0-9a-z])\d{4}(?:[ \-]?\d){9,15}(?![0-9a-z])")
_DAY: Final = re.compile(
    r"(?<![0-9])(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}(?:[ t]\d{1,2}:\d\d(?::\d\d)?)?(?![0-9])"
)
_LONG: Final = re.compile(r"(?<![0-9a-z.\x00])\+?\d(?:[ \-]?\d){6,24}x?(?![0-9a-z])")
_MARKS: Final = {
    "phone": "[phone ..{}]", "id_card": "[id ..{}]", "card": "[card ..{}]", "tracking_no": "[tracking ..{}]",
    "order_id": "[number ..{}]", "number": "[number ..{}]", "email": "[email]", "address": "[address]",
}  # fmt: skip
# Where a long text may be cut so that nothing personal is cut in two.
_BREAK: Final = re.compile(r"[\n。！？；!?;]")


def mask(text: str) -> str:
    """The text with phones, identity and bank cards, long numbers, e-mails, tracking numbers and addresses
    masked. Days and times stay. Linear.

    >>> mask("我是13800138000，邮箱 li.lei@example.com")
    '我是[phone ..8000]，邮箱 [email]'
    """
    return "".join(_masked(part) for part in _pieces(text))


def is_identity_card(text: str) -> bool:
    """Whether it is a resident identity card's number: 18 characters with the check digit of GB 11643."""
    return re.fullmatch(r"\d{17}[\dXx]", text) is not None and is_id_card(text.lower())


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812, bank cards)."""
    if not digits.isdigit():
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _pieces(text: str) -> list[str]:
    pieces = []
    while len(text) > MAX_LENGTH:
        breaks = [match.end() for match in _BREAK.finditer(text, MAX_LENGTH - 1_000, MAX_LENGTH)]
        cut = breaks[-1] if breaks else MAX_LENGTH
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _masked(text: str) -> str:
    reading = Reading(text, datetime.min)
    take_links(reading)
    take_id_cards(reading)
    for match in _CARD.finditer(reading.free):
        if luhn(re.sub(r"\D", "", match[0])):
            reading.take(Found("card", *match.span(), ""))
    take_phones(reading)
    for match in _DAY.finditer(reading.free):
        reading.take(Found("day", *match.span(), ""))
    take_numbers(reading)
    take_addresses(reading)
    for match in _LONG.finditer(reading.free):
        reading.take(Found("number", *match.span(), ""))
    out, at = [], 0
    for found in sorted(reading.found, key=lambda one: one.start):
        mark = _MARKS.get(found.type)
        if mark is None:  # a URL or a day: nobody's secret
            continue
        end = re.sub(r"[^0-9A-Za-z]", "", found.normalized or reading.plain[found.start : found.end])[-4:]
        out += [text[at : found.start], mark.format(end.upper())]
        at = found.end
    return "".join([*out, text[at:]])
