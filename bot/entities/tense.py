"""Whether a day that is named without its week, month or year was or will be; and arithmetic with months."""

import calendar
import re
from datetime import date
from typing import Literal

Tense = Literal["past", "future", ""]

_END = re.compile(r"[，。！？；!?;\n]|,(?!\d)")
_PAST = re.compile(
    r"(?<!不)(?<!好)了|过(?!年|来|去|期|几)|(?:买|订|付|拍|收|寄|发|到|退|取|下|换|充|签|办|说|送|交|约|定|开|打|报)的|的时候|那会儿|那阵|已经|签收|"
    r"还没|到现在|一直|至今|"
    r"(?:那天|当天)(?!送|到|能|发|会|要|可)|bought|ordered|paid|arrived|received|since|placed|was |were "
)
_FUTURE = re.compile(
    r"能|会(?!儿|员)|别|出差|在家|不在|有空|方便|可以|要(?!了)|想|再|将|准备|打算|预计|之前|以前|前(?!天|台|面)|送(?!的|了|货单)|来|取(?!的|了)|行(?:吗|不)|可(?:吗|不)|派|"
    r"吧|见|will|can |could|by |deliver|until|before"
)


def tense(plain: str, start: int, end: int) -> Tense:
    """By the words of the same clause behind the day, then those in front of it."""
    behind = _END.split(plain[end : end + 16], maxsplit=1)[0]
    if _PAST.search(behind):
        return "past"
    if _FUTURE.search(behind):
        return "future"
    ahead = _END.split(plain[max(0, start - 24) : start])[-1]
    if re.search(
        r"(?:买|订|付|拍|收到|寄|发|签收|下单|since|bought|ordered|paid|arrived|received|placed|"
        r"was)[^a-z]{0,3}(?:[$¥\d.,\x00]{0,12} )?(?:on |at |from )?(?:the )?$",
        ahead,
    ):
        return "past"
    if re.search(r"(?:等到?|改到|约|到|推迟到|延到|by|on|until|before)\s?$", ahead):
        return "future"
    return ""


def month_day(today: date, month: int, day: int, when: Tense) -> date | None:
    """The day of a year that was not said: the nearest one, unless the words look back or forward."""
    days = [made for year in (today.year - 1, today.year, today.year + 1) if (made := make(year, month, day))]
    if when == "past":
        days = [made for made in days if made <= today] or days
    elif when == "future":
        days = [made for made in days if made >= today] or days
    return min(days, key=lambda made: abs((made - today).days), default=None)


def day_of_month(today: date, day: int, when: Tense) -> date | None:
    """A day of a month that was not said: this month, unless the words look the other way."""
    year, month = today.year, today.month
    if when == "past" and day > today.day:
        year, month = shift(year, month, -1)
    elif when == "future" and day < today.day:
        year, month = shift(year, month, 1)
    return make(year, month, day)


def shift(year: int, month: int, by: int) -> tuple[int, int]:
    """Year and month `by` months later."""
    months = year * 12 + month - 1 + by
    return months // 12, months % 12 + 1


def months_later(today: date, by: int) -> date | None:
    """The same day `by` months later, or the month's last one."""
    year, month = shift(today.year, today.month, by)
    if not 1 <= year <= 9999:
        return None
    return date(year, month, min(today.day, last_day(year, month)))


def last_day(year: int, month: int) -> int:
    """How many days the month has."""
    return calendar.monthrange(year, month)[1]


def make(year: int, month: int, day: int) -> date | None:
    """The date, or None when there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
