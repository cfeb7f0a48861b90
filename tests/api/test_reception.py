"""Sessions tell whether somebody is there; messages are left where nobody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.test import Client

from chat import ports
from chat.models import Conversation, Site, Visitor
from chat.ports import Openness, Place
from tests.api.conftest import Caller, Guest

SESSIONS = "/api/v1/visitor/sessions/"
Come = Callable[..., Guest]


class Desk:
    """A reception that says what a test wants."""

    def __init__(self) -> None:
        self.openness = Openness(True, "online")
        self.queue: dict[str, Place] = {}

    def places(self, conversations: Sequence[str]) -> dict[str, Place]:
        """Those that wait."""
        return {one: self.queue[one] for one in conversations if one in self.queue}

    def open_for(self, site: str) -> Openness:
        """As set."""
        return self.openness


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The reception of one test."""
    before = ports.reception()
    found = Desk()
    ports.register_reception(found)
    yield found
    ports.register_reception(before)  # type: ignore[arg-type]


def entries(guest: Guest, conversation: str | None = None) -> list[dict[str, Any]]:
    """The log as the visitor reads it."""
    found = guest.get(f"conversations/{conversation or guest.conversation}/messages/")
    assert found.status_code == 200, found.content
    data: list[dict[str, Any]] = found.json()["data"]
    return data


FORM = {"client_msg_id": "left-1", "name": "Han", "email": "han@example.com", "text": "Call me back"}


def test_a_session_tells_whether_somebody_is_there(shop: Site, come: Come, desk: Desk) -> None:
    first = come(shop)
    assert {key: first.session["site"][key] for key in ("online", "state", "opens_at")} == {
        "online": True,
        "state": "online",
        "opens_at": None,
    }
    assert first.session["conversation"]["queue"] is None
    desk.openness = Openness(False, "closed", 1_800_000_000_000)
    desk.queue[first.conversation] = Place(3, 95)
    again = come(shop, visitor_token=first.session["visitor_token"]).session
    assert again["site"]["state"] == "closed" and again["site"]["opens_at"] == 1_800_000_000_000
    assert again["conversation"]["queue"] == {"position": 3, "eta_s": 95}


def test_the_reception_refreshes_what_the_session_said(
    shop: Site, come: Come, desk: Desk, nobody: Caller, hire: Callable[..., Caller]
) -> None:
    guest = come(shop)
    desk.openness = Openness(False, "full")
    desk.queue[guest.conversation] = Place(1, None)
    answer = guest.get("visitor/reception/")
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "site": {"online": False, "state": "full", "opens_at": None},
        "conversation": {
            "id": guest.conversation,
            "status": "queued",
            "queue": {"position": 1, "eta_s": None},
        },
    }
    Conversation.objects.update(status="closed")
    assert guest.get("visitor/reception/").json()["conversation"] is None
    assert nobody.get("visitor/reception/").status_code == 401
    assert hire("lilei", shop).get("visitor/reception/").status_code == 403


@pytest.mark.parametrize("channel", ["web", "h5", "mini_program", "app", "api"])
def test_the_channel_is_kept_with_a_new_conversation(shop: Site, come: Come, channel: str) -> None:
    guest = come(shop, channel=channel)
    assert Conversation.objects.get().channel == channel
    come(shop, visitor_token=guest.session["visitor_token"], channel="app")
    assert Conversation.objects.get().channel == channel


def test_without_a_channel_it_is_the_api_and_unknown_ones_are_refused(
    shop: Site, come: Come, client: Client
) -> None:
    come(shop)
    assert Conversation.objects.get().channel == "api"
    answer = client.post(SESSIONS, {"site": "shop", "channel": "fax"}, content_type="application/json")
    assert answer.status_code == 400
    assert "channel" in answer.json()["details"]["fields"]


