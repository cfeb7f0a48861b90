"""Autobahn group 6 over TCP: text is UTF-8, checked as it arrives."""

from __future__ import annotations

import pytest

from tests.door.utf8_cases import CASES
from tests.door.wire import BINARY, TEXT, RawClient, close_frame, cut, fragments, frame

KOSME = "κόσμε".encode()
MIXED = "Hello-µ@ßöäüàá-UTF-8!!".encode()
SURROGATE = KOSME + b"\xed\xa0\x80edited"


def echoed(client: RawClient, payload: bytes) -> None:
    client.expect(TEXT, payload)
    client.send(close_frame())
    client.expect_close(1000)
    client.expect_end()


def refused(client: RawClient) -> None:
    client.expect_close(1007)
    client.expect_end()


@pytest.mark.parametrize("parts", [[b""], [b"", b"", b""], [b"", b"middle frame payload", b""]])
def test_6_1_empty_parts(client: RawClient, parts: list[bytes]) -> None:
    client.send(b"".join(fragments(TEXT, parts)))
    echoed(client, b"".join(parts))


@pytest.mark.parametrize(
    "parts",
    [[MIXED], [MIXED[:12], MIXED[12:]], cut(MIXED, 1), cut(KOSME, 1)],
    ids=["6.2.1", "6.2.2", "6.2.3", "6.2.4"],
)
def test_6_2_valid_text_however_fragmented(client: RawClient, parts: list[bytes]) -> None:
    client.send(b"".join(fragments(TEXT, parts)))
    echoed(client, b"".join(parts))


@pytest.mark.parametrize("parts", [[SURROGATE], cut(SURROGATE, 1)], ids=["one frame", "octets"])
def test_6_3_invalid_text_however_fragmented(client: RawClient, parts: list[bytes]) -> None:
    client.send(b"".join(fragments(TEXT, parts)))
    refused(client)


@pytest.mark.parametrize("start", [KOSME + b"\xf4\x90", KOSME + b"\xf4\x90\x80\x80"], ids=["6.4.2", "6.4.1"])
def test_6_4_fails_fast_before_the_last_fragment(client: RawClient, start: bytes) -> None:
    client.send(frame(TEXT, start[:12], fin=False), frame(0, start[12:], fin=False))
    refused(client)


@pytest.mark.parametrize("bad", [b"\xf4\x90", b"\xf4\x90\x80\x80"], ids=["6.4.4", "6.4.3"])
@pytest.mark.parametrize("octets", [False, True])
def test_6_4_fails_fast_inside_an_unfinished_frame(client: RawClient, bad: bytes, octets: bool) -> None:
    whole = frame(TEXT, KOSME + bad + b"\x80\x80edited")
    sent = whole[: 6 + len(KOSME) + len(bad)]
    client.send(*(cut(sent, 1) if octets else [sent]))
    refused(client)


@pytest.mark.parametrize(("valid", "payload"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_6_5_to_6_23(client: RawClient, valid: bool, payload: bytes) -> None:
    client.send(frame(TEXT, payload))
    if valid:
        echoed(client, payload)
    else:
        refused(client)


@pytest.mark.parametrize(("valid", "payload"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_6_5_to_6_23_one_byte_a_fragment(client: RawClient, valid: bool, payload: bytes) -> None:
    client.send(b"".join(fragments(TEXT, cut(payload, 1))))
    if valid:
        echoed(client, payload)
    else:
        refused(client)


def test_a_character_across_fragments_and_a_ping(client: RawClient) -> None:
    one, two = fragments(TEXT, ["中".encode()[:1], "中".encode()[1:]])
    client.send(one, frame(9, b"between"), two)
    client.expect(10, b"between")
    echoed(client, "中".encode())


def test_binary_is_not_checked(client: RawClient) -> None:
    client.send(frame(BINARY, b"\xff\xfe\xed\xa0\x80"))
    client.expect(BINARY, b"\xff\xfe\xed\xa0\x80")


def test_the_case_list_is_whole() -> None:
    assert len(CASES) == 5 + 11 + 4 + 2 + 4 + 3 + 5 + 8 + 5 + 10 + 1 + 3 + 5 + 5 + 5 + 7 + 8 + 34 + 7
    for name, valid, payload in CASES:
        try:
            payload.decode()
        except UnicodeDecodeError:
            assert not valid, name
        else:
            assert valid, name
