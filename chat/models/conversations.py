"""Conversations and messages: facts, or projections of the log."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.keys import new_uuid
from chat.models.sites import Label, Site
from chat.models.visitors import Visitor


class Channel(models.TextChoices):
    """The kind of client a visitor comes through."""

    WEB = "web", _("web page")
    H5 = "h5", _("mobile page")
    MINI_PROGRAM = "mini_program", _("mini program")
    APP = "app", _("app")
    API = "api", _("API")


class ConversationStatus(models.TextChoices):
    """Where a conversation stands."""

    BOT = "bot", _("with the bot")
    QUEUED = "queued", _("waiting")
    ACTIVE = "active", _("in conversation")
    CLOSED = "closed", _("closed")


class Conversation(models.Model):
    """A projection of one log: written by persistence, `WHERE head < new` (`act_seq < new` for the state)."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("site")
    )
    visitor = models.ForeignKey(
        Visitor, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("visitor")
    )
    status = models.CharField(
        _("status"), max_length=8, choices=ConversationStatus.choices, default=ConversationStatus.QUEUED
    )
    agent_id = models.UUIDField(_("agent id"), null=True, blank=True, db_index=True)
    agent_name = models.CharField(_("agent"), max_length=100, blank=True, default="")
    head = models.PositiveBigIntegerField(_("last seq"), default=0)
    act_seq = models.PositiveBigIntegerField(default=0)
    human_seq = models.PositiveBigIntegerField(default=0)
    state = models.BinaryField(default=bytes, help_text=_("Snapshot of the log's state at act_seq."))
    visitor_seq = models.PositiveBigIntegerField(_("last seq of the visitor"), default=0)
    last_text = models.CharField(_("last message"), max_length=200, blank=True, default="")
    last_at = models.PositiveBigIntegerField(_("last message at (ms)"), default=0)
    last_seq = models.PositiveBigIntegerField(_("seq of the last message"), default=0)
    waiting_since = models.PositiveBigIntegerField(_("waiting since (ms)"), null=True, blank=True)
    indexed_seq = models.PositiveBigIntegerField(default=0, editable=False)
    visitor_delivered = models.PositiveBigIntegerField(default=0)
    visitor_read = models.PositiveBigIntegerField(default=0)
    agent_delivered = models.PositiveBigIntegerField(default=0)
    agent_read = models.PositiveBigIntegerField(default=0)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    rating_text = models.CharField(_("comment"), max_length=1000, blank=True, default="")
    page: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("page it began on"), default=dict, blank=True
    )
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices, default=Channel.API)
    group_id = models.UUIDField(_("group id"), null=True, blank=True, db_index=True)
    group_name = models.CharField(_("group"), max_length=100, blank=True, default="")
    guests: models.JSONField[list[str], list[str]] = models.JSONField(
        _("invited agents' ids"), default=list, blank=True
    )
    labels: models.ManyToManyField[Label, models.Model] = models.ManyToManyField(
        Label, blank=True, related_name="conversations", verbose_name=_("labels")
    )
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("attributes"), default=dict, blank=True
    )
    snoozed_until = models.PositiveBigIntegerField(
        _("snoozed until (ms)"), null=True, blank=True, db_index=True
    )
    summary = models.CharField(_("summary"), max_length=2000, blank=True, default="")
    category = models.CharField(_("category"), max_length=100, blank=True, default="")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            models.UniqueConstraint(
                fields=("site", "visitor"),
                condition=~models.Q(status="closed"),
                name="one_open_conversation_per_visitor",
            ),
        )
        indexes = (
            models.Index(fields=("site", "status", "-last_at"), name="conversation_list"),
            models.Index(fields=("agent_id", "status", "-last_at"), name="conversation_of_agent"),
            models.Index(fields=("group_id", "status", "-last_at"), name="conversation_of_group"),
            models.Index(
                fields=("id",),
                condition=models.Q(indexed_seq__lt=models.F("head")),
                name="conversation_unindexed",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """One entry of a log as persisted. `created_at` is ms since the epoch, exactly as on the wire."""

    id = models.UUIDField(_("id"), primary_key=True, editable=False)
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.PROTECT,
        related_name="messages",
        verbose_name=_("conversation"),
        db_index=False,  # (conversation, seq) begins with it; a fourth index costs a fifth of every insert
    )
    seq = models.PositiveBigIntegerField(_("seq"))
    client_msg_id = models.CharField(_("sender's id for it"), max_length=64, null=True, blank=True)  # noqa: DJ001
    sender_kind = models.CharField(_("sender"), max_length=8)
    sender_id = models.UUIDField(_("sender's id"), null=True, blank=True)
    sender_name = models.TextField(_("sender's name"), null=True, blank=True)  # noqa: DJ001
    kind = models.CharField(_("kind"), max_length=8)
    text = models.TextField(_("text"), null=True, blank=True)  # noqa: DJ001
    attachment = models.JSONField(_("attachment"), null=True, blank=True)
    card = models.JSONField(_("card"), null=True, blank=True)
    event = models.JSONField(_("event"), null=True, blank=True)
    reply_to = models.PositiveBigIntegerField(_("reply to"), null=True, blank=True)
    created_at = models.PositiveBigIntegerField(_("created at (ms)"))
    is_hidden = models.BooleanField(_("recalled or erased"), default=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.UniqueConstraint(fields=("conversation", "seq"), name="message_seq_once"),
            models.UniqueConstraint(fields=("conversation", "client_msg_id"), name="message_client_id_once"),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"
