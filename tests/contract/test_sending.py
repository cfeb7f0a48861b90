"""`message.send`, its ack, its repeats, and the one order that everybody sees (sections 3 and 4)."""

import asyncio
import io
import uuid
from typing import Any

import pytest
from PIL import Image

from tests.contract.clients import text_message
from tests.contract.conftest import Wire

ENTRY_FIELDS = [
    *("conversation", "id", "seq", "client_msg_id", "sender", "kind", "text", "attachment", "card", "event"),
    *("reply_to", "created_at"),
]


async def test_a_message_is_acked_and_reaches_the_other_side(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    ack = await visitor.say(session.conversation, "你好 hello", "first")
    assert list(ack) == ["conversation", "client_msg_id", "id", "seq", "created_at"]
    assert (ack["conversation"], ack["client_msg_id"], ack["seq"]) == (session.conversation, "first", 1)
    entry = await agent.message(seq=1)
    assert set(entry) == set(ENTRY_FIELDS)
    assert entry == {
        **ack,
        "sender": {"kind": "visitor", "id": session.answer["visitor"]["id"], "name": entry["sender"]["name"]},
        "kind": "text",
        "text": "你好 hello",
        **dict.fromkeys(("attachment", "card", "event", "reply_to")),
    }
    assert uuid.UUID(entry["id"]) and abs(entry["created_at"] / 1000 - asyncio.get_running_loop().time()) > 0
    answer = await agent.say(session.conversation, "yes?", reply_to=1)
    assert answer["seq"] == 2
    heard = await visitor.message(seq=2)
    assert (heard["sender"]["kind"], heard["sender"]["name"], heard["reply_to"]) == ("agent", "Berta", 1)
    assert [each["seq"] for each in await wire.history(session, session.conversation)] == [1, 2]


async def test_the_same_client_msg_id_is_one_message(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    first = await visitor.say(session.conversation, "once", "same")
    again = await visitor.say(session.conversation, "once", "same")
    assert again == first
    assert (await visitor.say(session.conversation, "two"))["seq"] == 2
    assert (await agent.message())["seq"] == 1
    assert (await agent.message())["seq"] == 2
    assert len(await wire.history(session, session.conversation)) == 2


async def test_a_repeat_over_two_connections_at_once_is_one_message(wire: Wire) -> None:
    session = await wire.visitor()
    tabs = [await wire.join(session) for _ in range(2)]
    acks = await asyncio.gather(
        *(tab.say(session.conversation, f"m{n}", f"id-{n}") for n in range(6) for tab in tabs)
    )
    assert all(acks[at] == acks[at + 1] for at in range(0, 12, 2))
    assert sorted({ack["seq"] for ack in acks}) == [1, 2, 3, 4, 5, 6]
    assert [entry["seq"] for entry in await wire.history(session, session.conversation)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("site", ["demo", "final"])
async def test_a_repeat_after_closing_is_still_the_same_message(wire: Wire, site: str) -> None:
    session, visitor, agent = await wire.pair(site)
    berta = await wire.agent()
    first = await visitor.say(session.conversation, "before", "early")
    answer = await agent.say(session.conversation, "answer", "late")
    assert (await wire.act(berta, f"{session.conversation}/close")).status_code == 200
    await visitor.expect("conversation", status="closed")
    assert await visitor.say(session.conversation, "before", "early") == first
    assert await agent.say(session.conversation, "answer", "late") == answer
    log = await wire.history(session, session.conversation)
    assert [(entry["seq"], entry["kind"]) for entry in log] == [(1, "text"), (2, "text"), (3, "event")]


async def test_sequences_have_no_gap_and_everybody_sees_one_order(wire: Wire) -> None:
    session = await wire.visitor()
    tabs = [await wire.join(session) for _ in range(2)]
    agents = []
    for name in ("berta", "dora"):
        client = await wire.join(await wire.agent(name))
        await client.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        agents.append(client)
    talkers = [*tabs, *agents]
    said = await asyncio.gather(
        *(
            client.say(session.conversation, f"{at}/{n}", f"{at}-{n}")
            for n in range(5)
            for at, client in enumerate(talkers)
        )
    )
    assert sorted(ack["seq"] for ack in said) == list(range(1, 21))
    log = {entry["seq"]: entry for entry in await wire.history(session, session.conversation)}
    for at, client in enumerate(talkers):
        others = [
            seq for seq, entry in sorted(log.items()) if not entry["client_msg_id"].startswith(f"{at}-")
        ]
        assert [(await client.message())["seq"] for _ in others] == others
        await client.alive()
        assert client.seen("message") == []
    assert {ack["client_msg_id"]: ack["seq"] for ack in said} == {
        entry["client_msg_id"]: seq for seq, entry in log.items()
    }


async def test_the_senders_other_tabs_hear_it_and_the_sending_one_does_not(wire: Wire) -> None:
    session = await wire.visitor()
    here, there = await wire.join(session), await wire.join(session)
    await here.say(session.conversation, "from here", "a")
    assert (await there.message())["client_msg_id"] == "a"
    await there.say(session.conversation, "from there", "b")
    assert (await here.message())["client_msg_id"] == "b"
    await here.alive()
    await there.alive()
    assert here.seen("message") == there.seen("message") == []


async def test_messages_of_one_connection_keep_their_order(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await wire.act(await wire.agent(), f"{session.conversation}/accept")
    refs = [
        await visitor.send("message.send", text_message(session.conversation, f"n{n}", f"n{n}"))
        for n in range(20)
    ]
    seqs = [(await visitor.answer(ref))["payload"]["seq"] for ref in refs]
    assert seqs == sorted(seqs) and len(set(seqs)) == 20
    texts = [(await agent.expect("message", kind="text"))["payload"]["text"] for _ in refs]
    assert texts == [f"n{n}" for n in range(20)]


async def test_a_card_arrives_as_it_was_sent(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    card = {"title": "Order 7", "lines": [{"n": 1, "price": 9.5, "ok": True, "none": None}], "数": "字"}
    payload = {"conversation": session.conversation, "client_msg_id": "c", "kind": "card", "card": card}
    assert (await visitor.call("message.send", payload))["type"] == "message.ack"
    assert (await agent.message())["card"] == card


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("no text", {"kind": "text"}),
    ("empty text", {"kind": "text", "text": ""}),
    ("blank text", {"kind": "text", "text": " \n "}),
    ("8001 characters", {"kind": "text", "text": "字" * 8001}),
    ("NUL", {"kind": "text", "text": "a\x00b"}),
    ("text with a card", {"kind": "text", "text": "x", "card": {"a": 1}}),
    ("image without attachment", {"kind": "image"}),
    ("card without card", {"kind": "card"}),
    ("deep card", {"kind": "card", "card": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}),
    ("large card", {"kind": "card", "card": {"a": "x" * 17_000}}),
    ("event", {"kind": "event", "text": "x"}),
    ("hidden", {"kind": "hidden", "text": "x"}),
    ("number as text", {"kind": "text", "text": 7}),
    ("list as card", {"kind": "card", "card": [1]}),
    ("negative reply", {"kind": "text", "text": "x", "reply_to": -1}),
    ("long id", {"kind": "text", "text": "x", "client_msg_id": "i" * 65}),
    ("empty id", {"kind": "text", "text": "x", "client_msg_id": ""}),
    ("number as id", {"kind": "text", "text": "x", "client_msg_id": 5}),
    ("NUL in the id", {"kind": "text", "text": "x", "client_msg_id": "a\x00"}),
]


async def test_what_is_no_message_is_refused_and_nothing_is_stored(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    for name, parts in WRONG:
        payload = {"conversation": session.conversation, "client_msg_id": "w", **parts}
        assert await visitor.error("message.send", payload) in ("invalid", "bad_frame"), name
    unknown = {"conversation": session.conversation, "client_msg_id": "u", "kind": "image"}
    for upload in (str(uuid.uuid4()), "nonsense"):
        assert await visitor.error("message.send", {**unknown, "attachment": upload}) == "not_found"
    assert await visitor.error("message.send", {"kind": "text", "text": "x"}) == "invalid"
    assert (await visitor.say(session.conversation, "字" * 8000, "i" * 64))["seq"] == 1
    assert (await agent.message())["text"] == "字" * 8000


async def test_history_holds_what_was_acked_before_it_was_asked(wire: Wire) -> None:
    session = await wire.visitor()
    visitor = await wire.join(session)
    for n in range(1, 6):
        await visitor.say(session.conversation, f"n{n}")
        log = await wire.history(session, session.conversation)
        assert [entry["seq"] for entry in log] == list(range(1, n + 1))


async def test_the_bots_expectation_is_not_for_clients(wire: Wire) -> None:
    session, visitor, _ = await wire.pair()
    assert (await visitor.say(session.conversation, "x", human_seq=99))["seq"] == 1


def _png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    return picture.getvalue()


async def test_an_image_travels_as_its_uploads_id_and_arrives_with_signed_addresses(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    files = {"file": ("holiday.png", _png(), "image/png")}
    uploaded = await wire.http.post("/api/v1/uploads/", files=files, headers=session.headers)
    assert uploaded.status_code == 201, uploaded.text
    send = {
        "conversation": session.conversation,
        "client_msg_id": "i",
        "kind": "image",
        "attachment": uploaded.json()["id"],
    }
    ack = await visitor.call("message.send", send)
    assert ack["type"] == "message.ack", ack
    attachment = (await agent.message(seq=1))["attachment"]
    assert list(attachment) == ["id", "name", "type", "size", "width", "height", "url", "thumbnail_url"]
    assert (attachment["name"], attachment["width"], attachment["height"]) == ("holiday.png", 40, 30)
    shown = await wire.http.get(attachment["url"])
    assert shown.status_code == 200 and shown.headers["content-type"].startswith("image/")
    assert shown.headers["x-content-type-options"] == "nosniff"
    stranger = await wire.visitor()
    other = await wire.join(stranger)
    theft = {**send, "conversation": stranger.conversation}
    assert await other.error("message.send", theft) in ("not_found", "forbidden")
    tab = await wire.join(session, {session.conversation: 0})
    assert (await tab.message(seq=1))["attachment"]["id"] == attachment["id"]
