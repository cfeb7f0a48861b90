"""Figures made of what happened: agents' quality, every five minutes; and what is old enough to go."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from django.db.models import F

from agents.models import Assignment, Decision, SiteRouting, Standing
from agents.routing import bulk
from agents.routing.quality import Served, priors, quality

DAY_MS: Final = 86_400_000
RECORD_DAYS: Final = 30
KEEP_DECISIONS_DAYS: Final = 90
FIRST_REPLY_TARGET_S: Final = 60  # a site that has decided nothing: the default of SiteRouting
DELETE_AT_ONCE: Final = 1000
ANSWERABLE_BY: Final = frozenset(("transferred", "no_answer", "silent", "refused", "gone", "closed"))
"""Endings that tell whether the agent settled it; taking over or the bot says nothing about them."""


def score_quality(now_ms: int) -> int:
    """Compute everybody's quality from thirty days and write what changed; how many did."""
    targets = dict(SiteRouting.objects.values_list("site_id", "first_reply_target_s"))
    rows = Assignment.objects.filter(at_ms__gte=now_ms - RECORD_DAYS * DAY_MS).values_list(
        "agent_id", "conversation", "site_id", "at_ms", "first_reply_ms", "ended_by", "rating", "inspection"
    )
    records: defaultdict[str, list[Served]] = defaultdict(list)
    again = _reopened(now_ms)
    for agent, conversation, site, at, replied, ended_by, rating, inspection in rows.iterator(
        chunk_size=2000
    ):
        target = targets.get(site, FIRST_REPLY_TARGET_S) or FIRST_REPLY_TARGET_S
        reply = None if replied is None else (replied - at) / 1000 * FIRST_REPLY_TARGET_S / target
        resolved = None
        if ended_by in ANSWERABLE_BY:
            resolved = ended_by == "closed" and (conversation, at) not in again
        records[str(agent)].append(Served(rating, reply, resolved, inspection))
    team = priors((served for record in records.values() for served in record), FIRST_REPLY_TARGET_S)
    changed = []
    for standing in Standing.objects.only("agent_id", "quality", "quality_parts"):
        found = quality(records.get(str(standing.agent_id), ()), FIRST_REPLY_TARGET_S, team)
        parts = {
            part: {"share": round(share, 4), "count": found.counts[part]}
            for part, share in found.parts.items()
        }
        value = round(found.value, 6)
        if standing.quality != value or standing.quality_parts != parts:
            standing.quality, standing.quality_parts = value, parts
            changed.append(standing)
    changed.sort(key=lambda standing: standing.agent_id)
    bulk.update(changed, ["quality", "quality_parts"])
    return len(changed)


def prune_decisions(now_ms: int) -> int:
    """Delete decisions older than ninety days, a thousand at a time; how many."""
    total = 0
    while True:
        old = Decision.objects.filter(at_ms__lt=now_ms - KEEP_DECISIONS_DAYS * DAY_MS).order_by("at_ms")
        ids = list(old.values_list("pk", flat=True)[:DELETE_AT_ONCE])
        total += Decision.objects.filter(pk__in=ids).delete()[0] if ids else 0
        if len(ids) < DELETE_AT_ONCE:
            return total


def _reopened(now_ms: int) -> set[tuple[object, int]]:
    """(conversation, at) of assignments that ended by closing and were followed by another of the same
    conversation: closed, yet not settled.
    """
    since = now_ms - RECORD_DAYS * DAY_MS
    order = Assignment.objects.filter(at_ms__gte=since).order_by("conversation", F("at_ms").asc())
    found: set[tuple[object, int]] = set()
    before: tuple[object, int, str] | None = None
    for conversation, at, ended_by in order.values_list("conversation", "at_ms", "ended_by").iterator(
        chunk_size=2000
    ):
        if before is not None and before[0] == conversation and before[2] == "closed":
            found.add((before[0], before[1]))
        before = (conversation, at, ended_by)
    return found
