"""RFC 6455 frames as the server sees them: an incremental parser and a serialiser. Pure: no I/O, no Django.

No extension is ever negotiated, so every reserved bit is an error (RFC 6455 section 5.2). The parser gives:

* ``str``: a whole text message, ``bytes``: a whole binary message, fragments joined;
* :class:`Ping`, :class:`Pong`, :class:`Close`: control frames, also from between two fragments.

The type itself tells a message from a control frame, so the common case allocates nothing but the message.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from struct import Struct
from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the C extension: the same function in Python
    from websockets.utils import apply_mask

MAX_MESSAGE: Final = 64 * 1024
"""Bytes of one message, all its fragments together."""

MAX_CONTROL: Final = 125
"""Bytes of a control frame's payload (RFC 6455 section 5.5)."""

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
NO_STATUS: Final = 1005
ABNORMAL: Final = 1006
INVALID_DATA: Final = 1007
RESTARTING: Final = 1012
TOO_BIG: Final = 4413
INTERNAL: Final = 4500

_FIN = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_SHORT = Struct("!H")
_LONG = Struct("!Q")
_HEADER_16 = Struct("!BBH")
_HEADER_64 = Struct("!BBQ")
_Utf8Decoder = codecs.getincrementaldecoder("utf-8")


class FrameError(Exception):
    """The peer broke the protocol: the connection is to be closed with `code` and `reason`.

    `code` is 1002 (framing), 1007 (not UTF-8) or 4413 (a message over the limit).
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping; `payload` (at most 125 bytes) goes back in the pong."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong, asked for or not."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame; `code` is 1005 when the frame had none (RFC 6455 section 7.1.5)."""

    code: int
    reason: str


Event = str | bytes | Ping | Pong | Close


def is_sendable_code(code: int) -> bool:
    """Whether `code` may stand in a close frame (RFC 6455 section 7.4 and the IANA registry up to 1014)."""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and code not in (1004, NO_STATUS, ABNORMAL))


