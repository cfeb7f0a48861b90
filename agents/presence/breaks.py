"""Scheduled breaks as moments: wall clock, weekday and time zone into ms since the epoch. Pure.

A break is from the first moment whose clock shows `starts` to the first that shows `ends`. A clock time that
the change to summer time leaves out is the moment of the change, so a break inside that hour is empty; of
one that the change to winter time repeats, the first counts.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from agents.presence.status import Span

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


class Break(msgspec.Struct, frozen=True):
    """A rule: every day, or on one weekday (0 is Monday: the day it begins). `ends` at or before `starts`
    is the next day's; the same time twice is no break.
    """

    starts: dt.time
    ends: dt.time
    time_zone: str
    weekday: int | None = None
    reason: str = ""


def current(rule: Break, now_ms: int) -> Span | None:
    """The rule's span around this moment, None when it is no break now. Raises nothing: a time zone that
    this machine does not know makes no break.
    """
    zone = _zone(rule.time_zone)
    if zone is None or rule.starts == rule.ends:
        return None
    today = dt.datetime.fromtimestamp(now_ms / 1000, zone).date()
    for day in (today, today - _DAY):
        if rule.weekday is not None and day.weekday() != rule.weekday:
            continue
        last = day if rule.ends > rule.starts else day + _DAY
        span = Span(moment(day, rule.starts, zone), moment(last, rule.ends, zone), rule.reason)
        if span.starts_ms <= now_ms < span.ends_ms:
            return span
    return None


@lru_cache(maxsize=4096)
def moment(day: dt.date, clock: dt.time, zone: ZoneInfo) -> int:
    """The first moment (ms) of that day whose clock shows `clock` or, where it is left out, a later time."""
    wall = dt.datetime.combine(day, clock)
    found = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return round(found.timestamp() * 1000)
    # Left out: the change lies between the readings by the offset after it and by the one before it.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    before = early.astimezone(zone).utcoffset()
    while found - early > _SECOND:
        middle = early + dt.timedelta(seconds=(found - early) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            found = middle
    return round(found.timestamp()) * 1000


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
