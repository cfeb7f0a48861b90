"""The list's filters and orders, saved views and their counts, preferences."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from agents.desk import preferences, views
from agents.models import Agent, Group
from chat.conversation import State, encode_state
from chat.models import Conversation, Label, Site, Visitor
from chat.protocol.entry import Person
from tests.api.conftest import Caller, Guest

_numbers = itertools.count(1)


def row(site: Site, priority: int = 0, **columns: Any) -> str:
    """A conversation as persistence would have written it."""
    number = next(_numbers)
    visitor = Visitor.objects.create(site=site, token_hash=f"l{number}", name="v", priority=priority)
    given = {"visitor_seq": 1, "head": 1, "last_at": number, **columns}
    return str(Conversation.objects.create(site=site, visitor=visitor, **given).pk)


def ids(caller: Caller, **query: Any) -> list[str]:
    answer = caller.get("conversations/", **query)
    assert answer.status_code == 200, answer.json()
    return [one["id"] for one in answer.json()["data"]]


def test_filters_narrow_down(agent: Caller, shop: Site) -> None:
    red = Label.objects.create(site=shop, name="red", color="red")
    blue = Label.objects.create(site=shop, name="blue")
    group = Group.objects.create(name="Sales")
    group.agents.set(Agent.objects.filter(pk=agent.id))
    plain = row(shop, agent_read=1)
    vip = row(shop, 7, channel="h5", waiting_since=5, group_id=group.pk, group_name="Sales")
    both = row(shop, snoozed_until=99, status="active", agent_id=agent.id)
    Conversation.objects.get(pk=both).labels.set([red, blue])
    Conversation.objects.get(pk=vip).labels.set([red])
    assert ids(agent, label=str(red.pk)) == [both, vip]
    assert ids(agent, label=f"{red.pk},{blue.pk}") == [both]
    assert ids(agent, group=str(group.pk)) == [vip]
    assert ids(agent, group="none") == [both, plain]
    assert ids(agent, channel="h5,app") == [vip]
    assert ids(agent, snoozed="true") == [both]
    assert ids(agent, snoozed="false") == [vip, plain]
    assert ids(agent, priority=5) == [vip]
    assert ids(agent, waiting="true") == [vip]
    assert ids(agent, unread="true") == [both, vip]
    assert ids(agent, unread="false") == [plain]
    assert ids(agent, agent="me", snoozed="true", label=str(blue.pk)) == [both]
    state = State(vip, str(shop.id), "", group=Person(str(group.pk), "Sales"))
    Conversation.objects.filter(pk=vip).update(state=encode_state(state))
    shown = agent.get(f"conversations/{vip}/").json()
    assert shown["labels"] == [{"id": str(red.pk), "name": "red", "color": "red"}]
    assert (shown["priority"], shown["channel"]) == (7, "h5")
    assert shown["group"] == {"id": str(group.pk), "name": "Sales"}


def test_those_one_was_invited_to(agent: Caller, shop: Site) -> None:
    other = "0190b6a1-0000-7000-8000-000000000009"
    row(shop, guests=[other], status="active", agent_id=other)
    invited = row(shop, guests=[other, agent.id], status="active", agent_id=other)
    assert ids(agent, guest="me") == [invited]
    assert agent.get("conversations/", guest=other).status_code == 400


@pytest.mark.parametrize(
    "query",
    [{"label": "x"}, {"group": "x"}, {"channel": "fax"}, {"priority": 11}, {"order": "x"}, {"snoozed": "x"},
     {"label": ",".join(f"0190b6a1-0000-7000-8000-{n:012}" for n in range(11))}],
)  # fmt: skip
def test_bad_filters_are_400(agent: Caller, query: dict[str, Any]) -> None:
    assert agent.get("conversations/", **query).json()["code"] == "invalid"


def test_orders_page_without_gaps(agent: Caller, shop: Site) -> None:
    rows = [row(shop, priority=n % 3, waiting_since=100 - n, last_at=n // 2) for n in range(9)]
    # Ids of one millisecond are in no order of their own: the later id first, whichever that is.
    later = {n: -uuid.UUID(rows[n]).int for n in range(9)}
    expected = {
        "latest": sorted(range(9), key=lambda n: (-(n // 2), later[n])),
        "oldest": sorted(range(9), key=lambda n: (n // 2, later[n])),
        "waiting": sorted(range(9), key=lambda n: 100 - n),
        "priority": sorted(range(9), key=lambda n: (-(n % 3), -(n // 2), later[n])),
    }
    for order, places in expected.items():
        seen: list[str] = []
        query: dict[str, Any] = {"order": order, "limit": 2}
        for _ in range(5):
            page = agent.get("conversations/", **query).json()
            seen += [one["id"] for one in page["data"]]
            query["cursor"] = page["meta"]["next_cursor"]
        assert seen == [rows[n] for n in places], order
        assert query["cursor"] is None
    cursor = agent.get("conversations/", order="priority", limit=2).json()["meta"]["next_cursor"]
    assert agent.get("conversations/", order="latest", cursor=cursor).json()["code"] == "invalid"


def test_the_desk_is_not_for_visitors(visitor: Guest, agent: Caller, shop: Site) -> None:
    label = Label.objects.create(site=shop, name="secret")
    Visitor.objects.filter(pk=visitor.id).update(priority=9)
    kept = {"summary": "rude", "category": "Spam", "attributes": {"a": 1}, "snoozed_until": 9}
    Conversation.objects.filter(pk=visitor.conversation).update(**kept)
    Conversation.objects.get(pk=visitor.conversation).labels.add(label)
    shown = visitor.get(f"conversations/{visitor.conversation}/").json()
    assert (shown["labels"], shown["attributes"]) == ([], {})
    for name in ("summary", "category", "snoozed_until", "priority", "group"):
        assert shown[name] is None


def save(caller: Caller, filters: Any, **more: Any) -> Any:
    return caller.post("views/", {"name": "View", "filters": filters, **more})


def test_views_are_counted_in_one_query(
    agent: Caller, shop: Site, other_shop: Site,
    django_assert_max_num_queries: Callable[[int], CaptureQueriesContext],
) -> None:  # fmt: skip
    for n in range(3):
        row(
            shop, 5, status="active", agent_id=agent.id, agent_read=n % 2, snoozed_until=n if n == 2 else None
        )
    for _ in range(4):
        row(shop)
    row(shop, status="closed")
    row(shop, visitor_seq=0)  # nobody has written yet
    row(other_shop)
    vip = save(agent, {"priority": 5, "order": "priority"}).json()["id"]
    mine = save(agent, {"agent": "me", "snoozed": True, "site": str(shop.id)}).json()["id"]
    with django_assert_max_num_queries(6):
        answer = agent.get("views/counts/").json()
    assert answer == {
        "cap": 999,
        "counts": {
            "mine": 2, "mine_unread": 2, "waiting": 4, "snoozed": 1, "all": 6, "bot": 0, "closed": 1,
        },
        "views": {vip: 3, mine: 1},
    }  # fmt: skip


def test_counts_are_capped(agent: Caller, shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CAP", 2)
    for _ in range(5):
        row(shop)
    assert agent.get("views/counts/").json()["counts"]["waiting"] == 3


def test_what_no_index_can_count_is_not_counted(
    agent: Caller, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MAX_COUNTED", 2)
    row(shop, last_text="where is my order")
    searching = save(agent, {"q": "order"}, name="0").json()["id"]
    counted = [save(agent, {"status": ["queued"]}, name=name).json()["id"] for name in ("1", "2")]
    save(agent, {"status": ["queued"]}, name="3")
    assert ids(agent, q="order"), "the list itself searches"
    answer = agent.get("views/counts/").json()["views"]
    assert searching not in answer
    assert answer == dict.fromkeys(counted, 1)


def test_who_serves_no_site_counts_nothing(hire: Callable[..., Caller], shop: Site) -> None:
    row(shop)
    answer = hire("idle").get("views/counts/").json()
    assert set(answer["counts"].values()) == {0}


def test_views_keep_what_the_list_takes(agent: Caller, shop: Site) -> None:
    filters = {"status": ["queued", "bot"], "q": "order", "waiting": True, "site": str(shop.id)}
    kept = save(agent, {**filters, "agent": None, "label": []}, position=3).json()
    assert (kept["filters"], kept["position"], kept["editable"]) == (filters, 3, True)
    changed = agent.patch(f"views/{kept['id']}/", {"filters": {"order": "oldest"}}).json()
    assert changed["filters"] == {"order": "oldest"}
    assert [one["id"] for one in agent.get("views/").json()["data"]] == [kept["id"]]
    assert agent.delete(f"views/{kept['id']}/").status_code == 204


@pytest.mark.parametrize(
    "filters",
    [[], "x", {"owner": "me"}, {"status": ["open"]}, {"priority": 11}, {"label": ["x"]}, {"status": [1]}],
)
def test_bad_views_are_400(agent: Caller, filters: Any) -> None:
    assert save(agent, filters).json()["code"] == "invalid"


def test_who_sees_and_keeps_views(
    agent: Caller, supervisor: Caller, stranger: Caller, administrator: Caller, other_shop: Site, shop: Site
) -> None:
    own = save(agent, {}).json()["id"]
    shared = save(supervisor, {"waiting": True}, shared=True).json()
    everywhere = save(administrator, {}, shared=True).json()["id"]
    assert shared["filters"] == {"waiting": True, "site": str(shop.id)}
    assert save(agent, {}, shared=True).json()["code"] == "forbidden"
    assert save(agent, {"site": str(other_shop.id)}).json()["code"] == "forbidden"

    def seen(caller: Caller) -> set[str]:
        return {one["id"] for one in caller.get("views/").json()["data"]}

    assert seen(agent) == {own, shared["id"], everywhere}
    assert seen(supervisor) == {shared["id"], everywhere}
    assert seen(stranger) == {everywhere}
    assert stranger.get(f"views/{shared['id']}/").status_code == 404
    assert agent.patch(f"views/{shared['id']}/", {"name": "x"}).status_code == 403
    assert supervisor.patch(f"views/{everywhere}/", {"name": "x"}).status_code == 403
    assert supervisor.patch(f"views/{shared['id']}/", {"name": "x"}).json()["name"] == "x"


def test_preferences_are_ones_own_and_complete(agent: Caller, supervisor: Caller) -> None:
    path = "agents/me/preferences/"
    start = agent.get(path).json()
    assert start == {
        "theme": "auto", "locale": "", "enter_sends": True, "sound": True, "notifications": False,
        "density": "comfortable", "suggest_replies": True, "away_after_min": 0, "ui": {},
    }  # fmt: skip
    changed = agent.send("PUT", path, {"theme": "dark", "ui": {"context": False}}).json()
    assert changed == {**start, "theme": "dark", "ui": {"context": False}}
    assert agent.patch(path, {"sound": False}).json() == {**changed, "sound": False}
    assert agent.get(path).json()["theme"] == "dark"
    assert agent.send("PUT", path, {}).json() == start
    assert supervisor.get(path).json() == start


@pytest.mark.parametrize(
    "body",
    [{"colour": "red"}, {"theme": "pink"}, {"sound": 1}, {"away_after_min": True}, {"away_after_min": 241},
     {"ui": []}, {"ui": {"x": "y" * 9000}}, []],
)  # fmt: skip
def test_bad_preferences_are_400(agent: Caller, body: Any) -> None:
    assert agent.send("PUT", "agents/me/preferences/", body).json()["code"] == "invalid"


def test_a_stored_preference_that_is_no_longer_good_is_its_default() -> None:
    assert preferences.complete({"theme": "pink", "sound": False, "old": 1})["theme"] == "auto"
