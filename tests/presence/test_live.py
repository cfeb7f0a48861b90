"""`stats/live/`: right figures, for those who may see them, at a fixed price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Assignment, Decision, Group, Role, SiteRouting, Standing, Waiting
from agents.presence.leases import hold
from chat.delivery.hub import Signal
from chat.models import Conversation, Site, Visitor
from chat.protocol.entry import now_ms
from tests.presence.test_rest import Desk

Employ = Callable[..., Agent]
MINUTE = 60_000


def waits(site: Site, group: Group | None, for_ms: int) -> None:
    """Somebody waits in a queue."""
    at = now_ms() - for_ms
    Waiting.objects.create(
        conversation=uuid4(), visitor=uuid4(), site=site, group=group, wants="", since_ms=at, entered_ms=at,
        rank_ms=at,
    )  # fmt: skip


def talks(site: Site, agent: Agent | None, group: Group | None = None, **more: Any) -> Conversation:
    """A conversation's row, active when somebody answers it."""
    visitor = Visitor.objects.create(site=site, token_hash=uuid4().hex)
    return Conversation.objects.create(
        site=site, visitor=visitor, visitor_seq=1, status="active" if agent else "queued",
        agent_id=agent.pk if agent else None, group_id=group.pk if group else None, **more,
    )  # fmt: skip


def answered(
    site: Site, agent: Agent, group: Group | None, waited_ms: int, took_ms: int, ago_ms: int
) -> None:
    """Routing gave a conversation to the agent, who replied `ago_ms` ago."""
    at = now_ms() - ago_ms - took_ms
    decision = Decision.objects.create(
        conversation=uuid4(), site=site, group=group, at_ms=at, strategy="weighted", agent=agent,
        reason="best", waited_ms=waited_ms,
    )  # fmt: skip
    Assignment.objects.create(
        conversation=decision.conversation, site=site, group=group, agent=agent, decision=decision.pk,
        how="routed", at_ms=at, first_reply_ms=at + took_ms, ended_ms=at + took_ms,
    )  # fmt: skip


@pytest.fixture
def returns(db: None) -> Group:
    """A group of every site."""
    return Group.objects.create(name="Returns")


def site_of(answer: Any, name: str) -> dict[str, Any]:
    """One site's figures."""
    assert answer.status_code == 200, answer.content
    return dict(next(each for each in answer.json()["data"] if each["site"]["name"] == name))


def test_figures_of_a_site_and_its_groups(
    shop: Site, employ: Employ, returns: Group, told: list[Signal]
) -> None:
    lilei, lucy = employ("lilei", shop, capacity=4), employ("lucy", shop)
    lead = Desk(employ("lead", shop, role=Role.SUPERVISOR))
    returns.agents.add(lilei)
    SiteRouting.objects.create(site=shop, first_reply_target_s=30)
    hold("web-1", {"a": str(lilei.pk), "b": str(lucy.pk)})
    Standing.objects.filter(agent=lilei).update(used=2)
    Standing.objects.filter(agent=lucy).update(availability="busy", used=1)
    waits(shop, None, 10_000)
    waits(shop, returns, 40_000)
    talks(shop, lilei, returns)
    talks(shop, None)
    answered(shop, lilei, returns, waited_ms=5_000, took_ms=20_000, ago_ms=MINUTE)
    answered(shop, lilei, returns, waited_ms=15_000, took_ms=20_000, ago_ms=MINUTE)
    answered(shop, lucy, None, waited_ms=1_000, took_ms=1_000, ago_ms=61 * MINUTE)
    whole = site_of(lead.get("stats/live/"), "Shop")
    group, nothing = whole.pop("groups")
    assert 40_000 <= whole.pop("oldest_wait_ms") < 60_000
    assert whole == {
        "site": {"id": str(shop.pk), "name": "Shop"}, "waiting": 2, "average_wait_ms": 10_000, "online": 1,
        "busy": 1, "away": 0, "load": 2, "capacity": 4, "open": 2, "first_replies": 2, "service_level": 0.5,
    }  # fmt: skip
    assert group["group"] == {"id": str(returns.pk), "name": "Returns"}
    assert (group["waiting"], group["open"], group["online"], group["busy"]) == (1, 1, 1, 0)
    assert nothing["group"] is None and nothing["service_level"] is None
    assert (nothing["waiting"], nothing["open"], nothing["average_wait_ms"]) == (1, 1, None)
    assert 10_000 <= nothing["oldest_wait_ms"] < 30_000


