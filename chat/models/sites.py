"""Where visitors come from, and what a site decides for its visitors and conversations."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.keys import new_public_key, new_secret, new_uuid

LABEL_COLORS = (
    ("grey", _("grey")), ("red", _("red")), ("orange", _("orange")), ("yellow", _("yellow")),
    ("green", _("green")), ("teal", _("teal")), ("blue", _("blue")), ("purple", _("purple")),
)  # fmt: skip


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
    require_category = models.BooleanField(
        _("closing needs a category"),
        default=False,
        help_text=_("Agents say what a conversation was about before they close it."),
    )
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


class Label(models.Model):
    """A word that sorts conversations. `site` null: for every site. `color` names a role of the tokens."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="labels", verbose_name=_("site")
    )
    name = models.CharField(_("name"), max_length=40)
    color = models.CharField(_("colour"), max_length=16, choices=LABEL_COLORS, default="grey")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="label_once_per_site"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(site=None), name="label_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.name


class AttributeTarget(models.TextChoices):
    """What a custom attribute describes."""

    VISITOR = "visitor", _("visitor")
    CONVERSATION = "conversation", _("conversation")


class AttributeKind(models.TextChoices):
    """What a custom attribute's value looks like."""

    TEXT = "text", _("text")
    NUMBER = "number", _("number")
    DATE = "date", _("date")
    CHOICE = "choice", _("choice")
    BOOLEAN = "boolean", _("yes or no")


class AttributeDefinition(models.Model):
    """A custom attribute people fill in at the console. `site` null: for every site."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="attributes",
        verbose_name=_("site"),
    )
    target = models.CharField(_("describes"), max_length=12, choices=AttributeTarget.choices)
    key = models.SlugField(_("key"), max_length=40)
    label = models.CharField(_("name"), max_length=60)
    kind = models.CharField(
        _("kind"), max_length=8, choices=AttributeKind.choices, default=AttributeKind.TEXT
    )
    choices: models.JSONField[list[str], list[str]] = models.JSONField(_("choices"), default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("custom attribute")
        verbose_name_plural = _("custom attributes")
        ordering = ("target", "position", "label")
        constraints = (
            models.UniqueConstraint(fields=("site", "target", "key"), name="attribute_once_per_site"),
            models.UniqueConstraint(
                fields=("target", "key"), condition=models.Q(site=None), name="attribute_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.label


class BlockKind(models.TextChoices):
    """What a blacklist entry names."""

    ADDRESS = "address", _("network address")
    USER = "user", _("user id at the site")
    VISITOR = "visitor", _("visitor id")


class Block(models.Model):
    """A blacklist entry: who may not come in. `site` null: at every site; `until` null: for good.

    `value` is an address or network in CIDR form, the site's own user id, or a visitor's id.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="blocks", verbose_name=_("site")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=BlockKind.choices)
    value = models.CharField(_("value"), max_length=128)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    until = models.DateTimeField(_("until"), null=True, blank=True)
    created_by = models.CharField(_("created by"), max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("blacklist entry")
        verbose_name_plural = _("blacklist")
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=("site", "kind", "value"), name="block_once_per_site"),
            models.UniqueConstraint(
                fields=("kind", "value"), condition=models.Q(site=None), name="block_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
