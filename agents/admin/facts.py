"""What routing did and how agents stand: shown, never made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from agents.admin.scope import site_ids
from agents.models import Assignment, Decision, Seat, Standing, Waiting
from chat.admin.base import FactAdmin, as_id, moment_of


def moment(field: str, label: Any) -> Callable[..., Any]:
    """A column of milliseconds as the reader's time, ordered by the number."""

    @admin.display(description=label, ordering=field, empty_value="—")
    def shown(self: Any, row: Any) -> str | None:
        return moment_of(getattr(row, field))

    return shown


class SiteFactAdmin(FactAdmin):
    """Facts of the administrator's sites; `site_path` leads from the row to its sites."""

    site_path = "site"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the login's sites."""
        rows = super().get_queryset(request)
        sites = site_ids(request)
        return rows if sites is None else rows.filter(**{f"{self.site_path}__in": sites}).distinct()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators of the row's site."""
        sites = site_ids(request)
        if sites is None:
            return True
        return bool(sites) and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the pages are listed."""
        return self.has_view_permission(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By conversation or agent's id."""
        key = as_id(search_term)
        if key is None:
            return super().get_search_results(request, queryset, search_term)
        names = {field.name for field in self.model._meta.get_fields()}
        wanted = Q(agent=key) if "agent" in names else Q()
        return queryset.filter(wanted | Q(conversation=key) if "conversation" in names else wanted), False


@admin.register(Decision)
class DecisionAdmin(SiteFactAdmin):
    """Why a conversation went where it went: candidates, scores by part, the reason."""

    list_display = ("shown_at", "conversation", "site", "group", "agent", "reason", "waited", "strategy")
    list_filter = ("reason", "strategy", "site")
    list_select_related = ("site", "group", "agent")
    search_fields = ("agent__display_name",)
    search_help_text = _("Agent's name or conversation id")
    ordering = ("-at_ms",)
    fields = (
        "shown_at", "conversation", "site", "group", "agent", "reason", "waited", "strategy", "weights",
        "waiter", "explained", "excluded",
    )  # fmt: skip
    readonly_fields = ("explained",)
    shown_at = moment("at_ms", _("at"))

    @admin.display(description=_("waited (s)"), ordering="waited_ms")
    def waited(self, decision: Decision) -> str:
        """In seconds."""
        return f"{decision.waited_ms / 1000:.1f}"

    @admin.display(description=_("candidates"))
    def explained(self, decision: Decision) -> SafeString:
        """Candidates and the parts of their scores."""
        parts: list[str] = []
        for candidate in decision.candidates:
            parts += [name for name in candidate.get("parts", {}) if name not in parts]
        rows = [
            {**candidate, "shown": [_percent(candidate.get("parts", {}).get(part)) for part in parts],
             "total": _percent(candidate.get("score"))}
            for candidate in decision.candidates
        ]  # fmt: skip
        return render_to_string("admin/agents/candidates.html", {"parts": parts, "rows": rows})


def _percent(value: Any) -> str:
    return f"{value * 100:.0f}" if isinstance(value, int | float) else "—"


@admin.register(Assignment)
class AssignmentAdmin(SiteFactAdmin):
    """Who had which conversation, and when."""

    list_display = (
        "shown_at", "conversation", "agent", "group", "how", "shown_reply", "shown_end", "ended_by", "rating",
    )  # fmt: skip
    list_filter = ("how", "ended_by", "site")
    list_select_related = ("agent", "group")
    search_fields = ("agent__display_name",)
    search_help_text = _("Agent's name or conversation id")
    ordering = ("-at_ms",)
    shown_at = moment("at_ms", _("from"))
    shown_reply = moment("first_reply_ms", _("first reply"))
    shown_end = moment("ended_ms", _("until"))


@admin.register(Waiting)
class WaitingAdmin(SiteFactAdmin):
    """The queue as it stands, the next one first."""

    list_display = ("conversation", "site", "group", "priority", "channel", "language", "shown_since", "left")
    list_filter = ("site", "group", "left")
    list_select_related = ("site", "group")
    search_fields = ("group__name",)
    ordering = ("rank_ms",)
    shown_since = moment("since_ms", _("waiting since"))


@admin.register(Seat)
class SeatAdmin(SiteFactAdmin):
    """Conversations agents have now."""

    list_display = ("conversation", "agent", "group", "channel", "shown_taken", "confirmed")
    list_filter = ("site", "confirmed")
    list_select_related = ("agent", "group")
    search_fields = ("agent__display_name",)
    ordering = ("-taken_ms",)
    shown_taken = moment("taken_ms", _("since"))


@admin.register(Standing)
class StandingAdmin(SiteFactAdmin):
    """How agents stand: said status, seats, quality and its parts."""

    site_path = "agent__sites"
    list_display = ("agent", "availability", "reason", "used", "quality", "shown_served", "shown_gone")
    list_filter = ("availability",)
    list_select_related = ("agent",)
    search_fields = ("agent__display_name",)
    ordering = ("agent__display_name",)
    shown_served = moment("served_ms", _("last assignment"))
    shown_gone = moment("gone_ms", _("gone since"))
