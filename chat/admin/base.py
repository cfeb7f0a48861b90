"""What every page over a table of facts has in common."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:  # these take a type argument only in the stubs
    ModelAdmin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

COUNTED: Final = 10_000
"""Rows that are counted at most; who needs more than two hundred pages needs a narrower search."""


class BoundedPaginator(_Paginator):
    """Counts up to `COUNTED` rows and no further: COUNT(*) over ten million rows takes seconds."""

    @cached_property
    def count(self) -> int:
        """At most `COUNTED`."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:COUNTED].count()
        return super().count


class FactAdmin(ModelAdmin):
    """Something that happened: shown, never made, changed or deleted here."""

    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ("-pk",)
    list_per_page = 50
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are not made by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are not deleted."""
        return False


def as_id(text: str) -> uuid.UUID | None:
    """The id somebody typed, if it is one."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def moment_of(ms: int | None) -> datetime | None:
    """Milliseconds since the epoch as a time."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC) if ms else None


def first_id_of(moment: datetime) -> uuid.UUID:
    """The smallest time-ordered id (RFC 9562, version 7) of a moment."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)
