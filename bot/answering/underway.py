"""What this process is answering now, and when each answer is due to be said.

An answer waits 150 to 300 ms, as somebody who reads would. Nobody's thread sleeps for it: one thread a
process holds all that wait. What it holds is lost with the process and computed again (see
`bot.answering.sweep`).
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

log = structlog.get_logger(__name__)

POSTERS: Final = 4
"""Threads that post what is due; each waits for the disk 1 to 20 ms, and they share its writes."""

Say = Callable[[], None]


class Underway:
    """Conversations in hand, by the seq that is being answered. A newer message takes the place of an older
    one whose answer was not said yet: one answer to a burst.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._seqs: dict[str, int] = {}
        self._due: list[tuple[float, int, str, int, Say]] = []
        self._count = itertools.count()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def take(self, conversation: str, seq: int) -> bool:
        """Begin answering `seq`; False when this process answers it, or a later one, already."""
        with self._lock:
            if self._seqs.get(conversation, 0) >= seq:
                return False
            self._seqs[conversation] = seq
            return True

    def is_current(self, conversation: str, seq: int) -> bool:
        """Whether nothing newer was taken meanwhile."""
        return self._seqs.get(conversation) == seq

    def done(self, conversation: str, seq: int) -> None:
        """It is said, or will not be."""
        with self._lock:
            if self._seqs.get(conversation) == seq:
                del self._seqs[conversation]

    def say_at(self, due: float, conversation: str, seq: int, say: Say) -> None:
        """Call `say` on a poster's thread at `due` (monotonic seconds) unless something newer was taken."""
        with self._lock:
            heapq.heappush(self._due, (due, next(self._count), conversation, seq, say))
            if self._thread is None:
                self._pool = ThreadPoolExecutor(POSTERS, "bot-post")
                self._thread = threading.Thread(target=self._run, name="bot-pauses", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _, _, conversation, seq, say = heapq.heappop(self._due)
            if not self.is_current(conversation, seq):
                continue
            assert self._pool is not None
            self._pool.submit(self._say, conversation, seq, say)

    def _say(self, conversation: str, seq: int, say: Say) -> None:
        try:
            say()
        except Exception:
            log.exception("answer_not_said", conversation=conversation)
        finally:
            self.done(conversation, seq)


underway: Final = Underway()
