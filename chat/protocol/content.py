"""What a message may hold, checked before anything is stored. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from chat.errors import KefuError
from chat.protocol.commands import Send, SendPayload

MAX_CARD_BYTES: Final = 16_384
MAX_CARD_DEPTH: Final = 8

# An escaped NUL: \u0000 after an even number of backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def check_content(command: Send | SendPayload) -> None:
    """Raise `KefuError("invalid")` unless the parts of a message go with its kind."""
    kind = command.kind
    if kind == "text":
        if not command.text or not command.text.strip():
            raise KefuError("invalid", "a text message needs text")
        if command.attachment is not None or command.card is not None:
            raise KefuError("invalid", "a text message has neither attachment nor card")
    elif kind == "card":
        if not command.card:
            raise KefuError("invalid", "a card message needs a card")
        if command.attachment is not None:
            raise KefuError("invalid", "a card message has no attachment")
        _check_card(command.card)
    else:
        if not command.attachment:
            raise KefuError("invalid", "a file message needs an attachment")
        if command.card is not None:
            raise KefuError("invalid", "a file message has no card")


def check_storable(raw: bytes) -> None:
    """Raise `KefuError("invalid")` for text PostgreSQL cannot hold: U+0000 anywhere in an encoded entry.

    The plain substring search keeps this at 0.1 µs for the messages that are fine.
    """
    if b"\\u0000" in raw and _NUL.search(raw):
        raise KefuError("invalid", "text must not contain U+0000")


def _check_card(card: dict[str, Any]) -> None:
    if _depth(card) > MAX_CARD_DEPTH:
        raise KefuError("invalid", f"a card nests at most {MAX_CARD_DEPTH} deep")
    try:
        size = len(msgspec.json.encode(card))
        msgspec.msgpack.encode(card)
    except (TypeError, ValueError, OverflowError):
        # An integer beyond 64 bits is JSON, and yet no reader of the binary form could be given it.
        raise KefuError("invalid", "a card holds only what JSON readers agree on") from None
    if size > MAX_CARD_BYTES:
        raise KefuError("invalid", f"a card has at most {MAX_CARD_BYTES} bytes")


def _depth(value: object, at: int = 1) -> int:
    if at > MAX_CARD_DEPTH:
        return at
    if isinstance(value, dict):
        return max((_depth(item, at + 1) for item in value.values()), default=at)
    if isinstance(value, list):
        return max((_depth(item, at + 1) for item in value), default=at)
    return at
