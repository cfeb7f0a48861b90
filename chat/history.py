"""Reading a log: the journal's bodies and the database's rows as one: what was acknowledged is in the answer.

The journal is asked first. What it no longer holds was trimmed, and it trims only what persistence has
passed, so the database, asked second, has it; the other order could miss an entry that moved in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from chat.conversation import Participant, State, decode_state, require_read
from chat.errors import KefuError
from chat.journal import journal
from chat.models import DeadLetter, Message
from chat.protocol.entry import Attachment, Entry, HiddenEntry, decode_entry
from chat.visibility import visible_to
from chat.warming import load_state

log = structlog.get_logger(__name__)

DEFAULT_PAGE: Final = 50
MAX_PAGE: Final = 500  # entries; as many as a resume sends before it answers `resync`
_NOWHERE: Final = "00000000-0000-0000-0000-000000000000"

Sign = Callable[[Attachment], Attachment]
"""Issues an attachment's URLs anew."""


def page_bounds(
    head: int, *, after_seq: int | None = None, before_seq: int | None = None, limit: int = DEFAULT_PAGE
) -> tuple[int, int]:
    """First and last seq (inclusive) of a page; first > last when it is empty.

    `after_seq` counts up from there, `before_seq` down from there; with neither it is the newest page.
    With both it is the oldest page between them. `limit` is brought into 1..MAX_PAGE.
    """
    limit = min(max(limit, 1), MAX_PAGE)
    last = head if before_seq is None else min(head, before_seq - 1)
    if after_seq is not None:
        first = max(after_seq, 0) + 1
        return first, min(last, first + limit - 1)
    return max(1, last - limit + 1), last


def standing(conversation: str) -> tuple[int, State]:
    """Head and state of a conversation as of now, hot or cold. Raises `KefuError("not_found")`."""
    hot = journal().heads([conversation]).get(conversation)
    if hot is not None:
        return hot.head, decode_state(hot.state)
    found = load_state(conversation)
    if found is None:
        raise KefuError("not_found", "no such conversation")
    return found


def history(
    conversation: str,
    *,
    viewer: Participant,
    after_seq: int | None = None,
    before_seq: int | None = None,
    limit: int = DEFAULT_PAGE,
    sign: Sign | None = None,
) -> list[Entry | HiddenEntry]:
    """A page of the log as `viewer` may see it: ascending by seq, without gaps, attachment URLs signed.

    Raises `KefuError("not_found")` for what does not exist or belongs to others, `JournalUnavailable` and
    `django.db.DatabaseError` when one of the two cannot be read.
    """
    head, state = standing(conversation)
    require_read(state, viewer)
    first, last = page_bounds(head, after_seq=after_seq, before_seq=before_seq, limit=limit)
    if first > last:
        return []
    entries = log_range(conversation, first, last)
    hidden = Message.objects.filter(conversation_id=conversation, seq__range=(first, last), is_hidden=True)
    # The snapshot remembers only the latest thousand recalls, the rows all of them.
    recalled = {*state.recalled, *hidden.values_list("seq", flat=True)}
    signed = sign or _signer()
    page: list[Entry | HiddenEntry] = []
    for entry in entries:
        seen = visible_to(entry, viewer.kind, recalled) if isinstance(entry, Entry) else entry
        if isinstance(seen, Entry) and seen.attachment is not None:
            seen = msgspec.structs.replace(seen, attachment=signed(seen.attachment))
        page.append(seen)
    return page


def log_range(conversation: str, first: int, last: int) -> list[Entry | HiddenEntry]:
    """Entries first..last of the log, unmasked and unsigned; a place that nobody can fill is a hidden entry.

    `last` must not lie beyond the head.
    """
    found: dict[int, Entry] = {}
    for seq, body in journal().read_range(conversation, first, last):
        found[seq] = decode_entry(body)
    missing = [seq for seq in range(first, last + 1) if seq not in found]
    if missing:
        wanted = (missing[0], missing[-1])
        for row in Message.objects.filter(conversation_id=conversation, seq__range=wanted):
            found.setdefault(row.seq, entry_of(row))
        if any(seq not in found for seq in missing):
            found = {**_parked(conversation, wanted), **found}
    lost = [seq for seq in missing if seq not in found]
    if lost:
        log.error("log_has_gaps", conversation=conversation, first=lost[0], last=lost[-1], entries=len(lost))
    return [
        found.get(seq) or HiddenEntry(conversation=conversation, id=_NOWHERE, seq=seq)
        for seq in range(first, last + 1)
    ]


def stored_entry(conversation: str, seq: int) -> Entry | None:
    """One entry of the log, wherever it is; None when there is no such entry."""
    hot = journal().read_range(conversation, seq, seq)
    if hot:
        return decode_entry(hot[0][1])
    row = Message.objects.filter(conversation_id=conversation, seq=seq).first()
    return entry_of(row) if row is not None else _parked(conversation, (seq, seq)).get(seq)


def entry_of(row: Message) -> Entry:
    """The entry a row was made from."""
    value: dict[str, Any] = {
        "conversation": str(row.conversation_id),
        "id": str(row.pk),
        "seq": row.seq,
        "client_msg_id": row.client_msg_id,
        "sender": {"kind": row.sender_kind, "id": _text(row.sender_id), "name": row.sender_name},
        "kind": row.kind,
        "text": row.text,
        "attachment": row.attachment,
        "card": row.card,
        "event": row.event,
        "reply_to": row.reply_to,
        "created_at": row.created_at,
    }
    return msgspec.convert(value, Entry)


def _parked(conversation: str, wanted: Sequence[int]) -> dict[int, Entry]:
    """Entries that wait in the dead-letter table: acknowledged, so still part of the log."""
    found = {}
    letters = DeadLetter.objects.filter(
        conversation=conversation, seq__range=(wanted[0], wanted[1]), resolved_at=None
    )
    for seq, body in letters.values_list("seq", "body"):
        try:
            found[seq] = decode_entry(body)
        except msgspec.DecodeError:
            continue
    return found


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _signer() -> Sign:
    from chat.uploads.signing import sign_attachment

    return sign_attachment
