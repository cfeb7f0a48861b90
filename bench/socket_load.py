"""A lean WebSocket client for load: one asyncio protocol per connection, frames built and cut by hand.

A comfortable client library costs more CPU per message than the server under test and would measure itself.
The masking key is all zeros, which RFC 6455 allows and which leaves the server's unmasking work unchanged.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable

_HANDSHAKE = (
    "GET /ws/v1/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked_text(payload: bytes) -> bytes:
    """A client text frame with a zero masking key. `payload` at most 65,535 bytes."""
    if len(payload) < 126:
        return b"\x81" + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload


class LoadSocket(asyncio.Protocol):
    """One connection. `on_text(self, payload)` gets every text message; pings are answered."""

    __slots__ = ("_buffer", "_host", "_open", "closed", "data", "on_text", "opened", "transport")

    def __init__(self, host: str, on_text: Callable[[LoadSocket, bytes], None]) -> None:
        self._host = host
        self._buffer = b""
        self._open = False
        self.on_text = on_text
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.closed = False
        #: Whatever the scenario keeps with a connection.
        self.data: object = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the opening handshake."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self.transport = transport  # type: ignore[assignment]
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(_HANDSHAKE.format(host=self._host, key=key).encode())  # type: ignore[union-attr]

    def send(self, payload: bytes) -> None:
        """Send one text message."""
        self.transport.write(masked_text(payload))  # type: ignore[union-attr]

    def data_received(self, data: bytes) -> None:
        """Cut frames; the server never fragments and never masks."""
        buffer = self._buffer + data if self._buffer else data
        at, end = 0, len(buffer)
        if not self._open:
            cut = buffer.find(b"\r\n\r\n")
            if cut < 0:
                self._buffer = buffer
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(buffer[:cut].decode("latin-1")))
                return
            self._open = True
            self.opened.set_result(None)
            at = cut + 4
        on_text = self.on_text
        while end - at >= 2:
            opcode, length, start = buffer[at] & 15, buffer[at + 1], at + 2
            if length == 126:
                if end - at < 4:
                    break
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if end - at < 10:
                    break
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if end - start < length:
                break
            payload = buffer[start : start + length]
            at = start + length
            if opcode == 1:
                on_text(self, payload)
            elif opcode == 9:
                frame = b"\x8a" + bytes([0x80 | length]) + b"\0\0\0\0" + payload
                self.transport.write(frame)  # type: ignore[union-attr]
            elif opcode == 8:
                self.closed = True
        self._buffer = buffer[at:] if at < end else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember that it ended."""
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before the handshake"))


async def connect(host: str, port: int, on_text: Callable[[LoadSocket, bytes], None]) -> LoadSocket:
    """An open WebSocket at `/ws/v1/`. Raises `ConnectionError`."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: LoadSocket(f"{host}:{port}", on_text), host, port)
    await socket.opened
    return socket
