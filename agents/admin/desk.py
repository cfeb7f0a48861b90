"""What the people who answer keep at hand: canned replies, macros, views, categories; labels, attributes and
the blacklist of the chat room stand beside them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agents.admin.resources import (
    BlockResource,
    CannedReplyResource,
    CloseCategoryResource,
    LabelResource,
)
from agents.admin.scope import Exchange, ScopedAdmin
from agents.models import CannedReply, CloseCategory, Macro, SavedView
from chat.models import AttributeDefinition, Block, Label


@admin.register(CannedReply)
class CannedReplyAdmin(Exchange, ScopedAdmin):
    """Shared canned replies and those of single agents."""

    resource_classes = (CannedReplyResource,)
    list_display = ("shortcut", "title", "category", "site", "group", "owner", "used_count")
    list_filter = ("site", "group", "category", ("owner", admin.EmptyFieldListFilter))
    list_select_related = ("site", "group", "owner")
    search_fields = ("shortcut", "title", "text", "pinyin", "initials")
    search_help_text = _("Words, pinyin or initials")
    fields = ("shortcut", "title", "text", "category", "site", "group", "owner")

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[CannedReply]:
        """Nobody's own."""
        rows: QuerySet[CannedReply] = super().get_export_queryset(request)
        return rows.filter(owner=None)


@admin.register(Macro)
class MacroAdmin(ScopedAdmin):
    """Macros; people write them at the console."""

    list_display = ("name", "site", "owner", "updated_at")
    list_filter = ("site",)
    list_select_related = ("site", "owner")
    search_fields = ("name",)


@admin.register(SavedView)
class SavedViewAdmin(ScopedAdmin):
    """Views; shared ones are the team's."""

    site_path = None
    list_display = ("name", "owner", "position")
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(CloseCategory)
class CloseCategoryAdmin(Exchange, ScopedAdmin):
    """What conversations were about."""

    resource_classes = (CloseCategoryResource,)
    list_display = ("name", "parent", "site", "position")
    list_filter = ("site",)
    list_select_related = ("site", "parent")
    search_fields = ("name",)


@admin.register(Label)
class LabelAdmin(Exchange, ScopedAdmin):
    """Labels of conversations."""

    resource_classes = (LabelResource,)
    list_display = ("name", "color", "site")
    list_filter = ("site", "color")
    list_select_related = ("site",)
    search_fields = ("name",)


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(ScopedAdmin):
    """Custom attributes of visitors and conversations."""

    list_display = ("label", "key", "target", "kind", "site", "position")
    list_filter = ("site", "target", "kind")
    list_select_related = ("site",)
    search_fields = ("label", "key")


@admin.register(Block)
class BlockAdmin(Exchange, ScopedAdmin):
    """The blacklist. An entry takes effect on open connections within five seconds."""

    resource_classes = (BlockResource,)
    list_display = ("value", "kind", "site", "reason", "until", "created_by", "created_at")
    list_filter = ("site", "kind")
    list_select_related = ("site",)
    search_fields = ("value", "reason")
    readonly_fields = ("created_by", "created_at")

    def save_model(self, request: HttpRequest, obj: Block, form: Any, change: bool) -> None:
        """Save, and say who did it."""
        if not change:
            obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)
