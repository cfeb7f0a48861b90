"""When a reaction is due: plain talk in conversations that somebody has, in one statement a batch.

A visitor's word that nobody has answered starts the clock of silence; an agent's word stops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db import connection

from agents.routing.policies import Desk, Policies
from chat.ports import Moved

_ENCODER: Final = msgspec.json.Encoder()

# A clock that runs is left alone by further words of the visitor; an answer stops it.
_DUE_POSTGRES: Final = """
UPDATE agents_seat AS s SET due_ms = v.due
FROM jsonb_to_recordset(%s::jsonb) AS v(conversation uuid, due bigint, answered boolean)
WHERE s.conversation = v.conversation AND (v.answered OR s.due_ms IS NULL) AND s.due_ms IS DISTINCT FROM v.due
"""
_DUE_SQLITE: Final = """
UPDATE agents_seat AS s SET due_ms = v.due
FROM (
    SELECT replace(json_extract(value, '$.conversation'), '-', '') AS conversation,
        json_extract(value, '$.due') AS due, json_extract(value, '$.answered') AS answered
    FROM json_each(%s)
) AS v
WHERE s.conversation = v.conversation AND (v.answered OR s.due_ms IS NULL) AND s.due_ms IS NOT v.due
"""
_REPLIED_POSTGRES: Final = """
UPDATE agents_assignment AS a SET first_reply_ms = v.replied
FROM jsonb_to_recordset(%s::jsonb) AS v(conversation uuid, replied bigint)
WHERE a.conversation = v.conversation AND a.ended_ms IS NULL AND a.first_reply_ms IS NULL
    AND a.at_ms <= v.replied
"""
_REPLIED_SQLITE: Final = """
UPDATE agents_assignment AS a SET first_reply_ms = v.replied
FROM (
    SELECT replace(json_extract(value, '$.conversation'), '-', '') AS conversation,
        json_extract(value, '$.replied') AS replied
    FROM json_each(%s)
) AS v
WHERE a.conversation = v.conversation AND a.ended_ms IS NULL AND a.first_reply_ms IS NULL
    AND a.at_ms <= v.replied
"""


def due_after(moved: Moved, at_ms: int, desk: Desk) -> int | None:
    """When the agent who got or kept it by an act at `at_ms` must have reacted; None: nothing is owed."""
    if moved.state.offered:
        return at_ms + desk.answer_ms if desk.answer_ms else None
    if moved.waiting_since is None or not desk.silence_ms:
        return None
    return max(moved.waiting_since, at_ms) + desk.silence_ms


def take_in(words: Sequence[Moved], policies: Policies) -> None:
    """Start and stop the clocks of conversations in which something was said. At most two statements."""
    dues: list[dict[str, Any]] = []
    replies: list[dict[str, Any]] = []
    for moved in words:
        state = moved.state
        if moved.replied_at is not None:
            replies.append({"conversation": state.conversation, "replied": moved.replied_at})
        elif moved.waiting_since is None:
            continue
        if state.snoozed_until is not None:
            continue
        silence_ms = policies.desk(state.site, state.group.id if state.group else None).silence_ms
        due = moved.waiting_since + silence_ms if moved.waiting_since is not None and silence_ms else None
        answered = moved.replied_at is not None
        if due is not None or answered:
            dues.append({"conversation": state.conversation, "due": due, "answered": answered})
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if dues:
            sql = _DUE_POSTGRES if is_postgres else _DUE_SQLITE
            cursor.execute(sql, [_ENCODER.encode(dues).decode()])
        if replies:
            sql = _REPLIED_POSTGRES if is_postgres else _REPLIED_SQLITE
            cursor.execute(sql, [_ENCODER.encode(replies).decode()])
