"""How each answer does: served, read, helped, did not help, handed over after it; by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from django.db.models import Sum
from django.utils import timezone

from knowledge.learning.adding import add
from knowledge.models import Usage
from knowledge.publishing.content import item_of

What = Literal["served", "viewed", "helped", "not_helped", "handed_over"]
WHATS: Final[tuple[What, ...]] = ("served", "viewed", "helped", "not_helped", "handed_over")


class Sums(msgspec.Struct, frozen=True):
    """How an answer did over some days."""

    served: int = 0
    viewed: int = 0
    helped: int = 0
    not_helped: int = 0
    handed_over: int = 0


Counted = Mapping[tuple[str, str, What], int]
"""(entry as the index names it, site, what) → how often."""


def count(entry_id: str, site: str, what: What, times: int = 1, day: date | None = None) -> None:
    """Add to the day's count of one answer; see `count_many`."""
    count_many({(entry_id, site, what): times}, day)


def count_many(counted: Counted, day: date | None = None) -> None:
    """Add to the day's counts in one statement. An id that is none counts nothing (a fact of the graph has
    none of its own). Raises `django.db.DatabaseError`.
    """
    rows: dict[tuple[UUID, UUID], Counter[str]] = {}
    for (entry, site, what), times in counted.items():
        try:
            rows.setdefault((UUID(item_of(entry)), UUID(site)), Counter())[what] += times
        except ValueError:
            continue
    on = day or timezone.now().date()
    add(
        Usage,
        [
            {"item": item, "site_id": place, "day": on, **{what: counts[what] for what in WHATS}}
            for (item, place), counts in rows.items()
        ],
        unique=("item", "site_id", "day"),
        counters=WHATS,
    )


def sums(items: list[UUID], days: int = 30) -> dict[UUID, Sums]:
    """How these answers did over the last days, at all sites."""
    since = timezone.now().date() - timedelta(days=days)
    rows: Any = (
        Usage.objects.filter(item__in=items, day__gte=since)
        .values("item")
        .annotate(**{f"all_{what}": Sum(what) for what in WHATS})
        .order_by()
    )
    return {row["item"]: Sums(**{what: row[f"all_{what}"] for what in WHATS}) for row in rows}
