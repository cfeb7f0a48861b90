"""The entry: the one shape of everything that stands in a conversation's log (wire contract, section 2).

Field order is the wire order; the journal stores exactly these JSON bytes, so what was acknowledged, what is
delivered and what is persisted are the same bytes. Pure: no Django, no I/O.
"""

from __future__ import annotations

import os
import time
from typing import Any, Final, Literal

import msgspec

SenderKind = Literal["visitor", "agent", "bot", "system"]
EntryKind = Literal["text", "image", "file", "card", "event", "hidden"]

MAX_FRAME: Final = 65_536  # bytes
MAX_TEXT: Final = 8000  # characters
MAX_CLIENT_MSG_ID: Final = 64  # characters


class Person(msgspec.Struct, frozen=True):
    """A named id: an agent, a group, a visitor, a label."""

    id: str
    name: str | None = None


class Sender(msgspec.Struct, frozen=True):
    """Who wrote an entry. `id` is a UUID in text form, null for the system."""

    kind: SenderKind
    id: str | None = None
    name: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    """A stored file. `size` in bytes, `width`/`height` in pixels; URLs are null at rest, signed when an
    entry leaves.
    """

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    url: str | None = None
    thumbnail_url: str | None = None


class Event(msgspec.Struct, frozen=True):
    """An act: `accepted`, `closed`, `note`, … with its data."""

    name: str
    data: dict[str, Any] = {}


class Entry(msgspec.Struct, frozen=True):
    """One numbered line of a conversation. `created_at` is ms since the epoch, set when it was stored."""

    conversation: str
    id: str
    seq: int
    client_msg_id: str | None
    sender: Sender
    kind: EntryKind
    text: str | None = None
    attachment: Attachment | None = None
    card: dict[str, Any] | None = None
    event: Event | None = None
    reply_to: int | None = None
    created_at: int = 0


class HiddenEntry(msgspec.Struct, frozen=True):
    """What a reader gets of an entry they may not see, or that was recalled or erased."""

    conversation: str
    id: str
    seq: int
    kind: Literal["hidden"] = "hidden"


_ENCODER = msgspec.json.Encoder()
_ENTRY_DECODER = msgspec.json.Decoder(Entry)

# Where `seq` stands in an unnumbered body: both ids are canonical UUIDs of 36 characters, so the place is
# fixed.
_SEQ_AT: Final = len('{"conversation":"') + 36 + len('","id":"') + 36 + len('","seq":')
_TAIL: Final = len("0}")

#: Events that only people who answer may read.
INTERNAL_EVENTS: Final = frozenset(
    {
        "note", "note_edited", "whisper", "invited", "left", "labels", "snoozed", "woken", "summarized",
        "merged", "left_message", "refused", "briefed",
    }
)  # fmt: skip


def encode_unnumbered(entry: Entry) -> bytes:
    """The JSON bytes of an entry whose `seq` and `created_at` are still 0, ready for `number`."""
    return _ENCODER.encode(entry)


def number(raw: bytes, seq: int, created_at: int) -> bytes:
    """Write `seq` and `created_at` (ms) into an unnumbered body: two splices instead of a second encoding.

    >>> number(encode_unnumbered(entry), 7, 1700000000000)  # doctest: +SKIP
    """
    return b"%b%d%b%d}" % (raw[:_SEQ_AT], seq, raw[_SEQ_AT + 1 : -_TAIL], created_at)


def split_unnumbered(raw: bytes) -> tuple[bytes, bytes]:
    """The parts of an unnumbered body around `seq`, and up to `created_at`: `a + seq + b + created_at +
    "}"`.
    """
    return raw[:_SEQ_AT], raw[_SEQ_AT + 1 : -_TAIL]


def encode_entry(entry: Entry | HiddenEntry) -> bytes:
    """An entry's canonical JSON bytes."""
    return _ENCODER.encode(entry)


def decode_entry(body: bytes | str) -> Entry:
    """The entry in a stored body. Raises `msgspec.DecodeError` on anything else."""
    return _ENTRY_DECODER.decode(body)


def is_internal(entry: Entry) -> bool:
    """Whether visitors may not read it (a note or a whisper)."""
    return entry.event is not None and entry.event.name in INTERNAL_EVENTS


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


_random: list[bytes] = []
os.register_at_fork(after_in_child=_random.clear)  # parent and child must not draw the same ids


def new_id() -> str:
    """A UUID version 7 (RFC 9562) in canonical text form: time-ordered, so database indexes grow at one
    end.
    """
    try:
        tail = _random.pop()
    except IndexError:
        # The system call gives the interpreter lock up, and winning it back beside busy threads cost the
        # event loop 13 % of its time: one call for 256 ids.
        block = os.urandom(2560)
        _random.extend(block[at : at + 10] for at in range(10, 2560, 10))
        tail = block[:10]
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(tail, "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    h = f"{value:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
