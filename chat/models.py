"""Schema and constraints of the chat room. Conversations and messages are facts or projections of the log."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.protocol.entry import new_id


def new_uuid() -> uuid.UUID:
    """A time-ordered UUID (version 7) for primary keys."""
    return uuid.UUID(new_id())


def new_public_key() -> str:
    """A site's public key: 12 unguessable characters, safe in URLs."""
    return secrets.token_urlsafe(9)


def new_secret() -> str:
    """A site's signing secret: 256 bits in hex."""
    return secrets.token_hex(32)


def default_upload_types() -> list[str]:
    """Media types a site accepts unless the operator says otherwise."""
    return [
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv",
        "application/zip", "audio/mpeg", "video/mp4",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]  # fmt: skip


class Site(models.Model):
    """A place visitors come from: one shop, one app, one brand."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    public_key = models.SlugField(_("public key"), max_length=64, unique=True, default=new_public_key)
    name = models.CharField(_("name"), max_length=100)
    secret = models.CharField(_("signing secret"), max_length=128, default=new_secret)
    allowed_origins = models.JSONField(
        _("allowed origins"),
        default=list,
        blank=True,
        help_text=_("For example https://shop.example.com; one per item."),
    )
    allow_missing_origin = models.BooleanField(_("allow clients without Origin"), default=True)
    greeting = models.CharField(_("greeting"), max_length=500, blank=True, default="")
    accent_color = models.CharField(_("accent colour"), max_length=7, default="#2563eb")
    locale = models.CharField(_("language"), max_length=16, default="zh-CN")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    reopen_hours = models.PositiveSmallIntegerField(_("hours a visitor can reopen"), default=24)
    typing_preview = models.BooleanField(_("agents see what visitors type"), default=False)
    upload_max_bytes = models.PositiveIntegerField(_("largest upload in bytes"), default=20 * 1024 * 1024)
    upload_types = models.JSONField(_("accepted file types"), default=default_upload_types, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Visitor(models.Model):
    """Somebody who asks. `external_id` is the site's own user, bound only by a valid `user_hash`."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="visitors", verbose_name=_("site"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    external_id = models.CharField(_("user id at the site"), max_length=128, null=True, blank=True)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=32, blank=True, default="")
    avatar_url = models.CharField(_("avatar"), max_length=500, blank=True, default="")
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("attributes"), default=dict, blank=True
    )
    page: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("current page"), default=dict, blank=True
    )
    locale = models.CharField(_("language"), max_length=16, blank=True, default="")
    blocked_at = models.DateTimeField(_("blocked at"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        constraints = (
            models.UniqueConstraint(fields=("site", "external_id"), name="visitor_external_id_once_per_site"),
        )

    def __str__(self) -> str:
        return self.name or str(self.id)


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
    visitor_delivered = models.PositiveBigIntegerField(default=0)
    visitor_read = models.PositiveBigIntegerField(default=0)
    agent_delivered = models.PositiveBigIntegerField(default=0)
    agent_read = models.PositiveBigIntegerField(default=0)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    rating_text = models.CharField(_("comment"), max_length=1000, blank=True, default="")
    page: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("page it began on"), default=dict, blank=True
    )
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


class DeadLetter(models.Model):
    """An entry that could not be persisted, kept whole until somebody re-drives it."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    conversation = models.UUIDField(_("conversation"), db_index=True)
    seq = models.PositiveBigIntegerField(_("seq"))
    body = models.TextField(_("entry"))
    code = models.CharField(_("error code"), max_length=40)
    error = models.TextField(_("error"), blank=True, default="")
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        constraints = (
            models.UniqueConstraint(
                fields=("conversation", "seq"),
                condition=models.Q(resolved_at=None),
                name="one_open_dead_letter_per_entry",
            ),
        )

    def __str__(self) -> str:
        return f"{self.conversation}#{self.seq} {self.code}"


class Upload(models.Model):
    """A stored file. `path` and `thumbnail_path` are random names below MEDIA_ROOT."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="uploads", verbose_name=_("site"))
    uploader_kind = models.CharField(_("uploader"), max_length=8)
    uploader_id = models.UUIDField(_("uploader's id"))
    name = models.CharField(_("name"), max_length=255)
    type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    path = models.CharField(max_length=200, unique=True, editable=False)
    thumbnail_path = models.CharField(max_length=200, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return self.name


class JournalEpoch(models.Model):
    """The one row that remembers which journal this database belongs to."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=64)
    adopted_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("journal epoch")
        verbose_name_plural = _("journal epochs")

    def __str__(self) -> str:
        return self.epoch
