"""Celery tasks of the chat room: thin; each calls one action. Running one twice or losing one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from chat import trail
from chat.journal import journal
from chat.journal.base import JournalUnavailable
from chat.persistence.nudge import nudge_persistence
from chat.persistence.reader import READER, drain
from chat.protocol.entry import now_ms
from chat.search.indexing import index_new

log = structlog.get_logger(__name__)

TRIM_READERS = (READER,)
"""Readers the journal waits for before it drops anything."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "chat.sweep": {"task": "chat.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "chat.index": {"task": "chat.index", "schedule": 1.0, "options": {"expires": 1}},
    "chat.trim_journal": {"task": "chat.trim_journal", "schedule": 60.0, "options": {"expires": 60}},
    "chat.prune_trail": {"task": "chat.prune_trail", "schedule": 3600.0, "options": {"expires": 3600}},
}
"""In seconds. A run that nobody took until the next one is due is dropped: no queue behind a dead worker."""

Task = Callable[[], None]
_task: Callable[..., Callable[[Task], Any]] = shared_task  # Celery comes without types


@_task(name="chat.persist", ignore_result=True)
def persist() -> None:
    """Persist until the journal has nothing new: what a nudge asks for."""
    drain()


@_task(name="chat.sweep", ignore_result=True)
def sweep() -> None:
    """Every two seconds: persist what a lost nudge left behind."""
    try:
        waiting = journal().depth(READER).entries
    except JournalUnavailable:
        return  # whoever appends reports it; there is nothing to read meanwhile
    if waiting:
        drain()


@_task(name="chat.index", ignore_result=True)
def index() -> None:
    """Every second: make what was stored since findable."""
    index_new()


@_task(name="chat.trim_journal", ignore_result=True)
def trim_journal() -> None:
    """Every minute: drop what is persisted and old enough, forget conversations that fell silent."""
    try:
        bodies, conversations = journal().trim(
            TRIM_READERS,
            now_ms(),
            keep_ms=settings.KEFU_JOURNAL_KEEP_S * 1000,
            idle_ms=settings.KEFU_JOURNAL_IDLE_S * 1000,
        )
    except JournalUnavailable:
        log.warning("journal_not_trimmed")
        return
    if bodies or conversations:
        log.info("journal_trimmed", bodies=bodies, conversations=conversations)


@_task(name="chat.prune_trail", ignore_result=True)
def prune_trail() -> None:
    """Every hour: forget the pages that visitors looked at a month ago."""
    if dropped := trail.prune():
        log.info("trail_pruned", visits=dropped)


def reconcile_at_start(**_: Any) -> None:
    """A worker that begins looks at once for what an earlier one left in the journal."""
    nudge_persistence()


worker_ready.connect(reconcile_at_start, weak=False, dispatch_uid="chat.reconcile")
