"""ASGI 3 websocket semantics, the denial response, and the `kefu.door` extension."""

from __future__ import annotations

import asyncio
import gc
import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from chat.door.connection import Connection
from chat.door.protocol import LeanWebSocketProtocol
from tests.door.server import App, DoorServer, Message, Receive, Scope, Send, eventually
from tests.door.wire import BINARY, PING, PONG, TEXT, RawClient, close_frame, frame

Serve = Callable[[App], str]
Log = queue.Queue[Any]


@pytest.fixture
def log() -> Log:
    """What an application tells its test."""
    return queue.Queue()


def take(log: Log) -> Any:
    return log.get(timeout=10)


def answering(*messages: Message) -> App:
    """An application that sends `messages` and returns."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)

    return app


ACCEPT: Message = {"type": "websocket.accept"}


def connection_of(scope: Scope) -> Connection:
    connection: Connection = scope["extensions"]["kefu.door"]["connection"]
    return connection


# Scope and accept.


def test_the_scope(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log.put((scope, await receive()))
        await send(ACCEPT)

    path = serve_app(app)
    with RawClient(door.port, path + "?site=1&q=%20") as client:
        client.open(x_test="值".encode().decode("latin-1"), sec_websocket_protocol="a, b")
        scope, connect = take(log)
        assert connect == {"type": "websocket.connect"}
        assert scope["type"] == "websocket"
        assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
        assert scope["http_version"] == "1.1"
        assert scope["scheme"] == "ws"
        assert scope["path"] == path
        assert scope["raw_path"] == path.encode()
        assert scope["root_path"] == ""
        assert scope["query_string"] == b"site=1&q=%20"
        assert (b"x-test", "值".encode()) in scope["headers"]
        assert scope["subprotocols"] == ["a", "b"]
        assert scope["client"] == client.sock.getsockname()
        assert scope["server"] == client.sock.getpeername()
        assert set(scope["extensions"]) == {"websocket.http.response", "kefu.door"}


def test_the_root_path_and_the_lifespan_state() -> None:
    seen: Log = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.put(scope)
        await receive()

    server = DoorServer(root_path="/base")
    server.apps["/base/ws"] = app
    server.start()
    with RawClient(server.port, "/ws") as client:
        client.request()
    scope = take(seen)
    server.stop()
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/base", "/base/ws", b"/base/ws")
    assert scope["state"] == {}


def test_accept_with_headers_and_a_subprotocol(door: DoorServer, serve_app: Serve) -> None:
    accept = ACCEPT | {"subprotocol": "b", "headers": [(b"X-Kefu", b"1"), (b"Set-Cookie", b"a=b")]}
    with RawClient(door.port, serve_app(answering(accept))) as client:
        status, headers, _ = client.request(sec_websocket_protocol="a, b")
        assert status == 101
        assert headers["sec-websocket-protocol"] == "b"
        assert headers["x-kefu"] == "1"
        assert headers["set-cookie"] == "a=b"


@pytest.mark.parametrize(
    "accept",
    [
        ACCEPT | {"subprotocol": "not offered"},
        ACCEPT | {"headers": [(b"x-a", b"1\r\nx-b: 2")]},
        {"type": "websocket.send", "text": "too early"},
        {"type": "websocket.http.response.body", "body": b"too early"},
        {"type": "websocket.http.response.start", "status": 101, "headers": []},
        {"type": "unknown"},
    ],
)
def test_what_an_application_may_not_answer(door: DoorServer, serve_app: Serve, accept: Message) -> None:
    end = {"type": "websocket.http.response.body"}
    with RawClient(door.port, serve_app(answering(accept, end))) as client:
        assert client.request()[0] == 500
        client.expect_end()


def test_messages_sent_before_the_accept_are_read_after_it(
    door: DoorServer, serve_app: Serve, log: Log
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        log.put(scope)
        await asyncio.to_thread(go.wait, 10)
        await send(ACCEPT)
        for _ in range(2000):
            await send({"type": "websocket.send", "text": (await receive())["text"]})

    go = threading.Event()
    with RawClient(door.port, serve_app(app)) as client:
        client.send(
            b"GET " + client.path.encode() + b" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        take(log)
        client.send(b"".join(frame(TEXT, b"early %4d" % number + b"." * 100) for number in range(2000)))
        go.set()
        while b"\r\n\r\n" not in client.data:
            client.data += client.sock.recv(1 << 16)
        client.data = client.data.partition(b"\r\n\r\n")[2]
        for number in range(2000):
            client.expect(TEXT, b"early %4d" % number + b"." * 100)


# Denial.


def test_close_before_accept_is_a_403(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        log.put(await receive())

    with RawClient(door.port, serve_app(app)) as client:
        status, _, body = client.request()
        assert (status, body) == (403, b"")
        client.expect_end()
    assert take(log) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def test_a_denial_response(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"Content-Type", b"application/json"), (b"content-length", b"99"), (b"retry-after", b"5")]
        await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b'{"code":', "more_body": True})
        await send({"type": "websocket.http.response.body", "body": '"慢"}'.encode()})
        log.put(await receive())
        try:
            await send(ACCEPT)
        except OSError as error:
            log.put(error)

    with RawClient(door.port, serve_app(app)) as client:
        status, headers, body = client.request()
        assert status == 429
        assert headers["content-type"] == "application/json"
        assert headers["content-length"] == str(len(body))
        assert headers["retry-after"] == "5"
        assert body.decode() == '{"code":"慢"}'
        client.expect_end()
    assert take(log)["code"] == 1006
    assert isinstance(take(log), OSError)


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("an application's mistake")


@pytest.mark.parametrize("app", [raises, answering()], ids=["raises", "returns"])
def test_an_application_that_gives_no_answer_is_a_500(door: DoorServer, serve_app: Serve, app: App) -> None:
    with RawClient(door.port, serve_app(app)) as client:
        assert client.request()[0] == 500
        client.expect_end()


def test_a_client_that_leaves_before_the_answer(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log.put(await receive())
        log.put(await receive())
        try:
            await send(ACCEPT)
        except OSError as error:
            log.put(error)

    with RawClient(door.port, serve_app(app)) as client:
        client.send(
            b"GET " + client.path.encode() + b" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert take(log) == {"type": "websocket.connect"}
    assert take(log) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert isinstance(take(log), OSError)


# Disconnect.


@pytest.fixture
def listener(serve_app: Serve, log: Log) -> str:
    """Accepts and tells everything it receives."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        message: Message = {}
        while message.get("type") != "websocket.disconnect":
            message = await receive()
            log.put(message)
        for attempt in (receive(), send({"type": "websocket.send", "text": "late"})):
            try:
                await attempt
            except (RuntimeError, OSError) as error:
                log.put(type(error).__mro__)
        await send({"type": "websocket.close"})
        log.put("no error")

    return serve_app(app)


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (close_frame(4001, "再见".encode()), 4001, "再见"),
        (close_frame(1000), 1000, ""),
        (close_frame(None), 1005, ""),
        (frame(3), 1002, "unknown opcode"),
        (frame(TEXT, b"\xff"), 1007, "text is not UTF-8"),
        (frame(TEXT, b"x" * 65537), 4413, "message over 65536 bytes"),
    ],
)
def test_disconnect_tells_code_and_reason(
    door: DoorServer, listener: str, log: Log, sent: bytes, code: int, reason: str
) -> None:
    with RawClient(door.port, listener) as client:
        client.open().send(frame(TEXT, b"before") + sent)
        assert take(log) == {"type": "websocket.receive", "text": "before"}
        assert take(log) == {"type": "websocket.disconnect", "code": code, "reason": reason}
        assert RuntimeError in take(log)
        assert OSError in take(log)
        assert take(log) == "no error"


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_is_1006(door: DoorServer, listener: str, log: Log, reset: bool) -> None:
    with RawClient(door.port, listener) as client:
        client.open()
        if reset:
            client.sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: a reset
    assert take(log) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


