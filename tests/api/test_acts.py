"""accept, close, reopen, rate, notes, recall: each leaves one entry, and contradictions have one outcome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chat import posting
from chat.conversation import SYSTEM
from chat.errors import KefuError
from chat.models import Conversation, Site
from chat.protocol.commands import Accept, Close
from tests.api.conftest import Caller, Guest


def act(caller: Caller, conversation: str, name: str, **body: Any) -> Any:
    return caller.post(f"conversations/{conversation}/{name}/", body)


def test_accepting(visitor: Guest, agent: Caller, hire: Callable[..., Caller], shop: Site) -> None:
    first = act(agent, visitor.conversation, "accept").json()
    assert first["conversation"]["status"] == "active"
    assert first["conversation"]["agent"] == {"id": agent.id, "name": "Lilei"}
    assert first["entry"]["event"]["name"] == "accepted"
    again = act(agent, visitor.conversation, "accept")
    assert (again.status_code, again.json()["entry"]) == (200, None)
    late = act(hire("jim", shop), visitor.conversation, "accept")
    assert (late.status_code, late.json()["code"]) == (409, "already_accepted")
    assert late.json()["details"] == {"agent": {"id": agent.id, "name": "Lilei"}}


def test_two_who_accept_at_once_have_one_winner(
    visitor: Guest, hire: Callable[..., Caller], shop: Site
) -> None:
    """Straight through posting: the threads of a pool do not see a test's uncommitted rows."""
    posting.current_state(visitor.conversation)
    people = [hire(f"agent{n}", shop).participant for n in range(6)]

    def accept(who: Any) -> str:
        try:
            posting.post_blocking(Accept(visitor.conversation), who)
        except KefuError as error:
            return error.code
        return "accepted"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(accept, people))
    assert sorted(outcomes) == ["accepted"] + ["already_accepted"] * 5


def test_closing_reopening_and_rating(visitor: Guest, agent: Caller) -> None:
    visitor.say(visitor.conversation)
    assert act(visitor, visitor.conversation, "rate", rating=5).json()["code"] == "conflict"
    closed = act(agent, visitor.conversation, "close", reason="solved").json()
    assert closed["conversation"]["status"] == "closed"
    assert abs(closed["conversation"]["closed_at"] - closed["entry"]["created_at"]) < 2000
    assert closed["entry"]["event"]["name"] == "closed"
    assert act(agent, visitor.conversation, "close").json()["entry"] is None
    rated = act(visitor, visitor.conversation, "rate", rating=4, text="quick")
    assert rated.json()["conversation"]["rating"] == 4
    twice = act(visitor, visitor.conversation, "rate", rating=1)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_rated")
    opened = act(agent, visitor.conversation, "reopen").json()
    assert opened["conversation"]["status"] != "closed"
    assert opened["conversation"]["rating"] is None


def test_a_site_may_ask_for_a_category_at_every_closing(
    administrator: Caller, visitor: Guest, agent: Caller, shop: Site
) -> None:
    assert administrator.patch(f"sites/{shop.id}/", {"require_category": True}).json()["require_category"]
    visitor.say(visitor.conversation)
    refused = act(agent, visitor.conversation, "close", summary="done")
    assert (refused.status_code, refused.json()["code"]) == (409, "category_required")
    assert posting.current_state(visitor.conversation).status == "queued"
    bulk = agent.post("conversations/bulk/", {"conversations": [visitor.conversation], "act": "close"})
    assert [one["code"] for one in bulk.json()["data"]] == ["category_required"]
    posting.post_blocking(Close(visitor.conversation, "silent"), SYSTEM)
    assert posting.current_state(visitor.conversation).status == "closed", "time asks nobody"
    act(agent, visitor.conversation, "reopen")
    closed = act(agent, visitor.conversation, "close", category="returns").json()
    assert closed["conversation"]["status"] == "closed"
    assert act(agent, visitor.conversation, "close").json()["entry"] is None, "it is closed: nothing to ask"
    other = administrator.patch(f"sites/{shop.id}/", {"require_category": False}).json()
    assert other["require_category"] is False


