"""One batch of the log into the database: entries, then the rows of their conversations.

Everything here is safe to repeat: an entry that is there already is left alone, and a row moves only forward.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec
import structlog
from django.db import DatabaseError, IntegrityError, transaction

from chat.conversation import decode_state
from chat.ids import is_uuid
from chat.journal.base import LogItem
from chat.models import Conversation
from chat.persistence.dialect import Dialect, Mark, Place, dialect
from chat.persistence.following import follow
from chat.persistence.labels import label
from chat.persistence.lines import Readable, Rejected, read
from chat.persistence.projection import Acts, Row, acts_of, advance, skip, state_of, talk_of

log = structlog.get_logger(__name__)


def store(items: Sequence[LogItem], careful: bool = True) -> list[Rejected]:
    """Store what can be stored and return what cannot; call it inside a transaction.

    Raises `django.db.DatabaseError` when the database itself is in trouble: then roll back and come again.
    Without `careful` there are no savepoints to find out which entry is at fault: whatever goes wrong is
    raised, and all of it is to be rolled back and stored carefully.
    """
    db = dialect()
    readable, rejected = read(items)
    wanted = dict.fromkeys(item.conversation for item in items)
    rows = {row.id: row for row in db.load([text for text in wanted if is_uuid(text)])}
    known = []
    for entry in readable:
        if entry.line.conversation in rows:
            known.append(entry)
        else:
            rejected.append(Rejected(entry.item, "unknown_conversation", "there is no such conversation"))
    if known:
        _insert(db, known, rejected, careful)
    for entry in known:
        # A refused entry was acknowledged and acted upon all the same: the row follows the log,
        # not the table.
        advance(rows[entry.line.conversation], entry.line)
    for refused in rejected:
        if refused.item.conversation in rows:
            skip(rows[refused.item.conversation], refused.item.seq)
    _project(db, list(rows.values()), careful)
    follow(list(rows.values()), careful)
    return rejected


def _insert(db: Dialect, entries: Sequence[Readable], rejected: list[Rejected], careful: bool) -> None:
    """Insert all of them, or halve until the ones at fault stand alone."""
    try:
        with transaction.atomic() if careful else contextlib.nullcontext():
            new = db.insert([entry.body for entry in entries])
    except DatabaseError as error:
        if not careful or not db.is_data_error(error):
            raise
        if len(entries) == 1:
            rejected.append(Rejected(entries[0].item, _code(error), str(error)))
            return
        middle = len(entries) // 2
        _insert(db, entries[:middle], rejected, careful)
        _insert(db, entries[middle:], rejected, careful)
        return
    if new == len(entries):
        return
    places = [Place(entry.line.conversation, entry.line.seq, entry.line.id) for entry in entries]
    taken = db.strangers(places)
    for entry in entries:
        if (entry.line.conversation, entry.line.seq) in taken:
            rejected.append(Rejected(entry.item, "seq_taken", "another entry is stored at this seq"))


def _project(db: Dialect, rows: Sequence[Row], careful: bool) -> None:
    moved = [talk_of(row) for row in rows if row.moved]
    if moved:
        db.move(moved)
    acted = [acts_of(row) for row in rows if row.acted]
    if acted:
        _act(db, acted, careful)
        label([row for row in rows if row.labelled])
        _relist([row.visitor for row in rows if row.acted and state_of(row).status == "closed"])
    marks = [Mark(row.id, seq) for row in rows for seq in row.hidden]
    if marks:
        db.hide(marks)


def _act(db: Dialect, acts: list[Acts], careful: bool) -> None:
    """Write the state half, closings first: a visitor's new conversation may open in the batch that closes
    the old.

    A visitor has one open conversation. Should the log have reopened a second one, its row stays listed as
    closed while its snapshot, from which every decision is made, keeps the truth, until the other one closes.
    """
    acts.sort(key=lambda act: act.status != "closed")
    if not careful:
        db.act(acts)
        return
    try:
        with transaction.atomic():
            db.act(acts)
        return
    except IntegrityError:
        pass
    for act in acts:
        try:
            with transaction.atomic():
                db.act([act])
        except IntegrityError:
            log.warning("conversation_reopened_beside_another", conversation=act.id, act_seq=act.act_seq)
            db.act([msgspec.structs.replace(act, status="closed")])


def _relist(visitors: Sequence[str]) -> None:
    """Now that these visitors' conversations closed, list the ones that had to stay hidden behind them.

    Shards are read side by side, so a reopening may come here before the closing it came after. Such a row
    is told by its missing `closed_at`.
    """
    if not visitors:
        return
    behind = Conversation.objects.filter(visitor_id__in=visitors, status="closed", closed_at=None)
    for id_, snapshot in behind.exclude(act_seq=0).values_list("pk", "state"):
        status = decode_state(bytes(snapshot)).status
        if status != "closed":
            with contextlib.suppress(IntegrityError), transaction.atomic():
                Conversation.objects.filter(pk=id_, status="closed").update(status=status)


def _code(error: DatabaseError) -> str:
    text = str(error)
    if "client_msg_id" in text or "message_client_id_once" in text:
        return "client_msg_id_clash"
    if "chat_message.id" in text or "chat_message_pkey" in text:
        return "id_clash"
    return "not_storable"
