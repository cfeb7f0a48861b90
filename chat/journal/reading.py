"""The journal for event loops: reads run on two threads, and heads asked for together are read together.

A thousand hellos at once ask for a thousand heads. Whatever is asked while one look-up is under way goes into
the next, so they cost a few statements instead of a thousand; an answer is never older than its question.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from chat.journal.base import Head, Journal, JournalUnavailable

_THREADS: Final = 2
_MOST_HEADS: Final = 2000  # in one look-up

P = ParamSpec("P")
T = TypeVar("T")

_Answer = dict[str, Head] | JournalUnavailable


class _Ticket:
    """One question for heads."""

    __slots__ = ("asked", "future", "loop")

    def __init__(self, asked: Sequence[str], loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asked
        self.loop = loop
        self.future: asyncio.Future[dict[str, Head]] = loop.create_future()

    def settle(self, answer: _Answer) -> None:
        """Answer the waiter; runs on its loop."""
        if self.future.done():
            return
        if isinstance(answer, JournalUnavailable):
            self.future.set_exception(JournalUnavailable(*answer.args))
        else:
            self.future.set_result({each: answer[each] for each in self.asked if each in answer})


class JournalReader:
    """Asynchronous reads of one journal. Every method may raise JournalUnavailable; any number of loops may
    ask."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pool = ThreadPoolExecutor(_THREADS, "journal-reader")
        self._lock = threading.Lock()
        self._tickets: list[_Ticket] = []
        self._looking = False

    async def head(self, conversation: str) -> Head | None:
        """Where a conversation stands now; None when the journal does not hold it."""
        return (await self.heads((conversation,))).get(conversation)

    async def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """Heads of the hot ones among them, as of now or later."""
        if not conversations:
            return {}
        ticket = _Ticket(conversations, asyncio.get_running_loop())
        with self._lock:
            self._tickets.append(ticket)
            begin = not self._looking
            self._looking = True
        if begin:
            # At the end of this turn of the loop: its other questions come along.
            ticket.loop.call_soon(self._begin)
        return await ticket.future

    async def read_after(self, conversation: str, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """As `Journal.read_after`."""
        return await self._on_thread(self._journal.read_after, conversation, after_seq, limit)

    async def read_range(self, conversation: str, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """As `Journal.read_range`."""
        return await self._on_thread(self._journal.read_range, conversation, first_seq, last_seq)

    def close(self) -> None:
        """Finish what is being read and stop the threads."""
        self._pool.shutdown(wait=True)

    async def _on_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        assert not kwargs
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)
        except RuntimeError as error:
            raise JournalUnavailable("the journal is closed") from error

    def _begin(self) -> None:
        try:
            self._pool.submit(self._look)
        except RuntimeError:  # the pool was shut down
            with self._lock:
                tickets, self._tickets = self._tickets, []
                self._looking = False
            _answer([(ticket, JournalUnavailable("the journal is closed")) for ticket in tickets])

    def _look(self) -> None:
        while True:
            with self._lock:
                tickets, self._tickets = self._tickets, []
                if not tickets:
                    self._looking = False
                    return
            asked = list({each for ticket in tickets for each in ticket.asked})
            found: dict[str, Head] = {}
            answer: _Answer = found
            try:
                for first in range(0, len(asked), _MOST_HEADS):
                    found.update(self._journal.heads(asked[first : first + _MOST_HEADS]))
            except JournalUnavailable as error:
                answer = error
            except Exception as error:
                answer = JournalUnavailable(f"heads could not be read ({type(error).__name__})")
            _answer([(ticket, answer) for ticket in tickets])


def _answer(answers: list[tuple[_Ticket, _Answer]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Ticket, _Answer]]] = {}
    for ticket, answer in answers:
        by_loop.setdefault(ticket.loop, []).append((ticket, answer))
    for loop, group in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, group)


def _settle(answers: list[tuple[_Ticket, _Answer]]) -> None:
    for ticket, answer in answers:
        ticket.settle(answer)
