"""Leases: held, renewed, dropped; who is here follows from them and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Lease, Standing
from agents.presence import trust
from agents.presence.leases import hold
from agents.presence.reading import presence_of
from agents.presence.sweep import sweep_presence
from chat.delivery.hub import Signal
from chat.models import Site
from chat.ports import attendance
from tests.presence.conftest import NOW, statuses

Employ = Callable[..., Agent]


def status_of(agent: Agent, at_ms: int) -> str:
    """What others see of the agent at a moment."""
    return presence_of([str(agent.pk)], at_ms)[0].status.status


def test_the_port_is_filled_and_writes_leases(shop: Site, employ: Employ, told: list[Signal]) -> None:
    lilei = employ("lilei", shop)
    port = attendance()
    assert port is not None
    port.hold("web-1", {"a": str(lilei.pk)})
    assert Lease.objects.get().agent_id == lilei.pk
    assert statuses(told, lilei) == ["online"]
    assert {each.topic for each in told} == {f"site:{shop.pk}"}
    port.hold("web-1", {})
    assert not Lease.objects.exists()
    assert statuses(told, lilei) == ["online", "offline"]


def test_an_agent_is_here_while_one_connection_is(shop: Site, employ: Employ, told: list[Signal]) -> None:
    lilei, me = employ("lilei", shop), None
    me = str(lilei.pk)
    hold("web-1", {"tab-1": me, "tab-2": me}, NOW)
    hold("web-2", {"phone": me}, NOW)
    assert statuses(told, lilei) == ["online"]
    hold("web-1", {"tab-2": me}, NOW + 1)
    hold("web-1", {}, NOW + 2)
    assert status_of(lilei, NOW + 3) == "online" and statuses(told, lilei) == ["online"]
    hold("web-2", {}, NOW + 4)
    assert status_of(lilei, NOW + 5) == "offline" and statuses(told, lilei) == ["online", "offline"]
    assert Standing.objects.get().gone_ms == NOW + 4


def test_a_connection_that_closes_is_gone_at_once_and_back_at_once(
    shop: Site, employ: Employ, told: list[Signal]
) -> None:
    lilei = employ("lilei", shop)
    for turn in range(3):
        hold("web-1", {f"tab-{turn}": str(lilei.pk)}, NOW + 2 * turn)
        assert Standing.objects.get().gone_ms is None
        hold("web-1", {}, NOW + 2 * turn + 1)
        assert Standing.objects.get().gone_ms == NOW + 2 * turn + 1
    assert statuses(told, lilei) == ["online", "offline"] * 3


def test_a_killed_process_shows_within_two_heartbeats(shop: Site, employ: Employ, told: list[Signal]) -> None:
    lilei, lucy = employ("lilei", shop), employ("lucy", shop)
    at = NOW
    sweep_presence(at)
    hold("killed", {"a": str(lilei.pk)}, at)
    while status_of(lilei, at) == "online" and at < NOW + 10 * trust.HEARTBEAT_MS:
        at += 1000
        hold("lives", {"b": str(lucy.pk)}, at)
        sweep_presence(at)
    assert at - NOW < 2 * trust.HEARTBEAT_MS
    assert statuses(told, lilei) == ["online", "offline"] and statuses(told, lucy) == ["online"]
    assert [lease.process for lease in Lease.objects.all()] == ["lives"]


def test_renewals_every_third_of_a_heartbeat_keep_an_agent_even_if_three_in_a_row_fail(
    shop: Site, employ: Employ, told: list[Signal]
) -> None:
    lilei = employ("lilei", shop)
    for at in range(NOW, NOW + 5 * trust.HEARTBEAT_MS, 1000):
        if (at - NOW) % (4 * trust.RENEW_MS) < 1000:
            hold("web-1", {"a": str(lilei.pk)}, at)
        sweep_presence(at)
        assert status_of(lilei, at) == "online"
    assert statuses(told, lilei) == ["online"]


def test_a_deleted_agent_does_not_spoil_the_others_leases(
    shop: Site, employ: Employ, told: list[Signal]
) -> None:
    lilei, gone = employ("lilei", shop), str(uuid4())
    hold("web-1", {"a": gone, "b": str(lilei.pk)}, NOW)
    assert [str(lease.agent_id) for lease in Lease.objects.all()] == [str(lilei.pk)]


def test_a_superuser_is_told_to_every_site_and_others_to_their_own(
    shop: Site, other_shop: Site, employ: Employ, told: list[Signal]
) -> None:
    boss, lilei = employ("boss", superuser=True), employ("lilei", other_shop)
    hold("web-1", {"a": str(boss.pk), "b": str(lilei.pk)}, NOW)
    topics = {(each.topic, each.payload["agent"]["name"]) for each in told}
    everywhere = {(f"site:{site.pk}", "Boss") for site in Site.objects.all()}
    assert topics == everywhere | {(f"site:{other_shop.pk}", "Lilei")}


def test_two_thousand_agents_cost_as_many_statements_as_two(shop: Site, told: list[Signal]) -> None:
    from django.contrib.auth.models import User

    users = User.objects.bulk_create([User(username=f"u{number}") for number in range(2000)])
    agents = Agent.objects.bulk_create([Agent(user=user, display_name=user.username) for user in users])
    costs = []
    for count in (2, 2000):
        held = {f"c{number}": str(agent.pk) for number, agent in enumerate(agents[:count])}
        hold("web-1", held, NOW)
        with CaptureQueriesContext(
            connection,
        ) as spent:
            hold("web-1", held, NOW + trust.RENEW_MS)
        costs.append(len(spent))
    assert costs[0] == costs[1] <= 5
    assert Lease.objects.filter(expires_ms=NOW + trust.RENEW_MS + trust.LEASE_MS).count() == 2000
