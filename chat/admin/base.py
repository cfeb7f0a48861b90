"""What every page over a table of facts has in common."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # these take a type argument only in the stubs
    ModelAdmin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

SENDERS: Final[Mapping[str, Any]] = {
    "visitor": _("visitor"),
    "agent": _("agent"),
    "bot": _("bot"),
    "system": _("system"),
}
KINDS: Final[Mapping[str, Any]] = {
    "text": _("text"),
    "image": _("picture"),
    "file": _("file"),
    "card": _("card"),
    "event": _("event"),
}
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
    show_facets = admin.ShowFacets.NEVER  # a count for every choice of every filter
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


def moment_of(ms: int | None) -> str | None:
    """Milliseconds since the epoch as the reader's time."""
    if not ms:
        return None
    return date_format(localtime(datetime.fromtimestamp(ms / 1000, tz=UTC)), "DATETIME_FORMAT")


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with known choices; Django's own would ask a table of millions for its DISTINCT values."""

    choices_by_value: ClassVar[Mapping[str, Any]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Value and label."""
        return list(self.choices_by_value.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows that have the chosen value."""
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class SenderFilter(ChoiceFilter):
    """By who wrote it."""

    title = _("sender")
    parameter_name = "sender_kind"
    choices_by_value = SENDERS


class UploaderFilter(ChoiceFilter):
    """By who uploaded it."""

    title = _("uploader")
    parameter_name = "uploader_kind"
    choices_by_value: ClassVar[Mapping[str, Any]] = {kind: SENDERS[kind] for kind in ("visitor", "agent")}


class KindFilter(ChoiceFilter):
    """By what it is."""

    title = _("kind")
    parameter_name = "kind"
    choices_by_value = KINDS


def first_id_of(moment: datetime) -> uuid.UUID:
    """The smallest time-ordered id (RFC 9562, version 7) of a moment."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)
