"""Keeping search up to date, behind persistence: what is in the database is found within about two seconds.

Not in persistence's own transaction: indexing a message costs several times what storing it does, and while
there is a lot to store, searching can wait. `Conversation.indexed_seq < head` says what is missing, so a
lost run, a killed worker or a restored backup changes nothing.
"""

from __future__ import annotations

import threading
import time
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from chat.journal import journal
from chat.journal.base import JournalUnavailable
from chat.models import Conversation, Message, SearchDocument, Visitor
from chat.persistence.reader import READER
from chat.search import store
from chat.search.grams import grams

CONVERSATIONS: Final = 200  # a step
MESSAGES: Final = 500  # a step: one transaction of about 50 ms on SQLite
BUSY: Final = 2_000  # entries persistence has before it: then search waits
LONGEST_RUN_S: Final = 1.0

_running = threading.Lock()


def index_new() -> int:
    """Index what persistence has stored since; returns how many messages were passed.

    Gives way while persistence is behind, and after `LONGEST_RUN_S`; the next turn goes on.
    """
    if not _running.acquire(blocking=False):
        return 0
    try:
        passed, until = 0, time.monotonic() + LONGEST_RUN_S
        while time.monotonic() < until and not _busy():
            count = _step()
            passed += count
            if count == 0:
                break
        return passed
    finally:
        _running.release()


def words_of(message: Message) -> str:
    """What of a message is searched: its text and its file's name; of events, notes and whispers alone."""
    if message.kind == "event" and (message.event or {}).get("name") not in ("note", "whisper"):
        return ""
    name = (message.attachment or {}).get("name") or ""
    return "\n".join(part for part in (message.text or "", name) if part)


def index_visitor(visitor: Visitor) -> None:
    """Make a visitor findable under what is known now; call it in the transaction that changed it."""
    words = visitor_words(visitor)
    SearchDocument.objects.filter(visitor=visitor).delete()
    if words:
        store.put([store.Found(visitor.site_id, grams(words), visitor=visitor.pk)])


def visitor_words(visitor: Visitor) -> str:
    """What of a visitor is searched."""
    parts = (visitor.name, visitor.email, visitor.phone, visitor.external_id or "")
    return "\n".join(part for part in parts if part)


def _busy() -> bool:
    try:
        return journal().depth(READER).entries > BUSY
    except JournalUnavailable:
        return True


def _step() -> int:
    """One batch in one transaction; how many messages it passed (conversations without any count as one)."""
    with transaction.atomic():
        waiting = Conversation.objects.filter(indexed_seq__lt=F("head")).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True, of=("self",))
        rows = list(waiting.values_list("pk", "site_id", "indexed_seq", "head")[:CONVERSATIONS])
        if not rows:
            return 0
        wanted = Q()
        for key, _, indexed, head in rows:
            wanted |= Q(conversation_id=key, seq__gt=indexed, seq__lte=head)
        found = Message.objects.filter(wanted).order_by("conversation_id", "seq")
        fields = ("conversation_id", "seq", "kind", "text", "attachment", "event")
        messages = list(found.only(*fields)[:MESSAGES])
        reached = {key: head for key, _, _, head in rows}
        if len(messages) == MESSAGES:
            last = messages[-1]
            # What comes after it, in this conversation and in those behind, is for the next step.
            reached = {key: head for key, head in reached.items() if key < last.conversation_id}
            reached[last.conversation_id] = last.seq
        _store(messages, {key: site for key, site, _, _ in rows})
        for key, seq in reached.items():
            Conversation.objects.filter(pk=key, indexed_seq__lt=seq).update(indexed_seq=seq)
        return len(messages) or len(rows)


def _store(messages: list[Message], sites: dict[UUID, UUID]) -> None:
    known = set(
        SearchDocument.objects.filter(
            conversation_id__in={message.conversation_id for message in messages},
            seq__in={message.seq for message in messages},
        ).values_list("conversation_id", "seq")
    )
    store.put(
        [
            store.Found(sites[message.conversation_id], grams(words), message.conversation_id, message.seq)
            for message in messages
            if (message.conversation_id, message.seq) not in known and (words := words_of(message))
        ]
    )
