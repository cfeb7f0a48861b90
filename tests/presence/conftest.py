"""People of two sites, and what they are told, caught where it leaves for the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import Agent, Role
from agents.presence import telling
from chat import sites
from chat.delivery.hub import Signal
from chat.models import Site
from tests.api.conftest import *  # noqa: F403

NOW = 1_800_000_000_000
"""A moment of these tests, far from midnight: 2027-01-15 08:00 UTC, a Friday."""


@pytest.fixture(autouse=True)
def _fresh_sites() -> Iterator[None]:
    """No test sees the sites that another one has cached."""
    sites.forget()
    yield
    sites.forget()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Signal]:
    """Every signal that was announced, in order."""
    caught: list[Signal] = []
    monkeypatch.setattr(telling, "announce", caught.extend)
    return caught


@pytest.fixture
def employ(db: None) -> Callable[..., Agent]:
    """Makes an agent's row: `employ("lilei", shop, capacity=3)`."""

    def call(name: str, *served: Site, superuser: bool = False, role: str = Role.AGENT, **more: Any) -> Agent:
        make = User.objects.create_superuser if superuser else User.objects.create_user
        agent = Agent.objects.create(user=make(name), display_name=name.title(), role=role, **more)
        agent.sites.set(served)
        return agent

    return call


def statuses(signals: list[Signal], agent: Agent) -> list[str]:
    """The statuses told of an agent, in order."""
    return [each.payload["status"] for each in signals if each.payload["agent"]["id"] == str(agent.pk)]
