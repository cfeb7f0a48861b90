"""How each answer does: served, read, helped, did not help, handed over after it; by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

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


def count(entry_id: str, site: str, what: What, times: int = 1, day: date | None = None) -> None:
    """Add to the day's count of an answer; `entry_id` as the index names it. An id that is none counts
    nothing (a fact of the graph has none of its own).
    """
    try:
        item, place = UUID(item_of(entry_id)), UUID(site)
    except ValueError:
        return
    key = {"item": item, "site_id": place, "day": day or timezone.now().date()}
    if Usage.objects.filter(**key).update(**{what: F(what) + times}):
        return
    try:
        with transaction.atomic():
            Usage.objects.create(**key, **{what: times})
    except IntegrityError:  # another process counted first
        Usage.objects.filter(**key).update(**{what: F(what) + times})


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
