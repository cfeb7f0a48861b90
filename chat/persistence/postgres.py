"""Persistence in PostgreSQL: the server takes the bodies apart.

A few come as one JSON text; many by COPY into a temporary table, which costs three more statements and a
table to be emptied at every commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db import DataError, IntegrityError, connection

from chat.persistence.dialect import Mark, Place
from chat.persistence.projection import Acts, Row, Talk

_ENCODER: Final = msgspec.json.Encoder()

_INCOMING: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS kefu_incoming (body jsonb) ON COMMIT DELETE ROWS"
# JSON text never holds control characters, so these as delimiter and quote make escaping unnecessary.
_COPY: Final = r"COPY kefu_incoming (body) FROM STDIN WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')"
_INSERT: Final = """
INSERT INTO chat_message (
    id, conversation_id, seq, client_msg_id, sender_kind, sender_id, sender_name, kind, text, attachment,
    card, event, reply_to, created_at, is_hidden)
SELECT e.id, e.conversation, e.seq, e.client_msg_id, s.kind, s.id, s.name, e.kind, e.text, e.attachment,
    e.card, e.event, e.reply_to, e.created_at, false
FROM {source},
    jsonb_to_record(body) AS e(id uuid, conversation uuid, seq bigint, client_msg_id text, sender jsonb,
        kind text, text text, attachment jsonb, card jsonb, event jsonb, reply_to bigint, created_at bigint),
    jsonb_to_record(e.sender) AS s(kind text, id uuid, name text)
ON CONFLICT (conversation_id, seq) DO NOTHING
"""
_INSERT_COPIED: Final = _INSERT.format(source="kefu_incoming")
_INSERT_FEW: Final = _INSERT.format(source="jsonb_array_elements(%s::jsonb) AS i(body)")
FEW: Final = 200
"""Entries; at 25 a batch COPY took a third of persistence's time."""
_LOAD: Final = """
SELECT c.id::text, c.site_id::text, c.visitor_id::text, w.name, c.status, c.head, c.act_seq, c.human_seq,
    convert_from(c.state, 'UTF8'), c.visitor_seq, c.last_text, c.last_at, c.last_seq, c.waiting_since,
    c.rating_text, c.summary, c.category
FROM chat_conversation AS c JOIN chat_visitor AS w ON w.id = c.visitor_id
WHERE c.id = ANY(%s::uuid[]) ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_STRANGERS: Final = """
SELECT v.conversation::text, v.seq
FROM jsonb_to_recordset(%s::jsonb) AS v(conversation uuid, seq bigint, id uuid)
JOIN chat_message AS m ON m.conversation_id = v.conversation AND m.seq = v.seq
WHERE m.id <> v.id
"""
_MOVE: Final = """
UPDATE chat_conversation AS c
SET head = v.head, human_seq = v.human_seq, visitor_seq = v.visitor_seq, last_text = v.last_text,
    last_at = v.last_at, last_seq = v.last_seq, waiting_since = v.waiting_since
FROM jsonb_to_recordset(%s::jsonb) AS v(id uuid, head bigint, human_seq bigint, visitor_seq bigint,
    last_text text, last_at bigint, last_seq bigint, waiting_since bigint)
WHERE c.id = v.id AND c.head < v.head
"""
_ACT: Final = """
UPDATE chat_conversation AS c
SET act_seq = v.act_seq, status = v.status, agent_id = v.agent_id, agent_name = v.agent_name,
    rating = v.rating, rating_text = v.rating_text, state = convert_to(v.state, 'UTF8'),
    closed_at = to_timestamp(v.closed_at / 1000.0), group_id = v.group_id, group_name = v.group_name,
    guests = v.guests, snoozed_until = v.snoozed_until, summary = v.summary, category = v.category
FROM jsonb_to_recordset(%s::jsonb) AS v(id uuid, act_seq bigint, status text, agent_id uuid, agent_name text,
    rating smallint, rating_text text, state text, closed_at numeric, group_id uuid, group_name text,
    guests jsonb, snoozed_until bigint, summary text, category text)
WHERE c.id = v.id AND c.act_seq < v.act_seq
"""
_HIDE: Final = """
UPDATE chat_message AS m SET is_hidden = true
FROM jsonb_to_recordset(%s::jsonb) AS v(conversation uuid, seq bigint)
WHERE m.conversation_id = v.conversation AND m.seq = v.seq
"""
_LOADED: Final = (
    "id", "site", "visitor", "visitor_name", "status", "head", "act_seq", "human_seq", "snapshot",
    "visitor_seq", "last_text", "last_at", "last_seq", "waiting_since", "rating_text", "summary",
    "category",
)  # fmt: skip


class Postgres:
    """`Dialect` for PostgreSQL."""

    def prepare(self) -> None:
        """Nothing to do: the server's memory is the operator's."""

    def load(self, conversations: Sequence[str]) -> list[Row]:
        """See `Dialect.load`. Locks in order of id, so two batches never wait for each other in a circle."""
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [list(conversations)])
            return [Row(**dict(zip(_LOADED, row, strict=True))) for row in cursor.fetchall()]

    def insert(self, bodies: Sequence[bytes]) -> int:
        """See `Dialect.insert`. Bisecting comes here again in one transaction, so the table is emptied
        first.
        """
        with connection.cursor() as cursor:
            if len(bodies) <= FEW:
                cursor.execute(_INSERT_FEW, [(b"[" + b",".join(bodies) + b"]").decode()])
                return int(cursor.rowcount)
            cursor.execute(_INCOMING)
            cursor.execute("DELETE FROM kefu_incoming")
            with cursor.copy(_COPY) as copy:
                copy.write(b"\n".join(bodies))
            cursor.execute(_INSERT_COPIED)
            return int(cursor.rowcount)

    def strangers(self, places: Sequence[Place]) -> set[tuple[str, int]]:
        """See `Dialect.strangers`."""
        with connection.cursor() as cursor:
            cursor.execute(_STRANGERS, [_ENCODER.encode(places).decode()])
            return {(str(conversation), int(seq)) for conversation, seq in cursor.fetchall()}

    def move(self, talks: Sequence[Talk]) -> None:
        """See `Dialect.move`."""
        self._run(_MOVE, talks)

    def act(self, acts: Sequence[Acts]) -> None:
        """See `Dialect.act`."""
        self._run(_ACT, acts)

    def hide(self, marks: Sequence[Mark]) -> None:
        """See `Dialect.hide`."""
        self._run(_HIDE, marks)

    def is_data_error(self, error: Exception) -> bool:
        """See `Dialect.is_data_error`."""
        return isinstance(error, IntegrityError | DataError)

    def _run(self, sql: str, values: Sequence[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [_ENCODER.encode(values).decode()])
