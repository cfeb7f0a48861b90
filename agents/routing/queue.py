"""The queue as rows: entering, moving to another group, the head, positions, and who is next.

A row enters unplaced (`wants` empty): what it wants is looked up by the router (`agents.routing.placing`),
not while the log is being persisted.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Min, Q, QuerySet

from agents.models import Waiting
from agents.routing import bulk
from agents.routing.order import front_rank_ms
from agents.routing.terms import Waiter, Wants

UNPLACED: Final = ""
MOST_WANTS: Final = 500
"""Different wants a drain looks at; a busy hour has dozens. The others come with the next drain."""

# Jumps from one value to the next in the index (wants, rank_ms) instead of reading 10,000 rows.
_DISTINCT_WANTS: Final = """
WITH RECURSIVE w(wants, n) AS (
    SELECT (SELECT min(wants) FROM agents_waiting WHERE wants > ''), 1
    UNION ALL
    SELECT (SELECT min(wants) FROM agents_waiting WHERE wants > w.wants), n + 1
    FROM w WHERE w.wants IS NOT NULL AND n < %s
)
SELECT wants, (SELECT min(rank_ms) FROM agents_waiting AS a WHERE a.wants = w.wants)
FROM w WHERE wants IS NOT NULL
"""
_HEAD_OF_WANTS: Final = """
SELECT conversation, rank_ms FROM (
    SELECT conversation, rank_ms FROM agents_waiting WHERE wants = %s {skipped} ORDER BY rank_ms LIMIT %s
) AS h
"""

Queue = tuple[str, str | None]
"""A queue's name: (site, group); the site does not matter where there is a group."""


class Entry(msgspec.Struct, frozen=True):
    """Somebody who begins to wait. `front`: before everybody in that queue, for they were served already."""

    conversation: str
    site: str
    visitor: str
    group: str | None
    since_ms: int
    refused: tuple[str, ...] = ()
    front: bool = False
    left: bool = False


def wants_key(wants: Wants) -> str:
    """What `Waiting.wants` holds: 40 hex digits that differ when anything wanted does."""
    return hashlib.sha1(msgspec.json.encode(wants), usedforsecurity=False).hexdigest()


def wants_of(row: Waiting) -> Wants:
    """What a placed row wants."""
    group = str(row.group_id) if row.group_id else None
    return Wants(str(row.site_id), group, tuple(row.skills), row.language, row.channel)


def waiter_of(row: Waiting) -> Waiter:
    """The row as the rules know a waiter."""
    return Waiter(
        str(row.conversation),
        wants_of(row),
        row.priority,
        row.since_ms,
        str(row.sticky_agent) if row.sticky_agent else None,
        frozenset(row.refused),
    )


def rows_of(entries: Iterable[Entry]) -> list[Waiting]:
    """Rows to be stored, unplaced; those for the front know the lowest rank of their queue."""
    entries = list(entries)
    lowest = lowest_ranks((each.site, each.group) for each in entries if each.front)
    rows = []
    for each in entries:
        rank = each.since_ms
        if each.front:
            name = queue_name(each.site, each.group)
            rank = lowest[name] = front_rank_ms(each.since_ms, lowest.get(name))
        rows.append(
            Waiting(
                conversation=UUID(each.conversation), site_id=each.site, visitor=each.visitor,
                group_id=each.group, wants=UNPLACED, since_ms=each.since_ms, entered_ms=each.since_ms,
                rank_ms=rank, refused=list(each.refused), left=each.left,
            )
        )  # fmt: skip
    return rows


def queue_name(site: str, group: str | None) -> Queue:
    """One name for one queue: a group's is one for all its sites."""
    return ("", group) if group is not None else (site, None)


def lowest_ranks(queues: Iterable[tuple[str, str | None]]) -> dict[Queue, int]:
    """The lowest rank in each of these queues; those that are empty are left out. A query each."""
    found = {}
    for name in {queue_name(site, group) for site, group in queues}:
        lowest = in_queue(name).aggregate(lowest=Min("rank_ms"))["lowest"]
        if lowest is not None:
            found[name] = lowest
    return found


def in_queue(name: Queue) -> QuerySet[Waiting]:
    """The rows of a queue."""
    site, group = name
    if group is not None:
        return Waiting.objects.filter(group_id=group)
    return Waiting.objects.filter(site_id=site, group=None)


def lengths(queues: Iterable[Queue]) -> dict[Queue, int]:
    """How many wait in each, without those who left a message and went."""
    return {name: in_queue(name).filter(left=False).count() for name in set(queues)}


def placed_lengths(queues: Iterable[Queue]) -> dict[Queue, int]:
    """The same of those that are placed already."""
    return {name: in_queue(name).filter(left=False).exclude(wants=UNPLACED).count() for name in set(queues)}


def positions(conversations: Collection[str]) -> dict[str, tuple[Queue, int]]:
    """Where these stand, from 1; those who do not wait are left out. Few: a count each; many: all.

    Before it is known which queue is theirs, they stand nowhere: a place told then would be another's.
    """
    placed = Waiting.objects.filter(left=False).exclude(wants=UNPLACED)
    rows = placed.filter(pk__in=list(conversations)).values_list("pk", "site_id", "group_id", "rank_ms")
    by_queue: defaultdict[Queue, dict[str, int]] = defaultdict(dict)
    for pk, site, group, rank in rows:
        by_queue[queue_name(str(site), str(group) if group else None)][str(pk)] = rank
    found: dict[str, tuple[Queue, int]] = {}
    for name, ranks in by_queue.items():
        present = in_queue(name).filter(left=False).exclude(wants=UNPLACED)
        if len(ranks) <= 8:
            for conversation, rank in ranks.items():
                ahead = present.filter(
                    Q(rank_ms__lt=rank) | Q(rank_ms=rank, conversation__lt=UUID(conversation))
                )
                found[conversation] = (name, ahead.count() + 1)
            continue
        order = present.order_by("rank_ms", "conversation").values_list("pk", flat=True)
        for place, pk in enumerate(order, 1):
            if str(pk) in ranks:
                found[str(pk)] = (name, place)
    return found


def distinct_wants() -> list[tuple[int, str]]:
    """(lowest rank, wants) of all that wait and are placed, the longest waiter's first."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT_WANTS, [MOST_WANTS])
        return sorted((rank, wants) for wants, rank in cursor.fetchall())


def take_next(wants: Sequence[str], skip: Collection[str], limit: int) -> list[Waiting]:
    """Lock and return the first waiters with these wants, at most `limit`, by rank: one statement.

    Call it inside a transaction. Rows another router holds are passed over, and so are those of
    conversations that have a seat: nobody is to wait for them (`agents.routing.repair` takes them out).
    """
    if not wants:
        return []
    head = _HEAD_OF_WANTS.format(skipped=f"AND {bulk.not_among('conversation')}" if skip else "")
    skipped = [bulk.ids_text(skip)] if skip else []
    parameters: list[Any] = [value for name in wants for value in (name, *skipped, limit)]
    sql = (
        f"{bulk.select(Waiting)} AS w WHERE conversation IN (SELECT conversation FROM ("
        f"{' UNION ALL '.join([head] * len(wants))}) AS first ORDER BY rank_ms LIMIT %s) "
        "AND NOT EXISTS (SELECT 1 FROM agents_seat AS s WHERE s.conversation = w.conversation) "
        f"ORDER BY rank_ms, conversation {bulk.for_update(more='OF w SKIP LOCKED')}"
    )
    return list(Waiting.objects.raw(sql, [*parameters, limit]))
