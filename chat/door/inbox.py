"""What the application receives: one future while it waits, a list only while it is behind."""

from __future__ import annotations

import asyncio
from typing import Any

Message = dict[str, Any]

QUEUE_EVENTS = 32
"""Messages the application may be behind before reading pauses …"""

QUEUE_SIZE = 64 * 1024
"""… or characters and bytes in them together: one message of the largest size."""


class Inbox:
    """The receiving half of an ASGI connection. A base class, not a part: a second object for each of ten
    thousand idle connections would cost more than it explains.
    """

    __slots__ = ("_disconnect_given", "_loop", "_queue", "_queue_size", "_waiter")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiter: asyncio.Future[Message] | None = None  # the application, waiting in receive()
        self._queue: list[Message] | None = None
        self._queue_size = 0
        self._disconnect_given = False

    async def receive(self) -> Message:
        """ASGI's receive(). RuntimeError when two tasks wait at once, or after `websocket.disconnect`.

        A cancelled receive() loses nothing: the next one gives what this one was about to give.
        """
        queue = self._queue
        if queue:
            message = queue.pop(0)
            self._queue_size -= _size(message)
            if not queue:
                self._queue = None
                self._caught_up()
            return message
        if self._disconnect_given:
            raise RuntimeError("receive() called after websocket.disconnect")
        if self._waiter is not None:
            raise RuntimeError("receive() is already waiting in another task")
        waiter: asyncio.Future[Message] = self._loop.create_future()
        self._waiter = waiter
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # given a message and cancelled in the same moment
                message = waiter.result()
                self._queue = [message, *(self._queue or ())]
                self._queue_size += _size(message)
            elif self._waiter is waiter:
                self._waiter = None
            raise

    def _idle(self) -> bool:
        """Whether the application has had everything so far and waits for more."""
        return self._waiter is not None and not self._waiter.done() and not self._queue

    def _give(self, message: Message) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(message)
                return
        if self._queue is None:
            self._queue = []
        self._queue.append(message)
        self._queue_size += _size(message)
        if self._queue_size > QUEUE_SIZE or len(self._queue) >= QUEUE_EVENTS:
            self._too_far_behind()

    def _give_disconnect(self, code: int, reason: str) -> None:
        """Give the one `websocket.disconnect`; a second one is dropped."""
        if not self._disconnect_given:
            self._disconnect_given = True
            self._give({"type": "websocket.disconnect", "code": code, "reason": reason})

    def _drop_queue(self) -> None:
        self._queue = None
        self._queue_size = 0

    def _too_far_behind(self) -> None:
        """The queue is over a limit."""
        raise NotImplementedError

    def _caught_up(self) -> None:
        """The queue is empty again."""
        raise NotImplementedError


def _size(message: Message) -> int:
    payload = message.get("text") or message.get("bytes")
    return len(payload) if payload else 0
