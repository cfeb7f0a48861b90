"""`visitors/`: as agents of their site see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.models import Site, Visitor
from tests.api.conftest import Caller, Guest
from tests.api.test_visitor_sessions import open_session, signed


def test_an_agent_sees_who_is_asking(agent: Caller, shop: Site) -> None:
    open_session(
        agent.client,
        **signed(shop, "u1", name="Han Meimei", phone="13800138000", attributes={"vip": True}),
        page={"url": "https://shop.example.com/cart", "title": "Cart"},
    )
    row = agent.get("visitors/").json()["data"][0]
    assert row["external_id"] == "u1"
    assert (row["name"], row["phone"], row["attributes"]) == ("Han Meimei", "13800138000", {"vip": True})
    assert row["page"] == {"url": "https://shop.example.com/cart", "title": "Cart"}
    assert agent.get(f"visitors/{row['id']}/").json() == row
    assert "token" not in str(row)


def test_lists_are_filtered_and_paged(agent: Caller, shop: Site, come: Callable[..., Guest]) -> None:
    guests = [come(shop, user={"name": f"guest {n}"}) for n in range(5)]
    agent.post(f"visitors/{guests[0].id}/block/")

    def ids(**query: Any) -> list[str]:
        return [row["id"] for row in agent.get("visitors/", **query).json()["data"]]

    assert ids() == [guest.id for guest in reversed(guests)]
    assert ids(blocked="true") == [guests[0].id]
    assert guests[0].id not in ids(blocked="false")
    assert ids(q="GUEST 3") == [guests[3].id]
    assert ids(site=str(shop.id), limit=2) == [guests[4].id, guests[3].id]
    cursor = agent.get("visitors/", limit=2).json()["meta"]["next_cursor"]
    assert ids(limit=3, cursor=cursor) == [guest.id for guest in reversed(guests[:3])]
    assert agent.get("visitors/", blocked="x").status_code == 400


def test_an_agent_corrects_what_is_shown(agent: Caller, visitor: Guest) -> None:
    answer = agent.patch(
        f"visitors/{visitor.id}/", {"email": "a@example.com", "name": None, "attributes": {"a": 1}}
    )
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["name"]) == ("a@example.com", None)
    row = Visitor.objects.get()
    assert (row.email, row.name, row.attributes) == ("a@example.com", "", {"a": 1})
    assert agent.patch(f"visitors/{visitor.id}/", {}).status_code == 200
    wrong: list[dict[str, Any]] = [
        {"name": "x" * 101},
        {"avatar_url": "data:x"},
        {"attributes": []},
        {"phone": ["x"]},
    ]
    for bad in wrong:
        assert agent.patch(f"visitors/{visitor.id}/", bad).status_code == 400
    ignored = agent.patch(f"visitors/{visitor.id}/", {"external_id": "u9", "blocked_at": 1})
    assert (ignored.json()["external_id"], ignored.json()["blocked_at"]) == (None, None)


@pytest.mark.parametrize("times", [1, 2])
def test_blocking_and_unblocking(agent: Caller, visitor: Guest, times: int) -> None:
    for _ in range(times):
        assert agent.post(f"visitors/{visitor.id}/block/").json()["blocked_at"] is not None
    assert visitor.get("conversations/").json()["code"] == "blocked"
    for _ in range(times):
        assert agent.post(f"visitors/{visitor.id}/unblock/").json()["blocked_at"] is None
    assert visitor.get("conversations/").status_code == 200
