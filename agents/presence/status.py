"""What others see of an agent, from what is known: pure rules, no I/O. Times in ms since the epoch."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Status = Literal["online", "busy", "away", "offline"]

OFFLINE: Final = "offline"
ONLINE: Final = "online"
AWAY: Final = "away"


class Saying(msgspec.Struct, frozen=True):
    """What an agent says: availability (online, busy, away), why, until when, and since when they say it."""

    availability: str = ONLINE
    reason: str = ""
    until_ms: int | None = None
    changed_ms: int = 0


class Shown(msgspec.Struct, frozen=True):
    """What others see. `reason` and `until` are empty for the online and the offline."""

    status: str
    reason: str = ""
    until: int | None = None


class Span(msgspec.Struct, frozen=True):
    """One break on one day: [starts_ms, ends_ms)."""

    starts_ms: int
    ends_ms: int
    reason: str = ""


def shown(saying: Saying, here: bool, now_ms: int) -> Shown:
    """Offline without a living lease, whatever they say; else what they say, while it lasts."""
    if not here:
        return Shown(OFFLINE)
    if is_over(saying, now_ms) or saying.availability == ONLINE:
        return Shown(ONLINE)
    return Shown(saying.availability, saying.reason, saying.until_ms)


def is_over(saying: Saying, now_ms: int) -> bool:
    """Whether it was said for a time that has passed."""
    return saying.until_ms is not None and saying.until_ms <= now_ms


def begin_break(saying: Saying, span: Span, now_ms: int) -> Saying | None:
    """What the agent says from now on because of a break; None when it changes nothing.

    A break begins once: who says something else after its beginning means it. It never brings anybody back
    sooner than they said: who is busy or away without an end, or until after the break, stays so.
    """
    if not span.starts_ms <= now_ms < span.ends_ms or saying.changed_ms >= span.starts_ms:
        return None
    if saying.availability != ONLINE and (saying.until_ms is None or saying.until_ms >= span.ends_ms):
        return None
    return Saying(AWAY, span.reason, span.ends_ms, now_ms)
