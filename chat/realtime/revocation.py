"""Disabled agents, blocked visitors and blacklisted addresses: noticed within 5 s by every process, their
connections closed with 4403.

The sweep (lifecycle, every 2 s) asks the database; what is kept here answers without I/O for those who come
in between.
"""

from __future__ import annotations

import datetime
from typing import Final

from django.utils import timezone

from chat import blocks
from chat.conversation import Participant
from chat.models import Visitor
from chat.networks import AddressBook
from chat.ports import roster
from chat.realtime.tokens import LIFETIME_S

#: Visitors blocked longer ago hold no living token (a connection that long is closed by the first sweep).
_LOOK_BACK: Final = datetime.timedelta(seconds=2 * LIFETIME_S)

_blocked: frozenset[str] = frozenset()
_addresses = AddressBook(())


def is_revoked(participant: Participant, address: str = "") -> bool:
    """Whether the last sweep found this visitor blocked, or the address it calls from."""
    if participant.kind != "visitor":
        return False
    return participant.id in _blocked or any(
        _addresses.covers(address, site) for site in participant.sites or ()
    )


def sweep(agents: list[str]) -> tuple[frozenset[str], dict[str, Participant]]:
    """Blocked visitors, and those of these agents who may go on, as of now. Reads the database (a handful
    of queries).
    """
    global _blocked, _addresses
    since = timezone.now() - _LOOK_BACK
    flagged = Visitor.objects.filter(blocked_at__gte=since).values_list("pk", flat=True)
    _blocked = frozenset(str(pk) for pk in flagged) | blocks.named_since(since)
    _addresses = blocks.blacklist().addresses
    return _blocked, roster().able_among(agents) if agents else {}
