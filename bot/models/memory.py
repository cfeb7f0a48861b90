"""What is under way and what was done: questions without an answer, dialogs, answers, briefs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid


class Turn(models.Model):
    """A visitor's question that the bot still owes an answer: a projection of the log, written with it.

    The patience counts from `since_ms`, when persistence saw it, or from `asked_ms`, when the first message
    that has no answer now was sent, whichever is later: the answer to one question and the next question
    often are one batch.
    """

    conversation = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    visitor_seq = models.PositiveBigIntegerField()
    since_ms = models.PositiveBigIntegerField(db_index=True)
    asked_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("question under way")
        verbose_name_plural = _("questions under way")

    def __str__(self) -> str:
        return f"{self.conversation}:{self.visitor_seq}"


class Dialog(models.Model):
    """Where a talk stands. `after` counts when the log holds the bot's answer to `seq`, else `before`:
    the answer and this row cannot be written as one, and a crash may come between them.
    """

    conversation = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)
    before = models.BinaryField(default=bytes)
    after = models.BinaryField(default=bytes)
    expires_ms = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("dialog")
        verbose_name_plural = _("dialogs")

    def __str__(self) -> str:
        return str(self.conversation)


class Outcome(models.TextChoices):
    """What became of a question."""

    ANSWERED = "answered", _("answered")
    ASKED = "asked", _("asked back")
    CHOICES = "choices", _("offered choices")
    HONEST = "honest", _("said it does not know")
    HANDED = "handed", _("handed to people")


class Answered(models.Model):
    """One answer and why it was given. `seq`: of the visitor's message; `trace`: levels tried, with scores.

    `helped`: what the visitor said of it.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    conversation = models.UUIDField(_("conversation"))
    seq = models.PositiveBigIntegerField(_("seq of the question"))
    question = models.CharField(_("question"), max_length=500, blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    level = models.CharField(_("level"), max_length=20, blank=True, default="")
    confidence = models.FloatField(_("certainty"), default=0.0)
    intent = models.CharField(_("intent"), max_length=60, blank=True, default="")
    sources: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("sources"), default=list, blank=True
    )
    trace: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("trace"), default=list, blank=True
    )
    took_us = models.PositiveIntegerField(_("computed in (µs)"), default=0)
    model = models.CharField(_("model"), max_length=60, blank=True, default="")
    helped = models.BooleanField(_("helped"), null=True, blank=True)
    at_ms = models.PositiveBigIntegerField(_("at (ms)"), db_index=True)

    class Meta:
        verbose_name = _("answer of the bot")
        verbose_name_plural = _("answers of the bot")
        constraints = (
            models.UniqueConstraint(fields=("conversation", "seq"), name="one_answer_per_question"),
        )

    def __str__(self) -> str:
        return self.question


class Brief(models.Model):
    """What a person gets with a conversation the bot hands over."""

    conversation = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    reason = models.CharField(_("reason"), max_length=40)
    summary = models.TextField(_("summary"), max_length=2000, blank=True, default="")
    intent = models.CharField(_("intent"), max_length=60, blank=True, default="")
    slots: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        _("slots"), default=dict, blank=True
    )
    tried: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("tried"), default=list, blank=True
    )
    mood = models.CharField(_("mood"), max_length=12, blank=True, default="")
    at_ms = models.PositiveBigIntegerField(_("at (ms)"))

    class Meta:
        verbose_name = _("brief")
        verbose_name_plural = _("briefs")

    def __str__(self) -> str:
        return self.summary[:80]
