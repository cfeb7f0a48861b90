"""The steps of a course that touch the world, in two forms: one for threads that may block, one to await.

`posting` holds the order of steps; these look things up and append. Each raises `KefuError`, or what its
driver turns into one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db import Error as DatabaseError

from chat import ports, reopening, sites, uploads
from chat.blocking import in_thread
from chat.errors import KefuError
from chat.history import stored_entry
from chat.journal import group_commit, journal, reader
from chat.journal.base import JournalUnavailable
from chat.protocol.entry import Entry
from chat.states import Known, remember
from chat.warming import load_warmth


async def load(conversation: str) -> Known:
    """Where a conversation stands, taken into the journal when it was cold. Raises `not_found`."""
    head = await reader().head(conversation)
    if head is None:
        return await in_thread(load_blocking, conversation)
    return remember(head)


def load_blocking(conversation: str) -> Known:
    """The same from a thread."""
    log = journal()
    head = log.heads([conversation]).get(conversation)
    if head is None:
        warmth = load_warmth([conversation]).get(conversation)
        if warmth is None:
            raise KefuError("not_found", "no such conversation")
        log.warm([warmth])
        # Somebody may have warmed it and appended between our two looks: ask again instead of trusting ours.
        head = log.heads([conversation]).get(conversation, warmth.head)
    return remember(head)


def load_many(conversations: Sequence[str]) -> dict[str, Known | KefuError]:
    """The same for several at once: two looks at the journal and one at the database, however many."""
    log = journal()
    heads = log.heads(conversations)
    cold = [each for each in conversations if each not in heads]
    if cold:
        warmth = load_warmth(cold)
        log.warm(list(warmth.values()))
        heads |= {name: found.head for name, found in warmth.items()} | log.heads(list(warmth))
    missing = KefuError("not_found", "no such conversation")
    return {each: remember(heads[each]) if each in heads else missing for each in conversations}


def entry_at(conversation: str, seq: int) -> Entry:
    """The stored entry, from the journal or the database. Raises `not_found`."""
    entry = stored_entry(conversation, seq)
    if entry is None:
        raise KefuError("not_found", "no such message")
    return entry


def refusal(error: JournalUnavailable | DatabaseError | KefuError) -> KefuError:
    """What a person is told of a step that failed: a refusal as it is, a store out of reach as retryable."""
    if isinstance(error, KefuError):
        return error
    if isinstance(error, JournalUnavailable):
        return KefuError("journal_unavailable", "the message could not be stored; try again", retry_after_s=1)
    return KefuError("database_unavailable", "try again", retry_after_s=1)


def _in_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*arguments: Any) -> Any:
        return await in_thread(function, *arguments)

    return call


BLOCKING: Final[dict[str, Callable[..., Any]]] = {
    "load": load_blocking,
    "append": lambda append: group_commit().append_blocking(append),
    "attachment": uploads.describe,
    "entry": entry_at,
    "reopen_ms": reopening.reopen_ms,
    "claim_open": reopening.claim_open,
    "successor": reopening.successor,
    "category_required": sites.requires_category,
    "bot_answers": ports.bot_answers,
}
AWAITING: Final[dict[str, Callable[..., Any]]] = {
    **{name: _in_thread(function) for name, function in BLOCKING.items()},
    "load": load,
    "append": lambda append: group_commit().append(append),
}
