"""Putting right what no batch brings: counts of seats, conversations that wait and stand in no queue.

Rare by construction (a follower that failed, an installation that had no routing yet), so it looks once a
minute and at few rows.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from agents.metrics import QUEUE_REPAIRS
from agents.models import Agent, Seat, Waiting
from agents.routing import follow, seats, timeouts
from agents.routing.timeouts import SETTLED_MS
from chat import blocks
from chat.api.conversations import state_of_row
from chat.errors import KefuError
from chat.models import Conversation, ConversationStatus, Visitor
from chat.ports import Moved

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500
LOOKED_AT: Final = 5_000
"""So many conversations without a row are looked at; the blacklisted among them stay without one."""


def repair(now_ms: int) -> int:
    """Audit seats and queue; how many rows were put right. Raises `DatabaseError`, `KefuError`."""
    right = seats.audit() + enter_forgotten(now_ms) + settle_leftovers()
    return right + timeouts.homeless(now_ms) + timeouts.orphaned() + timeouts.untold_groups()


def enter_forgotten(now_ms: int) -> int:
    """Conversations that somebody waits in, or has, without the row that says so."""
    no_seat = ~Exists(Seat.objects.filter(conversation=OuterRef("pk")))
    waits = Conversation.objects.filter(
        no_seat, ~Exists(Waiting.objects.filter(conversation=OuterRef("pk"))),
        status=ConversationStatus.QUEUED, visitor_seq__gt=0, last_at__lte=now_ms - SETTLED_MS,
        visitor__blocked_at=None,
    )  # fmt: skip
    held = Conversation.objects.filter(
        no_seat, Exists(Agent.objects.filter(pk=OuterRef("agent_id"))), status=ConversationStatus.ACTIVE,
        last_at__lte=now_ms - SETTLED_MS, snoozed_until=None,
    )  # fmt: skip
    welcome = waits.order_by("last_at").select_related("visitor")
    ids = [row.pk for row in welcome[:LOOKED_AT] if not _is_shut_out(row.visitor)][:AT_ONCE]
    return _settle(ids) + _settle(list(held.order_by("last_at").values_list("pk", flat=True)[:AT_ONCE]))


def _is_shut_out(visitor: Visitor) -> bool:
    """Whether it is by the blacklist that somebody who asked does not wait."""
    try:
        blocks.refuse_visitor(visitor)
    except KefuError:
        return True
    return False


def settle_leftovers() -> int:
    """Rows of conversations that neither wait nor are anybody's any more, or that do both."""
    seated = Seat.objects.filter(conversation=OuterRef("conversation"), confirmed=True)
    closed = Conversation.objects.filter(pk=OuterRef("conversation"), status=ConversationStatus.CLOSED)
    ids = [
        *Waiting.objects.filter(Exists(closed) | Exists(seated)).values_list("pk", flat=True)[:AT_ONCE],
        *Seat.objects.filter(Exists(closed), confirmed=True).values_list("pk", flat=True)[:AT_ONCE],
    ]
    return _settle(ids)


def _settle(ids: list[UUID]) -> int:
    """Do again what the follower does, from the rows of the conversations, under their lock."""
    if not ids:
        return 0
    with transaction.atomic():
        rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).select_related("visitor")
        moved = [
            Moved(
                state=state_of_row(row), acted=True, began=True, acts=(),
                visitor_seq=row.visitor_seq, human_seq=row.human_seq, last_at=row.last_at,
                waiting_since=row.waiting_since,
            )
            for row in rows.filter(pk__in=ids).order_by("pk")
        ]  # fmt: skip
        follow.settle(moved)
    if moved:
        QUEUE_REPAIRS.inc(len(moved))
        log.warning("queue_repaired", conversations=len(moved))
    return len(moved)
