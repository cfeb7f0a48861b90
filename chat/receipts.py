"""Delivered and read marks per side, and what is unread because of them.

Marks are noted in memory and written together about once a second: a busy agent's page reports every entry it
shows, and a row update each would cost more than the messages. A mark never moves back and never beyond the
log's head.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from django.db import connection, transaction
from django.db.models import Count, F

from chat.conversation import ParticipantKind
from chat.ids import parse_ids
from chat.journal import journal
from chat.models import Conversation, Message

Side = Literal["visitor", "agent"]
MAX_PENDING: Final = 20_000
"""Unwritten marks; beyond it (the database is down) new ones are dropped rather than memory filled."""

_lock = threading.Lock()
_pending: dict[tuple[str, Side], tuple[int, int]] = {}
_ENCODER: Final = msgspec.json.Encoder()


def note(conversation: str, kind: ParticipantKind, delivered: int, read: int) -> None:
    """Remember that a side received up to `delivered` and read up to `read` (0: nothing said).

    Never blocks on I/O. Bots and the system have no marks of their own.
    """
    side: Side = "visitor" if kind == "visitor" else "agent"
    if kind not in ("visitor", "agent"):
        return
    delivered = max(delivered, read)
    key = (conversation, side)
    with _lock:
        before = _pending.get(key)
        if before is not None:
            _pending[key] = (max(before[0], delivered), max(before[1], read))
        elif len(_pending) < MAX_PENDING:
            _pending[key] = (delivered, read)


def flush_receipts() -> int:
    """Write what was noted; returns the number of marks written.

    Blocks: call it from a thread, about once a second. When it fails (`JournalUnavailable`,
    `django.db.DatabaseError`), everything is kept for the next time.
    """
    global _pending
    with _lock:
        taken, _pending = _pending, {}
    if not taken:
        return 0
    try:
        heads = journal().heads(list({conversation for conversation, _ in taken}))
        for side in ("visitor", "agent"):
            marks = [
                _clamped(conversation, mark, heads[conversation].head if conversation in heads else None)
                for (conversation, of), mark in taken.items()
                if of == side and parse_ids([conversation])
            ]
            if marks:
                _write(side, marks)
    except BaseException:
        for (conversation, side_of), mark in taken.items():
            note(conversation, side_of, *mark)
        raise
    return len(taken)


def unread_counts(conversations: Sequence[str], kind: ParticipantKind) -> dict[str, int]:
    """Persisted messages of the other side above this side's read mark, by conversation; one query.

    Every well-formed id is in the answer, 0 for none. Events, notes and recalled messages do not count.
    """
    ids = parse_ids(conversations)
    counts = {str(id_): 0 for id_ in ids}
    if not ids:
        return counts
    rows = Message.objects.filter(conversation_id__in=ids, is_hidden=False).exclude(kind="event")
    if kind == "visitor":
        rows = rows.exclude(sender_kind="visitor").filter(seq__gt=F("conversation__visitor_read"))
    else:
        rows = rows.filter(sender_kind="visitor", seq__gt=F("conversation__agent_read"))
    for conversation, unread in (
        rows.values("conversation_id")
        .annotate(unread=Count("pk"))
        .values_list("conversation_id", "unread")
        .order_by()
    ):
        counts[str(conversation)] = unread
    return counts


def _clamped(conversation: str, mark: tuple[int, int], head: int | None) -> dict[str, int | str | None]:
    """A mark held to the journal's head; a null `cap` tells SQL to hold it to the row's (it is cold)."""
    delivered, read = mark
    if head is not None:
        delivered, read = min(delivered, head), min(read, head)
    return {"id": conversation, "delivered": max(delivered, 0), "read": max(read, 0), "cap": head}


def _write(side: str, marks: list[dict[str, int | str | None]]) -> None:
    """One UPDATE of one side's marks. Rows are locked in order of id, as persistence does: no deadlock."""
    text = _ENCODER.encode(marks).decode()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            ids = [str(mark["id"]) for mark in marks]
            locked = Conversation.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
            list(locked.values_list("pk", flat=True))
            cursor.execute(_POSTGRES.format(side=side), [text])
        else:
            cursor.execute(_SQLITE.format(side=side), [text])


_POSTGRES: Final = """
UPDATE chat_conversation AS c
SET {side}_delivered = GREATEST(c.{side}_delivered, LEAST(v.delivered, COALESCE(v.cap, c.head))),
    {side}_read = GREATEST(c.{side}_read, LEAST(v.read, COALESCE(v.cap, c.head)))
FROM jsonb_to_recordset(%s::jsonb) AS v(id uuid, delivered bigint, read bigint, cap bigint)
WHERE c.id = v.id
"""
_SQLITE: Final = """
UPDATE chat_conversation AS c
SET {side}_delivered = max(c.{side}_delivered, min(v.delivered, coalesce(v.cap, c.head))),
    {side}_read = max(c.{side}_read, min(v.read, coalesce(v.cap, c.head)))
FROM (
    SELECT replace(json_extract(value, '$.id'), '-', '') AS id, json_extract(value, '$.cap') AS cap,
           json_extract(value, '$.delivered') AS delivered, json_extract(value, '$.read') AS read
    FROM json_each(%s)
) AS v
WHERE c.id = v.id
"""
