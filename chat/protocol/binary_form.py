"""Frames as MessagePack arrays, optionally inside zstd (wire contract, section 7). Pure.

`[code, ref, timestamp, fields…]`, trailing nils left out; a canonical UUID travels as 16 bytes. For a
`message` of 60 characters this is less than half of the JSON bytes; `tests/protocol` holds the figure.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import msgspec
import zstandard

from chat.protocol.commands import CLIENT_FRAMES, FrameError, Incoming
from chat.protocol.entry import MAX_FRAME, Entry, HiddenEntry, now_ms

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
ZSTD_OVER: Final = 512  # bytes
#: RFC 8878 section 3.1.1.1.2: decoders should take windows up to 8 MB, which streaming encoders announce.
MAX_WINDOW: Final = 8 * 2**20
KINDS: Final = ("text", "image", "file", "card", "event", "hidden")
SENDERS: Final = ("visitor", "agent", "bot", "system")
_KIND_CODE: Final = {name: code for code, name in enumerate(KINDS)}
_SENDER_CODE: Final = {name: code for code, name in enumerate(SENDERS)}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()
# One for the process: making one costs more than a frame. Used on the event-loop thread alone.
_COMPRESSOR = zstandard.ZstdCompressor(level=6, write_checksum=True)

#: fields after [code, ref, timestamp] of the frames a client may send in short form
_CLIENT_FIELDS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    1: ("message.send", ("conversation", "client_msg_id", "kind", "text", "attachment", "card", "reply_to")),
    4: ("receipt", ("conversation", "delivered", "read", "sender_kind", "sender_id")),
    5: ("typing", ("conversation", "on", "preview", "sender_kind", "sender_id")),
    6: ("ping", ()),
}


def pack_text(value: str | None) -> str | bytes | None:
    """A canonical UUID as its 16 bytes, anything else as it is."""
    if value is not None and len(value) == 36 and _UUID.fullmatch(value):
        return bytes.fromhex(value.replace("-", ""))
    return value


def unpack_text(value: object) -> object:
    """16 bytes back to a canonical UUID; other values unchanged. Raises `FrameError` for other byte
    strings.
    """
    if isinstance(value, bytes):
        if len(value) != 16:
            raise FrameError("bad_frame", "a bin field must be a UUID of 16 bytes")
        h = value.hex()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
    return value


def _unpack_deep(value: object) -> object:
    """Maps and arrays as in JSON: what JSON cannot say (other keys, dates, extensions, NaN) is refused."""
    if isinstance(value, dict):
        unpacked = {unpack_text(key): _unpack_deep(item) for key, item in value.items()}
        if not all(isinstance(key, str) for key in unpacked):
            raise FrameError("bad_frame", "the keys of a map are strings")
        return unpacked
    if isinstance(value, list):
        return [_unpack_deep(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise FrameError("bad_frame", "a number is finite")
    if value is None or isinstance(value, str | bytes | bool | int | float):
        return unpack_text(value)
    raise FrameError("bad_frame", "values are those of JSON")


def decompress(data: bytes) -> bytes:
    """The bytes inside a zstd frame, at most 64 KiB: a bomb is refused before it is unpacked.

    Raises `FrameError`.
    """
    try:
        size = zstandard.get_frame_parameters(data).content_size
        if size not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR) and size > MAX_FRAME:
            raise FrameError("too_large", "the frame unpacks to more than 64 KiB")
        with zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(data) as reader:
            plain = reader.read(MAX_FRAME + 1)
    except zstandard.ZstdError:
        raise FrameError("bad_frame", "not a zstd frame") from None
    if len(plain) > MAX_FRAME:
        raise FrameError("too_large", "the frame unpacks to more than 64 KiB")
    return plain


def parse(data: bytes) -> Incoming:
    """One client frame. Raises `FrameError` with `bad_frame`, `unknown_type`, `too_large` or `invalid`."""
    if data.startswith(ZSTD_MAGIC):
        data = decompress(data)
    try:
        frame = _DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise FrameError("bad_frame", str(error)[:200]) from None
    if not isinstance(frame, list) or not frame or not isinstance(frame[0], int):
        raise FrameError("bad_frame", "a frame is an array [code, ref, timestamp, fields…]")
    ref = unpack_text(frame[1]) if len(frame) > 1 else None
    if ref is not None and (not isinstance(ref, str) or len(ref) > 128):
        raise FrameError("bad_frame", "ref is a string of at most 128 characters")
    name, payload = _payload(frame, ref)
    shape = CLIENT_FRAMES.get(name)
    if shape is None:
        raise FrameError("unknown_type", "unknown frame type", ref)
    try:
        return Incoming(name, ref, msgspec.convert(payload, shape))
    except (msgspec.ValidationError, RecursionError) as error:
        raise FrameError("invalid", str(error)[:200], ref) from None


def _payload(frame: list[Any], ref: str | None) -> tuple[str, object]:
    code, fields = frame[0], frame[3:]
    try:
        if code == 0:
            name = unpack_text(fields[0]) if fields else None
            if not isinstance(name, str):
                raise FrameError("bad_frame", "the type is a string", ref)
            return name, _unpack_deep(fields[1] if len(fields) > 1 else {})
        if code not in _CLIENT_FIELDS:
            raise FrameError("unknown_type", "unknown frame code", ref)
        name, names = _CLIENT_FIELDS[code]
        values = (_unpack_deep(value) for value in fields)
        payload = {key: value for key, value in zip(names, values, strict=False) if value is not None}
    except RecursionError:
        raise FrameError("bad_frame", "nested too deep", ref) from None
    kind = payload.get("kind")
    if code == 1 and isinstance(kind, int) and 0 <= kind < len(KINDS):
        payload["kind"] = KINDS[kind]
    return name, payload


def _pack(fields: list[Any]) -> bytes:
    while fields and fields[-1] is None:
        fields.pop()
    return _ENCODER.encode(fields)


def encode_message(entry: Entry | HiddenEntry) -> bytes:
    """A `message` frame (code 3)."""
    if isinstance(entry, HiddenEntry):
        return _pack(
            [3, None, now_ms(), pack_text(entry.conversation), pack_text(entry.id), entry.seq,
             None, None, None, None, _KIND_CODE["hidden"]]
        )  # fmt: skip
    sender = entry.sender
    return _pack(
        [3, None, now_ms(), pack_text(entry.conversation), pack_text(entry.id), entry.seq,
         pack_text(entry.client_msg_id), _SENDER_CODE[sender.kind], pack_text(sender.id), sender.name,
         _KIND_CODE[entry.kind], entry.text, entry.attachment, entry.card, entry.event, entry.reply_to,
         entry.created_at]
    )  # fmt: skip


def compress(frame: bytes) -> bytes:
    """A zstd frame around a binary frame: level 6, content checksum."""
    return _COMPRESSOR.compress(frame)


class BinaryForm:
    """Encodes server frames as MessagePack for binary messages."""

    binary = True
    name = "binary"

    @staticmethod
    def parse(data: bytes) -> Incoming:
        """See `parse`."""
        return parse(data)

    @staticmethod
    def ack(
        ref: str | None, conversation: str, client_msg_id: str, entry_id: str, seq: int, created_at: int
    ) -> bytes:
        """A `message.ack` frame (code 2)."""
        return _pack(
            [2, pack_text(ref), now_ms(), pack_text(conversation), pack_text(client_msg_id),
            pack_text(entry_id),
             seq, created_at]
        )  # fmt: skip

    @staticmethod
    def frame(kind: str, payload: dict[str, Any], ref: str | None = None) -> bytes:
        """Any other frame: receipts, typing and pong in their short forms, the rest as code 0."""
        head: list[Any] = [0, pack_text(ref), now_ms()]
        match kind:
            case "receipt" | "typing":
                sender = payload.get("sender") or {}
                names = ("delivered", "read") if kind == "receipt" else ("on", "preview")
                head[0] = 4 if kind == "receipt" else 5
                return _pack(
                    [*head, pack_text(payload["conversation"]), *(payload.get(name) for name in names),
                     _SENDER_CODE.get(str(sender.get("kind"))), pack_text(sender.get("id"))]
                )  # fmt: skip
            case "pong":
                head[0] = 7
                return _pack([*head, payload.get("heads", {})])
            case _:
                return _pack([*head, kind, payload])
