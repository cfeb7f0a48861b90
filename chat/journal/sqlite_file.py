"""The SQLite journal's file and its connections: one that writes durably, one for notes, a few that read.

Whatever goes wrong with the file is JournalUnavailable, and the next call opens a new connection: a
disk that was full or a file that was locked needs no restart.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chat.journal import sqlite_schema as sql
from chat.journal.base import JournalUnavailable

_IDLE_READERS: Final = 4  # read connections kept open; each may hold up to 1 MiB of pages


class JournalFile:
    """The file `path`, made with mode 0600. Every method may raise JournalUnavailable; safe in any thread."""

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._clerk: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._birth: str | None = None
        self._inode: int | None = None

    def open(self) -> None:
        """Create the file and its tables. Raises JournalUnavailable, also for a file of a newer version."""
        with self._lock, self._guard():
            if not self._path.exists():
                self._path.touch(mode=0o600)
            self._birth = None
            db = self._connect("FULL", -1024)
            try:
                mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                if mode != "wal":
                    raise JournalUnavailable(f"{self._path} cannot use a write-ahead log (it says {mode})")
                version = db.execute("PRAGMA user_version").fetchone()[0]
                if version not in (0, sql.SCHEMA_VERSION):
                    raise JournalUnavailable(
                        f"{self._path} was written by another version of kefu "
                        f"(its form is {version}, this version's is {sql.SCHEMA_VERSION})"
                    )
                if version == 0:
                    db.executescript(
                        f"BEGIN IMMEDIATE; {sql.SCHEMA} PRAGMA user_version = {sql.SCHEMA_VERSION}; COMMIT;"
                    )
                if db.execute(sql.BIRTH).fetchone() is None:
                    db.execute("INSERT OR IGNORE INTO meta VALUES ('birth', hex(randomblob(16)))")
                self._birth = db.execute(sql.BIRTH).fetchone()[0]
                self._inode = self._path.stat().st_ino
            finally:
                db.close()

    def close(self) -> None:
        """Close all connections; the next call opens anew."""
        with self._lock:
            self._drop_writers()
            while self._readers:
                self._readers.pop().close()

    def _connect(self, synchronous: str, cache_size: int) -> sqlite3.Connection:
        # mode=rw: a file that went away must not come back empty behind the epoch check.
        db = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            db.execute(f"PRAGMA synchronous = {synchronous}")
            db.execute(f"PRAGMA cache_size = {cache_size}")
            # 16 MiB of log instead of 4: pages written often are copied back less often (29,000 against
            # 22,000 appends a second); 64 MiB would give 38,000 but a start after a kill reads the whole log.
            db.execute("PRAGMA wal_autocheckpoint = 4000")
            if self._birth is not None and db.execute(sql.BIRTH).fetchone() != (self._birth,):
                raise JournalUnavailable(f"{self._path} was replaced while in use: restart")
        except (sqlite3.Error, JournalUnavailable):
            db.close()
            raise
        return db

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection whose commits are fsynced."""
        with self._lock, self._guard():
            if self._writer is None:
                self._writer = self._connect("FULL", -16384)
            self._still_ours()
            yield self._writer

    @contextlib.contextmanager
    def noting(self) -> Iterator[sqlite3.Connection]:
        """The connection for leases and positions: a kill keeps them, and after a power cut older ones are
        right too (readers see entries again), so their commits need no fsync of their own."""
        with self._lock, self._guard():
            if self._clerk is None:
                self._clerk = self._connect("NORMAL", -256)
            self._still_ours()
            yield self._clerk

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        try:
            try:
                db = self._readers.pop()
            except IndexError:
                db = self._connect("FULL", -1024)
            try:
                yield db
            except BaseException:
                db.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise JournalUnavailable(f"journal file: {error}") from error
        if len(self._readers) < _IDLE_READERS:
            self._readers.append(db)
        else:
            db.close()

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn errors of SQLite and of the system into JournalUnavailable; the next call opens a new
        connection."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            with self._lock:
                self._drop_writers()
            raise JournalUnavailable(f"journal file: {error}") from error

    def _still_ours(self) -> None:
        """Writing into a file that was unlinked would acknowledge what the next start does not find. A number
        of a file is not given away while a connection holds it; a new connection compares the name in the
        file."""
        if self._inode is None or self._path.stat().st_ino != self._inode:
            raise JournalUnavailable(f"{self._path} was replaced while in use: restart")

    def _drop_writers(self) -> None:
        writer, clerk = self._writer, self._clerk
        self._writer = self._clerk = None
        for db in (writer, clerk):
            if db is not None:
                with contextlib.suppress(sqlite3.Error):
                    db.close()


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("COMMIT")
