"""Who is connected: the chat room's `Attendance` port over the Lease table, in both modes the same.

Status and seats live in one database, so "is here" and "has a free seat" are one question there. Two
thousand agents cost a process one statement of 2,000 rows every third of a heartbeat.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction

from agents.models import Agent, Lease, Standing
from agents.presence import lease_sql, trust
from agents.presence.reading import living
from agents.presence.telling import tell
from agents.routing.nudge import wake
from chat.protocol.entry import now_ms


class DatabaseAttendance:
    """The port's implementation."""

    def hold(self, process: str, connections: Mapping[str, str]) -> None:
        """See `Attendance.hold`. Raises Django's `DatabaseError` when nothing was written; call again."""
        hold(process, connections)


def hold(process: str, connections: Mapping[str, str], at_ms: int | None = None) -> None:
    """Renew the leases of {connection: agent id} and drop the process's others, in one transaction.

    An agent whose first lease this is, or whose last one it was, is told to their sites after the commit. An
    agent who is gone for ever (deleted) is left out. Raises Django's `DatabaseError`.
    """
    with transaction.atomic():
        # Taken inside, for getting here may have taken the pool's 5 s, and leases shall last from now on.
        moment = now_ms() if at_ms is None else at_ms
        if connections:
            lease_sql.renew(process, connections, moment + trust.LEASE_MS)
        dropped = lease_sql.drop_others(process, connections)
        came = note_here(set(connections.values()))
        left = note_gone(dropped - set(connections.values()), moment) if dropped else set()
    if came:
        wake()  # somebody may have waited for them
    tell(came | left)


def hold_for(agent_id: str, seconds: int, at_ms: int | None = None) -> int:
    """Count an agent without any connection as here for so many seconds from now; when that ends, in ms.

    Calling again moves the end; `let_go` ends it. Raises Django's `DatabaseError`.
    """
    moment = now_ms() if at_ms is None else at_ms
    until = moment + seconds * 1000
    with transaction.atomic():
        lease_sql.renew(lease_sql.REST, {_by_rest(agent_id): agent_id}, until)
        came = note_here({agent_id})
    if came:
        wake()
    tell(came)
    return until


def let_go(agent_id: str, at_ms: int | None = None) -> None:
    """End what `hold_for` began; an agent with connections stays here. Raises Django's `DatabaseError`."""
    moment = now_ms() if at_ms is None else at_ms
    with transaction.atomic():
        dropped, _ = Lease.objects.filter(pk=_by_rest(agent_id)).delete()
        left = note_gone({agent_id}, moment) if dropped else set()
    tell(left)


def _by_rest(agent_id: str) -> str:
    return f"{lease_sql.REST}:{agent_id}"


def note_here(agent_ids: Collection[str]) -> set[str]:
    """Make these agents' standings say that they are here; those whose row said otherwise or was missing.

    Call in a transaction.
    """
    rows = Agent.objects.filter(pk__in=list(agent_ids)).exclude(
        standing__isnull=False, standing__gone_ms__isnull=True
    )
    news = list(rows.values_list("pk", "standing__agent_id"))
    missing = [Standing(agent_id=pk) for pk, standing in news if standing is None]
    if missing:
        Standing.objects.bulk_create(missing, ignore_conflicts=True)
    back = [pk for pk, standing in news if standing is not None]
    if back:
        locked = _locked([str(pk) for pk in back])
        Standing.objects.filter(agent_id__in=locked).update(gone_ms=None)
    return {str(pk) for pk, _ in news}


def note_gone(agent_ids: Collection[str], at_ms: int) -> set[str]:
    """Of these agents, those without any living lease who stood as here: from now on gone since `at_ms`.

    Call in a transaction.
    """
    seen = Standing.objects.filter(agent_id__in=list(agent_ids), gone_ms=None)
    absent = seen.exclude(living(trust.horizon(at_ms)))
    locked = _locked([str(pk) for pk in absent.values_list("pk", flat=True)])
    if locked:
        Standing.objects.filter(agent_id__in=locked, gone_ms=None).update(gone_ms=at_ms)
    return set(locked)


def _locked(agent_ids: Collection[str]) -> list[str]:
    """Lock standings in the order of their key, as everybody does; SQLite has locked everything."""
    if not agent_ids:
        return []
    rows = Standing.objects.select_for_update(no_key=True).filter(agent_id__in=list(agent_ids)).order_by("pk")
    return [str(pk) for pk in rows.values_list("pk", flat=True)]
