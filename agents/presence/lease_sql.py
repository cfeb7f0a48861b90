"""Leases in bulk: one statement to renew what a process holds and one to drop the rest, however many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

REST: Final = "rest"
"""Stands for the process of those who are here by REST alone: no process renews or drops these leases."""

_ENCODER: Final = msgspec.json.Encoder()

# The join leaves out agents deleted meanwhile. In order of the key, so two batches never wait for each
# other in a circle.
_RENEW_POSTGRES: Final = """
INSERT INTO agents_lease (connection, agent_id, process, expires_ms)
SELECT v.connection, a.id, %s, %s
FROM jsonb_to_recordset(%s::jsonb) AS v(connection text, agent uuid) JOIN agents_agent AS a ON a.id = v.agent
ORDER BY v.connection
ON CONFLICT (connection) DO UPDATE
SET agent_id = excluded.agent_id, process = excluded.process, expires_ms = excluded.expires_ms
"""
_DROP_POSTGRES: Final = """
DELETE FROM agents_lease WHERE process = %s AND connection NOT IN (
    SELECT v.connection FROM jsonb_to_recordset(%s::jsonb) AS v(connection text))
RETURNING agent_id::text
"""
_RENEW_SQLITE: Final = """
INSERT INTO agents_lease (connection, agent_id, process, expires_ms)
SELECT json_extract(v.value, '$.connection'), a.id, %s, %s
FROM json_each(%s) AS v
JOIN agents_agent AS a ON a.id = replace(json_extract(v.value, '$.agent'), '-', '')
WHERE true
ON CONFLICT (connection) DO UPDATE
SET agent_id = excluded.agent_id, process = excluded.process, expires_ms = excluded.expires_ms
"""
_DROP_SQLITE: Final = """
DELETE FROM agents_lease WHERE process = %s AND connection NOT IN (
    SELECT json_extract(v.value, '$.connection') FROM json_each(%s) AS v)
RETURNING agent_id
"""


def renew(process: str, held: Mapping[str, str], expires_ms: int) -> None:
    """Write the leases of {connection: agent id} as this process's, until `expires_ms`. One statement."""
    sql = _RENEW_POSTGRES if connection.vendor == "postgresql" else _RENEW_SQLITE
    with connection.cursor() as cursor:
        cursor.execute(sql, [process, expires_ms, _rows(held)])


def drop_others(process: str, held: Mapping[str, str]) -> set[str]:
    """Delete this process's other leases; the agents they belonged to. One statement."""
    sql = _DROP_POSTGRES if connection.vendor == "postgresql" else _DROP_SQLITE
    with connection.cursor() as cursor:
        cursor.execute(sql, [process, _rows(held)])
        return {_dashed(row[0]) for row in _fetched(cursor)}


def _rows(held: Mapping[str, str]) -> str:
    return _ENCODER.encode([{"connection": key, "agent": agent} for key, agent in held.items()]).decode()


def _fetched(cursor: Any) -> Sequence[tuple[str]]:
    rows: Sequence[tuple[str]] = cursor.fetchall()
    return rows


def _dashed(text: str) -> str:
    return str(UUID(text))
