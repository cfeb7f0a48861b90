"""The journal as a SQLite file: one machine, any number of its processes. Tables and statements:
sqlite_schema.py.

WAL with `synchronous=FULL`: a commit returns after the fsync of the log that holds it. Decisions (numbers,
repeats, expectations) are made from rows read in one statement and written by one other that refuses when any
of those rows moved in between; then both are done again inside `BEGIN IMMEDIATE`. So memory is never
believed, and several processes may write to one file.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from chat.journal import sqlite_schema as sql
from chat.journal.base import (
    Append,
    Cold,
    Depth,
    Head,
    JournalUnavailable,
    Known,
    LogItem,
    Numbered,
    Outcome,
    Refused,
    Stored,
    Warmth,
)
from chat.protocol.entry import now_ms as clock_ms
from chat.protocol.entry import number

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder().decode

_TRIM_ROWS: Final = 2000  # bodies dropped in one transaction: about 10 ms, the longest a write waits for it
_FORGET_ROWS: Final = 200
_IDLE_READERS: Final = 4  # read connections kept open; each may hold up to 1 MiB of pages


class _Hot:
    """A conversation's head while a batch is being decided. `state` is None until somebody needs or sets
    it."""

    __slots__ = ("act_seq", "cid", "head", "human_seq", "new_state", "pos", "state")

    def __init__(self, cid: int, head: int, act_seq: int, human_seq: int, pos: int) -> None:
        self.cid = cid
        self.head = head
        self.act_seq = act_seq
        self.human_seq = human_seq
        self.pos = pos
        self.state: bytes | None = None
        self.new_state: bytes | None = None


class _Moved(Exception):
    """Another process wrote between looking and writing."""


class SqliteJournal:
    """`chat.journal.base.Journal` in the file `path` (created with mode 0600 by the process's umask or
    stricter)."""

    shards = 1

    def __init__(self, path: Path, *, busy_timeout_s: float = 2.0) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._clerk: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._birth: str | None = None
        self._inode: int | None = None

    # --- opening and closing ------------------------------------------------------------------------------

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
                if version > sql.SCHEMA_VERSION:
                    raise JournalUnavailable(f"{self._path} was written by a newer version ({version})")
                if version < sql.SCHEMA_VERSION:
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

    def check(self) -> None:
        """Prove that a write can be made durable now; raises JournalUnavailable."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('checked', ?)", (str(clock_ms()),))

    def epoch(self) -> str | None:
        """The journal's name, None before it was given one."""
        with self._reading() as db:
            row = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return None if row is None else str(row[0])

    def set_epoch(self, epoch: str) -> None:
        """Name the journal."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (epoch,))

    # --- writing ------------------------------------------------------------------------------------------

    def write(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        """See the contract. Two statements when nobody else writes to the file."""
        with self._writing() as db:
            try:
                return _write(db, batch, now_ms)
            except _Moved:
                with _transaction(db):
                    return _write(db, batch, now_ms)

    def warm(self, conversations: Sequence[Warmth]) -> None:
        """See the contract."""
        if not conversations:
            return
        with self._writing() as db, _transaction(db):
            touched = clock_ms()
            for warmth in conversations:
                head = warmth.head
                cursor = db.execute(
                    "INSERT INTO head (conversation, head, act_seq, human_seq, pos, touched_at, state)"
                    " VALUES (?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING",
                    (head.conversation, head.head, head.act_seq, head.human_seq, touched, head.state),
                )
                if cursor.rowcount == 1 and warmth.known:
                    cid = cursor.lastrowid
                    db.executemany(
                        "INSERT INTO known VALUES (?, ?, ?, 0, ?, ?)",
                        [(cid, k.client_msg_id, k.seq, k.created_at, k.id) for k in warmth.known],
                    )
            db.execute("UPDATE log SET changes = changes + 1")

    # --- reading ------------------------------------------------------------------------------------------

    def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """See the contract."""
        with self._reading() as db:
            rows = db.execute(sql.HEADS, (_text(list(conversations)),)).fetchall()
        asked = set(conversations)  # a name with U+0000 in it finds the one that ends there
        return {row[0]: Head(*row) for row in rows if row[0] in asked}

    def read_after(self, conversation: str, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        with self._reading() as db, _snapshot(db):
            found = _range(db, conversation, after_seq + 1, after_seq + limit)
            if not found:
                lowest = db.execute(sql.LOWEST_HELD, (conversation,)).fetchone()[0]
                if lowest is not None and lowest > after_seq + limit:
                    found = _range(db, conversation, lowest, lowest + limit - 1)
        return found

    def read_range(self, conversation: str, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        with self._reading() as db:
            return _range(db, conversation, first_seq, last_seq)

    def each_head(self) -> Iterator[Head]:
        """See the contract. Reads in pages, so a long audit holds no snapshot open."""
        after = 0
        while True:
            with self._reading() as db:
                rows = db.execute(
                    "SELECT cid, conversation, head, act_seq, human_seq, state FROM head"
                    " WHERE cid > ? ORDER BY cid LIMIT 500",
                    (after,),
                ).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            for row in rows:
                yield Head(*row[1:])

    def known(self, conversation: str) -> list[Known]:
        """See the contract."""
        with self._reading() as db:
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
        with self._noting() as db:
            return db.execute(sql.CLAIM, values).rowcount == 1

    def release(self, reader: str, shard: int, owner: str) -> None:
        """See the contract."""
        with self._noting() as db:
            db.execute("DELETE FROM lease WHERE name = ? AND owner = ?", (reader, owner))

    def read_batch(self, reader: str, shard: int, limit: int) -> list[LogItem]:
        """See the contract."""
        with self._reading() as db:
            rows = db.execute(sql.READ_BATCH, (reader, limit)).fetchall()
        return [LogItem(str(pos), conversation, seq, body) for pos, conversation, seq, body in rows]

    def advance(self, reader: str, shard: int, position: str) -> None:
        """See the contract."""
        with self._noting() as db:
            db.execute(sql.ADVANCE, (reader, int(position)))

    def depth(self, reader: str) -> Depth:
        """See the contract."""
        with self._reading() as db:
            row = db.execute(sql.DEPTH, (reader,)).fetchone()
        return Depth(0, None) if row is None else Depth(row[1], row[0])

    def trim(self, readers: Sequence[str], now_ms: int, keep_ms: int, idle_ms: int) -> tuple[int, int]:
        """See the contract. In short transactions, so that appends come through in between."""
        with self._reading() as db:
            passed = db.execute("SELECT last_pos FROM log").fetchone()[0]
            for reader in readers:
                row = db.execute("SELECT position FROM reader WHERE name = ?", (reader,)).fetchone()
                passed = min(passed, 0 if row is None else row[0])
        limits = {"passed": passed, "now": now_ms, "keep": keep_ms, "idle": idle_ms}
        dropped = 0
        while True:
            with self._writing() as db:
                count = db.execute(sql.TRIM, {**limits, "limit": _TRIM_ROWS}).rowcount
            dropped += count
            if count < _TRIM_ROWS:
                break
        forgotten = 0
        while True:
            with self._reading() as db:
                if not db.execute(sql.IDLE, {**limits, "limit": 1}).fetchall():
                    break
            with self._writing() as db, _transaction(db):
                idle = [row[0] for row in db.execute(sql.IDLE, {**limits, "limit": _FORGET_ROWS})]
                for cid in idle:
                    dropped += db.execute(sql.FORGET_ENTRIES, (cid,)).rowcount
                    for table in ("known", "landmark", "head"):
                        db.execute(f"DELETE FROM {table} WHERE cid = ?", (cid,))
                db.execute("UPDATE log SET changes = changes + 1")
            forgotten += len(idle)
        return dropped, forgotten

    # --- connections --------------------------------------------------------------------------------------

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
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection whose commits are fsynced."""
        with self._lock, self._guard():
            if self._writer is None:
                self._writer = self._connect("FULL", -16384)
            self._still_ours()
            yield self._writer

    @contextlib.contextmanager
    def _noting(self) -> Iterator[sqlite3.Connection]:
        """The connection for leases and positions: a kill keeps them, and after a power cut older ones are
        right too (readers see entries again), so their commits need no fsync of their own."""
        with self._lock, self._guard():
            if self._clerk is None:
                self._clerk = self._connect("NORMAL", -256)
            self._still_ours()
            yield self._clerk

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
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


