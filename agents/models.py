"""The people who answer, as rows. A login (Django's User) is an agent by having one of these."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid


class Agent(models.Model):
    """Somebody who answers visitors of some sites. A superuser answers for every site, whatever `sites` says.

    `id` is what stands in the log as the sender, so it never changes; `display_name` is what visitors see.
    """

    id = models.UUIDField(primary_key=True, default=new_uuid, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agent", verbose_name=_("login")
    )
    display_name = models.CharField(
        _("display name"), max_length=100, help_text=_("The name visitors see beside the answers.")
    )
    avatar_url = models.CharField(
        _("avatar"), max_length=500, blank=True, default="", validators=[URLValidator(["https", "http"])]
    )
    sites: models.ManyToManyField[Site, models.Model] = models.ManyToManyField(
        Site,
        blank=True,
        related_name="agents",
        verbose_name=_("sites"),
        help_text=_("Superusers answer for every site."),
    )
    is_enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_(
            "A disabled agent is disconnected within five seconds and cannot sign in to the console."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ("display_name",)

    def __str__(self) -> str:
        return self.display_name
