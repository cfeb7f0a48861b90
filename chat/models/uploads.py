"""Stored files."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.keys import new_uuid
from chat.models.sites import Site


class Upload(models.Model):
    """A stored file. `path` and `thumbnail_path` are random names below MEDIA_ROOT."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="uploads", verbose_name=_("site"))
    uploader_kind = models.CharField(_("uploader"), max_length=8)
    uploader_id = models.UUIDField(_("uploader's id"))
    name = models.CharField(_("name"), max_length=255)
    type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    path = models.CharField(max_length=200, unique=True, editable=False)
    thumbnail_path = models.CharField(max_length=200, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return self.name
