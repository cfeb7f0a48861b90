"""Visitors: found by who they are, blocked and let in again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat import visitors
from chat.admin.base import BoundedPaginator, ModelAdmin, as_id
from chat.models import Visitor


@admin.register(Visitor)
class VisitorAdmin(ModelAdmin):
    """Visitors: found by who they are, blocked and let in again."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_display = ("shown_name", "site", "external_id", "email", "phone", "is_blocked", "last_seen_at")
    list_filter = ("site", ("blocked_at", admin.EmptyFieldListFilter))
    list_select_related = ("site",)
    search_fields = ("name", "email", "phone", "external_id")
    search_help_text = _("Name, e-mail, phone, user id or visitor id")
    ordering = ("-pk",)
    actions = ("block", "unblock")
    fields = (
        "id", "site", "external_id", "name", "email", "phone", "avatar_url", "attributes", "page", "locale",
        "blocked_at", "created_at", "last_seen_at",
    )  # fmt: skip
    readonly_fields = (
        "id", "site", "external_id", "avatar_url", "attributes", "page", "locale", "blocked_at", "created_at",
        "last_seen_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Visitors come by themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their conversations are facts."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Visitor], search_term: str
    ) -> tuple[QuerySet[Visitor], bool]:
        """By id when it is one."""
        key = as_id(search_term)
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, visitor: Visitor) -> str:
        """The name, or the id of the nameless."""
        return str(visitor)

    @admin.display(description=_("blocked"), boolean=True)
    def is_blocked(self, visitor: Visitor) -> bool:
        """Whether the visitor is shut out."""
        return visitor.blocked_at is not None

    @admin.action(description=_("Block the selected visitors"), permissions=("change",))
    def block(self, request: HttpRequest, queryset: QuerySet[Visitor]) -> None:
        """Shut them out; open connections end within 5 s."""
        chosen = list(queryset.values_list("pk", flat=True))
        for key in chosen:
            visitors.block(key)
        text = ngettext("%d visitor was blocked.", "%d visitors were blocked.", len(chosen)) % len(chosen)
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Unblock the selected visitors"), permissions=("change",))
    def unblock(self, request: HttpRequest, queryset: QuerySet[Visitor]) -> None:
        """Let them in again."""
        chosen = list(queryset.values_list("pk", flat=True))
        for key in chosen:
            visitors.unblock(key)
        text = ngettext("%d visitor was unblocked.", "%d visitors were unblocked.", len(chosen)) % len(chosen)
        self.message_user(request, text, messages.SUCCESS)
