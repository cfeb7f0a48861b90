"""Whoever leaves is gone: no connection that ended stays in the hub, whatever was still under way."""

import asyncio
import json
from typing import Any

import pytest

from chat import posting
from chat.delivery.hub import hub
from chat.errors import KefuError
from chat.journal import reader
from chat.realtime import link as links
from chat.realtime import poll
from chat.realtime.consumer import ChatConsumer
from chat.realtime.link import Link
from chat.realtime.tokens import read
from chat.states import Known
from tests.realtime.conftest import Room


async def _talk(room: Room, frames: list[dict[str, Any]]) -> None:
    """A whole connection: these frames, and the line is cut with the last of them."""
    incoming: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    incoming += [{"type": "websocket.receive", "text": json.dumps(frame)} for frame in frames]
    incoming.append({"type": "websocket.disconnect", "code": 1006})

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        pass

    app = ChatConsumer.as_asgi()
    await app({"type": "websocket", "path": "/ws/v1/", "headers": []}, receive, send)


async def _stored(room: Room, head: int) -> None:
    for _ in range(500):
        found = await reader().head(room.conversation)
        if found is not None and found.head >= head:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the message was not stored")
    await asyncio.sleep(0.1)  # outcomes are handed over after the write


def _say(room: Room, name: str) -> dict[str, Any]:
    message = {"conversation": room.conversation, "client_msg_id": name, "kind": "text", "text": "hi"}
    return {"type": "message.send", "payload": message}


async def test_an_ack_that_comes_after_the_end_follows_nothing(room: Room) -> None:
    hello = {"type": "hello", "payload": {"token": room.token}}
    await _talk(room, [hello, _say(room, "m1"), _say(room, "m2")])
    await _stored(room, 2)
    assert hub.subscribers(room.conversation) == ()


async def test_a_poll_that_cannot_be_looked_up_leaves_nobody_in_the_hub(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = read(room.token)
    link = links.new_link(claims)
    link.follows = {room.conversation: 0, "another": 0}
    await links.save(link)
    real = posting.look

    async def look(conversation: str) -> Known:
        if conversation == "another":
            raise KefuError("journal_unavailable", "try again", retry_after_s=1)
        return await real(conversation)

    monkeypatch.setattr(poll, "look", look)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("the client never leaves")

    with pytest.raises(KefuError):
        await poll._wait(link, claims, "", receive)
    assert hub.subscribers(room.conversation) == ()


async def test_a_post_that_is_refused_for_good_leaves_the_poll_following(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = read(room.token)
    link = links.new_link(claims)
    link.follows = {room.conversation: 0}
    await links.save(link)

    async def refuse(session: Any, raw: bytes) -> None:
        session.close(4429)

    monkeypatch.setattr(poll, "dispatch", refuse)
    body = json.dumps({"frames": [{"type": "ping", "payload": {}}]}).encode()
    with pytest.raises(KefuError, match="rate_limited"):
        await poll._take(link, claims, body)
    kept: Link = await links.load(link.id, claims)
    assert kept.follows == {room.conversation: 0}
