"""Group commit: everything that arrives while one write is under way goes into the next one.

One thread writes. Event loops hand appends in and get all outcomes of a batch back by one
`call_soon_threadsafe`; other threads may wait for theirs. An append that finds the writer idle wakes it only
at the end of the loop's turn, so whatever the same turn brings goes along, and the writer does not fight the
loop for the GIL in the middle of it.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence

from chat import metrics
from chat.journal.base import Append, Journal, JournalUnavailable, Outcome, Stored
from chat.protocol.entry import now_ms

Answer = Outcome | JournalUnavailable
Done = Callable[[Answer], None]
Listener = Callable[[list[tuple[Append, Stored]]], None]

_Item = tuple[Append, Done, asyncio.AbstractEventLoop | None]

_logger = logging.getLogger(__name__)


class GroupCommit:
    """The one writer of a process. The thread starts with the first append.

    `max_pending`: appends waiting beyond which new ones are refused at once with JournalUnavailable.
    """

    def __init__(self, journal: Journal, *, max_batch: int = 1000, max_pending: int = 50_000) -> None:
        self._journal = journal
        self._max_batch = max_batch
        self._max_pending = max_pending
        self._changed = threading.Condition(threading.Lock())
        self._pending: list[_Item] = []
        self._idle = True
        self._waking = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._listeners: tuple[Listener, ...] = ()
        #: The thread that submitted last and its loop.
        self._here: tuple[int, asyncio.AbstractEventLoop | None] = (0, None)
        self.trouble: str | None = None
        """Why the last write failed; None after a successful one."""

    # --- handing in ---------------------------------------------------------------------------------------

    def submit(self, append: Append, done: Done) -> None:
        """Call from an event loop's thread; `done(outcome)` runs on that loop later, never before this
        returns.

        The outcome is JournalUnavailable when the write failed, too much is pending or the writer is closed.
        Outcomes of one loop come in the order in which their appends were submitted (refusals for overload at
        once).
        """
        thread, loop = self._here
        if loop is None or thread != threading.get_ident() or not loop.is_running():
            # Asking asyncio is a system call (getpid) each time: 6 % of a busy loop's time.
            loop = asyncio.get_running_loop()
            self._here = (threading.get_ident(), loop)
        refusal = self._put((append, done, loop), loop)
        if refusal is not None:
            loop.call_soon(done, refusal)

    async def append(self, append: Append) -> Outcome:
        """Wait for the outcome. Raises JournalUnavailable. Cancelling the wait does not undo the write."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.submit(append, functools.partial(_settle, future))
        return await future

    def append_blocking(self, append: Append, timeout_s: float = 5) -> Outcome:
        """The same for a thread that may block; never call it on an event loop's thread.

        Raises JournalUnavailable, also after `timeout_s` seconds: then the write may still happen, and trying
        again with the same client_msg_id (or the same expectation) is safe.
        """
        ready = threading.Event()
        answers: list[Answer] = []

        def done(answer: Answer) -> None:
            answers.append(answer)
            ready.set()

        refusal = self._put((append, done, None), None)
        if refusal is not None:
            raise refusal
        if not ready.wait(timeout_s):
            raise JournalUnavailable(f"the journal did not answer within {timeout_s} s")
        if isinstance(answers[0], JournalUnavailable):
            raise answers[0]
        return answers[0]

    def append_many_blocking(self, appends: Sequence[Append], timeout_s: float = 5) -> list[Answer]:
        """Hand all of them in at once, so that they share a write; one answer each, in their order.

        For a thread that may block. Whatever is not answered within `timeout_s` seconds, or not taken because
        too much is pending, has JournalUnavailable as its answer.
        """
        if not appends:
            return []
        late = JournalUnavailable(f"the journal did not answer within {timeout_s} s")
        answers: list[Answer] = [late] * len(appends)
        left = len(appends)
        ready = threading.Event()

        def done(at: int, answer: Answer) -> None:
            nonlocal left
            answers[at] = answer
            left -= 1  # only the writer's thread comes here
            if not left:
                ready.set()

        items: list[_Item] = [
            (append, functools.partial(done, at), None) for at, append in enumerate(appends)
        ]
        refusal = self._put_all(items)
        if refusal is not None:
            return [refusal] * len(appends)
        ready.wait(timeout_s)
        return list(answers)

    def add_listener(self, listener: Listener) -> None:
        """Have `listener` called with every batch's new entries, in the order of writing.

        It runs in the writer thread before the outcomes are handed out, so it must be short and must not
        block.
        """
        with self._changed:
            self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: Listener) -> None:
        """Stop calling it; an unknown one is ignored."""
        with self._changed:
            self._listeners = tuple(each for each in self._listeners if each != listener)

    def pending(self) -> int:
        """Appends waiting for the next write."""
        return len(self._pending)

    def close(self, timeout_s: float = 5) -> None:
        """Refuse new appends, write what is pending, stop the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def _put_all(self, items: list[_Item]) -> JournalUnavailable | None:
        with self._changed:
            if self._closed:
                return JournalUnavailable("the journal is closed")
            if len(self._pending) + len(items) > self._max_pending:
                return JournalUnavailable(f"{self._max_pending} entries are waiting for the journal")
            self._pending += items
            self._begin()
            if self._idle:
                self._changed.notify()
        return None

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
            self._thread.start()

    def _put(self, item: _Item, loop: asyncio.AbstractEventLoop | None) -> JournalUnavailable | None:
        with self._changed:
            if self._closed:
                return JournalUnavailable("the journal is closed")
            if len(self._pending) >= self._max_pending:
                return JournalUnavailable(f"{self._max_pending} entries are waiting for the journal")
            self._pending.append(item)
            self._begin()
            if not self._idle or (self._waking and loop is not None):
                return None
            if loop is None:
                self._changed.notify()
                return None
            self._waking = True
        loop.call_soon(self._wake)
        return None

    def _wake(self) -> None:
        with self._changed:
            self._waking = False
            self._changed.notify()

    # --- the writer thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle = True
                # A loop that stopped before it woke us must not leave its appends behind: look once a second.
                while not self._closed and (not self._pending or self._waking):
                    if not self._changed.wait(1.0):
                        self._waking = False
                if not self._pending:
                    return
                self._idle = False
                batch = self._pending[: self._max_batch]
                del self._pending[: self._max_batch]
            self._write(batch)

    def _write(self, batch: Sequence[_Item]) -> None:
        started = time.perf_counter()
        answers = self._answers([item[0] for item in batch])
        metrics.JOURNAL_WRITE_SECONDS.observe(time.perf_counter() - started)
        metrics.JOURNAL_BATCH_ENTRIES.observe(len(batch))
        self._tell(batch, answers)
        for loop, group in itertools.groupby(zip(batch, answers, strict=True), key=lambda pair: pair[0][2]):
            calls = [(item[1], answer) for item, answer in group]
            if loop is None:
                _hand_out(calls)
                continue
            try:
                loop.call_soon_threadsafe(_hand_out, calls)
            except RuntimeError:  # the loop was closed: nobody waits any more
                _logger.warning("outcomes for a closed event loop", extra={"count": len(calls)})

    def _answers(self, appends: list[Append]) -> Sequence[Answer]:
        try:
            outcomes = self._journal.write(appends, now_ms())
        except JournalUnavailable as error:
            metrics.JOURNAL_FAILURES.inc()
            self.trouble = str(error)
            _logger.warning("journal write failed", extra={"error": str(error), "count": len(appends)})
            return [error] * len(appends)
        except Exception as error:
            # One append that cannot be encoded must not fail its neighbours.
            _logger.exception("journal write raised", extra={"count": len(appends)})
            if len(appends) > 1:
                return [answer for append in appends for answer in self._answers([append])]
            metrics.JOURNAL_FAILURES.inc()
            return [JournalUnavailable(f"the entry could not be written ({type(error).__name__})")]
        self.trouble = None
        return outcomes

    def _tell(self, batch: Sequence[_Item], answers: Sequence[Answer]) -> None:
        listeners = self._listeners
        if not listeners:
            return
        stored = [
            (item[0], answer)
            for item, answer in zip(batch, answers, strict=True)
            if isinstance(answer, Stored) and not answer.repeated
        ]
        if not stored:
            return
        for listener in listeners:
            try:
                listener(stored)
            except Exception:
                _logger.exception("a journal listener raised")


def _hand_out(calls: list[tuple[Done, Answer]]) -> None:
    for done, answer in calls:
        try:
            done(answer)
        except Exception:
            _logger.exception("an outcome could not be handed over")


def _settle(future: asyncio.Future[Outcome], answer: Answer) -> None:
    if future.done():
        return
    if isinstance(answer, JournalUnavailable):
        future.set_exception(JournalUnavailable(*answer.args))  # each waiter its own traceback
    else:
        future.set_result(answer)
