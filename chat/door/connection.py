"""What the door offers the application beside ASGI: the socket itself, without awaiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

EXTENSION = "kefu.door"
"""The key under `scope["extensions"]`; its value is `{"connection": Connection}`."""


class Connection(Protocol):
    """An accepted WebSocket, written to straight from the event loop's thread. Nothing here awaits or raises
    because the peer is gone: what is written to a closed connection is dropped and answered with False.
    """

    last_seen: float
    """`loop.time()` (seconds) when the peer last sent anything: a message, part of one, a pong."""

    on_text: Callable[[str], bool] | None
    """Called with each text message that comes while the application waits in receive() and has had
    everything before it; True means taken, and receive() does not give it. It must neither block nor raise.
    None at first."""

    @property
    def buffered(self) -> int:
        """Bytes written here that the kernel has not yet taken; 0 when closed."""

    @property
    def is_open(self) -> bool:
        """Accepted, and neither side has begun to close."""

    def send_text(self, payload: bytes) -> bool:
        """Send one text message, `payload` being UTF-8 already. False: not open, nothing sent."""

    def send_binary(self, payload: bytes) -> bool:
        """Send one binary message. False: not open, nothing sent."""

    def send_many(self, payloads: list[bytes], *, binary: bool) -> bool:
        """Send messages of one kind with a single write. False: not open, nothing sent."""

    def ping(self, payload: bytes = b"") -> bool:
        """Send a ping of at most 125 bytes (ValueError above). False: not open, nothing sent."""

    def close(self, code: int = 1000, reason: str = "") -> bool:
        """Send a close frame and begin to close; the application receives `websocket.disconnect` with the
        same code. The TCP connection is gone within 10 s. ValueError for a code that may not be sent.
        False: not open, nothing sent.
        """
