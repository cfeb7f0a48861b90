"""The journal as a SQLite file: one machine, any number of its processes.

Tables and statements: sqlite_schema.py. Connections: sqlite_file.py. How a batch is decided: sqlite_batch.py.

WAL with `synchronous=FULL`: a commit returns after the fsync of the log that holds it. Decisions (numbers,
repeats, expectations) are made from rows read in one statement and written by one other that refuses when any
of those rows moved in between; then both are done again inside `BEGIN IMMEDIATE`. So memory is never
believed, and several processes may write to one file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from chat.journal import sqlite_schema as sql
from chat.journal.base import (
    Append,
    Depth,
    Head,
    Known,
    LogItem,
    Outcome,
    Warmth,
)
from chat.journal.sqlite_batch import Memory, Moved, json_text, write_batch
from chat.journal.sqlite_file import JournalFile, snapshot, transaction
from chat.protocol.entry import now_ms as clock_ms

_DECODE: Final = msgspec.json.Decoder().decode
_TRIM_ROWS: Final = 2000  # bodies dropped in one transaction: about 10 ms, the longest a write waits for it
_FORGET_ROWS: Final = 200


class SqliteJournal:
    """`chat.journal.base.Journal` in the file `path`; waits `busy_timeout_s` for another process's lock."""

    shards = 1

    def __init__(self, path: Path, *, busy_timeout_s: float = 2.0) -> None:
        self._file = JournalFile(path, busy_timeout_s)
        self._memory = Memory()  # touched only while writing

    def open(self) -> None:
        """See the contract. A file of another version is refused, too."""
        self._file.open()

    def close(self) -> None:
        """Close all connections; the next call opens anew."""
        self._file.close()

    def check(self) -> None:
        """Prove that a write can be made durable now; raises JournalUnavailable."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('checked', ?)", (str(clock_ms()),))

    def epoch(self) -> str | None:
        """The journal's name, None before it was given one."""
        with self._file.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return None if row is None else str(row[0])

    def set_epoch(self, epoch: str) -> None:
        """Name the journal."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (epoch,))

    # --- writing ------------------------------------------------------------------------------------------

    def write(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        """See the contract. One statement for conversations written lately, two for others, when nobody else
        writes to the file."""
        with self._file.writing() as db:
            try:
                return write_batch(db, batch, now_ms, self._memory)
            except Moved:
                try:
                    with transaction(db):
                        return write_batch(db, batch, now_ms, self._memory)
                except BaseException:
                    self._memory.forget()  # rolled back: what was remembered of it never happened
                    raise

    def warm(self, conversations: Sequence[Warmth]) -> None:
        """See the contract."""
        if not conversations:
            return
        with self._file.writing() as db, transaction(db):
            self._memory.forget()
            touched = clock_ms()
            for warmth in conversations:
                head = warmth.head
                cursor = db.execute(
                    "INSERT INTO head (conversation, head, act_seq, human_seq, pos, touched_at)"
                    " VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING",
                    (head.conversation, head.head, head.act_seq, head.human_seq, touched),
                )
                if cursor.rowcount != 1:
                    continue
                cid = cursor.lastrowid
                db.execute("INSERT INTO snapshot VALUES (?, ?)", (cid, head.state))
                db.executemany(
                    "INSERT INTO known VALUES (?, ?, ?, 0, ?, ?)",
                    [(cid, k.client_msg_id, k.seq, k.created_at, k.id) for k in warmth.known],
                )
            db.execute("UPDATE log SET changes = changes + 1")

    # --- reading ------------------------------------------------------------------------------------------

    def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """See the contract."""
        with self._file.reading() as db:
            row = db.execute(sql.HEADS, (json_text(list(conversations)),)).fetchone()
        asked = set(conversations)  # a name with U+0000 in it finds the one that ends there
        return {
            name: Head(name, head, act_seq, human_seq, state)
            for name, head, act_seq, human_seq, state in _cut(row)
            if name in asked
        }

    def read_after(self, conversation: str, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        with self._file.reading() as db, snapshot(db):
            found = _range(db, conversation, after_seq + 1, after_seq + limit)
            if not found:
                lowest = db.execute(sql.LOWEST_HELD, (conversation,)).fetchone()[0]
                if lowest is not None and lowest > after_seq + limit:
                    found = _range(db, conversation, lowest, lowest + limit - 1)
        return found

    def read_range(self, conversation: str, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        with self._file.reading() as db:
            return _range(db, conversation, first_seq, last_seq)

    def each_head(self) -> Iterator[Head]:
        """See the contract. Reads in pages, so a long audit holds no snapshot open."""
        after = 0
        while True:
            with self._file.reading() as db:
                rows = db.execute(
                    "SELECT cid, conversation, head, act_seq, human_seq, state"
                    " FROM head JOIN snapshot USING (cid) WHERE cid > ? ORDER BY cid LIMIT 500",
                    (after,),
                ).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            for row in rows:
                yield Head(*row[1:])

    def known(self, conversation: str) -> list[Known]:
        """See the contract."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT k.client_msg_id, k.seq, k.id, k.created_at FROM head h JOIN known k ON k.cid = h.cid"
                " WHERE h.conversation = ? ORDER BY k.seq",
                (conversation,),
            ).fetchall()
        return [Known(*row) for row in rows]

    # --- readers of the log -------------------------------------------------------------------------------

    def claim(self, reader: str, shard: int, owner: str, ttl_s: float) -> bool:
        """See the contract. A lease granted in the future (the clock was set back since) counts as over."""
        values = {"name": reader, "owner": owner, "now": clock_ms(), "ttl": int(ttl_s * 1000)}
        with self._file.noting() as db:
            return db.execute(sql.CLAIM, values).rowcount == 1

    def release(self, reader: str, shard: int, owner: str) -> None:
        """See the contract."""
        with self._file.noting() as db:
            db.execute("DELETE FROM lease WHERE name = ? AND owner = ?", (reader, owner))

    def read_batch(self, reader: str, shard: int, limit: int) -> list[LogItem]:
        """See the contract."""
        with self._file.reading() as db:
            row = db.execute(sql.READ_BATCH, (reader, limit)).fetchone()
        return [LogItem(str(pos), conversation, seq, body) for pos, conversation, seq, body in _cut(row)]

    def advance(self, reader: str, shard: int, position: str) -> None:
        """See the contract."""
        with self._file.noting() as db:
            db.execute(sql.ADVANCE, (reader, int(position)))

    def depth(self, reader: str) -> Depth:
        """See the contract."""
        with self._file.reading() as db:
            row = db.execute(sql.DEPTH, (reader,)).fetchone()
        return Depth(0, None) if row is None else Depth(row[1], row[0])

    def trim(self, readers: Sequence[str], now_ms: int, keep_ms: int, idle_ms: int) -> tuple[int, int]:
        """See the contract. In short transactions, so that appends come through in between."""
        with self._file.reading() as db:
            passed = db.execute("SELECT last_pos FROM log").fetchone()[0]
            for reader in readers:
                row = db.execute("SELECT position FROM reader WHERE name = ?", (reader,)).fetchone()
                passed = min(passed, 0 if row is None else row[0])
        limits = {"passed": passed, "now": now_ms, "keep": keep_ms, "idle": idle_ms}
        dropped = 0
        while True:
            with self._file.writing() as db:
                count = db.execute(sql.TRIM, {**limits, "limit": _TRIM_ROWS}).rowcount
            dropped += count
            if count < _TRIM_ROWS:
                break
        forgotten = 0
        while True:
            with self._file.reading() as db:
                if not db.execute(sql.IDLE, {**limits, "limit": 1}).fetchall():
                    break
            with self._file.writing() as db, transaction(db):
                self._memory.forget()
                idle = [row[0] for row in db.execute(sql.IDLE, {**limits, "limit": _FORGET_ROWS})]
                for cid in idle:
                    dropped += db.execute(sql.FORGET_ENTRIES, (cid,)).rowcount
                    for table in ("known", "landmark", "snapshot", "head"):
                        db.execute(f"DELETE FROM {table} WHERE cid = ?", (cid,))
                db.execute("UPDATE log SET changes = changes + 1")
            forgotten += len(idle)
        return dropped, forgotten


def _range(db: sqlite3.Connection, conversation: str, first: int, last: int) -> list[tuple[int, bytes]]:
    values: dict[str, Any] = {"conversation": conversation, "first": first, "last": last}
    return db.execute(sql.READ_RANGE, values).fetchall()


def _cut(row: tuple[str, bytes | None]) -> Iterator[list[Any]]:
    """Rows that came as one: a JSON array whose last column is the length of each one's part of the blob."""
    blob = row[1] or b""
    at = 0
    for line in _DECODE(row[0]):
        end = at + line[-1]
        line[-1] = blob[at:end]
        at = end
        yield line