def test_a_left_message_stands_in_the_conversation_once(
    shop: Site, come: Come, hire: Callable[..., Caller]
) -> None:
    guest = come(shop)
    first = guest.post("visitor/leave-message/", FORM)
    assert first.status_code == 201, first.content
    assert first.json()["conversation"] == guest.conversation
    again = guest.post("visitor/leave-message/", {**FORM, "text": "other words"})
    assert again.status_code == 201 and again.json() == first.json()
    seen = entries(guest)
    assert [entry["kind"] for entry in seen] == ["text", "hidden"]
    assert seen[0]["text"] == "Call me back" and seen[0]["sender"]["kind"] == "visitor"
    agent = hire("lilei", shop)
    log = agent.get(f"conversations/{guest.conversation}/messages/").json()["data"]
    assert log[1]["event"] == {
        "name": "left_message",
        "data": {"contact": {"name": "Han", "email": "han@example.com"}},
    }
    visitor = Visitor.objects.get()
    assert (visitor.name, visitor.email, visitor.phone) == ("Han", "han@example.com", "")


def test_a_message_whose_act_was_lost_gets_it_with_the_repeat(shop: Site, come: Come) -> None:
    """The server died between the two: the client, unanswered, sends the form again."""
    guest = come(shop)
    assert guest.say(guest.conversation, "Call me back", "left-1").status_code in (200, 201)
    assert guest.post("visitor/leave-message/", FORM).status_code == 201
    assert [entry["kind"] for entry in entries(guest)] == ["text", "hidden"]


def test_a_vouched_for_visitor_keeps_the_name_the_site_gave(shop: Site, come: Come) -> None:
    guest = come(shop)
    Visitor.objects.update(external_id="u1", name="Han Meimei")
    assert guest.post("visitor/leave-message/", {**FORM, "name": "Boss"}).status_code == 201
    visitor = Visitor.objects.get()
    assert (visitor.name, visitor.email) == ("Han Meimei", "han@example.com")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": None}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@example.com\r\nBcc: all@example.com"}, "email"),
        ({"phone": "call\nme"}, "phone"),
        ({"phone": "abc"}, "phone"),
        ({"text": ""}, "text"),
        ({"text": "x" * 8001}, "text"),
        ({"name": "x" * 101}, "name"),
        ({"client_msg_id": ""}, "client_msg_id"),
    ],
)
def test_a_form_that_is_wrong_is_told_so(shop: Site, come: Come, change: dict[str, Any], field: str) -> None:
    guest = come(shop)
    answer = guest.post("visitor/leave-message/", {**FORM, **change})
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"]["fields"]
    assert entries(guest) == []


def test_a_phone_number_alone_is_enough_and_a_name_is_one_line(shop: Site, come: Come) -> None:
    guest = come(shop)
    form = {"client_msg_id": "p", "phone": "+86 (0)571-8888 6666", "name": "Han\r\nMeimei", "text": "Hi"}
    assert guest.post("visitor/leave-message/", form).status_code == 201
    visitor = Visitor.objects.get()
    assert (visitor.name, visitor.phone) == ("Han Meimei", "+86 (0)571-8888 6666")


def test_only_visitors_leave_messages(
    shop: Site, come: Come, nobody: Caller, hire: Callable[..., Caller]
) -> None:
    assert nobody.post("visitor/leave-message/", FORM).status_code == 401
    assert hire("lilei", shop).post("visitor/leave-message/", FORM).status_code == 403
    guest = come(shop)
    Visitor.objects.update(blocked_at="2026-01-01T00:00:00Z")
    assert guest.post("visitor/leave-message/", FORM).json()["code"] == "blocked"


def test_leaving_messages_is_limited(shop: Site, come: Come, settings: Any) -> None:
    """Each is an e-mail to the team."""
    guest = come(shop)
    settings.KEFU_RATE_LIMIT = True
    codes = [
        guest.post("visitor/leave-message/", {**FORM, "client_msg_id": f"m{number}"}).status_code
        for number in range(7)
    ]
    assert codes == [201] * 6 + [429]
