"""Autobahn groups 9 and 10 over TCP, with our limit of 64 KiB a message."""

from __future__ import annotations

import pytest

from tests.door.wire import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawClient,
    close_frame,
    cut,
    fragments,
    frame,
)

LIMIT = 64 * 1024


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [1, 64, 256, 1024, 4096, 16 * 1024, LIMIT])
def test_9_3_a_full_message_in_fragments_of(client: RawClient, opcode: int, size: int) -> None:
    payload = b"*" * LIMIT
    client.send(b"".join(fragments(opcode, cut(payload, size))))
    client.expect(opcode, payload)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [64, 256, 1024, 4096])
def test_9_5_a_full_message_in_chops_of(client: RawClient, opcode: int, size: int) -> None:
    payload = b"*" * LIMIT
    client.send(*cut(frame(opcode, payload), size))
    client.expect(opcode, payload)


def test_multi_byte_text_of_the_largest_size(client: RawClient) -> None:
    payload = ("中" * (LIMIT // 3)).encode()
    client.send(*cut(frame(TEXT, payload), 1000))
    client.expect(TEXT, payload)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 16, 64, 256, 1024, 4096])
def test_9_7_a_thousand_messages_one_after_another(client: RawClient, opcode: int, size: int) -> None:
    payload = b"\x55" * size
    message = frame(opcode, payload)
    for _ in range(1000):
        client.send(message)
        client.expect(opcode, payload)


def test_10_1_1_the_largest_message_in_frames_of_1300(client: RawClient) -> None:
    payload = bytes(range(32, 127)) * 690
    payload = payload[:LIMIT]
    client.send(*fragments(TEXT, cut(payload, 1300)))
    client.expect(TEXT, payload)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [LIMIT + 1, 1 << 20])
def test_a_message_over_the_limit_closes_with_4413(client: RawClient, opcode: int, size: int) -> None:
    client.send(frame(opcode, b"*" * size))
    assert client.expect_close(4413).payload[2:] == b"message over 65536 bytes"
    client.expect_end()


def test_the_header_alone_is_enough_to_refuse(client: RawClient) -> None:
    client.send(b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask")
    client.expect_close(4413)
    client.expect_end()


@pytest.mark.parametrize("sizes", [[LIMIT, 1], [1, LIMIT], [30_000, 30_000, 30_000], [0, LIMIT, 0, 1]])
def test_all_fragments_count_together(client: RawClient, sizes: list[int]) -> None:
    client.send(*fragments(BINARY, [b"*" * size for size in sizes]))
    client.expect_close(4413)
    client.expect_end()


def test_the_limit_is_a_message_s_not_a_connection_s(client: RawClient) -> None:
    for _ in range(3):
        client.send(frame(BINARY, bytes(LIMIT)))
        client.expect(BINARY, bytes(LIMIT))
    client.send(close_frame())
    client.expect_close(1000)


def test_empty_fragments_without_end_cost_nothing(client: RawClient) -> None:
    empty = frame(CONTINUATION, fin=False)
    client.send(frame(TEXT, b"a", fin=False) + empty * 20_000 + frame(PING, b"alive"))
    client.expect(PONG, b"alive")
    client.send(frame(CONTINUATION, b"b"))
    client.expect(TEXT, b"ab")