def _write(db: sqlite3.Connection, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
    """Look, decide in order, write once. Raises _Moved when a row moved in between, sqlite3.Error."""
    (changes, last_pos), hot, known = _look(db, batch)
    entries: list[tuple[int, int, int, int, int, int]] = []
    parts: list[bytes] = []
    offset = 1
    first_pos = last_pos + 1
    moved: dict[int, _Hot] = {}
    outcomes: list[Outcome] = []
    for append in batch:
        conversation = append.conversation
        at = hot.get(conversation)
        if at is None:
            outcomes.append(Cold(conversation))
            continue
        repeated = None
        for draft in append.drafts:
            if draft.client_msg_id is not None:
                repeated = known.get((conversation, draft.client_msg_id))
        if repeated is not None:
            outcomes.append(Stored((_with_body(db, repeated),), repeated=True))
            continue
        expect = append.expect
        if expect is not None and (at.act_seq if expect.mark == "act" else at.human_seq) != expect.seq:
            outcomes.append(Refused(_head(db, conversation, at)))
            continue
        numbered: list[Numbered] = []
        for draft in append.drafts:
            at.head += 1
            last_pos += 1
            body = number(draft.raw, at.head, now_ms)
            entry = Numbered(draft.id, at.head, now_ms, body)
            numbered.append(entry)
            parts.append(body)
            key_length = 0
            if draft.client_msg_id is not None:
                key_bytes = draft.client_msg_id.encode()
                key_length = len(key_bytes)
                parts.append(key_bytes)
                known[conversation, draft.client_msg_id] = entry
            entries.append((at.cid, at.head, at.pos, offset, len(body), key_length))
            offset += len(body) + key_length
            at.pos = last_pos
        if append.state is not None:
            at.act_seq = at.head
            at.state = at.new_state = append.state
        if append.human:
            at.human_seq = at.head
        moved[at.cid] = at
        outcomes.append(Stored(tuple(numbered)))
    if entries:
        heads: list[tuple[int, int, int, int, int, int, int]] = []
        for at in moved.values():
            length = 0
            if at.new_state is not None:
                parts.append(at.new_state)
                length = len(at.new_state)
            heads.append((at.cid, at.head, at.act_seq, at.human_seq, at.pos, offset, length))
            offset += length
        try:
            db.execute(
                sql.WRITE,
                (changes, first_pos, last_pos, now_ms, _text(entries), _text(heads), b"".join(parts)),
            )
        except sqlite3.IntegrityError as error:
            if str(error) == "moved":
                raise _Moved from None
            raise
    return outcomes


def _look(
    db: sqlite3.Connection, batch: Sequence[Append]
) -> tuple[tuple[int, int], dict[str, _Hot], dict[tuple[str, str], Numbered | tuple[int, Numbered]]]:
    """What a batch decides upon, from one snapshot: (changes, last position), heads, and the repeats among
    it.

    A repeat found in the file comes with its position, to look for its body; one within the batch has it.
    """
    keys: list[tuple[str, str]] = []
    places: list[tuple[str, int, int]] = []
    parts: list[bytes] = []
    offset = 1
    for append in batch:
        for draft in append.drafts:
            if draft.client_msg_id is not None:
                key = draft.client_msg_id.encode()
                keys.append((append.conversation, draft.client_msg_id))
                places.append((append.conversation, offset, len(key)))
                parts.append(key)
                offset += len(key)
    log, heads, repeats = db.execute(
        sql.LOOK, (_text(list({a.conversation for a in batch})), _text(places), b"".join(parts))
    ).fetchone()
    hot = {row[0]: _Hot(*row[1:]) for row in _DECODE(heads)}
    known: dict[tuple[str, str], Numbered | tuple[int, Numbered]] = {
        keys[at]: (pos, Numbered(id_, seq, created_at, b""))
        for at, seq, pos, created_at, id_ in _DECODE(repeats)
    }
    return _DECODE(log), hot, known


def _with_body(db: sqlite3.Connection, repeated: Numbered | tuple[int, Numbered]) -> Numbered:
    if isinstance(repeated, Numbered):
        return repeated
    pos, entry = repeated
    row = db.execute("SELECT body FROM entry WHERE pos = ?", (pos,)).fetchone()
    return entry if row is None else msgspec.structs.replace(entry, body=row[0])


def _head(db: sqlite3.Connection, conversation: str, at: _Hot) -> Head:
    if at.state is None:
        row = db.execute("SELECT state FROM head WHERE cid = ?", (at.cid,)).fetchone()
        if row is None:  # forgotten by another process a moment ago
            raise _Moved
        at.state = row[0]
    return Head(conversation, at.head, at.act_seq, at.human_seq, at.state or b"")


def _range(db: sqlite3.Connection, conversation: str, first: int, last: int) -> list[tuple[int, bytes]]:
    values: dict[str, Any] = {"conversation": conversation, "first": first, "last": last}
    return db.execute(sql.READ_RANGE, values).fetchall()


def _text(value: Any) -> str:
    return _ENCODE(value).decode()


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _snapshot(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("COMMIT")
