"""URL, e-mail, ID card and phone: what has a form that can be checked."""

import re
from datetime import date

from bot.entities.entity import Found, Reading
from bot.entities.numbers import digit_string

_TLD = (
    "com|cn|net|org|io|co|me|top|shop|store|vip|xyz|info|cc|tv|app|dev|site|online|hk|tw|uk|de|jp|us|"
    "eu|gov|edu|ly"
)
_PATH = r"[\w\-./?%&=#:@!~+*,;$'\[\]]"
_URL = re.compile(
    rf"(?:https?|ftp)://[a-z0-9][^\s\x00，。；！？、（）【】《》“”\"'<>\u3000-\u303f\u4e00-\u9fff]{{1,2000}}"
    rf"|(?<![a-z0-9@._\-])(?:[a-z0-9\-]{{1,63}}\.){{1,5}}(?:{_TLD})(?![a-z0-9@\-_])(?:\.cn)?(?::\d{{2,5}})?"
    rf"(?:[/?#](?:{_PATH}){{0,2000}})?",
    re.ASCII,
)
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9][a-z0-9._%+\-]{0,63}\s?@\s?(?:[a-z0-9\-]{1,63}\.){1,5}[a-z]{2,12}(?![a-z0-9\-@])",
    re.ASCII,
)
# Spelt for those who read, not for machines: lisi艾特163点com, bob at gmail dot com, 888＠163。com.
_SPELT = re.compile(
    r"(?<![a-z0-9._%+\-@])(?P<who>[a-z0-9][a-z0-9._%+\-]{0,63})\s?"
    r"(?:(?:@|艾特|小老鼠|圈a|[(（\[]at[)）\]])|"
    r"(?P<word> at (?=[a-z0-9\-]{1,30} dot |"
    r"(?:qq|163|126|gmail|outlook|hotmail|foxmail|yahoo|icloud|sina)\.)))\s?"
    rf"(?P<host>(?:[a-z0-9\-]{{1,63}}\s?(?:\.|点|。|dot)\s?){{1,3}}(?:{_TLD}))(?![a-z0-9\-@])",
    re.ASCII,
)
_ID18 = re.compile(r"(?<![0-9a-z])\d{6}[ \-]?\d{8}[ \-]?\d{3}[0-9x](?![0-9a-z])", re.ASCII)
_ID15 = re.compile(r"(?<![0-9a-z])\d{15}(?![0-9a-z])", re.ASCII)
_PROVINCES = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46}
_PROVINCES |= {50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_D = r"[0-9零〇一二三四五六七八九幺]"
_MOBILE = re.compile(
    r"(?<![0-9零〇一二三四五六七八九幺a-z.+])(?<!\d-)(?:\(?(?:\+|00)\s?86\)?[\s\-]{0,2}|86[\s\-])?"
    rf"((?:1|一|幺)[\s\-.]?[3-9三四五六七八九][\s\-.]?{_D}(?:[\s\-.]{{0,2}}{_D}){{8}})"
    r"(?![0-9零〇幺a-z]|[一二三四五六七八九](?![是就号为到来五六日天])|-\d(?!\d{2,3}(?![\d\-]))|\*)",
    re.ASCII,
)
_LANDLINE = re.compile(
    r"(?<![0-9a-z\-])(?:\(?(?:0(?:10|2\d)\)?[\s\-]{0,2}[2-8]\d{3}[\s\-]?\d{4}|0[3-9]\d{2}\)?[\s\-]{0,2}[2-8]\d{2,3}[\s\-]?\d{4})"
    r"|[48]00[\s\-]?\d{3}[\s\-]?\d{4}|[48]00-\d{4}-\d{3})(?![0-9a-z]|-\d(?!\d{1,4}(?![\d\-])))",
    re.ASCII,
)
_FOREIGN = re.compile(r"(?<![0-9a-z])\+(?!86)\d{1,3}(?:[\s\-]?\(?\d{2,4}\)?){2,4}(?![0-9a-z])", re.ASCII)
_ORDER_WORD = re.compile(
    r"(?:订单|单|编)号?码?(?:是|为)?[\s:：#]{0,3}$|order\s?(?:no\.?|number|id)?[\s:#]{0,3}$"
)


def take_links(reading: Reading) -> None:
    """E-mail addresses, then URLs."""
    if any(sign in reading.plain for sign in ("@", "艾特", "小老鼠", "圈a", "at")):
        for match in _SPELT.finditer(reading.free):
            host = re.sub(r"\s|点|。|dot", lambda found: "" if found[0].isspace() else ".", match["host"])
            if match["word"] or not _EMAIL.fullmatch(match[0]):
                reading.take(Found("email", *match.span(), f"{match['who']}@{host}"))
    if "." not in reading.plain:
        return
    if "@" in reading.plain:
        for match in _EMAIL.finditer(reading.free):
            reading.take(Found("email", *match.span(), match[0].replace(" ", "")))
    for match in _URL.finditer(reading.free):
        written = match[0].rstrip(".,;:!?'\"*~")
        written = _balanced(written)
        start, end = match.start(), match.start() + len(written)
        if re.fullmatch(r"[\d.]+", written):
            continue
        reading.take(Found("url", start, end, reading.original[start:end]))


def take_id_cards(reading: Reading) -> None:
    """18 digits with their check digit, or the 15 digits of cards before 1999."""
    for match in _ID18.finditer(reading.free):
        digits = re.sub(r"[ \-]", "", match[0])
        if is_id_card(digits) and not _ORDER_WORD.search(reading.before(match.start(), 10)):
            reading.take(Found("id_card", *match.span(), digits.upper()))
    for match in _ID15.finditer(reading.free):
        if is_id_card(match[0]) and not _ORDER_WORD.search(reading.before(match.start(), 10)):
            reading.take(Found("id_card", *match.span(), match[0]))


def take_phones(reading: Reading) -> None:
    """Mobile numbers of 11 digits however grouped or spelt, land lines with area code, numbers abroad."""
    for match in _MOBILE.finditer(reading.free):
        digits = digit_string(re.sub(r"[\s\-.]", "", match[1]))
        if len(digits) != 11 or _ORDER_WORD.search(reading.before(match.start(), 10)):
            continue
        if _is_sum(match[1]):
            continue
        reading.take(Found("phone", *match.span(), digits))
    if not reading.has_digit:
        return
    for match in _LANDLINE.finditer(reading.free):
        if _ORDER_WORD.search(reading.before(match.start(), 10)):
            continue
        reading.take(Found("phone", *match.span(), re.sub(r"\D", "", match[0])))
    if "+" in reading.free:
        for match in _FOREIGN.finditer(reading.free):
            digits = re.sub(r"\D", "", match[0])
            if 9 <= len(digits) <= 15:
                reading.take(Found("phone", *match.span(), "+" + digits))


def is_id_card(digits: str) -> bool:
    """Whether region, day of birth and (18 digits: GB 11643, mod 11-2) check digit fit."""
    if not digits[:2].isdigit() or int(digits[:2]) not in _PROVINCES:
        return False
    born = digits[6:14] if len(digits) == 18 else "19" + digits[6:12]
    try:
        day = date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return False
    if len(digits) == 15:
        return True
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return day.year >= 1800 and "10x98765432"[total % 11] == digits[17].lower()


def _balanced(written: str) -> str:
    while (
        written and written[-1] in ")]}" and written.count(written[-1]) > written.count(_OPENING[written[-1]])
    ):
        written = written[:-1].rstrip(".,;:!?")
    return written


def _is_sum(written: str) -> bool:
    """Whether groups of digits are several short numbers in a row rather than one number."""
    groups = re.split(r"[\s\-.]+", written.strip())
    return len(groups) > 6 and len(groups) != 11


_OPENING = {")": "(", "]": "[", "}": "{"}
