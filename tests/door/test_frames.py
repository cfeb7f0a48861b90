"""The frame parser by itself: its laws over arbitrary input, and what it says about a fault."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.door import frames
from chat.door.frames import Close, Event, FrameError, FrameParser, Ping, Pong
from tests.door.wire import BINARY, CLOSE, PING, PONG, TEXT, frame

Outcome = Event | tuple[int, str]

# The first draw of text builds its tables, which looks slow; no law here depends on time.
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MASKS = st.binary(min_size=4, max_size=4)
SMALL = st.binary(max_size=125)
CODES = st.sampled_from([1000, 1001, 1002, 1003, 1007, 1014, 3000, 4408, 4999])


def parse(chunks: list[bytes], max_size: int = frames.MAX_MESSAGE) -> list[Outcome]:
    """All events of a stream; a fault comes last, as (code, reason)."""
    parser = FrameParser(max_size)
    outcome: list[Outcome] = []
    for chunk in chunks:
        parser.feed(chunk)
        try:
            while (event := parser.next_event()) is not None:
                outcome.append(event)
        except FrameError as error:
            outcome.append((error.code, error.reason))
    return outcome


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, list[Event]]:
    """A message in one or more frames with control frames between, and the events it must give."""
    message = draw(st.text(max_size=300) | st.binary(max_size=300))
    payload = message.encode() if isinstance(message, str) else message
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    edges = [0, *cuts, len(payload)]
    opcode = TEXT if isinstance(message, str) else BINARY
    stream, events = b"", []
    for index in range(len(edges) - 1):
        last = index == len(edges) - 2
        part = payload[edges[index] : edges[index + 1]]
        stream += frame(0 if index else opcode, part, fin=last, mask=draw(MASKS))
        control = None if last else draw(st.none() | st.builds(Ping, SMALL) | st.builds(Pong, SMALL))
        if control is not None:
            stream += frame(PING if isinstance(control, Ping) else PONG, control.payload, mask=draw(MASKS))
            events.append(control)
    return stream, [*events, message]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[Event]]:
    """A valid stream, now and then with a close frame at its end, and its events."""
    parts = draw(st.lists(messages(), max_size=5))
    stream = b"".join(part for part, _ in parts)
    events = [event for _, some in parts for event in some]
    if draw(st.booleans()):
        close = Close(draw(CODES), draw(st.text(max_size=30)))
        stream += frame(CLOSE, struct.pack("!H", close.code) + close.reason.encode(), mask=draw(MASKS))
        events.append(close)
    return stream, events


@st.composite
def chunked(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """`data` cut anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=20)))
    edges = [0, *cuts, len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@LAW
@given(streams(), st.data())
def test_however_a_valid_stream_is_cut_the_events_are_its_own(
    stream: tuple[bytes, list[Event]], data: st.DataObject
) -> None:
    raw, events = stream
    assert parse([raw]) == events
    assert parse([raw[index : index + 1] for index in range(len(raw))]) == events
    assert parse(data.draw(chunked(raw))) == events


@LAW
@given(st.binary(max_size=400), st.data())
def test_arbitrary_bytes_give_events_and_at_most_one_fault_however_they_are_cut(
    raw: bytes, data: st.DataObject
) -> None:
    whole = parse([raw], 200)
    assert sum(isinstance(event, tuple) for event in whole) <= 1
    assert all(event[0] in (1002, 1007, 4413) for event in whole if isinstance(event, tuple))
    assert parse([raw[index : index + 1] for index in range(len(raw))], 200) == whole
    assert parse(data.draw(chunked(raw)), 200) == whole


@LAW
@given(streams(), st.integers(0, 2000), st.integers(0, 255), st.data())
def test_one_byte_changed_in_a_valid_stream(
    stream: tuple[bytes, list[Event]], place: int, value: int, data: st.DataObject
) -> None:
    raw = bytearray(stream[0])
    if raw:
        raw[place % len(raw)] = value
    whole = parse([bytes(raw)])
    assert parse(data.draw(chunked(bytes(raw)))) == whole


@LAW
@given(st.text(max_size=300), st.integers(0, 2), MASKS)
def test_round_trip(message: str, scale: int, mask: bytes) -> None:
    text = message * [1, 10, 200][scale]
    payload = text.encode()[: frames.MAX_MESSAGE].decode(errors="ignore").encode()
    for opcode, ours in ((TEXT, frames.text_frame(payload)), (BINARY, frames.binary_frame(payload))):
        theirs = frame(opcode, payload, mask=None)
        assert ours == theirs
        expected: Event = payload.decode() if opcode == TEXT else payload
        assert parse([frame(opcode, payload, mask=mask)]) == [expected]


@LAW
@given(SMALL)
def test_control_frames_round_trip(payload: bytes) -> None:
    assert frames.ping_frame(payload) == frame(PING, payload, mask=None)
    assert frames.pong_frame(payload) == frame(PONG, payload, mask=None)
    assert parse([frame(PING, payload) + frame(PONG, payload)]) == [Ping(payload), Pong(payload)]


@LAW
@given(CODES, st.text(max_size=200))
def test_a_close_frame_keeps_as_much_of_its_reason_as_fits(code: int, reason: str) -> None:
    body = frames.close_frame(code, reason)[2:]
    assert len(body) <= 125
    events = parse([frame(CLOSE, body)])
    assert isinstance(events[0], Close)
    assert events[0].code == code
    assert reason.startswith(events[0].reason)
    assert len(reason.encode()) > 119 or events[0].reason == reason


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2999, 5000])
def test_a_code_that_may_not_be_sent(code: int) -> None:
    assert not frames.is_sendable_code(code)
    with pytest.raises(ValueError, match=str(code)):
        frames.close_frame(code)


