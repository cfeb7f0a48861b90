"""Files in and out: choosing one, its progress, and what is to be said of its rows."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from knowledge.admin.scope import FactAdmin, site_choices, uuid_or_none, writer
from knowledge.errors import Refused
from knowledge.importing import files, running
from knowledge.importing.exporting import ARTICLE_WRITERS, WRITERS
from knowledge.importing.items import MAX_BYTES, BadFile
from knowledge.models import Article, ImportJob, ImportStatus, Language, OnDuplicate, Question
from knowledge.publishing.pending import of_sites
from knowledge.tasks import nudge_import

MOST_ROWS: Final = 500


class UploadForm(forms.Form):
    """A file, and where its questions belong."""

    file = forms.FileField(
        label=_("file"),
        help_text=_("CSV, XLSX, JSONL, Markdown, HTML, or a ZIP with a sitemap.xml and its pages."),
    )
    site = forms.TypedChoiceField(label=_("site"), required=False, coerce=uuid_or_none, empty_value=None)
    language = forms.ChoiceField(
        label=_("language"), choices=Language.choices, required=False, initial=Language.ZH,
        help_text=_("Of rows that name none."),
    )  # fmt: skip
    on_duplicate = forms.ChoiceField(label=_("questions that are there already"), choices=OnDuplicate.choices)

    def __init__(self, who: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = site_choices(who)
        site: Any = self.fields["site"]
        site.choices = choices
        site.required = choices[:1] != [("", _("every site"))]
        if len(choices) == 2:  # one shop: what is imported is that shop's
            site.initial = choices[1][0]

    def clean_file(self) -> Any:
        """Not larger than is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            limit = {"limit": MAX_BYTES // 2**20}
            raise forms.ValidationError(_("A file has at most %(limit)d MB."), params=limit)
        return file


@admin.register(ImportJob)
class ImportJobAdmin(FactAdmin):
    """Imports and how they went."""

    empty_hint = _("Nothing was imported yet. Press “Import and export” to bring in tables or pages.")
    change_list_template = "admin/knowledge/import_list.html"
    list_display = (
        "name", "format", "site_name", "status", "total", "created", "updated", "skipped", "doubtful",
        "refused", "started_by", "created_at",
    )  # fmt: skip
    list_filter = ("status", "format")

    def get_urls(self) -> list[Any]:
        """The page to upload, and downloads."""
        wrap = self.admin_site.admin_view
        return [
            path("upload/", wrap(self.upload_view), name="knowledge_upload"),
            path("download/<slug:kind>/", wrap(self.download_view), name="knowledge_download"),
            path(
                "download/articles/<slug:kind>/",
                wrap(self.articles_view),
                name="knowledge_download_articles",
            ),
            *super().get_urls(),
        ]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; by POST, take it in and go to its progress."""
        who = writer(request)
        form = UploadForm(who, request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                job = running.start(
                    given["file"].name, given["file"].read(), who, site=given["site"],
                    language=given["language"], on_duplicate=given["on_duplicate"],
                )  # fmt: skip
            except BadFile as refusal:
                form.add_error("file", str(refusal))
            except Refused as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                nudge_import(job.pk)
                return HttpResponseRedirect(reverse("admin:knowledge_importjob_change", args=[job.pk]))
        context = {
            **self.admin_site.each_context(request), "title": _("Import and export"), "opts": self.opts,
            "form": form, "media": self.media, "kinds": list(WRITERS),
            "article_kinds": list(ARTICLE_WRITERS),
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/upload.html", context)

    def download_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Every question of the person's sites."""
        who = writer(request)
        if kind not in WRITERS:
            raise Http404
        return files.response(of_sites(Question.objects.all(), who), kind)

    def articles_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Every article of the person's sites."""
        who = writer(request)
        if kind not in ARTICLE_WRITERS:
            raise Http404
        return files.article_response(of_sites(Article.objects.all(), who), kind)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far it is, and what is to be said."""
        job = self.get_object(request, object_id)
        if job is None or not self.has_view_permission(request, job):
            raise PermissionDenied
        rows = [
            (row, reverse("admin:knowledge_question_change", args=[row.other]) if row.other else "")
            for row in job.rows.all()[:MOST_ROWS]
        ]
        running_now = job.status in (ImportStatus.WAITING, ImportStatus.RUNNING)
        context = {
            **self.admin_site.each_context(request), "title": job.name, "opts": self.opts, "job": job,
            "rows": rows, "running": running_now, "media": self.media,
            "counts": [
                (label_for_field(name, ImportJob), getattr(job, name))
                for name in ("total", "created", "updated", "skipped", "doubtful", "refused")
            ],
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/import_job.html", context)
