"""The SQLite journal's tables and statements.

A batch costs two statements: one that looks (`LOOK`) and one that writes (`WRITE`). `sqlite3` gives the GIL
up in every statement and has to win it back from a busy event loop afterwards, up to a switch interval (5 ms)
each time. So everything a batch writes stands in one trigger behind a view, and the statement is its own
transaction. Measured on 2 cores, batches of 100 with a thread spinning beside the writer: 5,400 entries/s,
16,600 with a switch interval of 1 ms; the same as separate statements 2,700 (`json_each`), 1,700 (multi-row
VALUES), 2,900 (`executemany`). With nobody beside: 30,000, 24,000, 25,000, 20,000.

What a batch dirties decides the rest of the cost. Bodies and the log are one table that grows at its end.
There is no index over (conversation, seq): an entry names the one before it in its conversation (`prev`), a
reader walks back from the head, and every 128th entry is a landmark to start from. A full index dirtied one
more page per entry (44 instead of 32 µs of processor time); state beside the head in one row, 2 µs.

An entry now costs the writer 18 to 22 µs in batches of 200 and 100, of which Python, with the GIL, 3 to 4.
"""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 2

LANDMARK_EVERY: Final = 128

# 0-based offset of the id in a body (protocol.entry): '{"conversation":"' + 36 + '","id":"' = 61.
_ID_AT: Final = 61

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row. `changes` moves with everything an append decides upon, so that a decision made outside the write
-- transaction is refused inside it when another process was faster.
CREATE TABLE IF NOT EXISTS log (
    one INTEGER PRIMARY KEY CHECK (one = 1), last_pos INTEGER NOT NULL, changes INTEGER NOT NULL
);
INSERT OR IGNORE INTO log VALUES (1, 0, 0);

