"""Agents who work by REST alone: here for as long as they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Agent, Lease, Standing
from agents.presence.leases import hold, hold_for, let_go
from agents.presence.reading import living
from agents.presence.sweep import sweep_presence
from agents.roster import participant
from chat.delivery.hub import Signal
from chat.models import Site
from chat.protocol.entry import now_ms
from chat.realtime import tokens
from tests.api.conftest import Caller, Guest
from tests.presence.conftest import NOW, statuses

Employ = Callable[..., Agent]
MINE = "agents/me/presence/"


@pytest.fixture
def lilei(shop: Site, employ: Employ, told: list[Signal]) -> Agent:
    """Li Lei of the shop, without a connection."""
    return employ("lilei", shop)


@pytest.fixture
def caller(lilei: Agent) -> Caller:
    """His program."""
    who = participant(lilei)
    return Caller(tokens.issue(who)[0], who)


def here(agent: Agent, at_ms: int) -> bool:
    """Whether routing may give them anything."""
    return Agent.objects.filter(living(at_ms), pk=agent.pk).exists()


def test_said_for_a_time(caller: Caller, lilei: Agent, told: list[Signal]) -> None:
    before = now_ms()
    answer = caller.send("PUT", MINE, {"seconds": 60})
    assert answer.status_code == 200
    until = answer.json()["until"]
    assert before + 60_000 <= until <= now_ms() + 60_000
    assert here(lilei, until - 1) and not here(lilei, until)
    assert caller.get("agents/me/status/").json()["status"] == "online"
    assert statuses(told, lilei) == ["online"]
    later = caller.send("PUT", MINE, {}).json()["until"]
    assert later > until and Lease.objects.count() == 1
    assert statuses(told, lilei) == ["online"], "to go on is no news"
    assert caller.delete(MINE).status_code == 204
    assert not here(lilei, now_ms()) and Standing.objects.get().gone_ms is not None
    assert statuses(told, lilei) == ["online", "offline"]
    assert caller.delete(MINE).status_code == 204, "gone twice is gone once"
    assert statuses(told, lilei) == ["online", "offline"]


def test_it_ends_by_itself(lilei: Agent, told: list[Signal]) -> None:
    until = hold_for(str(lilei.pk), 60, NOW)
    for at_ms in (NOW, NOW + 20_000, NOW + 40_000, until - 1):
        sweep_presence(at_ms)
    assert statuses(told, lilei) == ["online"]
    sweep_presence(until + 1)
    assert statuses(told, lilei) == ["online", "offline"] and not Lease.objects.exists()


def test_a_connection_counts_besides(lilei: Agent, told: list[Signal]) -> None:
    hold_for(str(lilei.pk), 60, NOW)
    hold("web-1", {"c": str(lilei.pk)}, NOW)
    hold("web-1", {}, NOW + 1)
    assert here(lilei, NOW + 2), "the socket ended, the word still holds"
    hold("web-1", {"c": str(lilei.pk)}, NOW + 3)
    let_go(str(lilei.pk), NOW + 4)
    assert here(lilei, NOW + 5), "the word ended, the socket is open"
    assert statuses(told, lilei) == ["online"]


@pytest.mark.parametrize("body", [{"seconds": 4}, {"seconds": 601}, {"seconds": "soon"}, {"seconds": None}])
def test_bounds(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.send("PUT", MINE, body).status_code == 400
    assert not Lease.objects.exists()


def test_only_agents_are_here(visitor: Guest, nobody: Caller) -> None:
    assert visitor.send("PUT", MINE, {}).status_code == 403
    assert nobody.send("PUT", MINE, {}).status_code == 401
    assert not Lease.objects.exists()
