"""The binary form as an outsider reads it in the contract: from the text, not from the server's code."""

import re
import time
import uuid
from typing import Any

import msgspec
import zstandard

Frame = dict[str, Any]
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
KINDS = ("text", "image", "file", "card", "event", "hidden")
SENDERS = ("visitor", "agent", "bot", "system")
_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEND = ("conversation", "client_msg_id", "kind", "text", "attachment", "card", "reply_to")
_ACK = ("conversation", "client_msg_id", "id", "seq", "created_at")
_ENTRY = (
    *("conversation", "id", "seq", "client_msg_id", "sender_kind", "sender_id", "sender_name"),
    *("kind", "text", "attachment", "card", "event", "reply_to", "created_at"),
)
_HIDDEN = ("conversation", "id", "seq", "kind")


def packed(value: Any) -> Any:
    """A canonical UUID as 16 bytes."""
    if isinstance(value, str) and _CANONICAL.fullmatch(value):
        return uuid.UUID(value).bytes
    return value


def unpacked(value: Any) -> Any:
    """16 bytes as a canonical UUID."""
    return str(uuid.UUID(bytes=value)) if isinstance(value, bytes) else value


def encode(frame: Frame) -> bytes:
    """A client's frame in its shortest form."""
    payload: Frame = frame.get("payload", {})
    head = [packed(frame.get("ref")), int(time.time() * 1000)]
    match frame["type"]:
        case "message.send":
            kind = payload.get("kind")
            values = {**payload, "kind": KINDS.index(kind) if kind in KINDS else kind}
            fields = [1, *head, *(packed(values.get(name)) for name in _SEND)]
        case "receipt":
            fields = [
                4,
                *head,
                *(packed(payload.get(name)) for name in ("conversation", "delivered", "read")),
            ]
        case "typing":
            fields = [5, *head, *(packed(payload.get(name)) for name in ("conversation", "on", "preview"))]
        case "ping":
            fields = [6, *head]
        case other:
            fields = [0, *head, other, payload]
    while fields[-1] is None:
        fields.pop()
    return msgspec.msgpack.encode(fields)


def compress(data: bytes) -> bytes:
    """A zstd frame as the contract wants it."""
    return zstandard.ZstdCompressor(level=6, write_checksum=True).compress(data)


def decode(data: bytes) -> Frame:
    """A server's frame in the shape of the JSON form. Fails on anything that the contract does not allow."""
    if data.startswith(ZSTD_MAGIC):
        assert zstandard.get_frame_parameters(data).has_checksum
        data = zstandard.ZstdDecompressor().decompress(data)
        assert len(data) > 512, "frames up to 512 bytes are not compressed"
    code, *fields = msgspec.msgpack.decode(data)
    fields += [None] * (20 - len(fields))
    ref, timestamp, *rest = fields
    values = [unpacked(value) for value in rest]
    kind, payload = _payload(code, values)
    frame: Frame = {"type": kind, "timestamp": timestamp, "payload": payload}
    if ref is not None:
        frame["ref"] = unpacked(ref)
    return frame


def _payload(code: int, values: list[Any]) -> tuple[str, Frame]:
    match code:
        case 0:
            return values[0], values[1] or {}
        case 2:
            return "message.ack", dict(zip(_ACK, values, strict=False))
        case 3:
            return "message", _entry(dict(zip(_ENTRY, values, strict=False)))
        case 4:
            payload = dict(zip(("conversation", "delivered", "read"), values, strict=False))
            return "receipt", {**payload, "sender": _sender(values[3:5])}
        case 5:
            payload = {"conversation": values[0], "on": values[1], "sender": _sender(values[3:5])}
            return "typing", payload if values[2] is None else {**payload, "preview": values[2]}
        case 7:
            return "pong", {"heads": values[0]}
        case _:
            raise AssertionError(f"no server sends code {code}")


def _sender(values: list[Any]) -> Frame:
    return {"kind": SENDERS[values[0]], "id": values[1]}


def _entry(entry: Frame) -> Frame:
    entry["kind"] = KINDS[entry["kind"]]
    if entry["kind"] == "hidden":
        assert all(entry[name] is None for name in _ENTRY if name not in _HIDDEN), entry
        return {name: entry[name] for name in _HIDDEN}
    sender = {
        "kind": SENDERS[entry.pop("sender_kind")],
        "id": entry.pop("sender_id"),
        "name": entry.pop("sender_name"),
    }
    return {**entry, "sender": sender}
