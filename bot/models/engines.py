"""What understands and what writes: models learnt here, engines elsewhere, language models."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid


class TrainedModel(models.Model):
    """One learning of the intents' examples. The active one answers; `canary_percent` of the conversations
    go to the newest canary instead.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    number = models.PositiveIntegerField(_("version"), unique=True, editable=False)
    data = models.BinaryField(editable=False)
    report: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("report"), default=dict, blank=True, editable=False
    )
    active = models.BooleanField(_("answers"), default=False)
    canary_percent = models.PositiveSmallIntegerField(
        _("canary share (%)"), default=0, validators=[MaxValueValidator(100)]
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    created_by = models.CharField(_("created by"), max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("learnt model")
        verbose_name_plural = _("learnt models")
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"v{self.number}"


class RemoteEngine(models.Model):
    """Another program behind the NLP interface, asked over HTTP. `tasks`: what it is asked for."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.SlugField(_("name"), max_length=60, unique=True)
    url = models.URLField(_("URL"), max_length=500)
    key = models.CharField(_("key"), max_length=200, blank=True, default="")
    tasks: models.JSONField[list[str], list[str]] = models.JSONField(_("tasks"), default=list, blank=True)
    version = models.CharField(_("version"), max_length=60, blank=True, default="")
    canary_percent = models.PositiveSmallIntegerField(
        _("share (%)"), default=100, validators=[MaxValueValidator(100)]
    )
    timeout_ms = models.PositiveIntegerField(
        _("time-out (ms)"), default=1_000, validators=[MinValueValidator(50), MaxValueValidator(30_000)]
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("remote engine")
        verbose_name_plural = _("remote engines")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class LanguageModel(models.Model):
    """An OpenAI-compatible model that writes answers from what was found. `site` null: every site without
    its own.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.OneToOneField(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="language_model",
        verbose_name=_("site"),
    )  # fmt: skip
    base_url = models.URLField(_("base URL"), max_length=500)
    key = models.CharField(_("key"), max_length=300, blank=True, default="")
    model = models.CharField(_("model"), max_length=100)
    instructions = models.TextField(_("instructions"), max_length=4000, blank=True, default="")
    max_tokens = models.PositiveIntegerField(_("longest answer (tokens)"), default=400)
    tokens_a_day = models.PositiveIntegerField(_("budget (tokens a day)"), default=1_000_000)
    timeout_ms = models.PositiveIntegerField(
        _("time-out (ms)"), default=8_000, validators=[MinValueValidator(500), MaxValueValidator(60_000)]
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("language model")
        verbose_name_plural = _("language models")
        constraints = (
            models.UniqueConstraint(
                fields=("model",), condition=models.Q(site=None), name="language_model_for_all_sites_once"
            ),
        )

    def __str__(self) -> str:
        return self.model
