"""What a visitor finds at the door: whether somebody is there, and their place in the queue.

The rooms behind `chat.ports.Reception` know; without routing somebody is taken to be there, and nobody has a
place.
"""

from __future__ import annotations

from typing import Final

import msgspec

from chat.models import Conversation, ConversationStatus
from chat.ports import Openness, Place, reception

_ALWAYS: Final = Openness(online=True, state="online")


class Welcome(msgspec.Struct, frozen=True):
    """`place` is None for a conversation that does not wait."""

    openness: Openness
    place: Place | None


def welcome(site: str, conversation: str | None) -> Welcome:
    """How the site and this conversation stand now. May touch the database."""
    port = reception()
    if port is None:
        return Welcome(_ALWAYS, None)
    place = port.places([conversation]).get(conversation) if conversation else None
    return Welcome(port.open_for(site), place)


def open_conversation(site: str, visitor: str) -> tuple[str, str] | None:
    """Id and status of the visitor's conversation that is not closed, as its row says; None without one."""
    rows = Conversation.objects.filter(site_id=site, visitor_id=visitor)
    found = rows.exclude(status=ConversationStatus.CLOSED).values_list("id", "status").first()
    return None if found is None else (str(found[0]), found[1])