# Close by the application.


@pytest.mark.parametrize(
    ("close", "code", "reason"),
    [
        ({}, 1000, b""),
        ({"code": 4401, "reason": "token refused"}, 4401, b"token refused"),
        ({"code": 4508, "reason": None}, 4508, b""),
        ({"code": 4000, "reason": "中" * 100}, 4000, ("中" * 41).encode()),
        ({"code": 1005}, None, b""),
    ],
)
def test_close_passes_code_and_reason(
    door: DoorServer, serve_app: Serve, close: Message, code: int | None, reason: bytes
) -> None:
    app = answering(ACCEPT, {"type": "websocket.close"} | close)
    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        assert client.expect_close(code).payload[2:] == reason
        client.send(close_frame(code))
        client.expect_end()


@pytest.mark.parametrize(
    ("app", "code"),
    [
        (answering(ACCEPT), 1000),
        (answering(ACCEPT, {"type": "websocket.send"}), 4500),
        (answering(ACCEPT, {"type": "websocket.accept"}), 4500),
        (answering(ACCEPT, {"type": "websocket.close", "code": 1006}), 4500),
        (answering(ACCEPT, {"type": "websocket.ping", "bytes": b"x" * 126}), 4500),
    ],
    ids=["returns", "sends nothing", "accepts twice", "a code not for the wire", "a ping too long"],
)
def test_what_an_application_leaves_open_is_closed(
    door: DoorServer, serve_app: Serve, app: App, code: int
) -> None:
    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        client.expect_close(code)
        client.send(close_frame(code))
        client.expect_end()


