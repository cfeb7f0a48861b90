"""Contact profiles, timelines, page trails; and duplicates who are shown as one person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Group
from chat import merge_rules, trail
from chat.models import AttributeDefinition, Conversation, Label, Message, PageVisit, Site, Visitor
from chat.protocol.entry import new_id
from tests.api.conftest import Caller, Guest
from tests.api.test_visitor_sessions import signed
from tests.desk.conftest import project


def edit(caller: Caller, guest: Guest, **body: Any) -> Any:
    return caller.patch(f"visitors/{guest.id}/", body)


def test_a_profile_is_put_right(agent: Caller, visitor: Guest) -> None:
    AttributeDefinition.objects.create(target="visitor", key="level", label="Level", kind="number")
    shown = edit(
        agent, visitor, email="han@example.com", locale="en", attributes={"level": 3, "x": "y"}
    ).json()
    assert (shown["email"], shown["locale"], shown["attributes"]) == (
        "han@example.com",
        "en",
        {"level": 3, "x": "y"},
    )
    assert edit(agent, visitor, attributes={"x": None}).json()["attributes"] == {"level": 3}
    refused = edit(agent, visitor, attributes={"level": "gold"}).json()
    assert (refused["code"], refused["details"]["fields"]) == (
        "invalid",
        {"attributes": {"level": ["A number."]}},
    )
    assert (shown["verified"], shown["priority"], shown["duplicates"], shown["merged_into"]) == (
        False,
        0,
        [],
        None,
    )


def test_only_supervisors_make_somebody_important(agent: Caller, supervisor: Caller, visitor: Guest) -> None:
    assert edit(agent, visitor, priority=5).json()["code"] == "forbidden"
    assert edit(supervisor, visitor, priority=5).json()["priority"] == 5
    assert edit(agent, visitor, priority=5, name="Han").json()["name"] == "Han"  # it is so already
    assert edit(supervisor, visitor, priority=11).json()["code"] == "invalid"


def test_who_the_site_vouches_for_is_marked(agent: Caller, come: Callable[..., Guest], shop: Site) -> None:
    body = {key: value for key, value in signed(shop, "u1", name="Han").items() if key != "site"}
    guest = come(shop, **body)
    shown = edit(agent, guest, external_id="u2", name="Mei").json()
    assert (shown["verified"], shown["external_id"], shown["name"]) == (True, "u1", "Mei")


def test_agents_see_visitors_of_their_groups(
    agent: Caller, supervisor: Caller, visitor: Guest, grouped: Callable[..., Group]
) -> None:
    other = grouped("Other")
    assert agent.get(f"visitors/{visitor.id}/").status_code == 200
    project(visitor.conversation, group_id=other.pk, group_name="Other")
    assert agent.get(f"visitors/{visitor.id}/").status_code == 404
    for path in ("timeline", "pages", "duplicates"):
        assert agent.get(f"visitors/{visitor.id}/{path}/").status_code == 404
    assert edit(agent, visitor, name="x").status_code == 404
    assert agent.get("visitors/").json()["data"] == []
    assert supervisor.get(f"visitors/{visitor.id}/").status_code == 200


def say(conversation: str, seq: int, text: str, sender: str = "visitor") -> None:
    Message.objects.create(
        id=new_id(),
        conversation_id=conversation,
        seq=seq,
        sender_kind=sender,
        kind="text",
        text=text,
        created_at=1,
    )


def test_the_timeline_tells_earlier_conversations(
    agent: Caller, stranger: Caller, visitor: Guest, shop: Site, grouped: Callable[..., Group]
) -> None:
    label = Label.objects.create(site=shop, name="Refund", color="red")
    old = Conversation.objects.create(
        site=shop, visitor_id=visitor.id, status="closed", summary="Sent back", category="Goods", rating=4,
        visitor_seq=2, head=2, channel="h5", last_text="thanks", closed_at=timezone.now(),
    )  # fmt: skip
    old.labels.add(label)
    say(str(old.pk), 1, "Welcome", "agent")
    say(str(old.pk), 2, "Where is my order? " + "x" * 300)
    empty = Conversation.objects.create(site=shop, visitor_id=visitor.id, status="closed")
    secret = Conversation.objects.create(
        site=shop, visitor_id=visitor.id, status="closed", visitor_seq=1, group_id=grouped("Other").pk
    )
    project(visitor.conversation)
    rows = agent.get(f"visitors/{visitor.id}/timeline/").json()["data"]
    assert [row["id"] for row in rows] == [str(old.pk), visitor.conversation]
    assert str(empty.pk) not in str(rows) and str(secret.pk) not in str(rows)
    shown = rows[0]
    assert shown["first_text"] == ("Where is my order? " + "x" * 300)[:200]
    assert (shown["summary"], shown["category"], shown["last_text"]) == ("Sent back", "Goods", "thanks")
    assert (shown["channel"], shown["merged"], shown["visitor"]) == ("h5", False, visitor.id)
    assert shown["labels"] == [{"id": str(label.pk), "name": "Refund", "color": "red"}]
    assert rows[1]["first_text"] is None
    page = agent.get(f"visitors/{visitor.id}/timeline/", limit=1).json()
    following = agent.get(f"visitors/{visitor.id}/timeline/", limit=1, cursor=page["meta"]["next_cursor"])
    assert [row["id"] for row in following.json()["data"]] == [visitor.conversation]
    assert stranger.get(f"visitors/{visitor.id}/timeline/").status_code == 404
    assert visitor.get(f"visitors/{visitor.id}/timeline/").json()["code"] == "forbidden"


def look(guest: Caller, url: str, **more: Any) -> Any:
    return guest.post("visitor/pages/", {"url": url, **more})


def test_the_widget_tells_the_page_trail(agent: Caller, visitor: Guest, stranger: Caller) -> None:
    assert (
        look(visitor, "https://shop.example.com/a", title="A", referrer="https://search.example/").status_code
        == 204
    )
    look(visitor, "https://shop.example.com/b")
    look(visitor, "https://shop.example.com/b", title="B")  # its title came late
    rows = agent.get(f"visitors/{visitor.id}/pages/").json()["data"]
    assert [(row["url"][-1], row["title"]) for row in rows] == [("b", "B"), ("a", "A")]
    assert rows[1]["referrer"] == "https://search.example/"
    assert agent.get(f"visitors/{visitor.id}/").json()["page"]["url"] == "https://shop.example.com/b"
    assert stranger.get(f"visitors/{visitor.id}/pages/").status_code == 404
    assert look(agent, "https://x.example/").json()["code"] == "forbidden"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "", "https://x/" + "y" * 2000, None, 3]
)
def test_only_pages_of_the_web_are_taken(visitor: Guest, url: Any) -> None:
    assert look(visitor, url).json()["code"] == "invalid"
    assert PageVisit.objects.count() == 0


def test_the_trail_is_short_and_ends_after_a_month(visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "KEPT_PER_VISITOR", 3)
    monkeypatch.setattr(trail, "PRUNED_AT_ONCE", 1)
    for n in range(6):
        look(visitor, f"https://shop.example.com/{n}")
    kept = PageVisit.objects.order_by("pk")
    assert [row.url[-1] for row in kept] == ["3", "4", "5"]
    PageVisit.objects.filter(url__in=[row.url for row in kept[:2]]).update(
        at=timezone.now() - timedelta(days=31)
    )
    assert trail.prune() == 2
    assert [row.url[-1] for row in PageVisit.objects.all()] == ["5"]


def merge(caller: Caller, duplicate: Guest, into: Guest) -> Any:
    return caller.post(f"visitors/{duplicate.id}/merge/", {"into": into.id})


@pytest.fixture
def twin(come: Callable[..., Guest], shop: Site) -> Guest:
    """Han Meimei on her telephone."""
    return come(shop, user={"name": "Meimei", "phone": "138", "attributes": {"size": "M"}})


def test_duplicates_are_shown_as_one_and_taken_apart(agent: Caller, visitor: Guest, twin: Guest) -> None:
    for guest in (visitor, twin):
        project(guest.conversation)
    look(twin, "https://shop.example.com/a")
    stays = merge(agent, twin, visitor).json()
    assert (stays["id"], stays["name"], stays["phone"]) == (visitor.id, "Han Meimei", "138")
    assert stays["attributes"] == {"size": "M"}
    assert stays["duplicates"] == [{"id": twin.id, "name": "Meimei"}]
    assert merge(agent, twin, visitor).json() == stays
    rows = agent.get(f"visitors/{visitor.id}/timeline/").json()["data"]
    assert {(row["id"], row["merged"]) for row in rows} == {
        (twin.conversation, True),
        (visitor.conversation, False),
    }
    assert len(agent.get(f"visitors/{visitor.id}/pages/").json()["data"]) == 1
    for guest, other in ((visitor, twin), (twin, visitor)):
        entry = agent.get(f"conversations/{guest.conversation}/messages/").json()["data"][-1]
        assert entry["event"]["name"] == "merged"
        assert entry["event"]["data"]["visitor"]["id"] == other.id
        assert entry["event"]["data"]["by"]["id"] == agent.id
    edit(agent, visitor, attributes={"size": "L"})
    alone = agent.delete(f"visitors/{twin.id}/merge/").json()
    assert (alone["id"], alone["merged_into"], alone["phone"]) == (twin.id, None, "138")
    back = agent.get(f"visitors/{visitor.id}/").json()
    assert (back["phone"], back["attributes"], back["duplicates"]) == (None, {"size": "L"}, [])


def test_no_browser_sees_the_others_history(agent: Caller, visitor: Guest, twin: Guest) -> None:
    visitor.say(visitor.conversation, "my secret")
    merge(agent, twin, visitor)
    for guest, other in ((visitor, twin), (twin, visitor)):
        for path in (f"conversations/{other.conversation}/", f"conversations/{other.conversation}/messages/"):
            assert guest.get(path).status_code == 404
        assert guest.say(other.conversation, "x", "m9").status_code == 404
        assert [row["id"] for row in guest.get("conversations/").json()["data"]] == [guest.conversation]
        own = guest.get(f"conversations/{guest.conversation}/messages/").json()
        assert "merged" not in str(own) and other.id not in str(own)
    session = visitor.client.post(
        "/api/v1/visitor/sessions/",
        {"site": "shop", "visitor_token": twin.session["visitor_token"]}, content_type="application/json",
    ).json()  # fmt: skip
    assert (session["visitor"]["id"], session["conversation"]["id"]) == (twin.id, twin.conversation)


def test_merges_are_refused_where_they_make_no_sense(
    agent: Caller, administrator: Caller, stranger: Caller, visitor: Guest, twin: Guest,
    come: Callable[..., Guest], shop: Site, other_shop: Site,
) -> None:  # fmt: skip
    assert merge(agent, visitor, visitor).json()["code"] == "invalid"
    foreign = come(other_shop)
    assert merge(agent, foreign, visitor).status_code == 404
    assert merge(agent, visitor, foreign).status_code == 404
    assert merge(administrator, visitor, foreign).json()["code"] == "invalid"
    assert merge(stranger, twin, visitor).status_code == 404
    assert merge(visitor, twin, visitor).json()["code"] == "forbidden"
    third = come(shop)
    merge(agent, twin, visitor)
    assert merge(agent, visitor, twin).json()["code"] == "conflict"  # the other way round
    assert merge(agent, twin, third).json()["code"] == "conflict"
    assert merge(agent, third, twin).json()["id"] == visitor.id  # the one at the end of the chain
    assert Visitor.objects.get(pk=third.id).merged_into_id == Visitor.objects.get(pk=visitor.id).pk


def test_duplicates_are_suggested(
    agent: Caller, come: Callable[..., Guest], shop: Site, other_shop: Site
) -> None:
    han = come(shop, user={"email": "Han@example.com", "phone": "138"})
    same = come(shop, user={"email": "han@EXAMPLE.com", "phone": "138"})
    phone = come(shop, user={"phone": "138"})
    come(other_shop, user={"phone": "138"})
    come(shop)

    def suggested() -> list[tuple[str, list[str]]]:
        rows = agent.get(f"visitors/{han.id}/duplicates/").json()["data"]
        return [(row["visitor"]["id"], row["same"]) for row in rows]

    assert suggested() == [(same.id, ["email", "phone"]), (phone.id, ["phone"])]
    merge(agent, same, han)
    assert suggested() == [(phone.id, ["phone"])]


_texts = st.sampled_from(["", "a", "b"])
_people = st.fixed_dictionaries(
    {
        **dict.fromkeys(merge_rules.FIELDS, _texts),
        "priority": st.integers(0, 3),
        "verified": st.booleans(),
        "attributes": st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3),
    }
)


@given(_people, _people)
def test_what_a_merge_gives_is_taken_back_exactly(stays: dict[str, Any], duplicate: dict[str, Any]) -> None:
    gave = merge_rules.gains(stays, duplicate)
    merged = {**stays, **merge_rules.apply(stays, gave)}
    assert {**merged, **merge_rules.undo(merged, gave)} == stays
    trusted = duplicate["verified"] and not stays["verified"]
    for field in merge_rules.FIELDS:
        first, second = (duplicate, stays) if trusted else (stays, duplicate)
        assert merged[field] == (first[field] or second[field])
    assert merged["priority"] == max(stays["priority"], duplicate["priority"])
    assert merged["attributes"].keys() == stays["attributes"].keys() | duplicate["attributes"].keys()
