"""Conversations, messages and files: what happened, to be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chat.admin.base import (
    KINDS,
    SENDERS,
    FactAdmin,
    KindFilter,
    SenderFilter,
    UploaderFilter,
    as_id,
    first_id_of,
    moment_of,
)
from chat.models import Conversation, Message, Upload
from chat.uploads import attachment_of
from chat.uploads.signing import sign_attachment

SEARCHED_DAYS: Final = 30


@admin.register(Conversation)
class ConversationAdmin(FactAdmin):
    """Conversations as persistence last wrote them."""

    list_display = (
        "short_id",
        "site",
        "visitor",
        "status",
        "agent_name",
        "last_text",
        "last_message",
        "rating",
    )
    list_filter = ("status", "site")
    list_select_related = ("site", "visitor")
    search_fields = ("visitor__name",)
    search_help_text = _("Conversation or visitor id, or the visitor's name, e-mail, phone or user id")
    fields = (
        "id", "site", "visitor", "status", "agent_name", "agent_id", "head", "log", "last_text",
        "last_message",
        "rating", "rating_text", "page", "created_at", "closed_at",
    )  # fmt: skip
    readonly_fields = ("last_message", "log")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """By id, or by who asked."""
        term = search_term.strip()
        key = as_id(term)
        if key is not None:
            return queryset.filter(Q(pk=key) | Q(visitor_id=key)), False
        if not term:
            return queryset, False
        asked = (
            Q(visitor__name__icontains=term)
            | Q(visitor__email__icontains=term)
            | Q(visitor__phone__contains=term)
            | Q(visitor__external_id=term)
        )
        return queryset.filter(asked), False

    @admin.display(description=_("conversation"))
    def short_id(self, conversation: Conversation) -> str:
        """The id's random end, which tells them apart at a glance."""
        return f"…{conversation.pk.hex[-8:]}"

    @admin.display(description=_("last message at"))
    def last_message(self, conversation: Conversation) -> str | None:
        """When something was last said."""
        return moment_of(conversation.last_at)

    @admin.display(description=_("messages"))
    def log(self, conversation: Conversation) -> str:
        """The way to its messages."""
        address = reverse("admin:chat_message_changelist")
        return format_html('<a href="{}?q={}">{}</a>', address, conversation.pk, _("Show the messages"))


@admin.register(Message)
class MessageAdmin(FactAdmin):
    """Messages as persisted. Newest first, which their time-ordered ids make free."""

    list_display = ("log", "seq", "sender", "sender_name", "shown_kind", "beginning", "said_at")
    list_filter = (KindFilter, SenderFilter)
    search_fields = ("text",)
    search_help_text = _("Conversation or message id, or a text of the last 30 days")
    fields = (
        "id", "conversation", "seq", "said_at", "sender", "sender_name", "sender_id", "shown_kind", "text",
        "attachment", "card", "event", "reply_to", "client_msg_id", "is_hidden",
    )  # fmt: skip
    readonly_fields = ("said_at", "sender", "shown_kind")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """By id over everything; by text only among the recent ones."""
        key = as_id(search_term)
        if key is not None:
            return queryset.filter(Q(pk=key) | Q(conversation_id=key)), False
        if not search_term.strip():
            return queryset, False
        since = first_id_of(timezone.now() - timedelta(days=SEARCHED_DAYS))
        return queryset.filter(pk__gte=since, text__icontains=search_term.strip()), False

    @admin.display(description=_("conversation"))
    def log(self, message: Message) -> str:
        """Its conversation's id; the conversation itself would cost a query a row."""
        return str(message.conversation_id)

    @admin.display(description=_("sender"))
    def sender(self, message: Message) -> str:
        """Who wrote it."""
        return str(SENDERS.get(message.sender_kind, message.sender_kind))

    @admin.display(description=_("kind"))
    def shown_kind(self, message: Message) -> str:
        """What it is."""
        return str(KINDS.get(message.kind, message.kind))

    @admin.display(description=_("text"))
    def beginning(self, message: Message) -> str:
        """The first words."""
        text = message.text or ""
        return text if len(text) <= 80 else f"{text[:80]}…"

    @admin.display(description=_("created at"))
    def said_at(self, message: Message) -> str | None:
        """When it was stored."""
        return moment_of(message.created_at)


@admin.register(Upload)
class UploadAdmin(FactAdmin):
    """Stored files."""

    list_display = ("name", "site", "type", "size", "uploader", "created_at")
    list_filter = ("site", UploaderFilter)
    list_select_related = ("site",)
    search_fields = ("name",)
    search_help_text = _("File name or upload id")
    fields = (
        "id", "name", "file", "type", "size", "width", "height", "site", "uploader",
        "uploader_id", "created_at",
    )  # fmt: skip
    readonly_fields = ("file", "uploader")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Upload], search_term: str
    ) -> tuple[QuerySet[Upload], bool]:
        """By id when it is one."""
        key = as_id(search_term)
        if key is not None:
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("uploader"))
    def uploader(self, upload: Upload) -> str:
        """Which side it came from."""
        return str(SENDERS.get(upload.uploader_kind, upload.uploader_kind))

    @admin.display(description=_("file"))
    def file(self, upload: Upload) -> str:
        """A way to the file that holds for an hour."""
        address = sign_attachment(attachment_of(upload)).url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, _("Open the file"))
