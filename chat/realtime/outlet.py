"""The way out to one client, whatever carries it: our own door, any ASGI server, or a long poll's answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from chat.door.connection import Connection

#: Bytes a reader may leave unread before it is too slow (4508): about 3,000 messages. A phone in a tunnel
# fits.
MAX_BUFFERED: Final = 1_048_576


class Outlet(Protocol):
    """Where a session's frames go. Nothing here awaits: delivering to one client never waits for another."""

    def send(self, frame: bytes, binary: bool) -> bool:
        """Hand a frame over. False when the reader is too slow or gone."""

    def backlog(self) -> int:
        """Bytes that the reader has not taken yet."""

    def close(self, code: int) -> None:
        """End the connection with a close code."""


class DoorOutlet:
    """Straight to the socket of our own door, one write per turn of the loop.

    A write is a system call of 5 to 8 µs, half of what a message costs; an agent who follows a hundred busy
    conversations gets the frames of one group commit in one.
    """

    __slots__ = ("_binary", "_connection", "_held")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: list[bytes] | None = None
        self._binary = False

    def send(self, frame: bytes, binary: bool) -> bool:
        """See `Outlet`."""
        held = self._held
        if held is not None:
            held.append(frame)
            return True
        if not self._connection.is_open or self._connection.buffered > MAX_BUFFERED:
            return False
        self._held = [frame]
        self._binary = binary
        if not _waiting:
            asyncio.get_running_loop().call_soon(_flush_all)
        _waiting.append(self)
        return True

    def flush(self) -> None:
        """Write what was held."""
        held, self._held = self._held, None
        if held is not None:
            self._connection.send_many(held, binary=self._binary)

    def backlog(self) -> int:
        """See `Outlet`."""
        self.flush()
        return self._connection.buffered

    def close(self, code: int) -> None:
        """See `Outlet`."""
        self.flush()
        self._connection.close(code)


_waiting: list[DoorOutlet] = []


def _flush_all() -> None:
    waiting = _waiting.copy()
    _waiting.clear()
    for outlet in waiting:
        outlet.flush()


class AsgiOutlet:
    """Through ASGI's `send` (daphne and others): a bounded queue and one writing task while it is not
    empty.
    """

    __slots__ = ("_buffered", "_closed", "_queue", "_send", "_task")

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._queue: deque[tuple[dict[str, Any], int]] = deque()
        self._buffered = 0
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def send(self, frame: bytes, binary: bool) -> bool:
        """See `Outlet`."""
        if self._closed:
            return False
        key: str = "bytes" if binary else "text"
        self._put({"type": "websocket.send", key: frame if binary else frame.decode()}, len(frame))
        return self._buffered <= MAX_BUFFERED

    def backlog(self) -> int:
        """See `Outlet`."""
        return self._buffered

    def close(self, code: int) -> None:
        """See `Outlet`."""
        if not self._closed:
            self._closed = True
            self._put({"type": "websocket.close", "code": code}, 0)

    def _put(self, message: dict[str, Any], size: int) -> None:
        self._queue.append((message, size))
        self._buffered += size
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._queue:
            message, size = self._queue.popleft()
            try:
                await self._send(message)
            except Exception:
                # The peer is gone; the receive side learns it as a disconnect. What is queued has no reader
                # any more.
                self._queue.clear()
                self._closed = True
                return
            self._buffered -= size


class ListOutlet:
    """A long poll's answer in the making."""

    __slots__ = ("closed", "frames", "ready")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: int | None = None
        self.ready = asyncio.Event()

    def send(self, frame: bytes, binary: bool) -> bool:
        """See `Outlet`."""
        self.frames.append(frame)
        self.ready.set()
        return True

    def backlog(self) -> int:
        """See `Outlet`: an answer is bounded by what a resume may hold."""
        return 0

    def close(self, code: int) -> None:
        """See `Outlet`."""
        self.closed = code
        self.ready.set()
