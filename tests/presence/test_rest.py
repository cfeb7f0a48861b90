"""Status, directory, groups: what is shown to whom, and who may set what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Agent, AgentSkill, Group, Role, ScheduledBreak, Skill, Standing, Waiting
from agents.presence.leases import hold
from agents.roster import participant
from chat.delivery.hub import Signal
from chat.models import Site
from chat.protocol.entry import now_ms
from chat.realtime import tokens
from tests.api.conftest import Caller, Guest

Employ = Callable[..., Agent]


class Desk(Caller):
    """An agent with a token, calling the API."""

    def __init__(self, row: Agent) -> None:
        who = participant(row)
        super().__init__(tokens.issue(who)[0], who)
        self.row = row

    def put(self, path: str, body: Any) -> Any:
        """PUT below /api/v1/."""
        return self.send("PUT", path, body)


@pytest.fixture
def lilei(shop: Site, employ: Employ, told: list[Signal]) -> Desk:
    """Li Lei of the shop, connected."""
    row = employ("lilei", shop, capacity=3)
    hold("web-1", {"lilei": str(row.pk)})
    told.clear()
    return Desk(row)


@pytest.fixture
def lucy(shop: Site, employ: Employ) -> Desk:
    """Lucy of the shop, not connected."""
    return Desk(employ("lucy", shop))


@pytest.fixture
def foreigner(other_shop: Site, employ: Employ) -> Desk:
    """Polly of the other shop."""
    return Desk(employ("polly", other_shop))


@pytest.fixture
def lead(shop: Site, employ: Employ) -> Desk:
    """The shop's supervisor."""
    return Desk(employ("lead", shop, role=Role.SUPERVISOR))


def names(answer: Any) -> set[str]:
    """Names in a list's page."""
    assert answer.status_code == 200, answer.content
    return {row["name"] for row in answer.json()["data"]}


def test_my_status_by_rest(lilei: Desk, told: list[Signal]) -> None:
    fresh = lilei.get("agents/me/status/").json()
    assert fresh == {
        "status": "online", "availability": "online", "reason": "", "until": None, "load": 0, "capacity": 3,
    }  # fmt: skip
    until = now_ms() + 600_000
    answer = lilei.put("agents/me/status/", {"availability": "away", "reason": "dentist", "until": until})
    assert answer.status_code == 200 and answer.json()["status"] == "away"
    assert lilei.get("agents/me/status/").json() == {
        **fresh, "status": "away", "availability": "away", "reason": "dentist", "until": until,
    }  # fmt: skip
    assert [each.payload["status"] for each in told] == ["away"]
    assert told[0].payload["until"] == until and told[0].topic == f"site:{lilei.row.sites.get().pk}"
    assert lilei.put("agents/me/status/", {"availability": "online"}).json() == fresh


def test_what_somebody_says_while_offline_counts_when_they_come(lucy: Desk) -> None:
    answer = lucy.put("agents/me/status/", {"availability": "busy"}).json()
    assert (answer["status"], answer["availability"]) == ("offline", "busy")
    hold("web-2", {"lucy": lucy.id})
    assert lucy.get("agents/me/").json()["status"] == "busy"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"availability": "offline"},
        {"availability": "away", "until": 1},
        {"availability": "away", "until": 2**60},
        {"availability": "away", "until": "soon"},
        {"availability": "away", "reason": "x" * 101},
        {"availability": "online", "until": 4_000_000_000_000},
    ],
)
def test_bad_statuses_are_refused_and_change_nothing(lilei: Desk, body: dict[str, Any]) -> None:
    answer = lilei.put("agents/me/status/", body)
    assert answer.status_code == 400 and answer.json()["code"] == "invalid"
    assert Standing.objects.get().availability == "online"


def test_only_who_leads_sets_others_and_only_at_sites_of_their_own(
    lilei: Desk, lucy: Desk, lead: Desk, foreigner: Desk, employ: Employ
) -> None:
    path, body = f"agents/{lilei.id}/status/", {"availability": "away", "reason": "sent home"}
    assert lucy.put(path, body).status_code == 403
    assert lucy.get(path).json()["status"] == "online"
    assert foreigner.get(path).status_code == 404
    assert Desk(employ("far", role=Role.SUPERVISOR)).put(path, body).status_code == 404
    assert lead.put(path, body).json()["reason"] == "sent home"
    assert lilei.get("agents/me/").json()["status"] == "away"
    assert lead.put(f"agents/{foreigner.id}/status/", body).status_code == 404
    assert Desk(employ("boss", superuser=True)).put(f"agents/{foreigner.id}/status/", body).status_code == 200


