"""Persistence in SQLite: each step is one statement over `json_each`, so Python's lock is held only to bind
one text.

Django keeps UUIDs as 32 hex digits without dashes there, JSON as text, and times as `YYYY-MM-DD
HH:MM:SS.ffffff`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db import DatabaseError, DataError, IntegrityError, connection

from chat.persistence.dialect import Mark, Place
from chat.persistence.projection import Acts, Row, Talk

_ENCODER: Final = msgspec.json.Encoder()
_ROWS: Final = msgspec.json.Decoder(list[Row])
_PLACES: Final = msgspec.json.Decoder(list[tuple[str, int]])


def _id(path: str) -> str:
    """SQL of an id in the stored form."""
    return f"replace(json_extract(value, '{path}'), '-', '')"


def _dashed(column: str) -> str:
    """SQL of a stored id in canonical form."""
    pieces = " || '-' || ".join(
        f"substr({column}, {at}, {n})" for at, n in ((1, 8), (9, 4), (13, 4), (17, 4))
    )
    return f"{pieces} || '-' || substr({column}, 21)"


_LOAD: Final = f"""
SELECT json_group_array(json_object(
    'id', {_dashed("c.id")}, 'site', {_dashed("c.site_id")}, 'visitor', {_dashed("c.visitor_id")},
    'visitor_name', w.name, 'status', c.status, 'head', c.head, 'act_seq', c.act_seq, 'human_seq',
    c.human_seq, 'snapshot', CAST(c.state AS TEXT), 'visitor_seq', c.visitor_seq, 'last_text', c.last_text,
    'last_at', c.last_at, 'last_seq', c.last_seq, 'waiting_since', c.waiting_since,
    'rating_text', c.rating_text, 'summary', c.summary, 'category', c.category))
FROM json_each(%s) AS v
CROSS JOIN chat_conversation AS c ON c.id = v.value
CROSS JOIN chat_visitor AS w ON w.id = c.visitor_id
"""
_INSERT: Final = f"""
INSERT INTO chat_message (
    id, conversation_id, seq, client_msg_id, sender_kind, sender_id, sender_name, kind, text, attachment,
    card, event, reply_to, created_at, is_hidden)
SELECT {_id("$.id")}, {_id("$.conversation")}, json_extract(value, '$.seq'),
    json_extract(value, '$.client_msg_id'), json_extract(value, '$.sender.kind'), {_id("$.sender.id")},
    json_extract(value, '$.sender.name'), json_extract(value, '$.kind'), json_extract(value, '$.text'),
    json_extract(value, '$.attachment'), json_extract(value, '$.card'), json_extract(value, '$.event'),
    json_extract(value, '$.reply_to'), json_extract(value, '$.created_at'), 0
FROM json_each(%s) WHERE true
ON CONFLICT (conversation_id, seq) DO NOTHING
"""
_STRANGERS: Final = f"""
SELECT json_group_array(json_array(json_extract(value, '$.conversation'), m.seq))
FROM json_each(%s) AS v
CROSS JOIN chat_message AS m
    ON m.conversation_id = {_id("$.conversation")} AND m.seq = json_extract(value, '$.seq')
WHERE m.id <> {_id("$.id")}
"""
_MOVE: Final = f"""
UPDATE chat_conversation AS c
SET head = v.head, human_seq = v.human_seq, visitor_seq = v.visitor_seq, last_text = v.last_text,
    last_at = v.last_at, last_seq = v.last_seq, waiting_since = v.waiting_since
FROM (
    SELECT {_id("$.id")} AS id, json_extract(value, '$.head') AS head,
        json_extract(value, '$.human_seq') AS human_seq, json_extract(value, '$.visitor_seq') AS visitor_seq,
        json_extract(value, '$.last_text') AS last_text, json_extract(value, '$.last_at') AS last_at,
        json_extract(value, '$.last_seq') AS last_seq, json_extract(value, '$.waiting_since') AS waiting_since
    FROM json_each(%s)
) AS v
WHERE c.id = v.id AND c.head < v.head
"""
_ACT: Final = f"""
UPDATE chat_conversation AS c
SET act_seq = v.act_seq, status = v.status, agent_id = v.agent_id, agent_name = v.agent_name,
    rating = v.rating, rating_text = v.rating_text, state = CAST(v.state AS BLOB),
    group_id = v.group_id, group_name = v.group_name, guests = v.guests, snoozed_until = v.snoozed_until,
    summary = v.summary, category = v.category,
    closed_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', v.closed_at / 1000.0, 'unixepoch')
FROM (
    SELECT {_id("$.id")} AS id, json_extract(value, '$.act_seq') AS act_seq,
        json_extract(value, '$.status') AS status, {_id("$.agent_id")} AS agent_id,
        json_extract(value, '$.agent_name') AS agent_name, json_extract(value, '$.rating') AS rating,
        json_extract(value, '$.rating_text') AS rating_text, json_extract(value, '$.state') AS state,
        json_extract(value, '$.closed_at') AS closed_at, {_id("$.group_id")} AS group_id,
        json_extract(value, '$.group_name') AS group_name, json_extract(value, '$.guests') AS guests,
        json_extract(value, '$.snoozed_until') AS snoozed_until,
        json_extract(value, '$.summary') AS summary, json_extract(value, '$.category') AS category
    FROM json_each(%s)
) AS v
WHERE c.id = v.id AND c.act_seq < v.act_seq
"""
_HIDE: Final = f"""
UPDATE chat_message AS m SET is_hidden = 1
FROM (
    SELECT {_id("$.conversation")} AS conversation, json_extract(value, '$.seq') AS seq FROM json_each(%s)
) AS v
WHERE m.conversation_id = v.conversation AND m.seq = v.seq
"""


class Sqlite:
    """`Dialect` for SQLite. The transaction began IMMEDIATE, which locks everything at once."""

    def prepare(self) -> None:
        """Room for 8 MiB of pages instead of 2: keys are random, so inserts touch all of two indexes."""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -20480")

    def load(self, conversations: Sequence[str]) -> list[Row]:
        """See `Dialect.load`."""
        stored = [conversation.replace("-", "") for conversation in conversations]
        return _ROWS.decode(self._value(_LOAD, stored))

    def insert(self, bodies: Sequence[bytes]) -> int:
        """See `Dialect.insert`."""
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [f"[{b','.join(bodies).decode()}]"])
            return int(cursor.rowcount)

    def strangers(self, places: Sequence[Place]) -> set[tuple[str, int]]:
        """See `Dialect.strangers`."""
        return set(_PLACES.decode(self._value(_STRANGERS, places)))

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
        if isinstance(error, IntegrityError | DataError):
            return True
        cause = error.__cause__
        return (
            isinstance(error, DatabaseError)
            and isinstance(cause, sqlite3.Error)
            and (cause.sqlite_errorcode == sqlite3.SQLITE_TOOBIG or "JSON" in str(cause))
        )

    def _run(self, sql: str, values: Sequence[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [_ENCODER.encode(values).decode()])

    def _value(self, sql: str, values: Sequence[Any]) -> str:
        with connection.cursor() as cursor:
            cursor.execute(sql, [_ENCODER.encode(values).decode()])
            return str(cursor.fetchone()[0])
