"""Visitors find whether somebody is there: it follows from leases and statuses, outage or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Agent, Lease
from agents.presence import trust
from agents.presence.leases import hold
from agents.presence.saying import set_status
from agents.presence.sweep import sweep_presence
from agents.routing import reception
from chat.delivery.hub import Signal
from chat.models import Site
from chat.protocol.entry import now_ms
from tests.api.conftest import Guest

Employ = Callable[..., Agent]


@pytest.fixture
def found(come: Callable[..., Guest], shop: Site) -> Callable[[], Any]:
    """What a visitor who comes now is told of the site."""

    def call() -> Any:
        reception.forget()
        site = come(shop).session["site"]
        return site["online"], site["state"]

    return call


def test_somebody_is_there_while_a_connection_lives_and_nobody_says_away(
    shop: Site, employ: Employ, told: list[Signal], found: Callable[[], Any]
) -> None:
    lilei = employ("lilei", shop)
    assert found() == (False, "away")
    hold("web-1", {"a": str(lilei.pk)})
    assert found() == (True, "online")
    set_status(str(lilei.pk), "busy")
    assert found() == (True, "online")
    set_status(str(lilei.pk), "away")
    assert found() == (False, "away")
    set_status(str(lilei.pk), "online")
    hold("web-1", {})
    assert found() == (False, "away")


def test_an_agent_of_another_site_is_not_there_and_a_superuser_is(
    shop: Site, other_shop: Site, employ: Employ, told: list[Signal], found: Callable[[], Any]
) -> None:
    polly, boss = employ("polly", other_shop), employ("boss", superuser=True)
    hold("web-1", {"a": str(polly.pk)})
    assert found() == (False, "away")
    hold("web-1", {"a": str(polly.pk), "b": str(boss.pk)})
    assert found() == (True, "online")


def test_an_outage_of_the_database_sends_no_visitor_away(
    shop: Site, employ: Employ, told: list[Signal], found: Callable[[], Any]
) -> None:
    lilei, now = employ("lilei", shop), now_ms()
    before = now - 4 * trust.HEARTBEAT_MS
    sweep_presence(before)
    hold("web-1", {"a": str(lilei.pk)}, before)
    sweep_presence(now)
    assert Lease.objects.get().expires_ms < now
    assert found() == (True, "online")
