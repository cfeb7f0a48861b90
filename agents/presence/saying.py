"""What an agent says of themselves: online, busy or away, why, and for how long."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from agents.models import Availability, Standing
from agents.presence.telling import tell
from agents.routing.nudge import wake
from chat.errors import KefuError
from chat.protocol.entry import now_ms

MAX_AHEAD_MS: Final = 31 * 86_400_000
"""No status lasts longer than a month."""


def set_status(
    agent_id: str, availability: str, reason: str = "", until_ms: int | None = None, at_ms: int | None = None
) -> None:
    """Have the agent stand so from now on; told to their sites. After `until_ms` they are online again.

    Online has neither reason nor end. Raises `KefuError("invalid")` for an end that has passed or lies more
    than a month ahead.
    """
    moment = now_ms() if at_ms is None else at_ms
    online = availability == Availability.ONLINE
    if until_ms is not None and not moment < until_ms <= moment + MAX_AHEAD_MS:
        raise KefuError("invalid", "until lies in the future, at most 31 days ahead")
    if online and until_ms is not None:
        raise KefuError("invalid", "online has no end")
    values = {
        "availability": availability,
        "reason": "" if online else reason[:100],
        "until_ms": until_ms,
        "changed_ms": moment,
    }
    with transaction.atomic():
        # Made on first need; `gone_ms` stays the sweep's and the leases' business.
        Standing.objects.update_or_create(agent_id=agent_id, defaults=values)
    if online:
        wake()  # somebody may have waited for them
    tell([agent_id])
