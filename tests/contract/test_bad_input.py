"""Wrong frames get an `error` and the connection lives; everybody else never notices (section 3)."""

import asyncio
import json
from typing import Any

import msgspec
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract import binary
from tests.contract.clients import Client, PollClient, SocketClient
from tests.contract.conftest import Wire

DEEP_JSON = '{"type":"typing","payload":' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "}"
JSON_FRAMES: list[tuple[str, str]] = [
    ("", "bad_frame"),
    ("nonsense", "bad_frame"),
    ("null", "bad_frame"),
    ("[]", "bad_frame"),
    ("{}", "bad_frame"),
    ('{"type":5}', "bad_frame"),
    ('{"type":"ping","ref":5}', "bad_frame"),
    ('{"type":"ping","ref":"' + "r" * 200 + '"}', "bad_frame"),
    ('{"type":"ping"} trailing', "bad_frame"),
    ('{"type":"ping","payload":NaN}', "bad_frame"),
    ('{"type":"ping","payload":[]}', "invalid"),
    ('{"type":"ping","payload":null}', "invalid"),
    ('{"type":"later.invention","payload":{}}', "unknown_type"),
    ('{"type":"welcome","payload":{}}', "unknown_type"),
    ('{"type":"message.send"}', "invalid"),
    ('{"type":"typing","payload":{"conversation":{},"on":true}}', "invalid"),
    (DEEP_JSON, "bad_frame"),
    ('{"type":"ping","payload":' + "[" * 30_000 + "]" * 30_000 + "}", "bad_frame"),
]
BINARY_FRAMES: list[tuple[Any, str]] = [
    (b"", "bad_frame"),
    (b"\xc1", "bad_frame"),
    (b"\xff" * 100, "bad_frame"),
    (b"\x91" * 20_000 + b"\xc0", "bad_frame"),
    ([], "bad_frame"),
    ({}, "bad_frame"),
    (["ping"], "bad_frame"),
    ([99], "unknown_type"),
    ([-1], "unknown_type"),
    ([2, None, 0, b"x" * 16], "unknown_type"),
    ([0, None, 0, "later.invention", {}], "unknown_type"),
    ([0, None, 0, 7, {}], "bad_frame"),
    ([0, None, 0, "ping", []], "invalid"),
    ([6, 7], "bad_frame"),
    ([6, b"short"], "bad_frame"),
    ([1], "invalid"),
    ([1, None, 0, b"xx"], "bad_frame"),
    ([0, None, 0, "message.send", {1: 2}], "bad_frame"),
    ([5, None, 0, "c", 1], "invalid"),
]


async def _refused(client: Client, raw: Any) -> str:
    await client.put_raw(raw)
    frame = await client.expect("error")
    assert frame["payload"]["retryable"] is False, frame
    return str(frame["payload"]["code"])


async def test_malformed_frames_get_an_error_each_and_the_connection_lives(wire: Wire) -> None:
    session, client, witness = await wire.pair()
    if wire.transport == "json":
        for raw, code in JSON_FRAMES:
            assert await _refused(client, raw) == code, raw[:80]
    elif wire.transport == "poll":
        assert await client.error("later.invention") == "unknown_type"
        for raw, code in JSON_FRAMES[2:8]:
            assert await _refused(client, raw) == code, raw[:80]
    else:
        for frame, code in BINARY_FRAMES:
            raw_frame = frame if isinstance(frame, bytes) else msgspec.msgpack.encode(frame)
            assert await _refused(client, raw_frame) == code, raw_frame[:80]
    assert (await client.say(session.conversation, "still here"))["seq"] == 1
    await witness.message(seq=1)


async def test_text_that_cannot_be_stored_is_refused(wire: Wire) -> None:
    session, client, _ = await wire.pair()
    conversation = session.conversation
    send = {"conversation": conversation, "client_msg_id": "x", "kind": "text"}
    assert await client.error("message.send", {**send, "text": "a\x00b"}) == "invalid"
    card = {**send, "kind": "card", "card": {"n": 2**70}}
    if wire.transport in ("json", "poll"):
        assert await client.error("message.send", card) == "invalid"
        for text in (r"\ud800", r"a\udc00b", r"\ud800\ud800"):
            raw = json.dumps({"type": "message.send", "payload": {**send, "text": "@"}}).replace("@", text)
            if isinstance(client, PollClient):  # the body around it is no JSON either
                body = f'{{"frames":[{raw}]}}'
                answer = await client.http.post(client.path, content=body, headers=client.headers)
                assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame"), text
            else:
                assert await _refused(client, raw) in ("bad_frame", "invalid"), text
    else:
        values = [conversation, "x", 3, None, None]
        for card_value in (
            {"n": float("nan")},
            {"n": float("inf")},
            {"b": b"bytes"},
            {1: 2},
            {"d": {None: 1}},
        ):
            frame = msgspec.msgpack.encode([1, None, 0, *values, card_value])
            assert await _refused(client, frame) in ("bad_frame", "invalid"), card_value
        lone = msgspec.msgpack.encode([1, None, 0, conversation, "x", 0, "@@@"]).replace(
            b"@@@", b"\xed\xa0\x80"
        )
        assert await _refused(client, lone) == "bad_frame"
        stamp = msgspec.msgpack.encode([1, None, 0, *values, {"t": msgspec.msgpack.Ext(5, b"x")}])
        assert await _refused(client, stamp) == "bad_frame"
    assert (await client.say(conversation, "😀 \u2028 ok"))["seq"] == 1


