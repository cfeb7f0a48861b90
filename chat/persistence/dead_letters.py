"""Entries the database refused: kept whole, counted, and tried again when somebody has removed the cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone

from chat.journal.base import LogItem
from chat.metrics import DEAD_LETTERS
from chat.models import DeadLetter, Message
from chat.persistence.batch import store
from chat.persistence.lines import Rejected

log = structlog.get_logger(__name__)

MAX_ERROR = 1000  # characters of DeadLetter.error


class Redriven(msgspec.Struct, frozen=True):
    """What a re-drive did: how many entries are stored now, and how many were refused again."""

    stored: int
    refused: int


def park(rejected: Sequence[Rejected]) -> None:
    """Keep refused entries, in the transaction that stored the rest. One that is parked already stays as it
    is.
    """
    if not rejected:
        return
    DeadLetter.objects.bulk_create(
        [
            DeadLetter(
                conversation=_conversation(refused.item.conversation),
                seq=refused.item.seq,
                body=refused.item.body.decode(errors="backslashreplace").replace("\0", "\\u0000"),
                code=refused.code,
                error=_words(refused.error),
            )
            for refused in rejected
        ],
        ignore_conflicts=True,
    )
    for code, count in Counter(refused.code for refused in rejected).items():
        DEAD_LETTERS.labels(code).inc(count)
        log.error("dead_letters", code=code, entries=count)


def redrive(ids: Iterable[UUID | str]) -> Redriven:
    """Try open dead letters again, oldest entry first; those that are stored now are marked resolved.

    Raises `django.db.DatabaseError` when the database is in trouble; nothing has changed then.
    """
    with transaction.atomic():
        letters = list(
            DeadLetter.objects.select_for_update()
            .filter(pk__in=list(ids), resolved_at=None)
            .order_by("conversation", "seq")
        )
        items = {
            str(letter.pk): LogItem(str(letter.pk), _named(letter), letter.seq, letter.body.encode())
            for letter in letters
        }
        refused = {again.item.position: again for again in store(list(items.values()))}
        _hide_recalled([letter for letter in letters if str(letter.pk) not in refused])
        for letter in letters:
            again = refused.get(str(letter.pk))
            letter.attempts += 1
            if again is None:
                letter.resolved_at = timezone.now()
            else:
                letter.code, letter.error = again.code, _words(again.error)
            letter.save(update_fields=["attempts", "resolved_at", "code", "error"])
    log.info("dead_letters_redriven", stored=len(letters) - len(refused), refused=len(refused))
    return Redriven(len(letters) - len(refused), len(refused))


def _hide_recalled(letters: Sequence[DeadLetter]) -> None:
    """Entries that were taken back while they waited here: their recall found no row to hide."""
    for letter in letters:
        recalled = Message.objects.filter(
            conversation_id=letter.conversation, event__name="recalled", event__data__seq=letter.seq
        )
        if recalled.exists():
            Message.objects.filter(conversation_id=letter.conversation, seq=letter.seq).update(is_hidden=True)


class _Named(msgspec.Struct):
    conversation: str


def _named(letter: DeadLetter) -> str:
    """The conversation as the body names it: the column holds a stand-in for what is no UUID."""
    try:
        named = msgspec.json.decode(letter.body, type=_Named).conversation
    except msgspec.DecodeError:
        return str(letter.conversation)
    return named if _conversation(named) == letter.conversation else str(letter.conversation)


def _conversation(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_URL, text)


def _words(error: str) -> str:
    return error.replace("\0", "")[:MAX_ERROR]
