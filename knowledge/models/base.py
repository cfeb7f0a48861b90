"""What everything an operator writes and publishes has in common."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.keys import new_uuid


class Language(models.TextChoices):
    """The language something is written in."""

    ANY = "", _("any language")
    ZH = "zh", _("Chinese")
    EN = "en", _("English")


class Status(models.TextChoices):
    """Where the text at hand stands. What visitors see is the live version, whatever this says."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class Publishable(models.Model):
    """A text with versions. `site_id` null: at every site. `revision` grows with every change of the text,
    so that publishing notices what was changed meanwhile; `version`: the number of the last published one,
    0 before the first. `valid_from`, `valid_until`: shown from the one until before the other.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site_id = models.UUIDField(_("site"), null=True, blank=True, help_text=_("Empty: at every site."))
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, blank=True, default=Language.ZH
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False, validators=[MinValueValidator(1)])
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    changed_by = models.CharField(_("changed by"), max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint] | tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_from__lt=models.F("valid_until")),
                name="%(class)s_valid_forwards",
            ),
        )


class Version(models.Model):
    """A text as it was published, word for word. `content` is a `knowledge.publishing.content` struct."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    number = models.PositiveIntegerField(_("version"))
    content: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(_("content"))
    author = models.CharField(_("published by"), max_length=150, blank=True, default="")
    created_at = models.DateTimeField(_("published at"), auto_now_add=True)

    class Meta:
        abstract = True
