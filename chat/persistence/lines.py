"""What persistence reads of an entry's body. Pure.

The database takes the body apart itself, so of each entry Python decodes only the few fields the
conversation's row is made of: half a microsecond instead of three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from chat.journal.base import LogItem
from chat.protocol.entry import Event

_Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Speaker(msgspec.Struct, gc=False):
    """Who wrote a line."""

    kind: str
    id: _Id | None


class Line(msgspec.Struct, gc=False):
    """An entry as far as projections need it. `created_at` in ms."""

    conversation: str
    id: _Id
    seq: int
    client_msg_id: str | None
    sender: Speaker
    kind: str
    text: str | None
    event: Event | None
    created_at: int


class Readable(msgspec.Struct, gc=False):
    """An item whose body is an entry in the right place: `body` is what the database shall take apart."""

    item: LogItem
    line: Line
    body: bytes


class Rejected(msgspec.Struct, gc=False):
    """An item that cannot be stored, and why: a short code and words for the operator."""

    item: LogItem
    code: str
    error: str


_DECODE = msgspec.json.Decoder(Line).decode

# `\u0000` that is an escape and not the end of `\\u0000`: neither database can hold the character.
_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def storable(body: bytes) -> bytes:
    """The body with every NUL character replaced by U+FFFD, which both databases can hold.

    >>> storable(rb'{"text":"a\\u0000b"}') == rb'{"text":"a\\ufffdb"}'
    True
    """
    return _NUL.sub(rb"\1\\ufffd", body) if b"\\u0000" in body else body


def read(items: Iterable[LogItem]) -> tuple[list[Readable], list[Rejected]]:
    """Items whose bodies are entries of their place, and the others."""
    readable: list[Readable] = []
    rejected: list[Rejected] = []
    for item in items:
        try:
            body = storable(item.body)
            line = _DECODE(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            rejected.append(Rejected(item, "bad_body", str(error)))
            continue
        if line.seq != item.seq or line.conversation != item.conversation:
            where = f"the body says {line.conversation}#{line.seq}"
            rejected.append(Rejected(item, "bad_body", where))
            continue
        readable.append(Readable(item, line, body))
    return readable, rejected
