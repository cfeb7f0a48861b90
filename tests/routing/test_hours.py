"""Opening hours in time zones, against a clock that is asked minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.routing.hours import Hours, Span, check, is_open, minutes, next_opening

NINE_TO_SIX: tuple[Span, ...] = (("09:00", "18:00"),)
WEEK: tuple[tuple[Span, ...], ...] = ((NINE_TO_SIX,) * 5) + ((), ())


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_no_hours_is_always_open() -> None:
    now = at("2026-03-01T03:00")
    assert is_open(None, now)
    assert next_opening(None, now) == now


def test_a_week_in_shanghai() -> None:
    hours = Hours("Asia/Shanghai", WEEK)
    assert is_open(hours, at("2026-03-02T09:00", "Asia/Shanghai"))
    assert not is_open(hours, at("2026-03-02T18:00", "Asia/Shanghai"))
    assert is_open(hours, at("2026-03-02T09:59"))  # 17:59 there
    friday_evening = at("2026-03-06T20:00", "Asia/Shanghai")
    assert next_opening(hours, friday_evening) == at("2026-03-09T01:00")


def test_holidays_close_and_open_days() -> None:
    national_day, makeup_day = date(2026, 10, 1), date(2026, 10, 10)
    hours = Hours("Asia/Shanghai", WEEK, {national_day: (), makeup_day: (("10:00", "12:00"),)})
    assert not is_open(hours, at("2026-10-01T10:00", "Asia/Shanghai"))
    assert is_open(hours, at("2026-10-10T11:00", "Asia/Shanghai"))  # a Saturday
    assert next_opening(hours, at("2026-10-01T08:00", "Asia/Shanghai")) == at("2026-10-02T01:00")


def test_a_night_shift_belongs_to_the_day_it_began() -> None:
    hours = Hours("Asia/Shanghai", (((("22:00", "06:00"),)),) + ((),) * 6)
    assert is_open(hours, at("2026-03-03T05:59", "Asia/Shanghai"))  # Tuesday
    assert not is_open(hours, at("2026-03-02T05:59", "Asia/Shanghai"))  # Monday
    whole_day = Hours("UTC", ((("00:00", "24:00"),),) * 7)
    assert is_open(whole_day, at("2026-03-03T23:59"))
    assert is_open(whole_day, at("2026-03-04T00:00"))


def test_nine_stays_nine_when_the_clocks_move() -> None:
    hours = Hours("Europe/Berlin", (NINE_TO_SIX,) * 7)
    assert next_opening(hours, at("2026-03-28T20:00")) == at("2026-03-29T07:00")  # 09:00 CEST
    assert next_opening(hours, at("2026-10-24T20:00")) == at("2026-10-25T08:00")  # 09:00 CET


def test_an_opening_that_is_skipped_and_one_that_comes_twice() -> None:
    spring = Hours("Europe/Berlin", ((("02:30", "05:00"),),) * 7)
    assert next_opening(spring, at("2026-03-28T23:00")) == at("2026-03-29T01:00")  # 03:00 CEST
    autumn = Hours("Europe/Berlin", ((("02:00", "02:30"),),) * 7)
    assert next_opening(autumn, at("2026-10-25T00:30")) == at("2026-10-25T01:00")  # 02:00 CET


def test_nothing_ever_opens() -> None:
    assert next_opening(Hours("UTC", ((),) * 7), at("2026-03-01T00:00")) is None


@pytest.mark.parametrize("text", ["9:00", "24:01", "12:60", "1200", "aa:bb", "", "12:00:00"])
def test_not_a_time(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        minutes(text)


def test_check() -> None:
    check(Hours("Asia/Shanghai", WEEK))
    with pytest.raises(KeyError):
        check(Hours("Mars/Olympus", WEEK))
    with pytest.raises(ValueError, match="seven"):
        check(Hours("UTC", WEEK[:6]))
    with pytest.raises(ValueError, match="begin"):
        check(Hours("UTC", ((("24:00", "24:00"),),) * 7))


HALF_HOURS = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
DAYS = st.lists(st.tuples(HALF_HOURS, HALF_HOURS | st.just("24:00")), max_size=2).map(tuple)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Africa/Cairo")


@given(
    st.sampled_from(ZONES),
    st.lists(DAYS, min_size=7, max_size=7).map(tuple),
    st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]),
    st.integers(0, 3 * 24 * 4),
)
@settings(max_examples=150, deadline=None)
def test_next_opening_is_the_first_open_moment(
    zone: str, week: tuple[tuple[Span, ...], ...], day: str, quarter: int
) -> None:
    """Spans and clocks change on half hours at the least, so a scan by quarters misses nothing."""
    hours = Hours(zone, week)
    now = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=15 * quarter)
    moments = (now + timedelta(minutes=15 * step) for step in range(9 * 24 * 4))
    scanned = next((moment for moment in moments if is_open(hours, moment)), None)
    assert next_opening(hours, now) == scanned
