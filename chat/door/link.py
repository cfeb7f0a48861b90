"""The wire below ASGI: frames in and out of the transport, back-pressure both ways, and the ways to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import cast

from chat.door import frames
from chat.door.inbox import Inbox

WRITE_HIGH = 64 * 1024
"""Bytes waiting in the transport above which `send()` waits."""


class State(IntEnum):
    """Where a connection stands; it only ever moves on."""

    CONNECTING = 0  # the application has not answered the handshake
    DENYING = 1  # it is answering with an HTTP response
    OPEN = 2
    CLOSING = 3  # our last bytes are written; waiting for the peer's close frame or its end
    CLOSED = 4


class Link(Inbox, asyncio.Protocol):
    """An asyncio protocol that speaks frames once its state is OPEN. It is what the application finds as
    `scope["extensions"]["kefu.door"]["connection"]`: see connection.py for what each public member promises.
    """

    __slots__ = (
        "_drain",
        "_parser",
        "_pong_due",
        "_read_paused",
        "_state",
        "_timer",
        "_transport",
        "_write_paused",
        "last_seen",
        "on_text",
    )

    close_timeout = 10.0
    """Seconds from our close frame until the TCP connection is dropped, whatever the peer does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_size: int) -> None:
        super().__init__(loop)
        self._transport = cast(asyncio.Transport, None)  # until connection_made
        self._parser = frames.FrameParser(max_size)
        self._state = State.CONNECTING
        self._read_paused = False
        self._write_paused = False
        self._pong_due: bytes | None = None  # the last ping that came while writing was paused
        self._drain: list[asyncio.Future[None]] | None = None  # send() calls waiting while writing is paused
        self._timer: asyncio.TimerHandle | None = None  # only while closing
        self.on_text: Callable[[str], bool] | None = None
        self.last_seen = loop.time()

    # Reading.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH)

    def data_received(self, data: bytes) -> None:
        self.last_seen = self._loop.time()
        self._parser.feed(data)
        if self._state is State.OPEN:
            if not self._read_paused:
                self._pump()
        elif self._state is State.CLOSING:
            self._await_close_frame()

    def eof_received(self) -> None:
        # The transport closes itself now, once its buffer is written, which a peer must not put off for ever.
        self._limit_closing(self.close_timeout)
        self._over(frames.ABNORMAL, "")

    def _pump(self) -> None:
        """Give the application what is parsed, until the bytes end or it is too far behind."""
        try:
            while not self._read_paused and (event := self._parser.next_event()) is not None:
                if isinstance(event, str):
                    if self.on_text is not None and self._idle() and self.on_text(event):
                        continue
                    self._give({"type": "websocket.receive", "text": event})
                elif isinstance(event, bytes):
                    self._give({"type": "websocket.receive", "bytes": event})
                elif isinstance(event, frames.Ping):
                    self._answer_ping(event.payload)
                elif isinstance(event, frames.Close):
                    self._closed_by_peer(event)
        except frames.FrameError as error:
            self._fail(error)

    def _too_far_behind(self) -> None:
        if not self._read_paused and self._state < State.CLOSING:
            self._read_paused = True
            self._transport.pause_reading()

    def _caught_up(self) -> None:
        if self._read_paused and self._state is State.OPEN:
            self._read_on()

    def _read_on(self) -> None:
        self._read_paused = False
        if self._state is State.OPEN:
            self._pump()  # what had been read before the pause
        if not self._read_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    # Writing.

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        payload, self._pong_due = self._pong_due, None
        if payload is not None and self._state is State.OPEN:
            self._transport.write(frames.pong_frame(payload))
        self._wake_senders()

    async def _drained(self) -> None:
        """Wait until the transport takes more, or the connection is over."""
        while self._write_paused and self._state is State.OPEN:
            waiter: asyncio.Future[None] = self._loop.create_future()
            if self._drain is None:
                self._drain = []
            self._drain.append(waiter)
            await waiter

    def _wake_senders(self) -> None:
        waiters, self._drain = self._drain, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _answer_ping(self, payload: bytes) -> None:
        if self._write_paused:
            # A peer that pings and never reads must not fill our buffer; answering the newest ping is enough
            # (RFC 6455 section 5.5.3).
            self._pong_due = payload
        else:
            self._transport.write(frames.pong_frame(payload))

    @property
    def buffered(self) -> int:
        return 0 if self._state is State.CLOSED else self._transport.get_write_buffer_size()

    @property
    def is_open(self) -> bool:
        return self._state is State.OPEN

    def send_text(self, payload: bytes) -> bool:
        if self._state is not State.OPEN:
            return False
        self._transport.write(frames.text_frame(payload))
        return True

    def send_binary(self, payload: bytes) -> bool:
        if self._state is not State.OPEN:
            return False
        self._transport.write(frames.binary_frame(payload))
        return True

    def send_many(self, payloads: list[bytes], *, binary: bool) -> bool:
        if self._state is not State.OPEN:
            return False
        frame = frames.binary_frame if binary else frames.text_frame
        if len(payloads) == 1:
            self._transport.write(frame(payloads[0]))
        else:
            self._transport.write(b"".join([frame(payload) for payload in payloads]))
        return True

    def ping(self, payload: bytes = b"") -> bool:
        frame = frames.ping_frame(payload)
        if self._state is not State.OPEN:
            return False
        self._transport.write(frame)
        return True

    def close(self, code: int = frames.NORMAL, reason: str = "") -> bool:
        frame = frames.close_frame(code, reason)
        if self._state is not State.OPEN:
            return False
        self._transport.write(frame)
        self._drop_queue()  # who closes wants no more messages
        self._over(code, reason)
        self._limit_closing(self.close_timeout)
        if self._read_paused:
            self._read_on()
        self._await_close_frame()
        return True

    # Ending.

    def connection_lost(self, exc: Exception | None) -> None:
        self._over(frames.ABNORMAL, "")
        self._state = State.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._parser.stop()
        self._pong_due = None

    def _over(self, code: int, reason: str) -> None:
        """Nothing is written from here on, and the application learns it, unless that was so already."""
        if self._state < State.CLOSING:
            self._state = State.CLOSING
        self._give_disconnect(code, reason)
        self._wake_senders()

    def _closed_by_peer(self, event: frames.Close) -> None:
        """Echo the close frame and end the TCP connection, the server's part (RFC 6455 section 7.1.1)."""
        self._transport.write(frames.close_frame(event.code, event.reason))
        self._over(event.code, event.reason)
        self._limit_closing(self.close_timeout)
        self._transport.close()

    def _fail(self, error: frames.FrameError) -> None:
        """The peer broke the protocol: say why, and end."""
        self._transport.write(frames.close_frame(error.code, error.reason))
        self._over(error.code, error.reason)
        self._limit_closing(self.close_timeout)
        self._end_own_side()

    def _await_close_frame(self) -> None:
        """After our close frame: drop messages, and end the TCP connection with the peer's close frame."""
        try:
            while (event := self._parser.next_event()) is not None:
                if isinstance(event, frames.Close):
                    self._transport.close()
        except frames.FrameError:
            self._end_own_side()

    def _end_own_side(self) -> None:
        """Send our FIN, but read and drop what the peer still sends until its own FIN or the time limit.

        Closing with bytes unread would reset the connection, and a reset can overtake the close frame.
        """
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:  # TLS has no half-close
            self._transport.close()

    def _limit_closing(self, seconds: float) -> None:
        """Drop the TCP connection in `seconds`, if nothing else has ended it by then."""
        if self._timer is not None:
            if self._timer.when() <= self._loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._transport.abort)
