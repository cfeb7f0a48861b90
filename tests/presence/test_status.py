"""What others see, and when a break begins: rules of `status` and `breaks`, with Hypothesis."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from agents.presence.breaks import Break, current, moment
from agents.presence.status import Saying, Shown, Span, begin_break, shown
from tests.presence.conftest import NOW

HOUR = 3_600_000
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))
MOMENTS = st.integers(1_600_000_000_000, 1_900_000_000_000)
SAYINGS = st.builds(
    Saying,
    st.sampled_from(["online", "busy", "away"]),
    st.text(max_size=5),
    st.none() | st.integers(NOW - HOUR, NOW + HOUR),
    st.integers(NOW - HOUR, NOW),
)
SPANS = st.builds(
    Span, st.integers(NOW - HOUR, NOW + HOUR), st.integers(NOW - HOUR, NOW + HOUR), st.just("tea")
)


def ms(text: str, zone: str) -> int:
    """Local ISO time to ms since the epoch."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@given(SAYINGS, st.booleans())
def test_offline_is_seen_and_never_said(saying: Saying, here: bool) -> None:
    seen = shown(saying, here, NOW)
    assert (seen.status == "offline") == (not here)
    if saying.until_ms is not None and saying.until_ms <= NOW and here:
        assert seen == Shown("online")
    if seen.status in ("online", "offline"):
        assert seen.reason == "" and seen.until is None


@given(SAYINGS, SPANS)
def test_a_break_makes_away_until_its_end_once_and_brings_nobody_back_sooner(
    saying: Saying, span: Span
) -> None:
    after = begin_break(saying, span, NOW)
    if after is None:
        return
    assert span.starts_ms <= NOW < span.ends_ms
    assert after == Saying("away", "tea", span.ends_ms, NOW)
    assert begin_break(after, span, NOW) is None
    assert begin_break(after, span, span.ends_ms) is None
    if saying.availability != "online":
        assert saying.until_ms is not None and saying.until_ms < span.ends_ms


def test_who_answers_through_a_break_is_left_alone() -> None:
    span = Span(NOW - HOUR, NOW + HOUR, "lunch")
    assert begin_break(Saying(changed_ms=NOW - 2 * HOUR), span, NOW) == Saying(
        "away", "lunch", NOW + HOUR, NOW
    )
    assert begin_break(Saying(changed_ms=NOW - 1), span, NOW) is None
    assert begin_break(Saying("busy", "a call", None, 0), span, NOW) is None
    assert begin_break(Saying("away", "gone home", NOW + 3 * HOUR, 0), span, NOW) is None


@given(ZONES, CLOCKS, CLOCKS, st.none() | st.integers(0, 6), MOMENTS)
def test_a_break_holds_the_moment_it_is_current_at_and_lasts_a_day_at_most(
    zone: str, starts: dt.time, ends: dt.time, weekday: int | None, now: int
) -> None:
    span = current(Break(starts, ends, zone, weekday, "tea"), now)
    if span is None:
        return
    assert span.starts_ms <= now < span.ends_ms and span.ends_ms - span.starts_ms <= 25 * HOUR
    begun = dt.datetime.fromtimestamp(span.starts_ms / 1000, ZoneInfo(zone))
    assert weekday is None or begun.weekday() == weekday
    assert begun.time() >= starts  # a clock time that was left out begins later


@given(ZONES, CLOCKS, st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)))
def test_a_moment_is_the_first_whose_clock_shows_so_much(zone: str, clock: dt.time, day: dt.date) -> None:
    at = moment(day, clock, ZoneInfo(zone))
    seen = dt.datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).replace(tzinfo=None)
    just_before = dt.datetime.fromtimestamp(at / 1000 - 1, ZoneInfo(zone)).replace(tzinfo=None)
    wanted = dt.datetime.combine(day, clock)
    assert just_before < wanted <= seen
    assert seen == wanted or seen - wanted <= dt.timedelta(hours=1)


@given(ZONES, CLOCKS, CLOCKS, MOMENTS)
def test_an_everyday_break_comes_every_day(zone: str, starts: dt.time, ends: dt.time, now: int) -> None:
    rule = Break(starts, ends, zone)
    hours = ((ends.hour * 60 + ends.minute) - (starts.hour * 60 + starts.minute)) % (24 * 60)
    if not 60 < hours < 23 * 60:
        return
    step = 15 * 60_000
    seen = sum(current(rule, now + at) is not None for at in range(0, 48 * HOUR, step))
    assert 0 < seen < 48 * HOUR // step


def test_breaks_keep_the_wall_clock_when_clocks_change() -> None:
    lunch = Break(dt.time(12), dt.time(13), "Europe/Berlin")
    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):  # before and after each change
        assert current(lunch, ms(f"{day}T12:00", "Europe/Berlin")) is not None
        assert current(lunch, ms(f"{day}T13:00", "Europe/Berlin")) is None
        assert current(lunch, ms(f"{day}T11:59:59", "Europe/Berlin")) is None


def test_the_hour_that_is_left_out_and_the_one_that_comes_twice() -> None:
    change = ms("2026-03-29T03:00", "Europe/Berlin")
    inside = Break(dt.time(2, 15), dt.time(2, 45), "Europe/Berlin")
    across = Break(dt.time(2, 30), dt.time(3, 15), "Europe/Berlin")
    assert all(current(inside, change + at * 60_000) is None for at in range(-60, 60))
    assert current(across, change - 1) is None
    assert current(across, change) == Span(change, change + 15 * 60_000)
    twice = Break(dt.time(2, 15), dt.time(2, 45), "Europe/Berlin")
    first = round(dt.datetime(2026, 10, 25, 0, 15, tzinfo=dt.UTC).timestamp() * 1000)
    assert current(twice, first) == Span(first, first + HOUR // 2)
    assert current(twice, first + HOUR) is None


def test_a_break_over_midnight_belongs_to_the_day_it_begins() -> None:
    night = Break(dt.time(23), dt.time(1), "Asia/Shanghai", weekday=4)  # Friday
    assert current(night, ms("2026-11-20T23:30", "Asia/Shanghai")) is not None
    assert current(night, ms("2026-11-21T00:30", "Asia/Shanghai")) is not None
    assert current(night, ms("2026-11-20T00:30", "Asia/Shanghai")) is None
    assert current(night, ms("2026-11-21T23:30", "Asia/Shanghai")) is None


def test_a_zone_that_this_machine_does_not_know_and_an_empty_break() -> None:
    assert current(Break(dt.time(0), dt.time(23), "Mars/Olympus"), NOW) is None
    assert current(Break(dt.time(0), dt.time(23), "../../etc/passwd"), NOW) is None
    assert current(Break(dt.time(8), dt.time(8), "UTC"), NOW) is None
