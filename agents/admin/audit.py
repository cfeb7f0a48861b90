"""The audit log: who changed what, when, from where. Superusers read it; nobody changes it."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat.admin.base import ChoiceFilter, FactAdmin

ACTIONS = {
    LogEntry.Action.CREATE: _("made"),
    LogEntry.Action.UPDATE: _("changed"),
    LogEntry.Action.DELETE: _("deleted"),
    LogEntry.Action.ACCESS: _("read"),
}

if admin.site.is_registered(LogEntry):
    admin.site.unregister(LogEntry)


class ActionFilter(ChoiceFilter):
    """By what was done."""

    title = _("action")
    parameter_name = "action"
    choices_by_value = {str(key): label for key, label in ACTIONS.items()}


@admin.register(LogEntry)
class AuditAdmin(FactAdmin):
    """Newest first, found by person and thing."""

    list_display = ("timestamp", "shown_actor", "shown_action", "content_type", "object_repr", "shown_fields")
    list_filter = (ActionFilter, "content_type")
    list_select_related = ("actor", "content_type")
    search_fields = ("object_repr", "actor__username")
    search_help_text = _("Login name or thing")
    ordering = ("-timestamp",)
    fields = (
        "timestamp", "shown_actor", "remote_addr", "shown_action", "content_type", "object_repr",
        "shown_changes",
    )  # fmt: skip
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It names people and addresses of every site."""
        return bool(getattr(request.user, "is_superuser", False))

    @admin.display(description=_("who"), ordering="actor__username")
    def shown_actor(self, entry: LogEntry) -> str:
        """The login, or the program itself."""
        return str(entry.actor) if entry.actor is not None else str(_("the system"))

    @admin.display(description=_("action"), ordering="action")
    def shown_action(self, entry: LogEntry) -> Any:
        """In words."""
        return ACTIONS.get(entry.action, entry.action)

    @admin.display(description=_("columns"))
    def shown_fields(self, entry: LogEntry) -> str:
        """Which columns changed."""
        return ", ".join(list(entry.changes_dict)[:6])

    @admin.display(description=_("changes"))
    def shown_changes(self, entry: LogEntry) -> SafeString:
        """Column by column, before and after."""
        return format_html_join("", "<p><strong>{}</strong>: {}</p>", _lines(entry.changes_dict))


def _lines(changes: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    for name, change in changes.items():
        if isinstance(change, dict):  # many-to-many
            lines.append((name, f"{change.get('operation')}: {', '.join(change.get('objects', []))}"))
        else:
            before, after = change
            lines.append((name, f"{before} → {after}"))
    return lines
