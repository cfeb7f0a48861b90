"""`conversations/{id}/messages/`: sending by REST and reading back what was acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Caller, Guest


def log(caller: Caller, conversation: str, **query: Any) -> Any:
    answer = caller.get(f"conversations/{conversation}/messages/", **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_what_was_acknowledged_is_in_the_answer(visitor: Guest, agent: Caller) -> None:
    sent = visitor.say(visitor.conversation, "你好", "m1")
    assert sent.status_code == 201
    ack = sent.json()
    assert set(ack) == {"conversation", "client_msg_id", "id", "seq", "created_at"}
    assert (ack["seq"], ack["client_msg_id"]) == (1, "m1")
    for reader in (visitor, agent):
        page = log(reader, visitor.conversation)
        assert page["meta"] == {"head": 1, "has_more": False, "next_cursor": None}
        assert page["data"] == [
            {
                "conversation": visitor.conversation,
                "id": ack["id"],
                "seq": 1,
                "client_msg_id": "m1",
                "sender": {"kind": "visitor", "id": visitor.id, "name": "Han Meimei"},
                "kind": "text",
                "text": "你好",
                "attachment": None,
                "card": None,
                "event": None,
                "reply_to": None,
                "created_at": ack["created_at"],
            }
        ]


def test_a_repeat_is_the_same_message(visitor: Guest) -> None:
    first = visitor.say(visitor.conversation, "once", "m1")
    again = visitor.say(visitor.conversation, "once", "m1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert log(visitor, visitor.conversation)["meta"]["head"] == 1


def test_pages_in_both_directions(visitor: Guest) -> None:
    for n in range(1, 8):
        visitor.say(visitor.conversation, f"{n}", f"m{n}")

    def seqs(**query: Any) -> tuple[list[int], bool, str | None]:
        page = log(visitor, visitor.conversation, **query)
        meta = page["meta"]
        assert meta["head"] == 7
        return [entry["seq"] for entry in page["data"]], meta["has_more"], meta["next_cursor"]

    assert seqs(limit=3) == ([5, 6, 7], True, "5")
    assert seqs(limit=3, before_seq=5) == ([2, 3, 4], True, "2")
    assert seqs(limit=3, before_seq=2) == ([1], False, None)
    assert seqs(limit=3, after_seq=0) == ([1, 2, 3], True, "3")
    assert seqs(limit=3, after_seq=5) == ([6, 7], False, None)
    assert seqs(after_seq=7) == ([], False, None)
    assert seqs(after_seq=2, before_seq=5) == ([3, 4], False, None)


@pytest.mark.parametrize(
    "query",
    [{"limit": 201}, {"limit": 0}, {"after_seq": -1}, {"after_seq": "x"}, {"before_seq": 2**64}],
)
def test_bad_queries_are_400(visitor: Guest, query: dict[str, Any]) -> None:
    answer = visitor.get(f"conversations/{visitor.conversation}/messages/", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        {"client_msg_id": "x" * 65, "kind": "text", "text": "x"},
        {"client_msg_id": "", "kind": "text", "text": "x"},
        {"client_msg_id": "x", "kind": "event", "text": "x"},
        {"client_msg_id": "x", "kind": "text"},
        {"client_msg_id": "x", "kind": "text", "text": ""},
        {"client_msg_id": "x", "kind": "text", "text": 5},
        {"client_msg_id": "x", "kind": "text", "text": "x" * 8001},
        {"client_msg_id": "x", "kind": "text", "text": "a\x00b"},
        {"client_msg_id": "x", "kind": "text", "text": "x", "reply_to": -1},
        {"client_msg_id": "x", "kind": "text", "text": "x", "reply_to": 2**60},
        {"client_msg_id": "x", "kind": "image"},
        {"client_msg_id": "x", "kind": "card"},
        {"client_msg_id": "x", "kind": "card", "card": "x"},
        {"client_msg_id": 5, "kind": "text", "text": "x"},
    ],
)
def test_bad_messages_are_400(visitor: Guest, body: Any) -> None:
    answer = visitor.post(f"conversations/{visitor.conversation}/messages/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content
    assert log(visitor, visitor.conversation)["meta"]["head"] == 0


def test_an_agent_answers_and_the_visitor_reads_it(visitor: Guest, agent: Caller) -> None:
    visitor.say(visitor.conversation)
    agent.post(f"conversations/{visitor.conversation}/accept/")
    agent.say(visitor.conversation, "How can I help?", "a1")
    entries = log(visitor, visitor.conversation)["data"]
    assert [entry["kind"] for entry in entries] == ["text", "event", "text"]
    assert entries[2]["sender"] == {"kind": "agent", "id": agent.id, "name": "Lilei"}


def test_visitors_get_notes_and_recalled_messages_hidden(visitor: Guest, agent: Caller) -> None:
    visitor.say(visitor.conversation)
    agent.post(f"conversations/{visitor.conversation}/notes/", {"text": "difficult customer"})
    agent.say(visitor.conversation, "oops", "a1")
    agent.post(f"conversations/{visitor.conversation}/recall/", {"seq": 3})
    for reader, kinds in (
        (visitor, ["text", "hidden", "hidden", "event"]),
        (agent, ["text", "event", "hidden", "event"]),
    ):
        entries = log(reader, visitor.conversation)["data"]
        assert [entry["kind"] for entry in entries] == kinds
        for entry in entries:
            if entry["kind"] == "hidden":
                assert set(entry) == {"conversation", "id", "seq", "kind"}
    assert "difficult" not in str(log(visitor, visitor.conversation))
