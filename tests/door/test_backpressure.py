"""Nobody can make the server hold more than its limits: slow readers, slow consumers, floods of pings."""

from __future__ import annotations

import asyncio
import queue
import select
from collections.abc import Callable
from typing import Any

import pytest

from chat.door.inbox import QUEUE_EVENTS, QUEUE_SIZE, Inbox
from chat.door.link import WRITE_HIGH
from tests.door.server import App, DoorServer, Receive, Scope, Send, eventually
from tests.door.wire import BINARY, PING, PONG, TEXT, RawClient, frame

Serve = Callable[[App], str]
MESSAGE = bytes(16 * 1024)
COUNT = 1000  # 16 MB: more than the kernel's buffers of both ends of a loopback connection


def fill(client: RawClient, data: bytes) -> int:
    """Write until the server has not taken more for 0.3 s; how many bytes were written."""
    client.sock.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [client.sock], [], 0.3)[1]:
        sent += client.sock.send(data[sent : sent + (1 << 16)])
    client.sock.settimeout(client.timeout)
    return sent


def test_send_waits_for_a_slow_reader(door: DoorServer, serve_app: Serve) -> None:
    progress: dict[str, Any] = {"sent": 0}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        progress["connection"] = scope["extensions"]["kefu.door"]["connection"]
        for _ in range(COUNT):
            await send({"type": "websocket.send", "bytes": MESSAGE})
            progress["sent"] += 1

    with RawClient(door.port, serve_app(app), receive_buffer=4096) as client:
        client.open()
        eventually(lambda: "connection" in progress and progress["connection"].buffered > WRITE_HIGH)
        assert progress["sent"] < COUNT
        assert progress["connection"].buffered <= WRITE_HIGH + len(MESSAGE) + 4
        for _ in range(COUNT):
            client.expect(BINARY, MESSAGE)
        client.expect_close(1000)
    assert progress["sent"] == COUNT


def test_a_waiting_send_ends_with_the_connection(door: DoorServer, serve_app: Serve) -> None:
    log: queue.Queue[Any] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        log.put(scope["extensions"]["kefu.door"]["connection"])
        try:
            while True:
                await send({"type": "websocket.send", "bytes": MESSAGE})
        except OSError as error:
            log.put(error)

    with RawClient(door.port, serve_app(app), receive_buffer=4096) as client:
        client.open()
        connection = log.get(timeout=10)
        eventually(lambda: connection.buffered > WRITE_HIGH)
        assert log.empty()
    assert isinstance(log.get(timeout=10), OSError)


@pytest.mark.parametrize("size", [0, 100, 16 * 1024])
def test_reading_pauses_for_a_slow_consumer(door: DoorServer, serve_app: Serve, size: int) -> None:
    held: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        held["loop"] = asyncio.get_running_loop()
        held["door"] = scope["extensions"]["kefu.door"]["connection"]
        held["go"] = asyncio.Event()
        await send({"type": "websocket.accept"})
        await held["go"].wait()
        for _ in range(total):
            message = await receive()
            assert len(message["text"]) == size
        await send({"type": "websocket.send", "text": "all"})
        await receive()

    total = (12 << 20) // (size + 8)
    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        stream = frame(TEXT, b"x" * size) * total
        sent = fill(client, stream)
        assert sent < len(stream)
        waiting = held["door"]._queue
        assert len(waiting) <= QUEUE_EVENTS
        assert sum(len(message["text"]) for message in waiting) <= QUEUE_SIZE + size
        held["loop"].call_soon_threadsafe(held["go"].set)
        client.send(stream[sent:])
        client.expect(TEXT, b"all")


def test_a_paused_connection_still_closes(door: DoorServer, serve_app: Serve) -> None:
    log: queue.Queue[Any] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        connection = scope["extensions"]["kefu.door"]["connection"]
        while not connection._read_paused:
            await asyncio.sleep(0.01)
        connection.close(4508, "too slow")
        log.put(await receive())

    with RawClient(door.port, serve_app(app)) as client:
        client.open().send(frame(TEXT, b"x") * 1000)
        client.expect_close(4508)
        assert log.get(timeout=10)["code"] == 4508
        client.send(frame(8, b"\x11\x9c"))
        client.expect_end()


def test_what_was_received_before_a_close_comes_first(door: DoorServer, serve_app: Serve) -> None:
    log: queue.Queue[Any] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.sleep(0.1)  # be behind
        while (message := await receive())["type"] == "websocket.receive":
            log.put(message["text"])
        log.put(message["code"])

    with RawClient(door.port, serve_app(app)) as client:
        client.open().send(b"".join(frame(TEXT, b"%d" % number) for number in range(200)))
        client.send(frame(8, b"\x0f\xa1"))
        client.expect_close(4001)
    assert [log.get(timeout=10) for _ in range(201)] == [*map(str, range(200)), 4001]


def test_pings_of_a_peer_that_never_reads(door: DoorServer, serve_app: Serve) -> None:
    held: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        held["door"] = scope["extensions"]["kefu.door"]["connection"]
        await send({"type": "websocket.accept"})
        await receive()

    with RawClient(door.port, serve_app(app), receive_buffer=4096) as client:
        client.open()
        pings = frame(PING, b"p" * 120) * 8000
        while held["door"].buffered <= WRITE_HIGH:
            client.send(pings)
        for _ in range(4):
            client.send(pings)
        assert held["door"].buffered <= WRITE_HIGH + 127
        client.send(frame(PING, b"the last one"))
        while (received := client.receive()).payload != b"the last one":
            assert received.opcode == PONG


# The inbox by itself: a cancelled receive() loses nothing.


class Quiet(Inbox):
    __slots__ = ()

    def _too_far_behind(self) -> None:
        pass

    def _caught_up(self) -> None:
        pass


def text(value: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": value}


async def coming(inbox: Inbox) -> dict[str, Any]:
    return await asyncio.wait_for(inbox.receive(), 10)


async def test_a_receive_cancelled_while_waiting() -> None:
    inbox = Quiet(asyncio.get_running_loop())
    task = asyncio.create_task(inbox.receive())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    inbox._give(text("one"))
    assert await coming(inbox) == text("one")


async def test_a_receive_cancelled_as_its_message_comes() -> None:
    inbox = Quiet(asyncio.get_running_loop())
    task = asyncio.create_task(inbox.receive())
    await asyncio.sleep(0)
    inbox._give(text("one"))
    inbox._give(text("two"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert [await coming(inbox), await coming(inbox)] == [text("one"), text("two")]


async def test_a_message_between_cancel_and_the_task_s_end() -> None:
    inbox = Quiet(asyncio.get_running_loop())
    task = asyncio.create_task(inbox.receive())
    await asyncio.sleep(0)
    task.cancel()
    inbox._give(text("one"))
    await asyncio.gather(task, return_exceptions=True)
    assert await coming(inbox) == text("one")


async def test_two_tasks_may_not_wait_at_once() -> None:
    inbox = Quiet(asyncio.get_running_loop())
    task = asyncio.create_task(inbox.receive())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await inbox.receive()
    inbox._give(text("one"))
    assert await task == text("one")
