"""The page trail: pages a visitor looked at while the widget was there. Kept short and for 30 days."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.models import PageVisit, Visitor

KEPT_PER_VISITOR: Final = 100
KEPT_DAYS: Final = 30
PRUNED_AT_ONCE: Final = 5_000  # rows a delete takes: about 100 ms on SQLite


def note_page(visitor: UUID | str, url: str, title: str, referrer: str) -> None:
    """Remember that the visitor looks at a page now; the same page again only moves it on.

    The visitor's current page follows. Beyond `KEPT_PER_VISITOR` the oldest go.
    """
    page = {key: value for key, value in (("url", url), ("title", title), ("referrer", referrer)) if value}
    with transaction.atomic():
        Visitor.objects.filter(pk=visitor).update(page=page, last_seen_at=timezone.now())
        own = PageVisit.objects.filter(visitor_id=visitor).order_by("-pk")
        last = own.first()
        if last is not None and last.url == url:
            PageVisit.objects.filter(pk=last.pk).update(title=title or last.title, at=timezone.now())
            return
        PageVisit.objects.create(visitor_id=visitor, url=url, title=title, referrer=referrer)
        too_old = list(own.values_list("pk", flat=True)[KEPT_PER_VISITOR : KEPT_PER_VISITOR + 50])
        if too_old:
            PageVisit.objects.filter(pk__in=too_old).delete()


def prune() -> int:
    """Drop visits older than `KEPT_DAYS`, in steps that hold no lock for long; returns how many."""
    until = timezone.now() - timedelta(days=KEPT_DAYS)
    dropped = 0
    while True:
        keys = list(PageVisit.objects.filter(at__lt=until).values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        if not keys:
            return dropped
        dropped += PageVisit.objects.filter(pk__in=keys).delete()[0]
