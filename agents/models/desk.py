"""What the people who answer keep at hand: canned replies, macros, saved views, settings of their own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.desk.spelling import spellings
from agents.models.people import Agent, Group
from chat.models import Site, new_uuid


class CannedReply(models.Model):
    """A text to send again. Shared when `owner` is null. Variables: {{visitor.name}}, {{agent.name}}, …

    `pinyin` and `initials` are made of shortcut and title when it is saved; `{"tuihuo th"}` finds 退货.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="canned_replies",
        verbose_name=_("site"), help_text=_("Empty: at every site."),
    )  # fmt: skip
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="canned_replies",
        verbose_name=_("group"),
    )  # fmt: skip
    owner = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="canned_replies",
        verbose_name=_("owner"), help_text=_("Empty: shared."),
    )  # fmt: skip
    shortcut = models.CharField(_("shortcut"), max_length=40)
    title = models.CharField(_("title"), max_length=100)
    text = models.TextField(_("text"), max_length=4000)
    category = models.CharField(_("category"), max_length=60, blank=True, default="")
    pinyin = models.CharField(max_length=600, blank=True, default="", editable=False)
    initials = models.CharField(max_length=150, blank=True, default="", editable=False)
    used_count = models.PositiveIntegerField(_("times used"), default=0, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ("shortcut",)

    def __str__(self) -> str:
        return f"/{self.shortcut} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the spellings, whoever saves: API, admin or import."""
        self.pinyin, self.initials = spellings(self.shortcut, self.title)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "pinyin", "initials"}
        super().save(*args, **kwargs)


class Macro(models.Model):
    """Several acts in one. `steps`: [{"do": "send"|"note"|"label"|"transfer"|"snooze"|"close"|…, …}]."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="macros", verbose_name=_("site")
    )
    owner = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="macros", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    steps: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("steps"), default=list
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class MacroRun(models.Model):
    """A macro carried out in a conversation, so that a repeated call repeats nothing. `key` is the caller's.

    `steps`: as they were when it began; `done`: how many were carried out; `failed`: {"step",
    "do", "code", "message"} of the one that was refused; `claimed_ms`: since when somebody is at it.
    """

    id = models.UUIDField(primary_key=True, default=new_uuid, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)
    macro = models.UUIDField()
    conversation = models.UUIDField()
    steps: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    done = models.PositiveSmallIntegerField(default=0)
    failed: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    claimed_ms = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("macro run")
        verbose_name_plural = _("macro runs")
        constraints = (models.UniqueConstraint(fields=("agent", "key"), name="macro_run_once"),)

    def __str__(self) -> str:
        return self.key


class SavedView(models.Model):
    """A list of the console with its filters. Shared when `owner` is null (made by supervisors)."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    owner = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_views",
        verbose_name=_("owner"),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=60)
    filters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("filters"), default=dict)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class CloseCategory(models.Model):
    """A word for what a conversation was about, chosen when it is closed. Nested by `parent`."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="close_categories",
        verbose_name=_("site"),
    )  # fmt: skip
    parent: models.ForeignKey[CloseCategory | None, CloseCategory | None] = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children",
        verbose_name=_("under"),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Preferences(models.Model):
    """An agent's own settings of the console: theme, language, sound, enter key, notifications."""

    agent = models.OneToOneField(
        Agent, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    values: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.agent_id)
