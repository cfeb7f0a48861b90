"""Seats: who has what now, and how many. Taken and freed under the lock of the agent's `Standing`, whose
`used` is counted anew each time, so it cannot drift while everybody comes through here.

Everything that locks does so in one order: Waiting, Seat, Standing, each by primary key. On PostgreSQL these
are row locks; on SQLite a transaction begins IMMEDIATE, which locks everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from agents.metrics import OVERBOOKING_REPAIRS
from agents.models import Agent, Availability, Seat, Standing
from agents.routing import bulk

log = structlog.get_logger(__name__)

_REPAIRED_AT_ONCE: Final = 500


class Reservation(msgspec.Struct, frozen=True):
    """A seat that routing wants for a conversation. `capacity`: seats the agent has; `channel_limit`: how
    many of them may be of this channel, None for all.
    """

    conversation: str
    agent: str
    site: str
    group: str | None
    channel: str
    decision: str
    capacity: int
    channel_limit: int | None = None


def lock(agents: Iterable[str]) -> dict[str, int]:
    """Lock these agents' standings until the transaction ends, making those that are missing.

    Returns the seats each has taken; an agent who does not exist (any more) is left out. A locked standing
    also keeps its agent from being deleted meanwhile.
    """
    wanted = sorted({agent for agent in agents if is_uuid(agent)})
    if not wanted:
        return {}
    locked = _locked(wanted)
    missing = [UUID(agent) for agent in wanted if agent not in locked]
    if missing:
        known = Agent.objects.filter(pk__in=missing).values_list("pk", flat=True)
        made = [Standing(agent_id=agent) for agent in known]
        if made:
            Standing.objects.bulk_create(made, ignore_conflicts=True)
            locked |= _locked([str(each.agent_id) for each in made])
    return locked


def recount(agents: Iterable[str], served_ms: int | None = None) -> None:
    """Count the seats of locked agents; `served_ms`: routing has just given each of them one."""
    ids = sorted(set(agents))
    if not ids:
        return
    changes = {"used": _taken()} | ({} if served_ms is None else {"served_ms": served_ms})
    Standing.objects.filter(pk__in=_ids(ids)).update(**changes)


def reserve(wanted: Sequence[Reservation], now_ms: int) -> tuple[set[str], dict[str, int]]:
    """Take the seats that are free, none beyond capacity, of agents who are not away; call it inside a
    transaction.

    Returns the conversations that got theirs, and how many seats each agent has taken now.
    """
    if not wanted:
        return set(), {}
    taken = lock(each.agent for each in wanted)
    away = _away(taken, now_ms)
    limited = {each.agent for each in wanted if each.channel_limit is not None}
    by_channel: Counter[tuple[str, str]] = Counter()
    if limited:
        rows = Seat.objects.filter(agent_id__in=limited).values_list("agent_id", "channel")
        by_channel.update((str(agent), channel) for agent, channel in rows)
    got: list[Seat] = []
    for each in wanted:
        used = taken.get(each.agent)
        if used is None or used >= each.capacity or each.agent in away:
            continue
        if each.channel_limit is not None and by_channel[each.agent, each.channel] >= each.channel_limit:
            continue
        taken[each.agent] = used + 1
        by_channel[each.agent, each.channel] += 1
        got.append(
            Seat(
                conversation=each.conversation, agent_id=each.agent, site_id=each.site, group_id=each.group,
                channel=each.channel, taken_ms=now_ms, confirmed=False, decision=each.decision,
            )
        )  # fmt: skip
    bulk.insert(got)
    recount({str(seat.agent_id) for seat in got}, now_ms)
    return {str(seat.conversation) for seat in got}, taken


def release(reservations: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give back reserved seats, (conversation, decision) each, that no act has confirmed; those given back.

    One transaction. What the log has moved on meanwhile is left alone.
    """
    wanted = dict(reservations)
    if not wanted:
        return []
    with transaction.atomic():
        rows = Seat.objects.select_for_update().filter(pk__in=sorted(wanted), confirmed=False).order_by("pk")
        found = [seat for seat in rows if str(seat.decision) == wanted[str(seat.conversation)]]
        lock(str(seat.agent_id) for seat in found)
        Seat.objects.filter(pk__in=[seat.pk for seat in found]).delete()
        recount(str(seat.agent_id) for seat in found)
    return [(str(seat.conversation), str(seat.decision)) for seat in found]


def audit() -> int:
    """Compare `used` with the seats and repair what is wrong; how many agents were.

    Cheap when all is well: one aggregate over the agents. What is wrong is looked at again under the lock, so
    a seat on its way is no drift.
    """
    looks_wrong = Standing.objects.annotate(taken=_taken()).exclude(used=F("taken"))
    suspects = [str(pk) for pk in looks_wrong.values_list("pk", flat=True)[:_REPAIRED_AT_ONCE]]
    if not suspects:
        return 0
    with transaction.atomic():
        before = lock(suspects)
        recount(before)
        after = {
            str(pk): used
            for pk, used in Standing.objects.filter(pk__in=_ids(before)).values_list("pk", "used")
        }
    repaired = [agent for agent in before if before[agent] != after.get(agent)]
    if repaired:
        OVERBOOKING_REPAIRS.inc(len(repaired))
        log.warning("seats_repaired", agents=len(repaired))
    return len(repaired)


def _locked(agents: Iterable[str]) -> dict[str, int]:
    rows = Standing.objects.select_for_update(no_key=True).filter(pk__in=_ids(agents)).order_by("pk")
    return {str(pk): used for pk, used in rows.values_list("pk", "used")}


def _ids(agents: Iterable[str]) -> list[UUID]:
    return [UUID(agent) for agent in agents]


def _away(agents: Iterable[str], now_ms: int) -> set[str]:
    """Of these locked agents, those who went, or said that they are busy or away, since they were chosen."""
    said = ~Q(availability=Availability.ONLINE) & (Q(until_ms=None) | Q(until_ms__gt=now_ms))
    rows = Standing.objects.filter(said | Q(gone_ms__isnull=False), agent_id__in=list(agents))
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _taken() -> Coalesce:
    seats = Seat.objects.filter(agent_id=OuterRef("pk")).order_by().values("agent_id")
    counted = seats.annotate(taken=Count("conversation")).values("taken")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def is_uuid(text: str) -> bool:
    """Whether the text is an id; agents of a log need not be rows."""
    try:
        UUID(text)
    except (ValueError, AttributeError, TypeError):
        return False
    return True
