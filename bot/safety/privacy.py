"""Personal data masked: for logs, calls of models, exports. Pure.

Masking keeps the kind of a thing and the end of it, so that people still see what was talked about.
"""

from __future__ import annotations

import re
from typing import Final

_WIDE: Final = str.maketrans("０１２３４５６７８９＠．－", "0123456789@.-")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_NUMBER: Final = re.compile(r"(?<![\dA-Za-z])\+?\d(?:[ -]?\d){6,24}[Xx]?(?![\dA-Za-z])")
_TRACKING: Final = re.compile(r"(?<![A-Za-z])[A-Z]{2,4}\d{9,15}(?:CN)?(?![A-Za-z\d])")
_ADDRESS: Final = re.compile(
    r"(?:[\u4e00-\u9fff]{1,8}(?:省|市|自治区|区|县|镇|乡)){1,4}"
    r"[\u4e00-\u9fffA-Za-z0-9]{0,20}?(?:路|街|道|巷|弄|村|小区|大厦|花园|广场)"
    r"[\u4e00-\u9fffA-Za-z0-9-]{0,24}"
)


def mask(text: str) -> str:
    """The text with phones, identity and bank cards, long numbers, e-mails, tracking numbers and addresses
    masked. Linear.

    >>> mask("我是13800138000，邮箱 li.lei@example.com")
    '我是[phone ..8000]，邮箱 [email]'
    """
    plain = text.translate(_WIDE)
    plain = _EMAIL.sub("[email]", plain)
    plain = _TRACKING.sub(lambda found: f"[tracking ..{found[0][-4:]}]", plain)
    plain = _NUMBER.sub(lambda found: _masked(found[0]), plain)
    return _ADDRESS.sub("[address]", plain)


def _masked(number: str) -> str:
    digits = re.sub(r"[ +-]", "", number)
    end = digits[-4:]
    if is_identity_card(digits):
        return f"[id ..{end}]"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits):
        return f"[phone ..{end}]"
    if 13 <= len(digits) <= 19 and luhn(digits):
        return f"[card ..{end}]"
    if len(digits) >= 7:
        return f"[number ..{end}]"
    return number


def is_identity_card(text: str) -> bool:
    """Whether it is a resident identity card's number: 18 characters with the check digit of GB 11643."""
    if not re.fullmatch(r"\d{17}[\dXx]", text):
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812, bank cards)."""
    if not digits.isdigit():
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
