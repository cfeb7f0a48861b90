"""What time does to presence, once a second: leases end, timed statuses end, breaks begin.

Safe to run in several workers at once and to leave out: every change carries its condition, and the next
sweep finds what this one did not do.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Count, QuerySet

from agents import metrics
from agents.models import Agent, Availability, Lease, Pulse, ScheduledBreak, Standing
from agents.presence import trust
from agents.presence.breaks import Break, current
from agents.presence.leases import note_gone
from agents.presence.reading import living, said, standing_of, status_is, with_presence
from agents.presence.status import Span, begin_break
from agents.presence.telling import tell

log = structlog.get_logger(__name__)

MINUTE_MS: Final = 60_000
"""How often breaks are looked at: they are written in minutes."""
COUNT_MS: Final = 5_000
"""How often agents are counted for the metrics."""
STATUSES: Final = ("online", "busy", "away", "offline")
BATCH: Final = 500
"""Rows changed in one transaction, so that none holds up the seats for long."""


def sweep_presence(now_ms: int) -> None:
    """Bring standings up to date with leases, ends and breaks; tell the sites of those that changed.

    A sweep that finds nothing to do costs one small write and four reads. Raises Django's `DatabaseError`.
    """
    last = _last_beat()
    pulse = trust.beat(now_ms)
    changed = return_the_present(trust.horizon_of(pulse, now_ms))
    if trust.is_trusted(pulse, now_ms):
        changed |= note_the_absent(now_ms)
        drop_expired(now_ms)
    changed |= end_timed(now_ms)
    if last is None or last // MINUTE_MS != now_ms // MINUTE_MS:
        changed |= begin_breaks(now_ms)
    if last is None or last // COUNT_MS != now_ms // COUNT_MS:
        count_agents(now_ms)
    tell(changed)


def count_agents(now_ms: int) -> None:
    """Say in the metrics how many agents are here. One statement beside the pulse."""
    able = with_presence(Agent.objects.filter(is_enabled=True), now_ms).select_related(None)
    counts = able.aggregate(**{each: Count("pk", filter=status_is(each, now_ms)) for each in STATUSES})
    for status, count in counts.items():
        metrics.AGENTS.labels(status=status).set(count)


def return_the_present(horizon_ms: int) -> set[str]:
    """Agents who stand as gone and have a living lease: a hold and a sweep met, or a renewal came late."""
    back = Standing.objects.filter(living(horizon_ms), gone_ms__isnull=False)
    return _change(back, {"gone_ms": None}, gone_ms__isnull=False)


def note_the_absent(now_ms: int) -> set[str]:
    """Agents whose last lease has ended or expired: gone from now on."""
    absent = Standing.objects.filter(gone_ms=None).exclude(living(now_ms)).order_by("pk")
    found: set[str] = set()
    for batch in _batches([str(pk) for pk in absent.values_list("pk", flat=True)]):
        with transaction.atomic():
            found |= note_gone(batch, now_ms)
    return found


def drop_expired(now_ms: int) -> None:
    """Delete leases nobody renewed: their process was killed. A process that renews one just now wins."""
    expired = Lease.objects.filter(expires_ms__lte=now_ms)
    if not expired.exists():
        return
    with transaction.atomic():
        rows = expired.select_for_update(skip_locked=True).values_list("pk", flat=True)
        expired.filter(pk__in=list(rows)).delete()


def end_timed(now_ms: int) -> set[str]:
    """Statuses said for a time that has passed: online again."""
    over = Standing.objects.filter(until_ms__lte=now_ms)
    values = {"availability": Availability.ONLINE, "reason": "", "until_ms": None, "changed_ms": now_ms}
    return _change(over, values, until_ms__lte=now_ms)


def begin_breaks(now_ms: int) -> set[str]:
    """Breaks that have begun and were not overridden since: away until their end, of several the last."""
    spans: dict[str, Span] = {}
    for row in ScheduledBreak.objects.filter(agent__is_enabled=True).select_related("agent__standing"):
        span = current(_rule(row), now_ms)
        if span is None or begin_break(said(standing_of(row.agent)), span, now_ms) is None:
            continue
        known = spans.get(str(row.agent_id))
        if known is None or known.ends_ms < span.ends_ms:
            spans[str(row.agent_id)] = span
    begun = {agent for agent, span in sorted(spans.items()) if _begin(agent, span, now_ms)}
    if begun:
        log.info("presence.breaks_began", agents=len(begun))
    return begun


def _begin(agent_id: str, span: Span, now_ms: int) -> bool:
    with transaction.atomic():
        Standing.objects.get_or_create(agent_id=agent_id, defaults={"gone_ms": now_ms})
        locked = Standing.objects.select_for_update(no_key=True).get(agent_id=agent_id)
        after = begin_break(said(locked), span, now_ms)  # another sweep, or the agent, may have been quicker
        if after is None:
            return False
        locked.availability, locked.reason = after.availability, after.reason
        locked.until_ms, locked.changed_ms = after.until_ms, after.changed_ms
        locked.save(update_fields=["availability", "reason", "until_ms", "changed_ms"])
    return True


def _rule(row: ScheduledBreak) -> Break:
    return Break(row.starts, row.ends, row.time_zone, row.weekday, row.reason)


def _change(rows: QuerySet[Standing], values: dict[str, Any], **still: Any) -> set[str]:
    """Write `values` into these standings, in batches and in order of their key; those it changed."""
    found: set[str] = set()
    for batch in _batches([str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)]):
        with transaction.atomic():
            same = Standing.objects.filter(agent_id__in=batch, **still)
            locked = list(same.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
            Standing.objects.filter(pk__in=locked).update(**values)
        found |= {str(pk) for pk in locked}
    return found


def _batches(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


def _last_beat() -> int | None:
    return Pulse.objects.filter(pk=1).values_list("beat_ms", flat=True).first()