def test_visitors_and_strangers_get_nothing(come: Callable[..., Guest], shop: Site, lilei: Desk) -> None:
    guest, nobody = come(shop), Caller(None)
    for path in (
        "agents/", "agents/me/", "agents/me/status/", f"agents/{lilei.id}/status/", "groups/", "stats/live/",
        "stats/live/agents/",
    ):  # fmt: skip
        assert guest.get(path).status_code == 403, path
        assert nobody.get(path).status_code == 401, path
    assert guest.send("PUT", f"agents/{lilei.id}/status/", {"availability": "away"}).status_code == 403


def test_the_directory_shows_colleagues_and_nobody_else(
    lilei: Desk, lucy: Desk, foreigner: Desk, employ: Employ, shop: Site, other_shop: Site
) -> None:
    employ("gone", shop, is_enabled=False)
    boss = employ("boss", superuser=True)
    assert names(lilei.get("agents/")) == {"Lilei", "Lucy", "Boss"}
    assert names(foreigner.get("agents/")) == {"Polly", "Boss"}
    assert names(Desk(boss).get("agents/")) == {"Lilei", "Lucy", "Polly", "Boss"}
    assert names(Desk(boss).get("agents/", site=str(other_shop.pk))) == {"Polly", "Boss"}
    assert lilei.get("agents/", site=str(other_shop.pk)).status_code == 400


def test_the_directory_is_filtered_by_group_status_and_name(
    lilei: Desk, lucy: Desk, shop: Site, employ: Employ
) -> None:
    returns = Group.objects.create(name="Returns")
    returns.agents.add(lilei.row)
    french = Skill.objects.create(name="French")
    AgentSkill.objects.create(agent=lilei.row, skill=french, level=4)
    assert names(lucy.get("agents/", group=str(returns.pk))) == {"Lilei"}
    assert names(lucy.get("agents/", status="online,busy")) == {"Lilei"}
    assert names(lucy.get("agents/", status="offline")) == {"Lucy"}
    assert lucy.get("agents/", status="asleep").status_code == 400
    assert names(lucy.get("agents/", q="UC")) == {"Lucy"}
    (row,) = lucy.get("agents/", q="lilei").json()["data"]
    assert row["groups"] == [{"id": str(returns.pk), "name": "Returns"}]
    assert row["skills"] == [{"id": str(french.pk), "name": "French", "level": 4}]
    assert (row["role"], row["status"], row["load"], row["capacity"]) == ("agent", "online", 0, 3)
    first = lucy.get("agents/", limit=1).json()
    second = lucy.get("agents/", limit=1, cursor=first["meta"]["next_cursor"]).json()
    assert {first["data"][0]["name"], second["data"][0]["name"]} == {"Lilei", "Lucy"}


def test_groups_with_who_is_online_and_how_many_wait(
    lilei: Desk, lucy: Desk, foreigner: Desk, shop: Site, other_shop: Site
) -> None:
    returns = Group.objects.create(name="Returns")
    returns.agents.set([lilei.row, lucy.row, foreigner.row])
    theirs = Group.objects.create(name="Theirs")
    theirs.sites.add(other_shop)
    Group.objects.create(name="Closed down", is_enabled=False)
    for number, site in enumerate((shop, shop, other_shop)):
        Waiting.objects.create(
            conversation=f"00000000-0000-0000-0000-00000000000{number}", visitor=lilei.id, site=site,
            group=returns, wants="", since_ms=1, entered_ms=1, rank_ms=1,
        )  # fmt: skip
    assert names(lilei.get("groups/")) == {"Returns"}
    assert names(foreigner.get("groups/")) == {"Returns", "Theirs"}
    (row,) = lilei.get("groups/").json()["data"]
    assert row == {
        "id": str(returns.pk), "name": "Returns", "agents": 2, "online": 1, "waiting": 2, "mine": True,
    }  # fmt: skip
    assert names(foreigner.get("groups/", q="the")) == {"Theirs"}
    assert foreigner.get("groups/").json()["data"][1]["waiting"] == 1
    assert lilei.get("groups/", site=str(other_shop.pk)).status_code == 400


def test_who_am_i(lilei: Desk, shop: Site, employ: Employ) -> None:
    me = lilei.get("agents/me/").json()
    assert (me["id"], me["role"], me["status"], me["capacity"]) == (lilei.id, "agent", "online", 3)
    assert me["sites"] == [{"id": str(shop.pk), "name": "Shop"}] and me["all_sites"] is False
    boss = Desk(employ("boss", superuser=True)).get("agents/me/").json()
    assert (boss["role"], boss["all_sites"]) == ("admin", True)
    assert {site["name"] for site in boss["sites"]} >= {"Shop"}


def test_an_agents_breaks_go_with_them(lilei: Desk) -> None:
    ScheduledBreak.objects.create(agent=lilei.row, starts="12:00", ends="13:00")
    lilei.row.delete()
    assert not ScheduledBreak.objects.exists() and not Standing.objects.exists()
