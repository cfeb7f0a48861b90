"""Frames as JSON text (wire contract, section 3). Pure.

Hot frames are spliced from bytes: a `message` costs one concatenation because its payload is the stored body.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chat.protocol.commands import CLIENT_FRAMES, FrameError, Incoming
from chat.protocol.entry import now_ms

MAX_REF = 128  # characters; "any short string"

_ENCODER = msgspec.json.Encoder()
_ACK = (
    b'{"type":"message.ack",%b"timestamp":%d,"payload":{"conversation":"%b","client_msg_id":%b,'
    b'"id":"%b","seq":%d,"created_at":%d}}'
)


class _Outer(msgspec.Struct):
    type: str
    ref: str | None = None
    timestamp: int | float | None = None
    payload: msgspec.Raw = msgspec.Raw(b"{}")


_OUTER = msgspec.json.Decoder(_Outer)
_PAYLOADS = {name: msgspec.json.Decoder(shape) for name, shape in CLIENT_FRAMES.items()}


def parse(data: bytes | str) -> Incoming:
    """One client frame. Raises `FrameError` with `bad_frame`, `unknown_type` or `invalid`."""
    try:
        outer = _OUTER.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FrameError("bad_frame", _short(error)) from None
    ref = outer.ref
    if ref is not None and len(ref) > MAX_REF:
        raise FrameError("bad_frame", f"ref is longer than {MAX_REF} characters")
    decoder = _PAYLOADS.get(outer.type)
    if decoder is None:
        raise FrameError("unknown_type", "unknown frame type", ref)
    try:
        return Incoming(outer.type, ref, decoder.decode(outer.payload))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FrameError("invalid", _short(error), ref) from None


class JsonForm:
    """Encodes server frames as JSON bytes for text messages."""

    binary = False
    name = "json"

    @staticmethod
    def parse(data: bytes | str) -> Incoming:
        """See `parse`."""
        return parse(data)

    @staticmethod
    def ack(
        ref: str | None, conversation: str, client_msg_id: str, entry_id: str, seq: int, created_at: int
    ) -> bytes:
        """A `message.ack` frame."""
        return _ACK % (
            b"" if ref is None else b'"ref":' + _ENCODER.encode(ref) + b",",
            now_ms(),
            conversation.encode(),
            _ENCODER.encode(client_msg_id),
            entry_id.encode(),
            seq,
            created_at,
        )  # fmt: skip

    @staticmethod
    def message(body: bytes) -> bytes:
        """A `message` frame around an entry's stored bytes."""
        return b'{"type":"message","timestamp":%d,"payload":%b}' % (now_ms(), body)

    @staticmethod
    def frame(kind: str, payload: dict[str, Any], ref: str | None = None) -> bytes:
        """Any other frame."""
        frame: dict[str, Any] = {"type": kind}
        if ref is not None:
            frame["ref"] = ref
        frame["timestamp"] = now_ms()
        frame["payload"] = payload
        return _ENCODER.encode(frame)


def _short(error: BaseException) -> str:
    """A decoder's words, which quote field paths but never values."""
    return str(error)[:200] or type(error).__name__
