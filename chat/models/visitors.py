"""Those who ask, and the pages they looked at."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.keys import new_uuid
from chat.models.sites import Site


class Visitor(models.Model):
    """Somebody who asks. `external_id` is the site's own user, bound only by a valid `user_hash`."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="visitors", verbose_name=_("site"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    external_id = models.CharField(_("user id at the site"), max_length=128, null=True, blank=True)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=32, blank=True, default="")
    avatar_url = models.CharField(_("avatar"), max_length=500, blank=True, default="")
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("attributes"), default=dict, blank=True
    )
    page: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("current page"), default=dict, blank=True
    )
    locale = models.CharField(_("language"), max_length=16, blank=True, default="")
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=0,
        validators=[MaxValueValidator(10)],
        help_text=_("0 to 10; ten is served first."),
    )
    merged_into: models.ForeignKey[Visitor | None, Visitor | None] = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="duplicates",
        verbose_name=_("merged into"),
    )  # fmt: skip
    merge_gave: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, editable=False,
        help_text="What the merge changed there: {field: [before, after]}.",
    )  # fmt: skip
    blocked_at = models.DateTimeField(_("blocked at"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        constraints = (
            models.UniqueConstraint(fields=("site", "external_id"), name="visitor_external_id_once_per_site"),
        )

    def __str__(self) -> str:
        return self.name or str(self.id)


class PageVisit(models.Model):
    """A page a visitor looked at while the widget was there: the page trail. Pruned after 30 days."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    visitor = models.ForeignKey(
        Visitor, on_delete=models.CASCADE, related_name="page_visits", verbose_name=_("visitor")
    )
    url = models.CharField(_("address"), max_length=2000)
    title = models.CharField(_("title"), max_length=300, blank=True, default="")
    referrer = models.CharField(_("referrer"), max_length=2000, blank=True, default="")
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("page visit")
        verbose_name_plural = _("page visits")
        indexes = (models.Index(fields=("visitor", "-at"), name="page_trail"),)

    def __str__(self) -> str:
        return self.url