async def test_extra_fields_and_odd_timestamps_are_no_mistake(wire: Wire) -> None:
    session, client, _ = await wire.pair()
    if wire.transport in ("json", "poll"):
        await client.put_raw('{"type":"ping","ref":"r","timestamp":1.5e300,"later":[{}],"payload":{"x":1}}')
    else:
        await client.put_raw(msgspec.msgpack.encode([6, "r", 2**60, None, {"x": 1}, 7]))
    assert (await client.expect("pong"))["ref"] == "r"
    assert (await client.say(session.conversation, "x", sender={"kind": "agent"}, seq=99))["seq"] == 1


async def test_a_frame_over_64_kib_closes_with_4413(wire: Wire) -> None:
    session = await wire.visitor()
    fits = await wire.join(session)
    assert await fits.error("typing", {"conversation": "x" * 60_000, "on": True}) == "invalid"
    await fits.alive()
    big: Any = json.dumps({"type": "ping", "payload": {"x": "y" * 66_000}})
    if wire.transport in ("binary", "zstd"):
        big = msgspec.msgpack.encode([0, None, 0, "ping", {"x": "y" * 66_000}])
    await fits.put_raw(big)
    assert await fits.closed() == 4413
    first = await wire.connect()
    await first.put_raw(big)
    assert await first.closed() == 4413


async def test_64_kib_are_counted_in_bytes(wire: Wire) -> None:
    session = await wire.visitor()
    client = await wire.join(session)
    await client.send("typing", {"conversation": "x", "on": True, "preview": "字" * 22_000})
    if wire.transport == "zstd":  # small on the wire, and refused where it is unpacked
        assert (await client.expect("error"))["payload"]["code"] == "too_large"
        await client.alive()
    else:
        assert await client.closed() == 4413


async def test_zstd_bombs_are_refused(socket_wire: Wire) -> None:
    session = await socket_wire.visitor()
    client = await socket_wire.join(session, transport="zstd")
    assert isinstance(client, SocketClient)
    ping = binary.encode({"type": "ping"})
    bomb = zstandard.ZstdCompressor(level=19).compress(b"\x00" * 50_000_000)
    streamed = zstandard.ZstdCompressor(level=6).compressobj()
    unsized = streamed.compress(b"\x00" * 50_000_000) + streamed.flush()
    damaged = bytearray(binary.compress(ping + b""))
    damaged[-1] ^= 0xFF
    for raw, code in [
        (bomb, "too_large"),
        (unsized, "too_large"),
        (bytes(damaged), "bad_frame"),
        (binary.ZSTD_MAGIC + b"rubbish", "bad_frame"),
        (binary.ZSTD_MAGIC, "bad_frame"),
    ]:
        assert len(raw) < 65_536
        assert await _refused(client, raw) == code
    stream = zstandard.ZstdCompressor(level=6, write_checksum=True).compressobj()
    await client.put_raw(stream.compress(ping) + stream.flush())
    await client.expect("pong")


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20)
JSON_VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PACK_VALUES = st.recursive(
    SCALARS | st.floats() | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "conversation",
    "client_msg_id",
    "kind",
    "text",
    "attachment",
    "card",
    "reply_to",
    "after_seq",
    "on",
)
TYPES = ("message.send", "subscribe", "unsubscribe", "receipt", "typing", "token", "ping", "hello", "x")


def _payloads(values: Any) -> Any:
    kinds = st.sampled_from(["text", "card", "image", "MINE"])
    likely = st.dictionaries(st.sampled_from((*FIELDS, "read", "delivered", "preview")), values | kinds)
    return likely | values


def _json_frames() -> Any:
    frames = st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES)}, optional={"payload": _payloads(JSON_VALUES), "ref": SCALARS}
    )
    return frames.map(json.dumps) | JSON_VALUES.map(json.dumps) | st.text(max_size=60)


def _binary_frames() -> Any:
    short = st.tuples(st.integers(0, 8), SCALARS, SCALARS).flatmap(
        lambda head: st.lists(PACK_VALUES | st.just("MINE"), max_size=9).map(lambda rest: [*head, *rest])
    )
    long = st.tuples(st.just(0), st.none(), st.none(), st.sampled_from(TYPES), _payloads(PACK_VALUES)).map(
        list
    )
    encoded = (short | long | PACK_VALUES).map(msgspec.msgpack.encode)
    return encoded | encoded.map(binary.compress) | st.binary(max_size=80)


async def test_no_frame_whatever_ends_a_connection_or_breaks_something(socket_wire: Wire) -> None:
    session, client, witness = await socket_wire.pair()
    frames: list[str | bytes] = []

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_json_frames() if socket_wire.transport == "json" else _binary_frames())
    def gather(frame: str | bytes) -> None:
        mine: Any = session.conversation
        if isinstance(frame, str):
            frames.append(frame.replace("MINE", mine))
        else:
            frames.append(frame.replace(b"\xa4MINE", msgspec.msgpack.encode(binary.packed(mine))))

    await asyncio.to_thread(gather)
    for frame in frames:
        await client.put_raw(frame)
    await client.alive()
    assert client.code is None
    codes = {payload["code"] for payload in client.seen("error")}
    assert codes and "internal" not in codes
    head = (await client.call("ping"))["payload"]["heads"][session.conversation]
    ack = await client.say(session.conversation, "still here")
    assert ack["seq"] == head + 1
    await witness.message(seq=ack["seq"])
