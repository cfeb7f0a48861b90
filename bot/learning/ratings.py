"""A visitor's word on an answer, kept with the answer and counted for its source."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from bot.models import Answered
from chat.conversation import Participant, require_read
from chat.errors import KefuError
from chat.posting import current_state
from knowledge.learning.counting import count


def rate(conversation: str, seq: int, helped: bool, visitor: Participant) -> None:
    """Note whether the bot's message `seq` helped. Raises `not_found`: a stranger, or no answer there."""
    require_read(current_state(conversation), visitor)
    with transaction.atomic():
        rows = Answered.objects.select_for_update().filter(conversation=UUID(conversation), seq__lt=seq)
        row = rows.order_by("-seq").first()
        if row is None:
            raise KefuError("not_found", "no answer of the bot there")
        if row.helped == helped:
            return
        row.helped = helped
        row.save(update_fields=["helped"])
        for source in row.sources:
            count(str(source.get("id", "")), str(row.site_id), "helped" if helped else "not_helped")
