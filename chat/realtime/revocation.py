"""Disabled agents and blocked visitors: noticed within 5 s by every process, their connections closed with
4403.

The sweep (lifecycle, every 2 s) asks the database; the set here answers without I/O for those who come in
between.
"""

from __future__ import annotations

import datetime
from typing import Final

from django.utils import timezone

from chat.conversation import Participant
from chat.models import Visitor
from chat.ports import roster
from chat.realtime.tokens import LIFETIME_S

#: Visitors blocked longer ago hold no living token (a connection that long is closed by the first sweep).
_LOOK_BACK: Final = datetime.timedelta(seconds=2 * LIFETIME_S)

_blocked: frozenset[str] = frozenset()


def is_revoked(participant: Participant) -> bool:
    """Whether the last sweep found this visitor blocked."""
    return participant.kind == "visitor" and participant.id in _blocked


def sweep(agents: list[str]) -> tuple[frozenset[str], dict[str, Participant]]:
    """Blocked visitors, and those of these agents who may go on, as of now. Reads the database (three
    queries).
    """
    global _blocked
    since = timezone.now() - _LOOK_BACK
    _blocked = frozenset(
        str(pk) for pk in Visitor.objects.filter(blocked_at__gte=since).values_list("pk", flat=True)
    )
    return _blocked, roster().able_among(agents) if agents else {}
