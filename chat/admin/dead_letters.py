"""Entries the database refused: seen, and tried again when the cause is gone."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.admin.base import FactAdmin, as_id
from chat.models import DeadLetter
from chat.persistence.dead_letters import redrive


@admin.register(DeadLetter)
class DeadLetterAdmin(FactAdmin):
    """Entries the database refused; tried again when the cause is gone."""

    list_display = ("conversation", "seq", "code", "attempts", "created_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "code")
    search_fields = ("code",)
    search_help_text = _("Conversation id or error code")
    actions = ("redrive",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter], search_term: str
    ) -> tuple[QuerySet[DeadLetter], bool]:
        """By conversation or by code."""
        key = as_id(search_term)
        if key is not None:
            return queryset.filter(conversation=key), False
        return super().get_search_results(request, queryset, search_term)

    def has_redrive_permission(self, request: HttpRequest) -> bool:
        """Who may change dead letters may have them tried again, though not written."""
        return request.user.has_perm("chat.change_deadletter")

    @admin.action(description=_("Try to store the selected entries again"), permissions=("redrive",))
    def redrive(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """Store what can be stored now."""
        outcome = redrive(list(queryset.values_list("pk", flat=True)))
        text = _("%(stored)d stored, %(refused)d refused again.") % {
            "stored": outcome.stored,
            "refused": outcome.refused,
        }
        self.message_user(request, text, messages.WARNING if outcome.refused else messages.SUCCESS)
