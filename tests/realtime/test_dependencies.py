"""What the process needs for going on is not held up by what it can do without."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError

from chat import posting, sites
from chat.blocking import in_thread
from chat.coalescing import Coalescer
from chat.delivery import outbound as out
from chat.delivery.hub import Signal
from chat.models import Site
from chat.protocol.commands import Hello, Send
from chat.protocol.json_form import JsonForm
from chat.realtime import hello
from chat.realtime import link as links
from chat.realtime.dispatch import dispatch
from chat.realtime.outlet import ListOutlet
from chat.realtime.poll import poll_app
from chat.realtime.session import ClientSession
from chat.realtime.tokens import Claims
from tests.realtime.conftest import Room
from tests.support.asgi import request


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a database that takes connections and never answers waits for; set at the end."""
    event = threading.Event()
    yield event
    event.set()


async def test_polls_go_on_while_the_database_holds_every_thread(
    stuck: threading.Event, settings: Any
) -> None:
    settings.KEFU_SCALED = True
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    waiting = [asyncio.ensure_future(in_thread(stuck.wait)) for _ in range(4)]
    claims = Claims("visitor", "somebody", None, None, None, 0)
    link = links.new_link(claims)
    async with asyncio.timeout(5):
        await links.save(link)
        assert (await links.load(link.id, claims)).id == link.id
    stuck.set()
    await asyncio.gather(*waiting)


async def test_what_waits_for_a_layer_that_hangs_is_bounded(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging:
        def find(self, topics: list[str]) -> dict[str, list[str]]:
            stuck.wait(10)
            return {}

    monkeypatch.setattr(out, "MAX_WAITING", 10)
    box = out.Outbound()
    box.directory = Hanging()  # type: ignore[assignment]
    for turn in range(200):
        box.signal(Signal(f"topic-{turn}", "typing", {}))
        await asyncio.sleep(0.001 if turn < 10 else 0)  # the first are taken, the others wait for them
    assert len(box._signals) <= 21
    assert box._signals[-1].topic == "topic-199"
    stuck.set()
    assert box._pump is not None
    await box._pump


@pytest.mark.parametrize("trouble", ["down", "hanging"])
async def test_a_visitor_comes_in_while_the_database_is_away(
    room: Room, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    def away(conversations: list[str]) -> dict[str, int]:
        if trouble == "hanging":
            stuck.wait(10)
        raise OperationalError("gone")

    monkeypatch.setattr(hello, "_unread_of_visitors", Coalescer(away))
    monkeypatch.setattr(hello, "UNREAD_WAIT_S", 0.2)
    await posting.post(Send(room.conversation, "m1", text="hi"), room.visitor)
    outlet = ListOutlet()
    session = await asyncio.wait_for(hello.greet(outlet, JsonForm(), Hello(room.token), None), 5)
    session.end()
    welcome = json.loads(outlet.frames[0])
    assert welcome["type"] == "welcome"
    (row,) = welcome["payload"]["conversations"]
    assert (row["id"], row["head"], row["unread"]) == (room.conversation, 1, 0)


async def test_typing_holds_up_nothing_while_the_database_hangs(
    room: Room, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang() -> Any:
        stuck.wait(10)
        raise OperationalError("gone")

    config = sites.config_of(Site(id=room.site, typing_preview=True))
    old = sites._Snapshot(0.0, {room.site: config}, {}, frozenset())  # long run out
    monkeypatch.setattr(sites, "_snapshot", old)
    monkeypatch.setattr(sites, "_load", hang)
    session = ClientSession(ListOutlet(), JsonForm(), room.visitor, limited=False)
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(out.outbound, "signal", lambda signal, origin: heard.append(signal.payload))
    await posting.look(room.conversation)
    typing = {"conversation": room.conversation, "on": True, "preview": "I would li"}
    async with asyncio.timeout(2):
        for _ in range(3):
            frame = json.dumps({"type": "typing", "payload": typing})
            await dispatch(session, frame)
    assert [payload["preview"] for payload in heard] == ["I would li"] * 3
    session.end()


async def test_a_poll_is_answered_while_the_database_holds_every_thread(
    room: Room, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = "https://shop.example.com"
    known = sites._Snapshot(0.0, {}, {}, frozenset((shop,)))
    monkeypatch.setattr(sites, "_snapshot", known)
    monkeypatch.setattr(sites, "_load", lambda: stuck.wait(10))
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, stuck.wait, 10)
    path = "/api/v1/poll/"
    async with asyncio.timeout(3):
        begun = json.dumps({"type": "hello", "payload": {"token": room.token}}).encode()
        first = await request(poll_app, path, "POST", [("Origin", shop)], chunks=[begun])
        where = f"{path}{json.loads(first.body)['poll']}/"
        said = {"conversation": room.conversation, "client_msg_id": "m1", "kind": "text", "text": "hi"}
        post = json.dumps({"frames": [{"type": "message.send", "payload": said}]}).encode()
        headers = [("Origin", shop), ("Authorization", f"Bearer {room.token}")]
        second = await request(poll_app, where, "POST", headers, chunks=[post])
    assert (first.status, second.status) == (201, 200)
    assert second.headers["access-control-allow-origin"] == shop
    assert json.loads(second.body)["frames"][0]["type"] == "message.ack"
    stuck.set()
    await busy