@pytest.mark.parametrize("build", [frames.ping_frame, frames.pong_frame])
def test_a_control_frame_too_long_to_send(build: type) -> None:
    with pytest.raises(ValueError, match="126"):
        build(b"x" * 126)


def test_a_reason_that_is_no_text_is_still_sent() -> None:
    assert parse([frame(CLOSE, frames.close_frame(1000, "\ud800")[2:])]) == [Close(1000, "?")]


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (frame(TEXT, b"", mask=None), (1002, "frame not masked")),
        (frame(TEXT, b"", rsv=4), (1002, "reserved bit set")),
        (frame(3), (1002, "unknown opcode")),
        (frame(11), (1002, "unknown opcode")),
        (frame(0), (1002, "continuation of nothing")),
        (frame(PING, fin=False), (1002, "fragmented control frame")),
        (frame(PING, b"x" * 126), (1002, "control frame too long")),
        (frame(TEXT, fin=False) + frame(TEXT), (1002, "message inside a fragmented message")),
        (frame(TEXT, b"a", form=16), (1002, "length not in its shortest form")),
        (frame(TEXT, b"a" * 200, form=64), (1002, "length not in its shortest form")),
        (frame(CLOSE, b"\x03"), (1002, "close frame of one byte")),
        (frame(CLOSE, b"\x03\xec"), (1002, "invalid close code")),
        (frame(CLOSE, b"\x03\xe8\xff"), (1007, "close reason is not UTF-8")),
        (frame(TEXT, b"\xc3"), (1007, "text is not UTF-8")),
        (frame(TEXT, b"\xc3", fin=False) + frame(0), (1007, "text is not UTF-8")),
        (frame(BINARY, bytes(65537)), (4413, "message over 65536 bytes")),
    ],
)
def test_a_fault_has_a_name_and_comes_after_what_was_right(stream: bytes, fault: tuple[int, str]) -> None:
    assert parse([frame(TEXT, b"right") + stream + frame(PING)]) == ["right", fault]


def test_after_a_close_frame_nothing_is_read() -> None:
    assert parse([frame(CLOSE) + frame(PING), frame(TEXT, b"late")]) == [Close(1005, "")]


def test_what_is_not_read_yet_is_counted() -> None:
    parser = FrameParser()
    parser.feed(frame(TEXT, b"one") + frame(TEXT, b"two"))
    assert parser.pending == 18
    assert parser.next_event() == "one"
    assert parser.pending == 9
    assert parser.next_event() == "two"
    assert (parser.next_event(), parser.pending) == (None, 0)
