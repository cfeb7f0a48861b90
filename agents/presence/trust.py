"""Whether expired leases mean anything. Just after a database outage they do not: nobody could renew them.

The sweep moves one row on (`Pulse`) as often as it runs. A gap of a heartbeat there means that the database
or every worker was away; until everybody had a turn to renew since, whoever had a lease when the gap began
counts as here. Candidates of routing need a lease that lives now: nothing is given to anybody on trust.
A reader can come before the first sweep does: a pulse that stands still while no process has renewed either
is a gap that nobody has noticed yet.

A shorter gap is harmless: a lease outlives the renewal it missed by more than a heartbeat.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, Value, When
from django.db.models.functions import Greatest

from agents.models import Lease, Pulse
from agents.presence.lease_sql import REST

HEARTBEAT_MS: Final = settings.KEFU_HEARTBEAT_S * 1000
RENEW_MS: Final = HEARTBEAT_MS // 3
LEASE_MS: Final = HEARTBEAT_MS * 3 // 2
"""From a renewal to the end: four and a half renewals, and, with the sweep's second, less than two
heartbeats."""
GAP_MS: Final = HEARTBEAT_MS
SETTLE_MS: Final = RENEW_MS + 3000
"""After a gap: one turn of renewals, and the seconds a process needs to find that its database is back."""


def beat(now_ms: int) -> Pulse:
    """Say that the database takes what is written, one statement; the pulse as it is then."""
    gap = {"beat_ms__lt": now_ms - GAP_MS}
    moved = Pulse.objects.filter(pk=1).update(
        since_ms=Case(When(**gap, then=Value(now_ms)), default=F("since_ms"), output_field=BigIntegerField()),
        before_ms=Case(
            When(**gap, then=F("beat_ms")), default=F("before_ms"), output_field=BigIntegerField()
        ),
        beat_ms=Greatest(F("beat_ms"), Value(now_ms)),
    )
    if not moved:
        # The first sweep of an installation: nothing has come before it that could be wrong.
        return Pulse.objects.get_or_create(pk=1, defaults={"beat_ms": now_ms})[0]
    return Pulse.objects.get(pk=1)


def is_trusted(pulse: Pulse | None, now_ms: int) -> bool:
    """Whether everybody had the chance to renew since the database last came back."""
    return pulse is None or now_ms - pulse.since_ms >= SETTLE_MS


def horizon_of(pulse: Pulse | None, now_ms: int) -> int:
    """A lease counts that ends after this: now, or while nothing is trusted, when the gap began."""
    if pulse is None or is_trusted(pulse, now_ms):
        return now_ms
    return min(pulse.before_ms, now_ms)


def horizon(now_ms: int) -> int:
    """`horizon_of` the stored pulse: one query, two when the pulse stands still."""
    pulse = Pulse.objects.filter(pk=1).first()
    if pulse is not None and _in_gap(pulse, now_ms):
        return pulse.beat_ms
    return horizon_of(pulse, now_ms)


def trustworthy(now_ms: int) -> bool:
    """Whether an agent without a living lease has really gone: nobody is to lose a conversation for being
    gone while this is false. One query, two when the pulse stands still; the same answer in every process.
    """
    pulse = Pulse.objects.filter(pk=1).first()
    return is_trusted(pulse, now_ms) and not (pulse is not None and _in_gap(pulse, now_ms))


def _in_gap(pulse: Pulse, now_ms: int) -> bool:
    """Whether neither a sweep nor a process has written for longer than `GAP_MS`. Where only the workers are
    away, processes go on renewing, and what their leases say is true.
    """
    if now_ms - pulse.beat_ms <= GAP_MS:
        return False
    return not Lease.objects.exclude(process=REST).filter(expires_ms__gt=now_ms).exists()