def test_a_visitors_message_reopens_what_was_closed_lately(visitor: Guest, agent: Caller) -> None:
    visitor.say(visitor.conversation, "one", "m1")
    act(agent, visitor.conversation, "close")
    assert visitor.say(visitor.conversation, "two", "m2").json()["seq"] == 4
    names = [
        (entry["event"] or {}).get("name")
        for entry in visitor.get(f"conversations/{visitor.conversation}/messages/").json()["data"]
    ]
    assert names == [None, "closed", "reopened", None]


def test_after_that_the_refusal_names_the_new_conversation(visitor: Guest, agent: Caller, shop: Site) -> None:
    Site.objects.filter(pk=shop.pk).update(reopen_hours=0)
    act(agent, visitor.conversation, "close")
    refused = visitor.say(visitor.conversation)
    assert (refused.status_code, refused.json()["code"]) == (409, "conversation_closed")
    successor = refused.json()["details"]["conversation"]
    assert successor != visitor.conversation
    assert visitor.say(successor).status_code == 201


def test_a_session_after_closing_gets_a_new_conversation(
    visitor: Guest, agent: Caller, come: Callable[..., Guest], shop: Site
) -> None:
    """Also when the row has not heard of it yet: the log decides."""
    visitor.say(visitor.conversation)
    act(agent, visitor.conversation, "close")
    assert Conversation.objects.get(pk=visitor.conversation).status == "queued"
    back = come(shop, visitor_token=visitor.session["visitor_token"])
    assert back.id == visitor.id
    assert back.conversation != visitor.conversation
    assert back.session["conversation"]["status"] == "queued"
    assert Conversation.objects.get(pk=visitor.conversation).status == "closed"


def test_a_session_takes_up_what_a_message_has_just_reopened(
    visitor: Guest, agent: Caller, come: Callable[..., Guest], shop: Site
) -> None:
    visitor.say(visitor.conversation)
    act(agent, visitor.conversation, "close")
    visitor.say(visitor.conversation, "still there?", "m2")
    Conversation.objects.filter(pk=visitor.conversation).update(status="closed")  # a row that lags behind
    back = come(shop, visitor_token=visitor.session["visitor_token"])
    assert (
        back.session["conversation"].items()
        >= {"id": visitor.conversation, "status": "queued", "head": 4}.items()
    )


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("rate", {}), ("rate", {"rating": 0}), ("rate", {"rating": 6}), ("rate", {"rating": "x"}),
        ("rate", {"rating": 10**30}), ("rate", {"rating": 5, "text": "x" * 1001}),
        ("recall", {}), ("recall", {"seq": 0}), ("recall", {"seq": 2**70}), ("recall", []),
    ],
)  # fmt: skip
def test_bad_bodies_are_400(visitor: Guest, name: str, body: Any) -> None:
    answer = visitor.post(f"conversations/{visitor.conversation}/{name}/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 8001}, {"text": None}, {"text": ["x"]}])
def test_bad_notes_are_400(visitor: Guest, agent: Caller, body: Any) -> None:
    answer = agent.post(f"conversations/{visitor.conversation}/notes/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_recalling_is_for_ones_own_and_only_messages(visitor: Guest, agent: Caller) -> None:
    visitor.say(visitor.conversation)
    act(agent, visitor.conversation, "accept")
    assert act(agent, visitor.conversation, "recall", seq=1).json()["code"] == "forbidden"
    assert act(agent, visitor.conversation, "recall", seq=2).json()["code"] == "forbidden"
    assert act(visitor, visitor.conversation, "recall", seq=9).json()["code"] == "not_found"
    assert act(visitor, visitor.conversation, "recall", seq=1).json()["entry"]["event"]["name"] == "recalled"
    assert act(visitor, visitor.conversation, "recall", seq=1).json()["entry"] is None