def test_after_its_own_close_an_application_is_told_at_once(
    door: DoorServer, serve_app: Serve, log: Log
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4429, "reason": "too fast"})
        log.put(await receive())

    with RawClient(door.port, serve_app(app)) as client:
        client.open().send(frame(TEXT, b"crossing"))
        assert take(log) == {"type": "websocket.disconnect", "code": 4429, "reason": "too fast"}


# Sending.


def test_text_may_be_bytes_and_bytes_may_be_any_buffer(door: DoorServer, serve_app: Serve) -> None:
    app = answering(
        ACCEPT,
        {"type": "websocket.send", "text": "中文"},
        {"type": "websocket.send", "text": "中文".encode(), "bytes": None},
        {"type": "websocket.send", "bytes": b"\xff", "text": None},
        {"type": "websocket.send", "bytes": bytearray(b"\xfe")},
        {"type": "websocket.send", "bytes": memoryview(b"\xfd")},
        {"type": "websocket.send", "text": ""},
        {"type": "websocket.ping", "bytes": b"?"},
        {"type": "websocket.ping"},
    )
    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        client.expect(TEXT, "中文".encode())
        client.expect(TEXT, "中文".encode())
        for payload in (b"\xff", b"\xfe", b"\xfd"):
            client.expect(BINARY, payload)
        client.expect(TEXT, b"")
        client.expect(PING, b"?")
        client.expect(PING, b"")
        client.expect_close(1000)


