"""Telling visitors how their places changed: `conversation` frames, at most every two seconds.

The first of a queue hear every step. Further back a step is no news: they hear when a tenth of their way is
behind them, so that serving one visitor of 10,000 does not send 9,999 frames.
"""

from __future__ import annotations

from typing import Final

from django.core.cache import cache
from django.db import DatabaseError

from agents.metrics import OLDEST_WAIT, WAITING
from agents.models import Waiting
from agents.routing import queue
from agents.routing.reception import place
from chat.delivery.hub import Signal, conversation_payload
from chat.delivery.outbound import announce
from chat.errors import KefuError
from chat.journal.base import JournalUnavailable
from chat.ports import Place
from chat.posting_steps import load_many

EVERY_S: Final = 2
EXACT: Final = 20
"""Places from the head in which every change is told."""
STEP: Final = 0.1
MOST_FRAMES: Final = 500
"""Frames a round sends, the first of each queue first; the others' turn comes with the next."""

_told: dict[str, Place] = {}


def push(now_ms: int) -> int:
    """Tell those whose place changed; how many. Does nothing when it was done two seconds ago, by whichever
    process. Raises `DatabaseError`, `KefuError`.
    """
    if not cache.add("kefu.routing.places", 1, timeout=EVERY_S):
        return 0
    now = _places(now_ms)
    for conversation in [each for each in _told if each not in now]:
        del _told[conversation]
    news = [each for each, place in now.items() if is_news(_told.get(each), place)][:MOST_FRAMES]
    if not news:
        return 0
    try:
        known = load_many(news)
    except (JournalUnavailable, DatabaseError):
        return 0
    signals = []
    for conversation in news:
        found = known.get(conversation)
        if found is None or isinstance(found, KefuError) or found.state.status != "queued":
            continue
        at = now[conversation]
        payload = conversation_payload(found.state)
        payload["queue"] = {"position": at.position, "eta_s": at.eta_s}
        signals.append(Signal(conversation, "conversation", payload))
        _told[conversation] = at
    announce(signals)
    return len(signals)


def is_news(before: Place | None, now: Place) -> bool:
    """Whether a visitor should be told."""
    if before is None:
        return True
    moved = abs(before.position - now.position)
    if now.position <= EXACT:
        return moved > 0 or before.eta_s != now.eta_s
    return moved >= now.position * STEP


def _places(now_ms: int) -> dict[str, Place]:
    """Every place in every queue, each queue from its head."""
    placed = Waiting.objects.filter(left=False).exclude(wants=queue.UNPLACED)
    rows = placed.order_by("rank_ms", "conversation")
    counts: dict[queue.Queue, int] = {}
    found: dict[str, Place] = {}
    oldest = now_ms
    for pk, site, group, since in rows.values_list("pk", "site_id", "group_id", "since_ms"):
        name = queue.queue_name(str(site), str(group) if group else None)
        counts[name] = counts.get(name, 0) + 1
        oldest = min(oldest, since)
        found[str(pk)] = place(name, counts[name])
    WAITING.set(len(found))
    OLDEST_WAIT.set((now_ms - oldest) / 1000 if found else 0)
    return found