class FrameParser:
    """Turns what a client sends into events, however the bytes are cut.

    `feed` bytes, then call `next_event` until it gives None. An error is raised as soon as the bytes so far
    cannot become right (bad UTF-8 inside an unfinished frame included); before it come all events that stood
    before the fault. After an error or a close frame the parser is `done` and ignores the rest.
    """

    __slots__ = (
        "_data",
        "_decoder",
        "_fin",
        "_left",
        "_mask",
        "_message",
        "_position",
        "done",
        "max_size",
    )

    def __init__(self, max_size: int = MAX_MESSAGE) -> None:
        self.max_size = max_size
        self.done = False
        self._data = b""  # bytes not yet looked at, from _position on
        self._position = 0
        self._message: bytearray | None = None  # a message's unmasked payload so far; None between messages
        self._decoder: codecs.IncrementalDecoder | None = None  # checks a text message under way
        self._left = 0  # payload bytes still missing from the data frame under way
        self._mask = b""  # that frame's mask, rotated to its next byte
        self._fin = False  # whether that frame ends its message

    @property
    def pending(self) -> int:
        """Bytes fed and not yet looked at."""
        return len(self._data) - self._position

    def feed(self, data: bytes) -> None:
        """Add bytes as they came from the peer; nothing is looked at before `next_event`."""
        if self.done:
            return
        # Left over is at most a header or a control frame, or what a slow consumer has not let us read.
        self._data = self._data[self._position :] + data if self._position < len(self._data) else data
        self._position = 0

    def stop(self) -> None:
        """Forget everything and ignore what still comes."""
        self.done = True
        self._data = b""
        self._position = self._left = 0
        self._message = self._decoder = None

    def next_event(self) -> Event | None:
        """The next event, or None when more bytes are needed. Raises FrameError at the first fault, once."""
        while True:
            data = self._data
            start = self._position
            available = len(data) - start
            if self._left:
                if not available:
                    return None
                if self._take_payload() and self._fin:
                    return self._finish()
                continue
            if available < 2:
                return None
            first = data[start]
            second = data[start + 1]
            opcode = first & 0x0F
            length = second & 0x7F
            self._check_header(first, second)
            if length < 126:
                body = start + 6
            elif length == 126:
                body = start + 8
            else:
                body = start + 14
            if len(data) < body:
                return None
            if length >= 126:
                length = self._long_length(length)
            end = body + length
            mask = data[body - 4 : body]
            if opcode & 0x8:
                if len(data) < end:
                    return None
                self._position = end
                return self._control(opcode, apply_mask(data[body:end], mask))
            if length + (0 if self._message is None else len(self._message)) > self.max_size:
                raise self._fault(TOO_BIG, f"message over {self.max_size} bytes")
            if opcode and first & _FIN and len(data) >= end:
                # A whole message in one frame, all of it here: nearly every message.
                self._position = end
                payload = apply_mask(data[body:end], mask)
                if opcode == BINARY:
                    return payload
                try:
                    return payload.decode()
                except UnicodeDecodeError:
                    raise self._fault(INVALID_DATA, "text is not UTF-8") from None
            if opcode:
                self._message = bytearray()
                self._decoder = _Utf8Decoder() if opcode == TEXT else None
            self._position = body
            self._left = length
            self._mask = mask
            self._fin = bool(first & _FIN)
            if not length and self._fin:
                return self._finish()

    def _check_header(self, first: int, second: int) -> None:
        """What the first two bytes alone can break (RFC 6455 sections 5.1, 5.2, 5.4, 5.5)."""
        if first & _RESERVED:
            raise self._fault(PROTOCOL_ERROR, "reserved bit set")
        if not second & _MASKED:
            raise self._fault(PROTOCOL_ERROR, "frame not masked")
        opcode = first & 0x0F
        if opcode & 0x8:
            if opcode > PONG:
                raise self._fault(PROTOCOL_ERROR, "unknown opcode")
            if not first & _FIN:
                raise self._fault(PROTOCOL_ERROR, "fragmented control frame")
            if second & 0x7F > MAX_CONTROL:
                raise self._fault(PROTOCOL_ERROR, "control frame too long")
        elif opcode > BINARY:
            raise self._fault(PROTOCOL_ERROR, "unknown opcode")
        elif opcode:
            if self._message is not None:
                raise self._fault(PROTOCOL_ERROR, "message inside a fragmented message")
        elif self._message is None:
            raise self._fault(PROTOCOL_ERROR, "continuation of nothing")

    def _long_length(self, form: int) -> int:
        """The 16-bit (`form` 126) or 64-bit (127) length, which must not have fitted a shorter form."""
        start = self._position + 2
        if form == 126:
            length: int = _SHORT.unpack_from(self._data, start)[0]
            if length < 126:
                raise self._fault(PROTOCOL_ERROR, "length not in its shortest form")
            return length
        length = _LONG.unpack_from(self._data, start)[0]
        if length < 1 << 16 or length >> 63:
            raise self._fault(PROTOCOL_ERROR, "length not in its shortest form")
        return length

    def _take_payload(self) -> bool:
        """Move what is here of the data frame under way into the message; True when the frame is whole."""
        assert self._message is not None
        taken = self._data[self._position : self._position + self._left]
        part = apply_mask(taken, self._mask)
        if self._decoder is not None:
            try:
                self._decoder.decode(part)
            except UnicodeDecodeError:
                raise self._fault(INVALID_DATA, "text is not UTF-8") from None
        self._message += part
        self._position += len(taken)
        self._left -= len(taken)
        turn = len(taken) & 3
        self._mask = self._mask[turn:] + self._mask[:turn]
        return not self._left

    def _finish(self) -> str | bytes:
        """The message whose last frame is whole."""
        assert self._message is not None
        message, decoder = self._message, self._decoder
        self._message = self._decoder = None
        if decoder is None:
            return bytes(message)
        try:
            return message.decode()
        except UnicodeDecodeError:  # what was checked on the way ends inside a character
            raise self._fault(INVALID_DATA, "text is not UTF-8") from None

    def _control(self, opcode: int, payload: bytes) -> Ping | Pong | Close:
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return Pong(payload)
        if not payload:
            self.stop()
            return Close(NO_STATUS, "")
        if len(payload) == 1:
            raise self._fault(PROTOCOL_ERROR, "close frame of one byte")
        code: int = _SHORT.unpack_from(payload)[0]
        if not is_sendable_code(code):
            raise self._fault(PROTOCOL_ERROR, "invalid close code")
        try:
            reason = payload[2:].decode()
        except UnicodeDecodeError:
            raise self._fault(INVALID_DATA, "close reason is not UTF-8") from None
        self.stop()
        return Close(code, reason)

    def _fault(self, code: int, reason: str) -> FrameError:
        self.stop()
        return FrameError(code, reason)


def _frame(first: int, payload: bytes) -> bytes:
    """An unmasked frame whose first byte is `first` (RFC 6455 section 5.1: a server never masks)."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return _HEADER_16.pack(first, 126, length) + payload
    return _HEADER_64.pack(first, 127, length) + payload


def text_frame(payload: bytes) -> bytes:
    """A whole text message; `payload` must be UTF-8."""
    return _frame(_FIN | TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """A whole binary message."""
    return _frame(_FIN | BINARY, payload)


def ping_frame(payload: bytes = b"") -> bytes:
    """A ping of at most 125 bytes; ValueError above."""
    return _control_frame(PING, payload)


def pong_frame(payload: bytes) -> bytes:
    """A pong of at most 125 bytes; ValueError above."""
    return _control_frame(PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; 1005 gives one without a body. A long reason is cut at a character to 123 bytes.

    ValueError for a code that may not be on the wire.
    """
    if code == NO_STATUS:
        return _control_frame(CLOSE, b"")
    if not is_sendable_code(code):
        raise ValueError(f"close code {code} may not be sent")
    body = reason.encode("utf-8", "replace")
    if len(body) > MAX_CONTROL - 2:
        body = body[: MAX_CONTROL - 2].decode("utf-8", "ignore").encode()
    return _control_frame(CLOSE, _SHORT.pack(code) + body)


def _control_frame(opcode: int, payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL:
        raise ValueError(f"a control frame carries at most {MAX_CONTROL} bytes, not {len(payload)}")
    return _frame(_FIN | opcode, payload)