def test_agents_see_their_groups_supervisors_their_sites(
    shop: Site, other_shop: Site, employ: Employ, returns: Group, told: list[Signal]
) -> None:
    sales = Group.objects.create(name="Sales")
    lilei = employ("lilei", shop)
    returns.agents.add(lilei)
    for site in (shop, other_shop):
        for group in (returns, sales, None):
            waits(site, group, 1_000)
            talks(site, None, group)
    answer = Desk(lilei).get("stats/live/")
    assert [each["site"]["name"] for each in answer.json()["data"]] == ["Shop"]
    seen = site_of(answer, "Shop")
    assert [each["group"] and each["group"]["name"] for each in seen["groups"]] == ["Returns", None]
    assert (seen["waiting"], seen["open"]) == (2, 2)
    lead = site_of(Desk(employ("lead", shop, role=Role.SUPERVISOR)).get("stats/live/"), "Shop")
    assert [each["group"] and each["group"]["name"] for each in lead["groups"]] == ["Returns", "Sales", None]
    assert (lead["waiting"], lead["open"]) == (3, 3)
    boss = Desk(employ("boss", superuser=True)).get("stats/live/").json()["data"]
    assert {"Shop", "Other"} <= {each["site"]["name"] for each in boss}


def test_the_price_does_not_grow(shop: Site, employ: Employ, returns: Group, told: list[Signal]) -> None:
    lead = Desk(employ("lead", shop, role=Role.SUPERVISOR))

    def cost(path: str) -> int:
        assert lead.get(path).status_code == 200
        with CaptureQueriesContext(connection) as spent:
            lead.get(path)
        return len(spent)

    paths = ("stats/live/", "stats/live/agents/", "agents/", "groups/")
    waits(shop, returns, 1_000)
    few = [cost(path) for path in paths]
    agents = [
        Agent(user=user, display_name=user.username)
        for user in User.objects.bulk_create([User(username=f"u{number}") for number in range(60)])
    ]
    shop.agents.add(*Agent.objects.bulk_create(agents))
    for number in range(10):
        group = Group.objects.create(name=f"g{number}")
        group.agents.set(agents[:20])
        waits(shop, group, 5_000)
        talks(shop, agents[number], group)
        site = Site.objects.create(public_key=f"s{number}", name=f"S{number}")
        site.agents.add(lead.row)
        answered(site, agents[number], group, 1_000, 1_000, 1_000)
    hold("web-1", {str(agent.pk): str(agent.pk) for agent in agents})
    assert [cost(path) for path in paths] == few
    assert max(few) <= 16, few


def test_supervisors_see_who_lets_visitors_wait(
    shop: Site, other_shop: Site, employ: Employ, told: list[Signal]
) -> None:
    lilei, lucy, polly = employ("lilei", shop), employ("lucy", shop), employ("polly", other_shop)
    lead = Desk(employ("lead", shop, role=Role.SUPERVISOR))
    now = now_ms()
    talks(shop, lilei, waiting_since=now - 90_000)
    talks(shop, lilei, waiting_since=now - 10_000)
    talks(shop, lilei)
    talks(other_shop, polly, waiting_since=now - 900_000)
    rows = {row["name"]: row for row in lead.get("stats/live/agents/").json()["data"]}
    assert set(rows) == {"Lilei", "Lucy", "Lead"}
    assert (rows["Lilei"]["open"], rows["Lilei"]["unanswered"]) == (3, 2)
    assert 90_000 <= rows["Lilei"]["longest_unanswered_ms"] < 110_000
    assert rows["Lucy"]["longest_unanswered_ms"] is None and rows["Lucy"]["open"] == 0
    assert Desk(lucy).get("stats/live/agents/").status_code == 403
    assert UUID(rows["Lilei"]["id"]) == lilei.pk
