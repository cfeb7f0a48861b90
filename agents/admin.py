"""Agents in the admin. Disabling one takes effect on open connections within five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agents.models import Agent

# ModelAdmin takes a type argument only in the stubs.
if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Agent]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(Agent)
class AgentAdmin(_ModelAdmin):
    """List, edit, enable and disable."""

    list_display = ("display_name", "user", "is_enabled", "created_at")
    list_filter = ("is_enabled", "sites")
    list_select_related = ("user",)
    search_fields = ("display_name", "user__username", "user__email")
    autocomplete_fields = ("user",)
    filter_horizontal = ("sites",)
    readonly_fields = ("id", "created_at")
    actions = ("enable", "disable")
    fieldsets = (
        (None, {"fields": ("user", "display_name", "avatar_url", "is_enabled")}),
        (_("Sites"), {"fields": ("sites",)}),
        (_("Facts"), {"fields": ("id", "created_at")}),
    )

    @admin.action(description=_("Enable the selected agents"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Let them answer again."""
        count = queryset.update(is_enabled=True)
        self.message_user(request, ngettext("%d agent enabled.", "%d agents enabled.", count) % count)

    @admin.action(description=_("Disable the selected agents"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Take them off duty; their past messages stay."""
        count = queryset.update(is_enabled=False)
        self.message_user(request, ngettext("%d agent disabled.", "%d agents disabled.", count) % count)
