"""Files on their way into the knowledge base."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.base import Language
from knowledge.models.keys import new_uuid


class ImportFormat(models.TextChoices):
    """What kind of file it is."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSONL = "jsonl", "JSONL"
    MARKDOWN = "markdown", "Markdown"
    HTML = "html", "HTML"
    SITEMAP = "sitemap", _("sitemap with pages (ZIP)")


class ImportStatus(models.TextChoices):
    """How far it is."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class OnDuplicate(models.TextChoices):
    """What becomes of a question that is there already."""

    SKIP = "skip", _("leave what is there")
    UPDATE = "update", _("take the file's answer")


class ImportJob(models.Model):
    """One file. `site_id`, `language`: for rows that name none. `kept`: the file, until it is done.

    `claimed_at`: since when a worker is at it; one that died is succeeded after five minutes, and goes on
    behind `done` rows.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.CharField(_("file"), max_length=200)
    format = models.CharField(_("format"), max_length=8, choices=ImportFormat.choices)
    site_id = models.UUIDField(_("site"), null=True, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, blank=True, default=Language.ZH
    )
    on_duplicate = models.CharField(
        _("questions that are there already"), max_length=6, choices=OnDuplicate.choices,
        default=OnDuplicate.SKIP,
    )  # fmt: skip
    status = models.CharField(
        _("status"), max_length=7, choices=ImportStatus.choices, default=ImportStatus.WAITING
    )
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    skipped = models.PositiveIntegerField(_("there already"), default=0)
    doubtful = models.PositiveIntegerField(_("contradictions"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True, default="")
    kept = models.BinaryField(null=True, blank=True, editable=False)
    started_by = models.CharField(_("started by"), max_length=150, blank=True, default="")
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class ImportRowKind(models.TextChoices):
    """What is to be said of a row."""

    REFUSED = "refused", _("refused")
    DUPLICATE = "duplicate", _("there already")
    DOUBTFUL = "doubtful", _("contradiction")


class ImportRow(models.Model):
    """A row to look at. `line`: as in the file, from 1; `other`: the question it is about."""

    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="rows", verbose_name=_("import")
    )
    line = models.PositiveIntegerField(_("line"))
    kind = models.CharField(_("what"), max_length=9, choices=ImportRowKind.choices)
    title = models.CharField(_("question"), max_length=300, blank=True, default="")
    message = models.CharField(_("message"), max_length=500)
    other = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ("line", "id")

    def __str__(self) -> str:
        return f"{self.line} {self.kind}"
