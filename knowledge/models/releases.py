"""What is live: releases, what they hold, and the golden questions each must pass."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.base import Language
from knowledge.models.content import Question
from knowledge.models.keys import new_uuid


class GoldenQuestion(models.Model):
    """A query with what must come of it: the question that answers it (`expected`), a person who takes it
    (`to_people`), or neither: then nothing may answer it.

    `site_id` null: asked at the site of what must answer, else wherever a bot answers.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    query = models.CharField(_("asked as"), max_length=300)
    expected = models.ForeignKey(
        Question, on_delete=models.CASCADE, null=True, blank=True, related_name="golden",
        verbose_name=_("must be answered by"), help_text=_("Empty: nothing may answer it."),
    )  # fmt: skip
    to_people = models.BooleanField(
        _("must go to people"), default=False, help_text=_("Instead of being answered.")
    )
    site_id = models.UUIDField(_("site"), null=True, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, blank=True, default=Language.ZH
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("golden question")
        verbose_name_plural = _("golden questions")
        ordering = ("query",)
        constraints = (
            models.UniqueConstraint(fields=("query", "site_id", "language"), name="golden_once_per_site"),
            models.UniqueConstraint(
                fields=("query", "language"),
                condition=models.Q(site_id=None),
                name="golden_once_for_all_sites",
            ),
            models.CheckConstraint(
                condition=models.Q(expected=None) | models.Q(to_people=False), name="golden_wants_one_thing"
            ),
        )

    def __str__(self) -> str:
        return self.query

    def clean(self) -> None:
        """Raises `ValidationError` when it wants both."""
        if self.to_people and self.expected_id is not None:
            raise ValidationError({"to_people": _("Either an answer or people.")})


class Release(models.Model):
    """What was live from `published_at` until the next one. `number` counts from 1 without gaps.

    `contents`: ids of the live versions, {"questions": […], "articles": […]}; `facts`: the entities,
    relations, terms and synonyms of the moment; `golden`: results of the golden questions
    (`publishing.golden`); `override_reason`: why it was published although some got worse; `changes`: what
    differs from the one before, for people to read.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)
    published_by = models.CharField(_("published by"), max_length=150, blank=True, default="")
    notes = models.CharField(_("notes"), max_length=500, blank=True, default="")
    override_reason = models.CharField(_("reason for the override"), max_length=500, blank=True, default="")
    rolled_back_to = models.PositiveIntegerField(_("rolled back to"), null=True, blank=True)
    contents: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    facts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    changes: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    golden: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"#{self.number}"


class Snapshot(models.Model):
    """A release's search index as bytes, where processes share no disk. Made anew when it is missing."""

    release = models.OneToOneField(
        Release, on_delete=models.CASCADE, primary_key=True, related_name="snapshot"
    )
    form = models.CharField(max_length=64)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")

    def __str__(self) -> str:
        return str(self.release_id)
