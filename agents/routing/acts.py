"""Posting what routing decided, and what becomes of seats whose act was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from agents.metrics import RELEASED
from agents.models import Decision
from agents.routing import seats
from agents.routing.placing import put_back
from chat import posting
from chat.conversation import SYSTEM, State
from chat.errors import KefuError
from chat.protocol.commands import Act, Assign

log = structlog.get_logger(__name__)

PASSING: Final = frozenset(("journal_unavailable", "database_unavailable", "busy", "internal"))
"""Refusals that say nothing about the conversation: it waits on."""


def post(commands: Sequence[Act]) -> list[KefuError | None]:
    """Post as the system; what each was refused with, None when it stands in the log."""
    if not commands:
        return []
    results = posting.post_many(commands, SYSTEM)
    refused = [result if isinstance(result, KefuError) else None for result in results]
    codes = {error.code for error in refused if error is not None}
    if codes:
        log.info("acts_refused", acts=sum(error is not None for error in refused), codes=sorted(codes))
    return refused


def assign(commands: Sequence[Assign]) -> int:
    """Give conversations whose seats are reserved to their agents; how many acts stand in the log.

    A refused act's seat is free again. Where the refusal says nothing about the conversation it goes back to
    its place in the queue; else the log moved on, and brings the rows itself.
    """
    refused = [
        (command, error) for command, error in zip(commands, post(commands), strict=True) if error is not None
    ]
    if refused:
        waiting = {command.conversation for command, error in refused if error.code in PASSING}
        released(
            [(command.conversation, command.decision or "") for command, _ in refused], waiting, "refused"
        )
    return len(commands) - len(refused)


def released(reservations: Sequence[tuple[str, str]], waiting: set[str], reason: str) -> int:
    """Free reserved seats, (conversation, decision) each, and put those in `waiting` back into the queue, in
    one transaction; how many seats.
    """
    with transaction.atomic():
        free = seats.release(reservations)
        back = [UUID(decision) for conversation, decision in free if conversation in waiting]
        if back:
            put_back(list(Decision.objects.filter(pk__in=back)))
    RELEASED.labels(reason=reason).inc(len(free))
    return len(free)


def state_of(conversation: str) -> State | None:
    """The log's truth, None when there is no such conversation. Raises `KefuError` for a log out of reach."""
    try:
        return posting.current_state(conversation)
    except KefuError as error:
        if error.code == "not_found":
            return None
        raise
