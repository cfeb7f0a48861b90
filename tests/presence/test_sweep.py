"""What time does: statuses end, breaks begin, leases expire; an outage makes nobody look gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import metrics
from agents.models import Agent, Lease, Pulse, ScheduledBreak, Standing
from agents.presence import trust
from agents.presence.leases import hold, hold_for
from agents.presence.reading import presence_of, status_is, with_presence
from agents.presence.saying import set_status
from agents.presence.status import Shown
from agents.presence.sweep import STATUSES, sweep_presence
from agents.routing.seats import Reservation, reserve
from chat.delivery.hub import Signal
from chat.errors import KefuError
from chat.models import Site
from tests.presence.conftest import NOW, statuses

Employ = Callable[..., Agent]
MINUTE = 60_000


def seen(agent: Agent, at_ms: int) -> Shown:
    """What others see of the agent at a moment."""
    return presence_of([str(agent.pk)], at_ms)[0].status


@pytest.fixture
def lilei(shop: Site, employ: Employ, told: list[Signal]) -> Agent:
    """Li Lei, connected."""
    agent = employ("lilei", shop)
    sweep_presence(NOW - 1000)
    hold("web-1", {"a": str(agent.pk)}, NOW)
    told.clear()
    return agent


def renewed(agent: Agent, at_ms: int) -> None:
    """A renewal and a sweep at a moment."""
    hold("web-1", {"a": str(agent.pk)}, at_ms)
    sweep_presence(at_ms)


def test_a_status_ends_by_itself(lilei: Agent, told: list[Signal]) -> None:
    set_status(str(lilei.pk), "away", "dentist", NOW + 30 * MINUTE, NOW)
    assert seen(lilei, NOW) == Shown("away", "dentist", NOW + 30 * MINUTE)
    renewed(lilei, NOW + 30 * MINUTE - 1)
    assert statuses(told, lilei) == ["away"]
    assert seen(lilei, NOW + 30 * MINUTE) == Shown("online")  # before any sweep says so
    renewed(lilei, NOW + 30 * MINUTE)
    assert statuses(told, lilei) == ["away", "online"]
    standing = Standing.objects.get()
    assert (standing.availability, standing.reason, standing.until_ms) == ("online", "", None)


@pytest.mark.parametrize(
    ("availability", "until"), [("away", NOW), ("busy", NOW + 32 * 86_400_000), ("online", NOW + 1)]
)
def test_ends_that_make_no_sense_are_refused(lilei: Agent, availability: str, until: int) -> None:
    with pytest.raises(KefuError) as refused:
        set_status(str(lilei.pk), availability, "", until, NOW)
    assert refused.value.code == "invalid"


def test_a_break_begins_and_ends_whether_or_not_a_server_ran_at_its_beginning(
    lilei: Agent, told: list[Signal]
) -> None:
    # NOW is 08:00 UTC, 16:00 in Shanghai.
    ScheduledBreak.objects.create(agent=lilei, starts=dt.time(16, 10), ends=dt.time(16, 40), reason="tea")
    renewed(lilei, NOW + 9 * MINUTE)
    assert statuses(told, lilei) == []
    renewed(lilei, NOW + 20 * MINUTE)  # it began ten minutes ago, while nothing ran
    assert seen(lilei, NOW + 20 * MINUTE) == Shown("away", "tea", NOW + 40 * MINUTE)
    renewed(lilei, NOW + 21 * MINUTE)
    renewed(lilei, NOW + 41 * MINUTE)
    assert statuses(told, lilei) == ["away", "online"]


def test_who_comes_back_during_a_break_stays_back(lilei: Agent, told: list[Signal]) -> None:
    ScheduledBreak.objects.create(agent=lilei, starts=dt.time(16, 10), ends=dt.time(16, 40))
    renewed(lilei, NOW + 10 * MINUTE)
    set_status(str(lilei.pk), "online", at_ms=NOW + 12 * MINUTE)
    renewed(lilei, NOW + 13 * MINUTE)
    assert statuses(told, lilei) == ["away", "online"]


def test_of_two_breaks_that_overlap_the_longer_holds(lilei: Agent) -> None:
    for ends in (dt.time(16, 20), dt.time(16, 40)):
        ScheduledBreak.objects.create(agent=lilei, starts=dt.time(16, 10), ends=ends)
    for minute in (10, 15, 21, 39):
        renewed(lilei, NOW + minute * MINUTE)
        assert seen(lilei, NOW + minute * MINUTE).status == "away", minute
    renewed(lilei, NOW + 40 * MINUTE)
    assert seen(lilei, NOW + 40 * MINUTE) == Shown("online")


def outage(agent: Agent, length_ms: int) -> int:
    """Renewals and sweeps for a while, then neither for `length_ms`; the moment of the return."""
    at = NOW
    for _ in range(5):
        at += 1000
        renewed(agent, at)
    return at + length_ms


@pytest.mark.parametrize("heartbeats", [1.2, 2, 10, 5000])
def test_an_outage_of_the_database_makes_nobody_look_gone(
    lilei: Agent, told: list[Signal], heartbeats: float
) -> None:
    back = outage(lilei, round(heartbeats * trust.HEARTBEAT_MS))
    sweep_presence(back)
    assert not trust.trustworthy(back)
    assert seen(lilei, back) == Shown("online") and Standing.objects.get().gone_ms is None
    renewed(lilei, back + trust.RENEW_MS)  # the process had its turn
    for second in range(2 * trust.HEARTBEAT_MS // 1000):
        at = back + trust.RENEW_MS + second * 1000
        if second % (trust.RENEW_MS // 1000) == 0:
            hold("web-1", {"a": str(lilei.pk)}, at)
        sweep_presence(at)
        assert seen(lilei, at) == Shown("online")
    assert trust.trustworthy(at) and statuses(told, lilei) == []


def test_who_asks_before_the_first_sweep_after_an_outage_sees_nobody_gone(
    lilei: Agent, shop: Site, employ: Employ
) -> None:
    back = outage(lilei, 4 * trust.HEARTBEAT_MS)
    hold_for(str(employ("lucy", shop).pk), 3600, back - 1)  # says nothing of any process
    assert seen(lilei, back) == Shown("online") and not trust.trustworthy(back)


def test_where_only_the_workers_are_away_a_killed_process_shows(
    lilei: Agent, shop: Site, employ: Employ
) -> None:
    later = outage(lilei, 4 * trust.HEARTBEAT_MS)
    hold("lives", {"b": str(employ("lucy", shop).pk)}, later)
    assert seen(lilei, later) == Shown("offline") and trust.trustworthy(later)


def test_who_went_during_an_outage_is_gone_once_everybody_had_a_turn(
    lilei: Agent, shop: Site, employ: Employ, told: list[Signal]
) -> None:
    lucy = employ("lucy", shop)
    hold("killed", {"b": str(lucy.pk)}, NOW)
    told.clear()
    back = outage(lilei, 4 * trust.HEARTBEAT_MS)
    for at in range(back, back + trust.SETTLE_MS + 2000, 1000):
        renewed(lilei, at)
    assert at - back < 2 * trust.HEARTBEAT_MS
    assert statuses(told, lucy) == ["offline"] and statuses(told, lilei) == []
    assert Standing.objects.get(agent=lucy).gone_ms is not None


def test_who_closes_their_last_connection_just_after_an_outage_is_gone_at_once(
    lilei: Agent, told: list[Signal]
) -> None:
    back = outage(lilei, 4 * trust.HEARTBEAT_MS)
    sweep_presence(back)
    hold("web-1", {}, back + 1)
    assert seen(lilei, back + 1) == Shown("offline") and statuses(told, lilei) == ["offline"]


def test_a_late_sweep_is_no_outage(lilei: Agent) -> None:
    sweep_presence(NOW)
    sweep_presence(NOW + trust.GAP_MS)
    assert trust.trustworthy(NOW + trust.GAP_MS) and Pulse.objects.get().since_ms == 0


def test_what_a_hold_and_a_sweep_did_at_cross_purposes_is_put_right(lilei: Agent, told: list[Signal]) -> None:
    Standing.objects.update(gone_ms=NOW)
    sweep_presence(NOW + 1)
    assert Standing.objects.get().gone_ms is None and statuses(told, lilei) == ["online"]


def test_an_idle_sweep_is_cheap_however_many_agents_there_are(lilei: Agent, shop: Site) -> None:
    from django.contrib.auth.models import User

    def cost(at_ms: int) -> int:
        with CaptureQueriesContext(connection) as spent:
            sweep_presence(at_ms)
        return len(spent)

    cost(NOW)  # the minute's first looks at breaks, too
    few = cost(NOW + 1000)
    users = User.objects.bulk_create([User(username=f"u{number}") for number in range(300)])
    agents = Agent.objects.bulk_create([Agent(user=user, display_name=user.username) for user in users])
    hold("web-2", {f"c{number}": str(agent.pk) for number, agent in enumerate(agents)}, NOW + 1500)
    assert cost(NOW + 2000) == few <= 8
    assert Lease.objects.count() == 301


def test_filtering_by_status_agrees_with_what_is_shown(
    shop: Site, employ: Employ, told: list[Signal]
) -> None:
    cases = [(None, None), ("online", None), ("busy", None), ("away", NOW + 5), ("away", NOW - 5)]
    for number, (availability, until) in enumerate(cases):
        for here in (True, False):
            agent = employ(f"a{number}{here}", shop)
            if availability:
                Standing.objects.create(agent=agent, availability=availability, until_ms=until)
            if here:
                Lease.objects.create(connection=str(agent.pk), agent=agent, process="p", expires_ms=NOW + 1)
    by_filter = {
        str(agent.pk): status
        for status in ("online", "busy", "away", "offline")
        for agent in with_presence(Agent.objects.all(), NOW).filter(status_is(status, NOW))
    }
    each = presence_of([str(pk) for pk in Agent.objects.values_list("pk", flat=True)], NOW)
    assert by_filter == {one.agent: one.status.status for one in each} and len(by_filter) == 10


def test_the_metrics_say_how_many_are_here(lilei: Agent, shop: Site, employ: Employ) -> None:
    lucy = employ("lucy", shop)
    hold("web-2", {"b": str(lucy.pk)}, NOW)
    set_status(str(lucy.pk), "busy", at_ms=NOW)
    employ("poll", shop)
    employ("gone", shop, is_enabled=False)
    sweep_presence(NOW + 5000)
    counted = {each: metrics.AGENTS.labels(status=each)._value.get() for each in STATUSES}
    assert counted == {"online": 1, "busy": 1, "away": 0, "offline": 1}


@pytest.mark.parametrize("how", ["away", "busy", "gone"])
def test_who_goes_away_between_being_chosen_and_the_seat_gets_nothing(
    lilei: Agent, shop: Site, employ: Employ, how: str
) -> None:
    lucy = employ("lucy", shop)
    hold("web-2", {"b": str(lucy.pk)}, NOW)
    if how == "gone":
        hold("web-1", {}, NOW + 1)
    else:
        set_status(str(lilei.pk), how, at_ms=NOW + 1)
    wanted = [
        Reservation(str(uuid4()), str(agent.pk), str(shop.pk), None, "web", str(uuid4()), 5)
        for agent in (lilei, lucy)
    ]
    with transaction.atomic():
        got, taken = reserve(wanted, NOW + 2)
    assert got == {wanted[1].conversation} and taken == {str(lilei.pk): 0, str(lucy.pk): 1}


def test_who_is_busy_until_a_time_that_has_passed_gets_a_seat(lilei: Agent, shop: Site) -> None:
    set_status(str(lilei.pk), "busy", "", NOW + 10, NOW)
    wanted = [Reservation(str(uuid4()), str(lilei.pk), str(shop.pk), None, "web", str(uuid4()), 5)]
    with transaction.atomic():
        assert reserve(wanted, NOW + 9)[0] == set()
        assert reserve(wanted, NOW + 10)[0] == {wanted[0].conversation}
