"""What the database remembers of the journal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.keys import new_uuid


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
