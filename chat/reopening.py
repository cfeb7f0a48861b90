"""Opening a closed conversation again, decided by the database's constraint: one open conversation per
visitor.

The log alone cannot decide it, because it orders each conversation by itself; the row is claimed first,
then the act is written. A claim whose act failed leaves a row that says open over a log that says closed:
the next session or message reads the log and puts it right.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from chat.errors import KefuError
from chat.models import Conversation, ConversationStatus, Site
from chat.visitors import ensure_conversation


def reopen_ms(site: str) -> int:
    """How long after closing a visitor's message reopens, in ms."""
    hours = Site.objects.filter(pk=site).values_list("reopen_hours", flat=True).first()
    return 0 if hours is None else hours * 3_600_000


def claim_open(conversation: str) -> None:
    """Mark the row open before the act is written. Raises `conversation_closed` when the visitor has a
    newer one.
    """
    try:
        with transaction.atomic():
            Conversation.objects.filter(pk=conversation, status=ConversationStatus.CLOSED).update(
                status=ConversationStatus.QUEUED, closed_at=None
            )
    except IntegrityError:
        raise KefuError("conversation_closed", "the visitor has a newer conversation") from None


def successor(conversation: str) -> str:
    """The visitor's conversation that is open in its log, made when there is none. Raises `not_found`.

    The row of the closed one may still say open, so the row alone would name the very conversation that
    refused.
    """
    row = Conversation.objects.filter(pk=conversation).values("site_id", "visitor_id").first()
    if row is None:
        raise KefuError("not_found", "no such conversation")
    return ensure_conversation(str(row["site_id"]), row["visitor_id"]).id
