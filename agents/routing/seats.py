"""Seats: who has what now, and how many. Taken and freed under the lock of the agent's `Standing`, whose
`used` is counted anew each time, so it cannot drift while everybody comes through here.

Everything that locks does so in one order: Waiting, Seat, Standing, each by primary key. On PostgreSQL these
are row locks; on SQLite a transaction begins IMMEDIATE, which locks everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.db import connection, transaction
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from agents.metrics import OVERBOOKING_REPAIRS
from agents.models import Agent, Seat, Standing
from agents.routing import bulk
from chat.ids import is_uuid

log = structlog.get_logger(__name__)

_REPAIRED_AT_ONCE: Final = 500

# The last column: they went, or said that they are busy or away, and not only until a moment that is over.
_LOCK: Final = """
SELECT agent_id, used,
    gone_ms IS NOT NULL OR (availability <> 'online' AND (until_ms IS NULL OR until_ms > %s))
FROM agents_standing
"""
_RECOUNT: Final = """
UPDATE agents_standing
SET used = (SELECT count(*) FROM agents_seat AS s WHERE s.agent_id = agents_standing.agent_id),
    served_ms = COALESCE(%s, served_ms)
"""


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
    return {agent: used for agent, (used, _) in _lock(agents, 0).items()}


def recount(agents: Iterable[str]) -> None:
    """Count the seats of locked agents."""
    bulk.run(recounting(agents))


def recounting(agents: Iterable[str], served_ms: int | None = None) -> list[bulk.Statement]:
    """The statement of `recount`, none for nobody; `served_ms`: routing has just given each of them one."""
    ids = sorted(set(agents))
    return [(f"{_RECOUNT} WHERE {bulk.among('agent_id')}", [served_ms, bulk.ids_text(ids)])] if ids else []


def reserve(wanted: Sequence[Reservation], now_ms: int) -> tuple[set[str], dict[str, int]]:
    """Take the seats that are free, none beyond capacity, of agents who are not away; call it inside a
    transaction.

    Returns the conversations that got theirs, and how many seats each agent has taken now.
    """
    got, taken = claim(wanted, now_ms)
    bulk.run(taking(got, now_ms))
    return {str(seat.conversation) for seat in got}, taken


def claim(wanted: Sequence[Reservation], now_ms: int) -> tuple[list[Seat], dict[str, int]]:
    """The first half of `reserve`: look under the lock. The seats to be written by `taking`, in this very
    transaction, and how many each agent will have taken then.
    """
    if not wanted:
        return [], {}
    known = _lock((each.agent for each in wanted), now_ms)
    taken = {agent: used for agent, (used, _) in known.items()}
    limited = {each.agent for each in wanted if each.channel_limit is not None}
    by_channel: Counter[tuple[str, str]] = Counter()
    if limited:
        rows = Seat.objects.filter(agent_id__in=limited).values_list("agent_id", "channel")
        by_channel.update((str(agent), channel) for agent, channel in rows)
    got: list[Seat] = []
    for each in wanted:
        used, is_away = taken.get(each.agent), known.get(each.agent, (0, True))[1]
        if used is None or used >= each.capacity or is_away:
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
    return got, taken


def taking(claimed: Sequence[Seat], now_ms: int) -> list[bulk.Statement]:
    """The second half of `reserve`: the seats, and the counts of their agents."""
    return [*bulk.inserting(claimed), *recounting({str(seat.agent_id) for seat in claimed}, now_ms)]


def release(reservations: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give back reserved seats, (conversation, decision) each, that no act has confirmed; those given back.

    One transaction. What the log has moved on meanwhile is left alone.
    """
    wanted = dict(reservations)
    if not wanted:
        return []
    with transaction.atomic():
        rows = [seat for seat in bulk.locked(Seat, sorted(wanted)) if not seat.confirmed]
        found = [seat for seat in rows if str(seat.decision) == wanted[str(seat.conversation)]]
        lock(str(seat.agent_id) for seat in found)
        freed = bulk.deleting(Seat, [seat.pk for seat in found])
        bulk.run([*freed, *recounting(str(seat.agent_id) for seat in found)])
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


def _lock(agents: Iterable[str], now_ms: int) -> dict[str, tuple[int, bool]]:
    """See `lock`: (seats taken, whether they are away at this moment)."""
    wanted = sorted({agent for agent in agents if is_uuid(agent)})
    if not wanted:
        return {}
    locked = _locked(wanted, now_ms)
    missing = [UUID(agent) for agent in wanted if agent not in locked]
    if missing:
        known = Agent.objects.filter(pk__in=missing).values_list("pk", flat=True)
        made = [Standing(agent_id=agent) for agent in known]
        if made:
            Standing.objects.bulk_create(made, ignore_conflicts=True)
            locked |= _locked([str(each.agent_id) for each in made], now_ms)
    return locked


def _locked(agents: Collection[str], now_ms: int) -> dict[str, tuple[int, bool]]:
    order = f"ORDER BY agent_id {bulk.for_update('NO KEY UPDATE')}"
    with connection.cursor() as cursor:
        cursor.execute(f"{_LOCK} WHERE {bulk.among('agent_id')} {order}", [now_ms, bulk.ids_text(agents)])
        rows = cursor.fetchall()
    return {
        str(agent if isinstance(agent, UUID) else UUID(agent)): (used, bool(is_away))
        for agent, used, is_away in rows
    }


def _ids(agents: Iterable[str]) -> list[UUID]:
    return [UUID(agent) for agent in agents]


def _taken() -> Coalesce:
    seats = Seat.objects.filter(agent_id=OuterRef("pk")).order_by().values("agent_id")
    counted = seats.annotate(taken=Count("conversation")).values("taken")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
