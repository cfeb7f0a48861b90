"""The journal's reader named `persistence`: read a batch, write it in one transaction, then pass it.

A crash between the commit and `advance` makes the next reader write the same batch again, which changes
nothing. When the database is down nothing is passed and nothing is lost: the journal keeps it, and the
sweep comes again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from chat.journal import journal
from chat.journal.base import Journal, JournalUnavailable, LogItem
from chat.metrics import PERSIST_BATCH_ENTRIES, PERSIST_FAILURES, PERSIST_SECONDS, PERSISTED
from chat.persistence.batch import store
from chat.persistence.dead_letters import park
from chat.persistence.dialect import dialect
from chat.persistence.halving import in_halves, is_at_fault
from chat.persistence.lines import Rejected

log = structlog.get_logger(__name__)

READER: Final = "persistence"
BATCH: Final = 2000
"""Entries a transaction; 2,000 take about 40 ms on SQLite, so nobody else waits longer for the write lock."""
LEASE_S: Final = 5.0
"""Renewed with each batch; how long the list stands still after a worker was killed in the middle of one.
A reader that outlives its lease does no harm: both write the same."""
LINGER_S: Final = 0.05
"""After a batch that was not full, so that a steady stream costs 20 commits a second and not 500."""
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 10.0


class Gate:
    """Lets one drain run in this process and promises whoever knocks meanwhile that it looks once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = False
        self._again = False

    def knock(self) -> bool:
        """True when a drain is running: it will look again before it ends."""
        with self._lock:
            self._again = self._running
            return self._running

    def enter(self) -> bool:
        """Become the running drain; False when there is one, which will look again."""
        with self._lock:
            if self._running:
                self._again = True
                return False
            self._running = True
            return True

    def leave(self) -> bool:
        """Stop being it; False when somebody knocked, then go on instead."""
        with self._lock:
            if self._again:
                self._again = False
                return False
            self._running = False
            return True

    def abandon(self) -> None:
        """Stop being it after a failure, whoever knocked."""
        with self._lock:
            self._running = self._again = False


class Backoff:
    """How long to leave a database alone that does not answer: 0.25 s, doubling to 10 s."""

    def __init__(self) -> None:
        self._wait = 0.0
        self._until = 0.0

    def is_waiting(self) -> bool:
        """Whether it is too early to try again."""
        return time.monotonic() < self._until

    def failed(self) -> None:
        """Wait longer."""
        self._wait = min(max(self._wait * 2, _FIRST_WAIT_S), _LONGEST_WAIT_S)
        self._until = time.monotonic() + self._wait

    def worked(self) -> None:
        """Forget the trouble."""
        self._wait = self._until = 0.0


gate = Gate()
_backoff = Backoff()


def owner() -> str:
    """Who holds a lease. One process owns an embedded journal, so what it held before a crash is its own
    again.
    """
    if not settings.KEFU_SCALED:
        return "embedded"
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def drain(*, linger_s: float = LINGER_S) -> int:
    """Persist until nothing claimable is left; returns how many entries were passed.

    Returns 0 at once when this process is draining already or the database is being left alone. Trouble
    with the journal or the database is logged and counted, not raised.
    """
    if _backoff.is_waiting() or not gate.enter():
        return 0
    passed = 0
    name = owner()
    try:
        source = journal()
        dialect().prepare()
        while True:
            count, longest = _round(source, name)
            passed += count
            if count == 0:
                if gate.leave():
                    break
            elif longest < BATCH:
                time.sleep(linger_s)
        _backoff.worked()
    except (JournalUnavailable, DatabaseError, InterfaceError) as error:
        _backoff.failed()
        PERSIST_FAILURES.inc()
        log.warning("persistence_waits", error=type(error).__name__)
        _hang_up()
        gate.abandon()
    except BaseException:
        gate.abandon()
        raise
    _release(name)
    return passed


def reconcile() -> int:
    """At a start: persist whatever the journal holds and the database does not. Quick when there is
    nothing.
    """
    if journal().depth(READER).entries == 0:
        return 0
    passed = drain(linger_s=0)
    log.info("reconciled", entries=passed)
    return passed


def write(items: Sequence[LogItem]) -> int:
    """One batch in one transaction; returns how many entries were refused and parked.

    Raises `DatabaseError` when the database is in trouble. First without savepoints, which are a third of a
    small batch's statements; a batch in which anything is at fault is rolled back and written carefully.
    """
    try:
        with transaction.atomic():
            return _store_or_park(items, careful=False)
    except Exception as error:
        if not is_at_fault(error):
            raise
        log.info("batch_written_carefully", error=type(error).__name__)
    return in_halves(items, _store_or_park, _park_alone)


def _store_or_park(items: Sequence[LogItem], careful: bool = True) -> int:
    rejected = store(items, careful=careful)
    park(rejected)
    return len(rejected)


def _park_alone(item: LogItem, cause: Exception) -> int:
    """An entry that breaks our own code is parked as well."""
    log.error("entry_breaks_persistence", error=type(cause).__name__, exc_info=cause)
    with transaction.atomic():
        park([Rejected(item, "internal", f"{type(cause).__name__}: {cause}")])
    return 1


def _round(source: Journal, name: str) -> tuple[int, int]:
    """One batch of every shard that is free; (entries passed, entries of the longest batch)."""
    total = longest = 0
    for shard in range(source.shards):
        if not source.claim(READER, shard, name, LEASE_S):
            continue
        items = source.read_batch(READER, shard, BATCH)
        if not items:
            continue
        began = time.perf_counter()
        write(items)
        source.advance(READER, shard, items[-1].position)
        PERSIST_SECONDS.observe(time.perf_counter() - began)
        PERSIST_BATCH_ENTRIES.observe(len(items))
        PERSISTED.inc(len(items))
        total += len(items)
        longest = max(longest, len(items))
    return total, longest


def _release(name: str) -> None:
    """Give the leases back, so that another process need not wait for their end."""
    try:
        source = journal()
        for shard in range(source.shards):
            source.release(READER, shard, name)
    except JournalUnavailable:
        return  # they end by themselves


def _hang_up() -> None:
    """Drop a connection that may be broken; the next try opens another."""
    if not connection.in_atomic_block:
        connection.close()
