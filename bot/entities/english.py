"""English days and times: tomorrow, next Friday, Nov 20th, in two weeks, 3pm, half past five."""

import re
from datetime import date, timedelta

from bot.entities.entity import Found, Reading
from bot.entities.tense import day_of_month, last_day, make, month_day, months_later, shift, tense

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_ORDER = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_COUNTS = {
    word: number
    for number, word in enumerate(
        [
            "a",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}
_COUNTS |= {"a": 1, "an": 1, "a couple of": 2, "couple of": 2}
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of)"

_WORD = re.compile(
    r"\b(?P<word>the day before yesterday|the day after tomorrow|day before yesterday|day after tomorrow|"
    r"yesterday|today|tonight|tomorrow|tmrw|tmr)\b"
)
_WORDS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1}
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_MONTHS})\.?\s?(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?!\d|:|\s?(?:days|weeks|items|pieces|am|pm))(?:,?\s(?P<year>20\d\d)\b)?"
)
_DAY_MONTH = re.compile(
    rf"\b(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTHS})\b\.?(?:,?\s(?P<year>20\d\d)\b)?"
)
_THE_DAY = re.compile(
    r"\bthe (?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)\b(?!\s(?:time|item|one|floor|order|day|week|person|"
    r"month|attempt|try|avenue|street))"
)
_WEEKDAY = re.compile(
    rf"\b(?:(?P<which>last|next|this|coming|past)\s(?P<day>{_WEEKDAYS})|(?P<bare>{_FULL_WEEKDAYS}))\b"
)
_OFFSET = re.compile(
    rf"\b(?:in\s(?P<later>{_COUNT})\s(?P<unit>days?|weeks?|months?|years?)(?:'\s?time)?|"
    rf"(?P<count>{_COUNT})\s(?P<unit2>days?|weeks?|months?|years?)\s(?P<side>ago|from now|later|earlier))\b"
)
_SLASHED = re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})/(20\d\d|\d\d)(?![\d/])")
_END = re.compile(
    r"\b(?:the )?(?P<part>end|beginning|start) of (?P<which>this|the|next|last) (?P<unit>month|year)\b"
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>am|pm|a\.m\.?|p\.m\.?)(?![a-z])|"
    r"(?<![\d.:])(?P<oclock>1[0-2]|0?[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve)\so'?\s?clock(?:\s(?:in the )?(?P<part>morning|afternoon|evening))?|"
    r"\b(?P<side>half past|quarter past|quarter to)\s(?P<past>1[0-2]|[1-9]|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve)\b|\b(?P<name>noon|midnight)\b"
)
_WORDLIKE = re.compile("[a-z]")


def take_english_dates(reading: Reading) -> None:
    """Days in English; a text without Latin letters costs one look."""
    if not _WORDLIKE.search(reading.plain):
        return
    today = reading.now.date()
    for match in _WORD.finditer(reading.free):
        word = match["word"]
        days = (2 if "after" in word else -2) if "day " in word else _WORDS[word]
        _keep(reading, match, today + timedelta(days=days))
    for pattern in (_MONTH_DAY, _DAY_MONTH):
        for match in pattern.finditer(reading.free):
            month, day = _ORDER.index(match["month"][:3]) + 1, int(match["day"])
            if match["year"]:
                _keep(reading, match, make(int(match["year"]), month, day))
            else:
                _keep(reading, match, month_day(today, month, day, tense(reading.plain, *match.span())))
    for match in _SLASHED.finditer(reading.free):
        year = int(match[3]) if len(match[3]) == 4 else 2000 + int(match[3])
        _keep(
            reading,
            match,
            make(year, int(match[1]), int(match[2])) or make(year, int(match[2]), int(match[1])),
        )
    for match in _THE_DAY.finditer(reading.free):
        _keep(reading, match, day_of_month(today, int(match["day"]), tense(reading.plain, *match.span())))
    for match in _OFFSET.finditer(reading.free):
        _keep(reading, match, _offset(match, today))
    for match in _END.finditer(reading.free):
        _keep(reading, match, _end(match, today))
    for match in _WEEKDAY.finditer(reading.free):
        _keep(reading, match, _weekday(reading, match, today))


def take_english_times(reading: Reading) -> None:
    """Times in English."""
    if not _WORDLIKE.search(reading.plain):
        return
    for match in _CLOCK.finditer(reading.free):
        if match["name"]:
            hour, minute = (12, 0) if match["name"] == "noon" else (0, 0)
        elif match["oclock"]:
            hour, minute = _number(match["oclock"]), 0
            if match["part"] in {"afternoon", "evening"} and hour < 12:
                hour += 12
        elif match["side"]:
            hour = _number(match["past"])
            minute = {"half past": 30, "quarter past": 15, "quarter to": 45}[match["side"]]
            if match["side"] == "quarter to":
                hour = (hour - 1) or 12
        else:
            hour, minute = int(match["hour"]) % 12, int(match["minute"] or 0)
            if match["half"][0] == "p":
                hour += 12
        reading.take(Found("time", *match.span(), f"{hour:02d}:{minute:02d}"))


def _keep(reading: Reading, match: re.Match[str], day: date | None) -> None:
    if day is not None:
        reading.take(Found("date", *match.span(), day.isoformat()))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word]


def _offset(match: re.Match[str], today: date) -> date | None:
    count = _number(match["later"] or match["count"])
    unit = (match["unit"] or match["unit2"]).rstrip("s")
    sign = -1 if match["side"] in {"ago", "earlier"} else 1
    if unit in {"month", "year"}:
        return months_later(today, sign * count * (12 if unit == "year" else 1))
    return today + timedelta(days=sign * count * (7 if unit == "week" else 1))


def _end(match: re.Match[str], today: date) -> date:
    by = {"next": 1, "last": -1}.get(match["which"], 0)
    first = match["part"] != "end"
    if match["unit"] == "year":
        return date(today.year + by, 1, 1) if first else date(today.year + by, 12, 31)
    year, month = shift(today.year, today.month, by)
    return date(year, month, 1 if first else last_day(year, month))


def _weekday(reading: Reading, match: re.Match[str], today: date) -> date | None:
    weekday = _WEEK.index((match["day"] or match["bare"])[:3])
    if reading.before(match.start(), 6).endswith(("every ", "black ", "cyber ")):
        return None
    which = match["which"]
    ahead, back = (weekday - today.weekday()) % 7, (today.weekday() - weekday) % 7
    if which in {"last", "past"} or (not which and tense(reading.plain, *match.span()) == "past"):
        return today - timedelta(days=back or 7)
    return today + timedelta(days=(ahead or 7) if which == "next" else ahead)
