"""E-mails to the team that have to go out: an outbox in the database, so that none is lost with a process."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid


class Notice(models.Model):
    """One e-mail about a left message. Written with the act that asks for it, worked off by
    `agents.mail.sending`.

    `visitor_seq`: the visitor's last message then, so that seeing the act again makes no second e-mail.
    `due_ms`: when it is tried next; null once it was sent, or given up (`error` then says why).
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    conversation = models.UUIDField(_("conversation"))
    visitor_seq = models.PositiveBigIntegerField(_("last seq of the visitor"))
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    due_ms = models.PositiveBigIntegerField(_("next try (ms)"), null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_ms = models.PositiveBigIntegerField(_("sent (ms)"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("e-mail to the team")
        verbose_name_plural = _("e-mails to the team")
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("conversation", "visitor_seq"), name="one_notice_per_left_message"
            ),
        )

    def __str__(self) -> str:
        return str(self.conversation)