def test_the_connection_in_the_scope(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        await receive()
        log.put((connection.is_open, connection.send_text(b"too early"), connection.close()))
        await send(ACCEPT)
        log.put(connection.is_open)
        await asyncio.sleep(
            0.01
        )  # uvloop's clock ticks once a millisecond; the pong must be seen to be later
        log.put([connection.send_text("值".encode()), connection.send_binary(b"\xff"), connection.ping(b"?")])
        before = connection.last_seen
        log.put("waiting")
        while connection.last_seen == before:  # the pong
            await asyncio.sleep(0.01)
        log.put(asyncio.get_running_loop().time() - connection.last_seen)
        log.put(connection.close(4408, "silent"))
        log.put((connection.is_open, connection.send_text(b"late"), connection.ping(), connection.close()))
        log.put(await receive())
        while connection.buffered:
            await asyncio.sleep(0.01)
        log.put("empty")

    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        assert take(log) == (False, False, False)
        assert take(log) is True
        assert take(log) == [True, True, True]
        assert take(log) == "waiting"
        client.expect(TEXT, "值".encode())
        client.expect(BINARY, b"\xff")
        client.expect(PING, b"?")
        client.send(frame(PONG, b"?"))
        assert 0 <= take(log) < 5
        assert take(log) is True
        assert take(log) == (False, False, False, False)
        assert client.expect_close(4408).payload[2:] == b"silent"
        client.send(close_frame(4408))
        client.expect_end()
        assert take(log) == {"type": "websocket.disconnect", "code": 4408, "reason": "silent"}
        assert take(log) == "empty"


def test_many_messages_in_one_write(door: DoorServer, serve_app: Serve, log: Log) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        await receive()
        log.put(connection.send_many([b"too early"], binary=False))
        await send(ACCEPT)
        log.put(connection.send_many([b"one", b"x" * 200, b"y" * 70_000], binary=False))
        log.put(connection.send_many([b"\xff", b""], binary=True))
        log.put(connection.send_many([b"alone"], binary=False))

    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        for payload in (b"one", b"x" * 200, b"y" * 70_000):
            client.expect(TEXT, payload)
        for payload in (b"\xff", b""):
            client.expect(BINARY, payload)
        client.expect(TEXT, b"alone")
        assert [take(log) for _ in range(4)] == [False, True, True, True]


def test_texts_taken_at_once_keep_their_order_with_those_that_wait(
    door: DoorServer, serve_app: Serve, log: Log
) -> None:
    """What comes while the application is busy, or behind a message it has not had, is never taken ahead."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        await receive()
        await send(ACCEPT)

        def take_quick(text: str) -> bool:
            if not text.startswith("quick"):
                return False
            log.put(("taken", text))
            return True

        connection.on_text = take_quick
        while (message := await receive())["type"] == "websocket.receive":
            await asyncio.sleep(0.05)  # busy: what arrives meanwhile has to queue
            log.put(("received", message["text"]))
            connection.send_text(b"done")

    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        for payload in (b"quick 1", b"slow 2", b"quick 3", b"slow 4"):
            client.send(frame(TEXT, payload))
        for _ in range(3):
            client.expect(TEXT, b"done")
        client.send(frame(TEXT, b"quick 5"))
        assert [take(log) for _ in range(5)] == [
            ("taken", "quick 1"),
            ("received", "slow 2"),
            ("received", "quick 3"),
            ("received", "slow 4"),
            ("taken", "quick 5"),
        ]


def test_a_connection_is_small_and_what_connection_py_says(door: DoorServer) -> None:
    with RawClient(door.port) as client:
        client.open()
        protocol = door.connections[0]
        assert not hasattr(protocol, "__dict__")
        promised: Connection = LeanWebSocketProtocol.__new__(LeanWebSocketProtocol)  # checked by mypy
        for name in (
            "send_text",
            "send_binary",
            "send_many",
            "ping",
            "close",
            "buffered",
            "is_open",
            "last_seen",
            "on_text",
        ):
            assert hasattr(type(promised), name)


def test_another_task_may_close_while_the_application_waits(
    door: DoorServer, serve_app: Serve, log: Log
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        loop = asyncio.get_running_loop()
        loop.call_soon(connection_of(scope).close, 4403, "agent disabled")
        log.put(await receive())

    with RawClient(door.port, serve_app(app)) as client:
        client.open()
        client.expect_close(4403)
    assert take(log) == {"type": "websocket.disconnect", "code": 4403, "reason": "agent disabled"}


def test_nothing_waits_for_the_garbage_collector(door: DoorServer) -> None:
    def alive() -> int:
        names = {"LeanWebSocketProtocol", "FrameParser", "HttpToolsProtocol", "HttpRequestParser"}
        return sum(type(thing).__name__ in names for thing in gc.get_objects())

    eventually(lambda: not door.connections)
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for last in (frame(TEXT, b"and gone"), close_frame(4001), frame(3), frame(TEXT, b"\xff")):
            with RawClient(door.port) as client:
                client.open().send(last)
                client.receive()
        eventually(lambda: not door.connections and not door.tasks)
        eventually(lambda: alive() <= before)
    finally:
        gc.enable()


def test_nothing_stays_behind(door: DoorServer) -> None:
    clients = [RawClient(door.port).open() for _ in range(20)]
    assert len(door.connections) >= 20
    for number, client in enumerate(clients):
        if number % 2:
            client.send(close_frame())
        client.sock.close()
    eventually(lambda: not door.connections and not door.tasks)
