"""Why routing did what it did: decisions as kept, and as people read them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from agents.models import Decision
from agents.routing.terms import Choice

MOST_DECISIONS: Final = 100


class Explained(msgspec.Struct, frozen=True):
    """One decision. `agent` None: nobody was found, and `reason` says why. Times in ms."""

    id: str
    at: int
    strategy: str
    reason: str
    agent: dict[str, str] | None
    group: dict[str, str] | None
    waited_ms: int
    weights: dict[str, int]
    waiter: dict[str, Any]
    candidates: list[dict[str, Any]]
    excluded: dict[str, int]


def candidates_of(choice: Choice) -> list[dict[str, Any]]:
    """The candidates as `Decision.candidates` keeps them, best first. Shares to four digits."""
    chosen = choice.agent.id if choice.agent is not None else None
    return [
        {
            "agent": scored.candidate.id,
            "name": scored.candidate.name,
            "score": round(scored.score, 4),
            "parts": {part: round(share, 4) for part, share in scored.parts.items()},
            "used": scored.candidate.used,
            "capacity": scored.candidate.capacity,
            "chosen": scored.candidate.id == chosen,
        }
        for scored in choice.ranked
    ]


def decisions_of(conversation: str, limit: int = MOST_DECISIONS) -> list[Explained]:
    """The conversation's decisions, the latest first: one query. The caller has checked who may read it."""
    rows = Decision.objects.filter(conversation=conversation).select_related("agent", "group")
    return [
        Explained(
            id=str(row.pk), at=row.at_ms, strategy=row.strategy, reason=row.reason,
            agent={"id": str(row.agent_id), "name": row.agent.display_name} if row.agent else None,
            group={"id": str(row.group_id), "name": row.group.name} if row.group else None,
            waited_ms=row.waited_ms, weights=row.weights, waiter=row.waiter, candidates=row.candidates,
            excluded=row.excluded,
        )
        for row in rows.order_by("-at_ms", "-pk")[:limit]
    ]  # fmt: skip
