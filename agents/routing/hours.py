"""When people answer: a week of hours in a time zone, and days that are not as their weekday. Pure.

Spans are compared in local wall time, so "09:00" is nine o'clock before and after a change of clocks. A wall
time that does not exist on the day (clocks go forward) begins when the clocks have moved; one that happens
twice counts both times.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

#: [from, to) in HH:MM, "24:00" ending a day; a span whose end is not after its start runs over midnight.
Span = tuple[str, str]
LOOK_AHEAD_DAYS: Final = 400  # a year of holidays and a little: beyond it nothing opens any more
_DAY: Final = 24 * 60


class Hours(msgspec.Struct, frozen=True):
    """Opening hours. `week`: seven days from Monday. `holidays`: spans of days that are different, empty:
    closed all day. Raises nothing by itself; `check` tells what is wrong.
    """

    time_zone: str
    week: tuple[tuple[Span, ...], ...]
    holidays: dict[date, tuple[Span, ...]] = msgspec.field(default_factory=dict)


def minutes(text: str) -> int:
    """Minutes since midnight of HH:MM, "24:00" included. Raises `ValueError` for anything else."""
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == 2 and len(minute) == 2 and hour.isdecimal() and minute.isdecimal()):
        raise ValueError(f"not a time of day: {text!r}")
    result = int(hour) * 60 + int(minute)
    if int(minute) > 59 or result > _DAY:
        raise ValueError(f"not a time of day: {text!r}")
    return result


def check(hours: Hours) -> None:
    """Raise `ValueError` (`zoneinfo.ZoneInfoNotFoundError` is a `KeyError`) for hours nobody could keep."""
    ZoneInfo(hours.time_zone)
    if len(hours.week) != 7:
        raise ValueError("a week has seven days")
    for spans in (*hours.week, *hours.holidays.values()):
        for start, end in spans:
            if minutes(start) == _DAY:
                raise ValueError("a day cannot begin at 24:00")
            minutes(end)


def spans_of(hours: Hours, day: date) -> tuple[Span, ...]:
    """What holds on this day: the holiday's hours, or the weekday's."""
    return hours.holidays.get(day, hours.week[day.weekday()])


def _open_at(hours: Hours, wall: datetime) -> bool:
    """Whether a local wall time lies in a span of its day, or in one of the day before that ran past it."""
    now = wall.hour * 60 + wall.minute
    for start, end in spans_of(hours, wall.date()):
        begin, finish = minutes(start), minutes(end)
        if (begin <= now < finish) if begin < finish else (begin <= now):
            return True
    for start, end in spans_of(hours, wall.date() - timedelta(days=1)):
        begin, finish = minutes(start), minutes(end)
        if finish <= begin and now < finish:
            return True
    return False


def is_open(hours: Hours | None, now: datetime) -> bool:
    """Whether it is open at an aware point in time. No hours: always."""
    return hours is None or _open_at(hours, now.astimezone(ZoneInfo(hours.time_zone)))


def next_opening(hours: Hours | None, now: datetime) -> datetime | None:
    """The first point in time from `now` at which it is open, in UTC; None if there is none for a year."""
    if is_open(hours, now):
        return now.astimezone(UTC)
    assert hours is not None
    zone = ZoneInfo(hours.time_zone)
    local = now.astimezone(zone)
    for ahead in range(LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=ahead)
        opens = [
            at for at in _beginnings(hours, day, zone) if at >= now and _open_at(hours, at.astimezone(zone))
        ]
        if opens:
            return min(opens)
    return None


def _beginnings(hours: Hours, day: date, zone: ZoneInfo) -> list[datetime]:
    """Every point in time of a local day at which it could begin to be open, in UTC."""
    found = []
    for start, _ in spans_of(hours, day):
        hour, minute = divmod(minutes(start), 60)
        # PEP 495: a wall time that happens twice is told apart by `fold`, one that is skipped comes back as
        # another.
        for fold in (0, 1):
            wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
            at = wall.astimezone(UTC)
            if at.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                found.append(at)
    change = _clock_change(day, zone)
    return [*found, change] if change else found


def _clock_change(day: date, zone: ZoneInfo) -> datetime | None:
    """When the clocks move on a local day, in UTC, or None. Found by halving: they move on a whole minute."""
    low = datetime.combine(day, time(), zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return None
    while high - low > timedelta(minutes=1):
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
