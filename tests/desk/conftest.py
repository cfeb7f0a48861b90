"""People of the API's tests, with a role, and conversations as persistence would have written them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agents.models import Agent, Group
from chat import blocks
from chat.models import Conversation, Site
from tests.api.conftest import (  # noqa: F401
    Caller,
    Guest,
    _fresh_sites,
    _no_limits,
    _own_media,
    administrator,
    agent,
    come,
    hire,
    nobody,
    other_shop,
    shop,
    stranger,
    visitor,
)


@pytest.fixture(autouse=True)
def _fresh_blacklist() -> Iterator[None]:
    """No test is shut out by what another one has cached."""
    blocks.forget()
    yield
    blocks.forget()


@pytest.fixture
def lead(hire: Callable[..., Caller]) -> Callable[..., Caller]:  # noqa: F811
    """Makes an agent of a role: `lead("hanmeimei", shop, role="admin")`."""

    def call(username: str, *served: Site, role: str = "supervisor") -> Caller:
        caller = hire(username, *served)
        Agent.objects.filter(pk=caller.id).update(role=role)
        return caller

    return call


@pytest.fixture
def supervisor(lead: Callable[..., Caller], shop: Site) -> Caller:  # noqa: F811
    """Who leads the shop's agents."""
    return lead("supervisor", shop)


@pytest.fixture
def grouped(db: None) -> Callable[..., Group]:
    """Makes a group of some callers."""

    def call(name: str, *members: Caller) -> Group:
        group = Group.objects.create(name=name)
        group.agents.set(Agent.objects.filter(pk__in=[member.id for member in members]))
        return group

    return call


def project(conversation: str, **columns: Any) -> None:
    """Write a row as persistence would."""
    Conversation.objects.filter(pk=conversation).update(**{"visitor_seq": 1, "head": 1, **columns})
