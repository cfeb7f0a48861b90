"""`conversations/`: lists, filters, pages, and the log's word over the row's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, Message, Site, Visitor
from tests.api.conftest import Caller, Guest


def make(site: Site, **fields: Any) -> Conversation:
    visitor = Visitor.objects.create(
        site=site, token_hash=uuid.uuid4().hex, name=fields.pop("name", ""), phone=fields.pop("phone", "")
    )
    values = {"visitor_seq": 1, "head": 1, **fields}
    return Conversation.objects.create(site=site, visitor=visitor, **values)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]


def test_a_visitor_sees_its_own_and_nothing_else(visitor: Guest, shop: Site) -> None:
    make(shop)
    assert ids(visitor.get("conversations/")) == [visitor.conversation]


def test_agents_see_their_sites_once_a_visitor_has_spoken(
    agent: Caller, stranger: Caller, administrator: Caller, visitor: Guest, shop: Site, other_shop: Site
) -> None:
    here, there = make(shop), make(other_shop)
    assert ids(agent.get("conversations/")) == [str(here.id)]
    assert ids(stranger.get("conversations/")) == [str(there.id)]
    assert set(ids(administrator.get("conversations/"))) == {str(here.id), str(there.id)}


def test_filters(agent: Caller, shop: Site) -> None:
    queued = make(shop, status="queued", name="Han Meimei")
    mine = make(shop, status="active", agent_id=agent.id, agent_name="Lilei", last_text="about my order")
    other = make(shop, status="active", agent_id=uuid.uuid4(), phone="13800138000")
    closed = make(shop, status="closed", agent_id=agent.id)
    wanted = [
        ({"status": "queued"}, {queued}),
        ({"status": "queued,active"}, {queued, mine, other}),
        ({"agent": "me"}, {mine, closed}),
        ({"agent": "me", "status": "active"}, {mine}),
        ({"agent": "none"}, {queued}),
        ({"agent": str(other.agent_id)}, {other}),
        ({"site": str(shop.id)}, {queued, mine, other, closed}),
        ({"site": str(uuid.uuid4())}, set()),
        ({"visitor": str(closed.visitor_id)}, {closed}),
        ({"q": "meimei"}, {queued}),
        ({"q": "1380013"}, {other}),
        ({"q": "my ORDER"}, {mine}),
        ({"q": str(closed.id)}, {closed}),
        ({"q": "nothing like it"}, set()),
    ]
    for query, rows in wanted:
        assert set(ids(agent.get("conversations/", **query))) == {str(row.id) for row in rows}, query


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"}, {"agent": "you"}, {"site": "x"}, {"limit": 0}, {"limit": 101}, {"limit": "x"},
        {"cursor": "x"}, {"cursor": "WzEsMl0"}, {"q": "\x00"}, {"q": "x" * 101}, {"visitor": "1" * 500},
    ],
)  # fmt: skip
def test_bad_queries_are_400(agent: Caller, query: dict[str, Any]) -> None:
    answer = agent.get("conversations/", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_pages_follow_each_other_without_gap_or_repeat(agent: Caller, shop: Site) -> None:
    rows = [make(shop, last_at=1000 + n // 2) for n in range(7)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    for size, more in ((3, True), (3, True), (1, False)):
        answer = agent.get("conversations/", **query)
        meta = answer.json()["meta"]
        assert len(ids(answer)) == size
        assert meta["has_more"] is more
        seen += ids(answer)
        query["cursor"] = meta["next_cursor"]
    assert query["cursor"] is None
    assert seen == [str(row.id) for row in sorted(rows, key=lambda row: (row.last_at, row.id), reverse=True)]


def test_a_list_costs_the_same_however_long_it_is(
    agent: Caller, shop: Site, django_assert_max_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    """The agent, its sites and groups (3), the rows with their visitors (1), labels (2), unread (1)."""
    for n in range(12):
        row = make(shop, last_at=n + 1)
        Message.objects.create(
            id=uuid.uuid4(),
            conversation=row,
            seq=1,
            sender_kind="visitor",
            kind="text",
            text="x",
            created_at=1,
        )
    with django_assert_max_num_queries(7):
        answer = agent.get("conversations/")
    assert [row["unread"] for row in answer.json()["data"]] == [1] * 12


def test_the_log_has_the_last_word(agent: Caller, visitor: Guest, shop: Site) -> None:
    """The row still says queued; the list of those who wait no longer holds it; reading it says active."""
    visitor.say(visitor.conversation)
    Conversation.objects.filter(pk=visitor.conversation).update(visitor_seq=1, head=1)
    assert ids(agent.get("conversations/", status="queued")) == [visitor.conversation]
    assert agent.post(f"conversations/{visitor.conversation}/accept/").status_code == 200
    assert Conversation.objects.get(pk=visitor.conversation).status == "queued"
    assert ids(agent.get("conversations/", status="queued")) == []
    body = agent.get(f"conversations/{visitor.conversation}/").json()
    assert (body["status"], body["head"]) == ("active", 2)
    assert body["agent"] == {"id": agent.id, "name": "Lilei"}
    assert body["visitor"]["name"] == "Han Meimei"


def test_a_visitor_is_not_told_what_agents_are_told(visitor: Guest) -> None:
    Conversation.objects.filter(pk=visitor.conversation).update(last_text="internal", waiting_since=5)
    body = visitor.get(f"conversations/{visitor.conversation}/").json()
    assert body["last_text"] is None
    assert body["waiting_since"] is None
    assert visitor.get("conversations/", q="internal").status_code == 403
