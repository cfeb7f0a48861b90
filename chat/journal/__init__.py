"""The process's one journal, its writer and its reader, built from the settings on first use.

SQLite in the data folder without KEFU_REDIS_URL, Redis with it. Forked children start with none of them:
neither a SQLite connection nor a thread survives a fork.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from django.conf import settings

from chat import health
from chat.journal.base import Journal
from chat.journal.group_commit import GroupCommit, Listener
from chat.journal.reading import JournalReader

_listeners: list[Listener] = []
_lock = threading.RLock()
_journal: Journal | None = None
_group_commit: GroupCommit | None = None
_reader: JournalReader | None = None


def build_journal() -> Journal:
    """A journal as the settings say, not yet open."""
    if settings.KEFU_REDIS_URL:
        from chat.journal.redis import RedisJournal

        return RedisJournal(
            settings.KEFU_REDIS_URL,
            shards=settings.KEFU_JOURNAL_SHARDS,
            prefix=settings.KEFU_REDIS_PREFIX,
            min_replicas=settings.KEFU_REDIS_MIN_REPLICAS,
        )
    from chat.journal.sqlite import SqliteJournal

    return SqliteJournal(Path(settings.KEFU_DATA_DIR) / "journal.sqlite3")


def journal() -> Journal:
    """The open journal. Raises JournalUnavailable when it cannot be opened; the next call tries again."""
    global _journal
    if _journal is None:
        with _lock:
            if _journal is None:
                built = build_journal()
                built.open()
                health.register("journal", _complaint, essential=True)
                _journal = built
    return _journal


def listen(listener: Listener) -> None:
    """Have every writer this process builds from now on tell `listener` what was stored (see
    `add_listener`)."""
    if listener not in _listeners:
        _listeners.append(listener)


def group_commit() -> GroupCommit:
    """The one writer of this process; see GroupCommit."""
    global _group_commit
    if _group_commit is None:
        with _lock:
            if _group_commit is None:
                built = GroupCommit(journal())
                for listener in _listeners:
                    built.add_listener(listener)
                _group_commit = built
    return _group_commit


def reader() -> JournalReader:
    """The journal's asynchronous reader in this process."""
    global _reader
    if _reader is None:
        with _lock:
            if _reader is None:
                _reader = JournalReader(journal())
    return _reader


def close_all() -> None:
    """Write what is pending and let go of everything; the next use begins anew (tests, and the end of a
    process)."""
    global _journal, _group_commit, _reader
    with _lock:
        writing, reading, opened = _group_commit, _reader, _journal
        _group_commit = _reader = _journal = None
    if writing is not None:
        writing.close()
    if reading is not None:
        reading.close()
    if opened is not None:
        health.unregister("journal")
        opened.close()


def _complaint() -> str | None:
    """The readiness probe: a journal that reads and, after a failed write, one that writes again."""
    opened, writing = _journal, _group_commit
    if opened is None:
        return "not open"
    if writing is not None and writing.trouble is not None:
        opened.check()
        writing.trouble = None
    else:
        opened.epoch()
    return None


def _forget_in_child() -> None:
    global _lock, _journal, _group_commit, _reader
    _lock = threading.RLock()
    _journal = _group_commit = _reader = None


os.register_at_fork(after_in_child=_forget_in_child)
