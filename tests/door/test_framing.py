"""Autobahn groups 1 to 5 over TCP: sizes, pings and pongs, reserved bits, opcodes, fragmentation."""

from __future__ import annotations

import pytest

from tests.door.wire import (
    BINARY,
    CLOSE,
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

BYTES = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"


def finish(client: RawClient) -> None:
    """The connection is still in order: it closes as the RFC says."""
    client.send(close_frame(1000))
    client.expect_close(1000)
    client.expect_end()


def refused(client: RawClient, code: int = 1002) -> None:
    """The server says what is wrong and ends."""
    client.expect_close(code)
    client.expect_end()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536])
@pytest.mark.parametrize("chop", [0, 997])
def test_1_messages_of_every_length_form(client: RawClient, opcode: int, size: int, chop: int) -> None:
    payload = (b"*" if opcode == TEXT else b"\xfe") * size
    message = frame(opcode, payload)
    client.send(*(cut(message, chop) if chop else [message]))
    client.expect(opcode, payload)
    finish(client)


@pytest.mark.parametrize("payload", [b"", b"Hello, world!", BYTES, b"\xfe" * 125])
@pytest.mark.parametrize("octets", [False, True])
def test_2_ping_is_answered_with_its_payload(client: RawClient, payload: bytes, octets: bool) -> None:
    message = frame(PING, payload)
    client.send(*(cut(message, 1) if octets else [message]))
    client.expect(PONG, payload)
    finish(client)


@pytest.mark.parametrize("form", [7, 16, 64])
def test_2_5_ping_of_126_bytes_is_refused(client: RawClient, form: int) -> None:
    client.send(frame(PING, b"\xfe" * 126, form=16) if form == 7 else frame(PING, b"", form=form))
    refused(client)


@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload"])
def test_2_7_an_unsolicited_pong_changes_nothing(client: RawClient, payload: bytes) -> None:
    client.send(frame(PONG, payload), frame(PING, b"ping payload"))
    client.expect(PONG, b"ping payload")
    finish(client)


@pytest.mark.parametrize("octets", [False, True])
def test_2_10_ten_pings_are_answered_in_order(client: RawClient, octets: bool) -> None:
    stream = b"".join(frame(PING, b"payload-%d" % number) for number in range(10))
    client.send(*(cut(stream, 1) if octets else [stream]))
    for number in range(10):
        client.expect(PONG, b"payload-%d" % number)
    finish(client)


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, CLOSE])
@pytest.mark.parametrize("octets", [False, True])
def test_3_a_reserved_bit_is_refused(client: RawClient, rsv: int, opcode: int, octets: bool) -> None:
    client.send(frame(TEXT, b"Hello, world!"))
    client.expect(TEXT, b"Hello, world!")
    wrong = frame(opcode, b"\x03\xe8", rsv=rsv)
    client.send(*(cut(wrong[:2], 1) if octets else [wrong + frame(PING)]))
    refused(client)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"reserved opcode payload"])
@pytest.mark.parametrize("octets", [False, True])
def test_4_an_unknown_opcode_is_refused(client: RawClient, opcode: int, payload: bytes, octets: bool) -> None:
    client.send(frame(TEXT, b"Hello, world!"))
    client.expect(TEXT, b"Hello, world!")
    wrong = frame(opcode, payload)
    client.send(*(cut(wrong[:2], 1) if octets else [wrong + frame(PING)]))
    refused(client)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_5_1_a_fragmented_control_frame_is_refused(client: RawClient, opcode: int) -> None:
    client.send(b"".join(fragments(opcode, [b"fragment1", b"fragment2"])))
    refused(client)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("chop", [0, 1, 7])
def test_5_3_a_message_in_two_fragments(client: RawClient, opcode: int, chop: int) -> None:
    stream = b"".join(fragments(opcode, [b"fragment1", b"fragment2"]))
    client.send(*(cut(stream, chop) if chop else [stream]))
    client.expect(opcode, b"fragment1fragment2")
    finish(client)


@pytest.mark.parametrize("chop", [0, 1])
def test_5_6_a_ping_between_two_fragments(client: RawClient, chop: int) -> None:
    one, two = fragments(TEXT, [b"fragment1", b"fragment2"])
    stream = one + frame(PING, b"ping payload") + two
    client.send(*(cut(stream, chop) if chop else [stream]))
    client.expect(PONG, b"ping payload")
    client.expect(TEXT, b"fragment1fragment2")
    finish(client)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("octets", [False, True])
def test_5_9_a_continuation_of_nothing_is_refused(client: RawClient, fin: bool, octets: bool) -> None:
    wrong = frame(CONTINUATION, b"non-continuation payload", fin=fin)
    client.send(*(cut(wrong[:2], 1) if octets else [wrong + frame(TEXT, b"Hello, world!")]))
    refused(client)


@pytest.mark.parametrize("fin", [True, False])
def test_5_15_a_continuation_after_a_whole_message_is_refused(client: RawClient, fin: bool) -> None:
    client.send(*fragments(TEXT, [b"fragment1", b"fragment2"]))
    client.expect(TEXT, b"fragment1fragment2")
    client.send(frame(CONTINUATION, b"fragment3", fin=fin) + frame(TEXT, b"fragment4"))
    refused(client)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_5_18_a_message_inside_a_message_is_refused(client: RawClient, fin: bool, opcode: int) -> None:
    client.send(frame(TEXT, b"fragment1", fin=False), frame(opcode, b"fragment2", fin=fin))
    refused(client)


@pytest.mark.parametrize("chop", [0, 1])
def test_5_19_pings_among_five_fragments(client: RawClient, chop: int) -> None:
    parts = fragments(TEXT, [b"fragment%d" % number for number in range(1, 6)])
    for number, piece in ((1, parts[:2]), (2, parts[2:])):
        stream = b"".join(piece[:2]) + frame(PING, b"pongme %d!" % number) + b"".join(piece[2:])
        client.send(*(cut(stream, chop) if chop else [stream]))
        client.expect(PONG, b"pongme %d!" % number)
    client.expect(TEXT, b"fragment1fragment2fragment3fragment4fragment5")
    finish(client)


def test_an_unmasked_frame_is_refused(client: RawClient) -> None:
    client.send(frame(TEXT, b"naked", mask=None))
    refused(client)


@pytest.mark.parametrize(
    "head",
    [
        frame(TEXT, b"x" * 125, form=16),
        frame(TEXT, b"x" * 125, form=64),
        frame(BINARY, b"x" * 65535, form=64),
        b"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00mask",
    ],
    ids=["16 bits for 125", "64 bits for 125", "64 bits for 65535", "64th bit set"],
)
def test_a_length_not_in_its_shortest_form_is_refused(client: RawClient, head: bytes) -> None:
    client.send(head)
    refused(client)
