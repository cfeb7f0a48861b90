"""What visitors teach: what was asked in vain, what helped, how often each answer is used."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.base import Language
from knowledge.models.content import Question
from knowledge.models.keys import new_uuid


class UnansweredStatus(models.TextChoices):
    """What became of a question nobody had answered."""

    OPEN = "open", _("open")
    DRAFTED = "drafted", _("has a draft")
    IGNORED = "ignored", _("ignored")


class Unanswered(models.Model):
    """A query that found no answer, counted. `folded`: as it is compared; `cluster`: the id of the one that
    leads its cluster, null before the first clustering.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site_id = models.UUIDField(_("site"))
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, blank=True, default=Language.ANY
    )
    query = models.CharField(_("asked as"), max_length=300)
    folded = models.CharField(max_length=300, editable=False)
    count = models.PositiveIntegerField(_("times"), default=1)
    cluster = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    status = models.CharField(
        _("status"), max_length=8, choices=UnansweredStatus.choices, default=UnansweredStatus.OPEN
    )
    draft = models.ForeignKey(
        Question, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("draft")
    )
    created_at = models.DateTimeField(_("first asked at"), auto_now_add=True)
    last_at = models.DateTimeField(_("last asked at"), db_index=True)

    class Meta:
        verbose_name = _("unanswered question")
        verbose_name_plural = _("unanswered questions")
        ordering = ("-count", "-last_at")
        constraints = (
            models.UniqueConstraint(fields=("site_id", "language", "folded"), name="unanswered_once"),
        )
        indexes = (models.Index(fields=("status", "-count"), name="unanswered_by_status"),)

    def __str__(self) -> str:
        return self.query


class Usage(models.Model):
    """How an answer did on one day (UTC) at one site. `item`: the question's or article's id."""

    item = models.UUIDField(_("answer"))
    site_id = models.UUIDField(_("site"))
    day = models.DateField(_("day"))
    served = models.PositiveIntegerField(_("served"), default=0)
    viewed = models.PositiveIntegerField(_("read on the help page"), default=0)
    helped = models.PositiveIntegerField(_("helped"), default=0)
    not_helped = models.PositiveIntegerField(_("did not help"), default=0)
    handed_over = models.PositiveIntegerField(_("handed over after it"), default=0)

    class Meta:
        verbose_name = _("use of an answer")
        verbose_name_plural = _("use of answers")
        ordering = ("-day",)
        constraints = (models.UniqueConstraint(fields=("item", "site_id", "day"), name="usage_once"),)
        indexes = (models.Index(fields=("day",), name="usage_by_day"),)

    def __str__(self) -> str:
        return f"{self.item} {self.day}"


class HelpFeedback(models.Model):
    """What a reader of the help page said of an answer."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    item = models.UUIDField(_("answer"), db_index=True)
    title = models.CharField(_("title"), max_length=300)
    site_id = models.UUIDField(_("site"))
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.ZH)
    helped = models.BooleanField(_("helped"))
    comment = models.CharField(_("comment"), max_length=500, blank=True, default="")
    created_at = models.DateTimeField(_("said at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title