CREATE TABLE IF NOT EXISTS head (
    cid INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL, act_seq INTEGER NOT NULL, human_seq INTEGER NOT NULL,
    pos INTEGER NOT NULL, touched_at INTEGER NOT NULL
);
-- Apart from the head, which moves with every entry and should be small: the snapshot moves with acts.
CREATE TABLE IF NOT EXISTS snapshot (cid INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
    pos INTEGER PRIMARY KEY, cid INTEGER NOT NULL, seq INTEGER NOT NULL, prev INTEGER NOT NULL,
    created_at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS landmark (
    cid INTEGER NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY (cid, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (
    cid INTEGER NOT NULL, client_msg_id TEXT NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL,
    created_at INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (cid, client_msg_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reader (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY, owner TEXT NOT NULL, granted_at INTEGER NOT NULL, ttl_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- entries: [[cid, seq, prev, offset, length, length of client_msg_id], …] into `bytes`, where the
-- client_msg_id follows the body; heads: [[cid, head, act_seq, human_seq, pos, state offset, state length],
-- …]. Offsets from 1.
CREATE VIEW IF NOT EXISTS batch (changes, first_pos, last_pos, now, entries, heads, bytes) AS
    SELECT 0, 0, 0, 0, '', '', x'' WHERE FALSE;
CREATE TRIGGER IF NOT EXISTS write_batch INSTEAD OF INSERT ON batch BEGIN
    SELECT RAISE(ABORT, 'moved') WHERE (SELECT changes FROM log) <> NEW.changes;
    INSERT INTO entry (pos, cid, seq, prev, created_at, body)
        SELECT NEW.first_pos + e.key, e.value ->> 0, e.value ->> 1, e.value ->> 2, NEW.now,
               substr(NEW.bytes, e.value ->> 3, e.value ->> 4)
        FROM json_each(NEW.entries) e;
    INSERT INTO known (cid, client_msg_id, seq, pos, created_at, id)
        SELECT e.value ->> 0,
               CAST(substr(NEW.bytes, (e.value ->> 3) + (e.value ->> 4), e.value ->> 5) AS TEXT),
               e.value ->> 1, NEW.first_pos + e.key, NEW.now,
               CAST(substr(NEW.bytes, (e.value ->> 3) + {_ID_AT}, 36) AS TEXT)
        FROM json_each(NEW.entries) e WHERE e.value ->> 5 > 0;
    INSERT INTO landmark (cid, seq, pos)
        SELECT e.value ->> 0, e.value ->> 1, NEW.first_pos + e.key
        FROM json_each(NEW.entries) e WHERE (e.value ->> 1) % {LANDMARK_EVERY} = 0;
    UPDATE head SET
        head = e.value ->> 1, act_seq = e.value ->> 2, human_seq = e.value ->> 3, pos = e.value ->> 4,
        touched_at = NEW.now
        FROM json_each(NEW.heads) e WHERE cid = e.value ->> 0;
    INSERT OR REPLACE INTO snapshot (cid, state)
        SELECT e.value ->> 0, substr(NEW.bytes, e.value ->> 5, e.value ->> 6)
        FROM json_each(NEW.heads) e WHERE e.value ->> 6 > 0;
    UPDATE log SET last_pos = NEW.last_pos, changes = changes + 1;
END;
"""

# ?1 conversations; ?2 [[conversation, offset, length], …] of client_msg_ids in ?3. One row of JSON: a row
# fetched is a turn of the GIL. Text never travels inside JSON here: SQLite ends a JSON string at U+0000.
LOOK: Final = """
SELECT (SELECT json_array(changes, last_pos) FROM log),
       (SELECT json_group_array(json_array(h.conversation, h.cid, h.head, h.act_seq, h.human_seq, h.pos))
        FROM json_each(?1) c CROSS JOIN head h ON h.conversation = c.value),
       (SELECT json_group_array(json_array(m.key, k.seq, k.pos, k.created_at, k.id))
        FROM json_each(?2) m CROSS JOIN head h ON h.conversation = m.value ->> 0
        CROSS JOIN known k ON k.cid = h.cid
            AND k.client_msg_id = CAST(substr(?3, m.value ->> 1, m.value ->> 2) AS TEXT))
"""

WRITE: Final = "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?)"

BIRTH: Final = "SELECT value FROM meta WHERE name = 'birth'"

# One row, for the same reason as READ_BATCH.
HEADS: Final = """
SELECT json_group_array(json_array(h.conversation, h.head, h.act_seq, h.human_seq, length(s.state))),
       CAST(group_concat(CAST(s.state AS TEXT), '') AS BLOB)
FROM json_each(?) c CROSS JOIN head h ON h.conversation = c.value JOIN snapshot s ON s.cid = h.cid
"""

# Entries :first..:last, walking back from the nearest landmark at or above :last, else from the head.
READ_RANGE: Final = """
WITH RECURSIVE
start (pos) AS (
    SELECT coalesce(
        (SELECT l.pos FROM landmark l WHERE l.cid = h.cid AND l.seq >= :last ORDER BY l.seq LIMIT 1), h.pos)
    FROM head h WHERE h.conversation = :conversation),
chain (pos, prev, seq) AS (
    SELECT e.pos, e.prev, e.seq FROM start JOIN entry e ON e.pos = start.pos
    UNION ALL
    SELECT e.pos, e.prev, e.seq FROM chain JOIN entry e ON e.pos = chain.prev WHERE chain.seq > :first)
SELECT e.seq, e.body FROM chain JOIN entry e ON e.pos = chain.pos
WHERE chain.seq BETWEEN :first AND :last ORDER BY chain.seq
"""

# The lowest seq of a conversation whose body is still here (a whole walk; only after a trimmed range was
# asked for).
LOWEST_HELD: Final = """
WITH RECURSIVE chain (prev, seq) AS (
    SELECT e.prev, e.seq FROM head h JOIN entry e ON e.pos = h.pos WHERE h.conversation = ?1
    UNION ALL
    SELECT e.prev, e.seq FROM chain JOIN entry e ON e.pos = chain.prev)
SELECT min(seq) FROM chain
"""

# One row for the whole batch: each row fetched is a turn of the GIL, and 2,000 of them beside a busy event
# loop take longer than the work. Bodies are one blob, cut by their lengths.
READ_BATCH: Final = """
SELECT json_group_array(json_array(pos, conversation, seq, length(body))),
       CAST(group_concat(CAST(body AS TEXT), '') AS BLOB)
FROM (SELECT e.pos, h.conversation, e.seq, e.body FROM entry e JOIN head h ON h.cid = e.cid
      WHERE e.pos > coalesce((SELECT position FROM reader WHERE name = ?1), 0) ORDER BY e.pos LIMIT ?2)
"""

# Positions have no holes between the first one held and the last one given, so a subtraction counts.
DEPTH: Final = """
WITH at (pos) AS (SELECT coalesce((SELECT position FROM reader WHERE name = ?1), 0)),
first (pos, created_at) AS (
    SELECT e.pos, e.created_at FROM entry e WHERE e.pos > (SELECT pos FROM at) ORDER BY e.pos LIMIT 1)
SELECT first.created_at, log.last_pos - first.pos + 1 FROM first, log
"""

CLAIM: Final = """
INSERT INTO lease (name, owner, granted_at, ttl_ms) VALUES (:name, :owner, :now, :ttl)
ON CONFLICT (name) DO UPDATE SET owner = :owner, granted_at = :now, ttl_ms = :ttl
WHERE owner = :owner OR NOT (granted_at <= :now AND :now < granted_at + ttl_ms)
"""

ADVANCE: Final = """
INSERT INTO reader (name, position) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)
"""

# A created_at beyond now + keep was written under a clock that ran ahead: its age is unknown, its readers
# passed it.
TRIM: Final = """
DELETE FROM entry WHERE pos IN (
    SELECT pos FROM (SELECT pos, created_at FROM entry WHERE pos <= :passed ORDER BY pos LIMIT :limit)
    WHERE created_at < :now - :keep OR created_at > :now + :keep)
"""

IDLE: Final = """
SELECT cid FROM head WHERE pos <= :passed AND (touched_at < :now - :idle OR touched_at > :now + :idle) LIMIT
:limit
"""

# Begins with DELETE: sqlite3 counts rows of a statement only when its first word tells that it writes.
FORGET_ENTRIES: Final = """
DELETE FROM entry WHERE pos IN (
    WITH RECURSIVE chain (pos, prev) AS (
        SELECT e.pos, e.prev FROM head h JOIN entry e ON e.pos = h.pos WHERE h.cid = ?1
        UNION ALL
        SELECT e.pos, e.prev FROM chain JOIN entry e ON e.pos = chain.prev)
    SELECT pos FROM chain)
"""
