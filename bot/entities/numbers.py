"""Numbers as Chinese visitors write them: 1,299.00, 1.2万, 两千三, 一百来, 三块五's parts, 二〇二六,
幺三八."""

import re
from decimal import Decimal, InvalidOperation

DIGITS = "零〇一二两三四五六七八九"
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟圆", "一二三四五六七八九十百千元")
_VALUES = {"零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "仨": 3, "四": 4, "五": 5}
_VALUES |= {"六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_GREAT = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
_SUFFIXES = {"百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 100_000_000}

ARABIC = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,4})?|\d{1,12}(?:\.\d{1,4})?"
CHINESE = "[零〇一二两三四五六七八九十百千万亿俩仨壹贰叁肆伍陆柒捌玖拾佰仟]{1,14}"
_APPROXIMATE = re.compile("([一二三四五六七八九])[二三四五六七八九](?=[十百千万])")
_ARABIC = re.compile(rf"({ARABIC})([百千万亿kw]?)(\d?)")


def cardinal(written: str) -> Decimal | None:
    """The number that is written, or None. "来", "多" and "几" behind it ("三十多") do not change it."""
    text = written.strip().translate(_FORMAL).rstrip("来多几余")
    if not text:
        return None
    if text[0].isdigit():
        return _arabic(text)
    whole, point, fraction = text.partition("点")
    if point:
        number = _chinese(whole)
        digits = digit_string(fraction)
        return None if number is None or not digits else Decimal(f"{number}.{digits}")
    number = _chinese(text)
    return None if number is None else Decimal(number)


def whole(written: str) -> int | None:
    """The same for a number that must be whole: an hour, a day, a count."""
    number = cardinal(written)
    return int(number) if number is not None and number == int(number) else None


def digit_string(written: str) -> str:
    """`幺三八` as `138`; empty when anything in it is no digit."""
    digits = []
    for character in written.translate(_FORMAL):
        if character.isdigit():
            digits.append(str(int(character)))
        elif character in _VALUES and character not in "两俩仨":
            digits.append(str(_VALUES[character]))
        else:
            return ""
    return "".join(digits)


def plain_decimal(number: Decimal) -> str:
    """`89.90` as `89.9`, `350.00` as `350`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _arabic(text: str) -> Decimal | None:
    match = _ARABIC.fullmatch(text)
    if not match:
        return None
    try:
        number = Decimal(match[1].replace(",", ""))
    except InvalidOperation:
        return None
    unit = _SUFFIXES.get(match[2], 1)
    number *= unit
    if match[3]:
        if unit == 1:
            return None
        number += Decimal(match[3]) * unit / 10  # 1万2 is 12,000
    return number


def _chinese(text: str) -> int | None:
    if len(text) > 1 and all(character in _VALUES for character in text):  # 二〇二六
        digits = digit_string(text)
        return int(digits) if digits else None
    text = _APPROXIMATE.sub(r"\1", text)  # 四五百 is about 400
    total = section = digit = 0
    last_unit = 1
    seen_zero = False
    for character in text:
        if character in _VALUES:
            if digit:
                return None
            digit = _VALUES[character]
            seen_zero = seen_zero or digit == 0
        elif character in _UNITS:
            unit = _UNITS[character]
            section += (digit or 1) * unit
            digit, last_unit, seen_zero = 0, unit, False
        elif character in _GREAT:
            section = (section + digit) * _GREAT[character]
            total += section
            section = digit = 0
            last_unit, seen_zero = _GREAT[character], False
        else:
            return None
    if digit and last_unit >= 100 and not seen_zero:  # 两千三 is 2,300, 两千零三 is 2,003
        digit *= last_unit // 10
    return total + section + digit
