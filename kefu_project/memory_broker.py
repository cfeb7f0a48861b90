"""kombu's memory transport, woken instead of polling.

kombu's own looks into its queues every `polling_interval`: at its default of 1 s a chain of tasks crawls,
at 10 ms an idle server wakes a hundred times a second. Here a put, an acknowledgement (which frees a
prefetch slot) or a stop sets an event that the one consumer waits on: no delay, no idle work.
"""

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import memory

WOKEN = threading.Event()
stopping = threading.Event()
"""Set to make the consumer return from drain_events at once, so that a worker notices its shutdown."""

_LONGEST_WAIT = 1.0
"""Seconds; only bounds the harm of a wake-up that a future kombu might not pass through here."""


class Channel(memory.Channel):
    """A memory channel that says when there is something to do."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)  # type: ignore[no-untyped-call]
        WOKEN.set()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge, then wake the consumer: its prefetch window has moved."""
        super().basic_ack(delivery_tag, multiple=multiple)  # type: ignore[no-untyped-call]
        WOKEN.set()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, then wake the consumer."""
        super().basic_reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        WOKEN.set()


class Transport(memory.Transport):
    """The transport named by CELERY_BROKER_TRANSPORT in embedded mode."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Deliver one message, waiting up to `timeout` seconds for it; TimeoutError when none came."""
        assert self.cycle is not None
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            WOKEN.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)  # type: ignore[no-untyped-call]
                return
            except Empty:
                pass
            left = _LONGEST_WAIT if deadline is None else min(_LONGEST_WAIT, deadline - time.monotonic())
            if left <= 0 or stopping.is_set():
                raise TimeoutError  # socket.timeout is its other name
            WOKEN.wait(left)
