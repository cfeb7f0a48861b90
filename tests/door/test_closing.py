"""Autobahn group 7 over TCP, and how else a connection ends: with which code, and within which time."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from chat.door.protocol import LeanWebSocketProtocol
from tests.door.server import DoorServer, Message, Receive, Scope, Send, eventually
from tests.door.wire import CLOSE, PING, PONG, TEXT, RawClient, close_frame, cut, fragments, frame


def ended(client: RawClient, code: int | None) -> None:
    client.expect_close(code)
    client.expect_end()


def test_7_1_1_close_after_a_message(client: RawClient) -> None:
    client.send(frame(TEXT, b"Hello World!"))
    client.expect(TEXT, b"Hello World!")
    client.send(close_frame(1000))
    ended(client, 1000)


@pytest.mark.parametrize(
    "after",
    [close_frame(1000), frame(PING), frame(TEXT, b"late"), frame(3), b"\xff\xff"],
    ids=["close", "ping", "text", "bad opcode", "rubbish"],
)
def test_7_1_2_what_follows_a_close_frame_is_ignored(client: RawClient, after: bytes) -> None:
    client.send(close_frame(1000) + after)
    ended(client, 1000)


def test_7_1_5_close_inside_a_fragmented_message(client: RawClient) -> None:
    one, two = fragments(TEXT, [b"fragment1", b"fragment2"])
    client.send(one + close_frame(1000) + two)
    ended(client, 1000)


def test_7_1_6_close_behind_a_large_message(client: RawClient) -> None:
    client.send(frame(TEXT, b"BAsd7&jh23" * 6000), close_frame(1000), frame(PING))
    received = client.receive()
    if received.opcode == TEXT:  # the echo may still make it, and then it comes whole
        assert received.payload == b"BAsd7&jh23" * 6000
        received = client.receive()
    assert (received.opcode, received.code) == (CLOSE, 1000)


def test_7_3_1_a_close_frame_without_code_is_answered_without(client: RawClient) -> None:
    client.send(close_frame(None))
    ended(client, None)


def test_7_3_2_a_close_frame_of_one_byte_is_refused(client: RawClient) -> None:
    client.send(frame(CLOSE, b"a"))
    ended(client, 1002)


@pytest.mark.parametrize("reason", [b"", b"Hello World!", b"*" * 123, "再见".encode()])
@pytest.mark.parametrize("octets", [False, True])
def test_7_3_3_code_and_reason(client: RawClient, reason: bytes, octets: bool) -> None:
    message = close_frame(1000, reason)
    client.send(*(cut(message, 1) if octets else [message]))
    assert client.expect_close(1000).payload[2:] == reason
    client.expect_end()


def test_7_3_6_a_reason_of_124_bytes_is_refused(client: RawClient) -> None:
    client.send(close_frame(1000, b"*" * 124))
    ended(client, 1002)


@pytest.mark.parametrize("reason", [b"\xed\xa0\x80edited", b"\xce", b"\xff"])
def test_7_5_1_a_reason_that_is_not_utf8(client: RawClient, reason: bytes) -> None:
    client.send(close_frame(1000, reason))
    ended(client, 1007)


@pytest.mark.parametrize(
    "code",
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4408, 4999],
)
def test_7_7_valid_codes_are_echoed(client: RawClient, code: int) -> None:
    client.send(close_frame(code))
    ended(client, code)


@pytest.mark.parametrize(
    "code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535]
)
def test_7_9_invalid_codes_are_refused(client: RawClient, code: int) -> None:
    client.send(frame(CLOSE, struct.pack("!H", code)))
    ended(client, 1002)


def test_bytes_still_coming_do_not_turn_the_close_frame_into_a_reset(client: RawClient) -> None:
    client.send(frame(3) + b"\x00" * 5000)
    client.send(b"\x00" * 200_000)
    ended(client, 1002)


# Peers that do not play along. The class is the same, with less patience.


class Impatient(LeanWebSocketProtocol):
    __slots__ = ()
    close_timeout = 0.3


class Restarting(LeanWebSocketProtocol):
    __slots__ = ()
    shutdown_timeout = 0.3


@pytest.fixture(scope="module")
def impatient() -> Iterator[DoorServer]:
    server = DoorServer(protocol=Impatient).start()
    server.apps["/close"] = close_at_once
    server.apps["/flood"] = flood_and_close
    yield server
    server.stop()


async def close_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4408, "reason": "silent"})


async def flood_and_close(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    connection = scope["extensions"]["kefu.door"]["connection"]
    while connection.buffered < 1 << 20:
        connection.send_binary(bytes(1 << 16))
    if (await receive())["type"] == "websocket.receive":
        connection.close(4508, "too slow a reader")


def gone(server: DoorServer) -> bool:
    return not server.connections and not server.tasks


def test_a_peer_that_does_not_answer_our_close_frame_is_dropped(impatient: DoorServer) -> None:
    with RawClient(impatient.port, "/close") as client:
        client.open()
        received = client.expect_close(4408)
        assert received.payload[2:] == b"silent"
        client.expect_end()
        eventually(lambda: gone(impatient))


def test_a_peer_that_keeps_talking_after_our_close_frame_is_dropped(impatient: DoorServer) -> None:
    with RawClient(impatient.port, "/close") as client:
        client.open()
        client.expect_close(4408)
        with pytest.raises(OSError):  # nobody answers, and in the end nobody is there
            while True:
                client.send(frame(TEXT, b"still here"), frame(PING))
        eventually(lambda: gone(impatient))


def test_a_peer_that_talks_rubbish_after_our_close_frame_still_gets_it(impatient: DoorServer) -> None:
    with RawClient(impatient.port, "/close") as client:
        client.open()
        client.send(frame(TEXT, b"x" * 1000) + frame(3))
        client.expect_close(4408)
        client.expect_end()
        eventually(lambda: gone(impatient))


def test_a_peer_that_never_reads_is_dropped_after_our_close_frame(impatient: DoorServer) -> None:
    with RawClient(impatient.port, "/flood", receive_buffer=4096) as client:
        client.open()
        client.text("go")
        eventually(lambda: impatient.connections and not impatient.connections[0].is_open)
        eventually(lambda: gone(impatient))


def test_a_peer_that_ends_its_side_and_never_reads_is_dropped(impatient: DoorServer) -> None:
    with RawClient(impatient.port, "/flood", receive_buffer=4096) as client:
        client.open()
        eventually(lambda: impatient.connections and impatient.connections[0].buffered >= 1 << 20)
        client.sock.shutdown(1)
        eventually(lambda: gone(impatient))


def test_a_peer_that_breaks_the_protocol_and_stays_is_dropped(impatient: DoorServer) -> None:
    with RawClient(impatient.port) as client:
        client.open().send(frame(3))
        client.expect_close(1002)
        client.expect_end()  # our side has ended; the peer keeps its own open
        eventually(lambda: gone(impatient))


def test_our_close_frame_is_answered_and_the_connection_ends_at_once(door: DoorServer) -> None:
    door.apps["/close"] = close_at_once
    with RawClient(door.port, "/close", timeout=5) as client:  # less than the 10 s that silence would take
        client.open()
        client.expect_close(4408)
        client.send(frame(TEXT, b"crossing") + close_frame(4408))
        client.expect_end()
        eventually(lambda: gone(door), seconds=5)


def test_stopping_closes_with_1012(serve_stopping: tuple[DoorServer, list[Message]]) -> None:
    server, log = serve_stopping
    with RawClient(server.port, "/log") as client, RawClient(server.port, "/undecided") as undecided:
        client.open()
        undecided.send(
            b"GET /undecided HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        eventually(lambda: len(server.tasks) == 2)
        server.ask_to_stop()
        client.expect_close(1012)
        client.send(close_frame(1012))
        client.expect_end()
        assert undecided.sock.recv(100).startswith(b"HTTP/1.1 503 ")
        server.stop()
    assert [message["type"] for message in log] == ["websocket.disconnect"]
    assert log[0]["code"] == 1012


def test_stopping_does_not_wait_for_a_silent_peer(serve_stopping: tuple[DoorServer, list[Message]]) -> None:
    server, log = serve_stopping
    with RawClient(server.port, "/log", timeout=5) as client:  # less than the 10 s of any other close
        client.open()
        server.ask_to_stop()
        client.expect_close(1012)
        client.expect_end()
        server.stop()
    assert log[0]["code"] == 1012


@pytest.fixture
def serve_stopping() -> Iterator[tuple[DoorServer, list[Message]]]:
    """A server of the test's own, and what its application `/log` received after the accept."""
    log: list[Message] = []

    async def remember(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        log.append(await receive())

    async def undecided(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "websocket.disconnect"

    server = DoorServer(protocol=Restarting)
    server.apps |= {"/log": remember, "/undecided": undecided}
    server.start()
    yield server, log
    server.stop()


def test_pong_after_the_peer_answered_nothing_is_left(client: RawClient, door: DoorServer) -> None:
    client.send(frame(PING, b"last"), close_frame(1001))
    client.expect(PONG, b"last")
    ended(client, 1001)
    eventually(lambda: gone(door))
