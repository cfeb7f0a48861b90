"""Questions, articles and categories: written, sent to review, archived, brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from knowledge.admin.fields import LinesField, PairsField
from knowledge.admin.scope import ScopedAdmin, SiteFilter, person, writer
from knowledge.errors import Refused
from knowledge.help.rendering import html_of
from knowledge.importing import files
from knowledge.learning.counting import Sums, sums
from knowledge.models import Article, Category, Question, Section, Status
from knowledge.publishing import editing

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _Form = forms.ModelForm[Question]
    _Inline = admin.StackedInline[Section, Article]
else:
    _Form = forms.ModelForm
    _Inline = admin.StackedInline

MAX_PREVIEW = 20_000


class QuestionForm(_Form):
    """A question, with its lists as lines."""

    wordings = LinesField(
        label=_("other wordings"), required=False, help_text=_("One a line, as visitors would ask it.")
    )
    links = PairsField(
        ("title", "url"), label=_("links"), required=False, help_text=_("One a line: words | address")
    )
    images = PairsField(
        ("alt", "url"), label=_("pictures"), required=False, help_text=_("One a line: description | address")
    )

    class Meta:
        model = Question
        fields = (
            "text", "wordings", "answer", "category", "site_id", "language", "valid_from", "valid_until",
            "key", "links", "images", "card",
        )  # fmt: skip
        widgets = {
            "text": forms.TextInput(attrs={"size": 80}),
            "answer": forms.Textarea(attrs={"rows": 10, "cols": 80, "data-preview": "answer"}),
            "card": forms.Textarea(attrs={"rows": 3, "cols": 80, "spellcheck": "false"}),
        }

    def clean_card(self) -> Any:
        """A card is an object."""
        card = self.cleaned_data["card"]
        if card is not None and not isinstance(card, dict):
            raise forms.ValidationError(_('A card is an object such as {"title": …}.'))
        return card or None


class PublishableAdmin(ScopedAdmin):
    """What questions and articles have in common: their way to the public."""

    change_list_template = "admin/knowledge/publishable_list.html"
    change_form_template = "admin/knowledge/publishable_form.html"
    actions: tuple[str, ...] = ("submit", "withdraw", "archive", "publish_selected")
    list_select_related = ("category",)
    date_hierarchy = None

    @admin.display(description=_("status"), ordering="status")
    def shown_status(self, row: Any) -> str:
        """The status as a badge; a draft of something live says so."""
        extra = f" · {_('live')}" if row.live_id and row.status != Status.PUBLISHED else ""
        return format_html(
            '<span class="badge badge-{}">{}{}</span>', row.status, row.get_status_display(), extra
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is live is archived first."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.live_id is None)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Only what is not live."""
        kept = queryset.exclude(live=None).count()
        queryset.filter(live=None).delete()
        if kept:
            self.message_user(request, _("What is live was kept: archive it first."), messages.WARNING)

    @admin.action(description=_("Send to review"), permissions=("change",))
    def submit(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Drafts go to review."""
        self._each(request, queryset.filter(status=Status.DRAFT), editing.submit)

    @admin.action(description=_("Back to draft"), permissions=("change",))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Back from review or the archive."""
        rows = queryset.filter(status__in=(Status.REVIEW, Status.ARCHIVED))
        self._each(request, rows, editing.withdraw)

    @admin.action(description=_("Archive"), permissions=("change",))
    def archive(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Gone with the next release."""
        self._each(request, queryset.exclude(status=Status.ARCHIVED), editing.archive)

    @admin.action(description=_("Publish …"), permissions=("change",))
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """To the page that shows what would change."""
        request.session["knowledge_publish"] = [
            str(pk) for pk in queryset.values_list("pk", flat=True)[:5000]
        ]
        return HttpResponseRedirect(reverse("admin:knowledge_publish") + "?only=selected")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """The buttons beside "Save"."""
        who = person(request)
        if "_submit" in request.POST:
            editing.submit(obj, who)
            self.message_user(request, _("Sent to review."), messages.SUCCESS)
        number = request.POST.get("_roll_back", "")
        if number.isdigit():
            try:
                editing.roll_back(obj, int(number), who)
            except (Refused, obj.versions.model.DoesNotExist) as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                text = _("Version %(number)s is the draft now; publish to make it live.")
                self.message_user(request, text % {"number": number}, messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        return super().response_change(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The button beside "Save"."""
        if "_submit" in request.POST:
            editing.submit(obj, person(request))
        return super().response_add(request, obj, post_url_continue)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With its versions below."""
        row = self.get_object(request, object_id)
        versions = list(row.versions.all()[:20]) if row is not None else []
        context = {**(extra_context or {}), "versions": versions, "live_id": row and row.live_id}
        return super().change_view(request, object_id, form_url, context)

    def _each(self, request: HttpRequest, rows: QuerySet[Any], act: Any) -> None:
        done = refused = 0
        for row in rows:
            try:
                act(row, person(request))
                done += 1
            except Refused:
                refused += 1
        self.message_user(request, _("%(count)d changed.") % {"count": done}, messages.SUCCESS)
        if refused:
            text = _("%(count)d are not of your sites.")
            self.message_user(request, text % {"count": refused}, messages.WARNING)


@admin.register(Question)
class QuestionAdmin(PublishableAdmin):
    """Questions and their answers."""

    empty_hint = _("No questions yet. Add one with its answer, or import a table.")
    form = QuestionForm
    list_display = (
        "text",
        "shown_status",
        "category",
        "language",
        "site_name",
        "version",
        "use",
        "updated_at",
    )
    list_filter = ("status", SiteFilter, "language", "category")
    search_fields = ("text", "searchable", "answer", "key")
    actions = (*PublishableAdmin.actions, "export_csv", "export_xlsx", "export_jsonl", "export_markdown")
    readonly_fields = ("preview", "shown_status", "changed_by", "updated_at")
    fieldsets = (
        (None, {"fields": ("text", "wordings", "answer", "preview")}),
        (_("Where and when"), {"fields": ("category", "site_id", "language", "valid_from", "valid_until")}),
        (_("More"), {"fields": ("key", "links", "images", "card"), "classes": ("collapse",)}),
        (_("State"), {"fields": ("shown_status", "changed_by", "updated_at")}),
    )

    class Media:
        js = ("knowledge/preview.js",)

    @admin.display(description=_("preview"))
    def preview(self, row: Question) -> str:
        """The answer as readers see it; a script keeps it up to date while somebody writes."""
        shown = mark_safe(html_of(row.answer or ""))
        address = reverse("admin:knowledge_preview")
        return format_html('<div class="answer-preview" data-url="{}">{}</div>', address, shown)

    @admin.display(description=_("use in 30 days"))
    def use(self, row: Question) -> str:
        """Served and helped."""
        found: Sums = getattr(self, "_sums", {}).get(row.pk, Sums())
        if not (found.served or found.viewed):
            return "–"
        return f"{found.served + found.viewed} · +{found.helped} −{found.not_helped}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the uses of everything at once."""
        response = super().changelist_view(request, extra_context)
        rows = getattr(response, "context_data", {}).get("cl")
        if rows is not None:
            self._sums = sums([row.pk for row in rows.result_list])
        return response

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        """A change makes a draft; a button without a change makes nothing."""
        if not change or form.has_changed():
            editing.save_question(obj, person(request))

    def get_urls(self) -> list[Any]:
        """The preview's address."""
        return [
            path("preview/", self.admin_site.admin_view(self.preview_view), name="knowledge_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Markdown as readers see it."""
        writer(request)
        text = request.POST.get("text", "")[:MAX_PREVIEW]
        return JsonResponse({"html": html_of(text)})

    @admin.action(description=_("Export as CSV"))
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        """The selected ones."""
        return files.response(queryset, "csv")

    @admin.action(description=_("Export as XLSX"))
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        """The selected ones."""
        return files.response(queryset, "xlsx")

    @admin.action(description=_("Export as JSONL"))
    def export_jsonl(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        """The selected ones."""
        return files.response(queryset, "jsonl")

    @admin.action(description=_("Export as Markdown"))
    def export_markdown(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        """The selected ones."""
        return files.response(queryset, "markdown")


class SectionInline(_Inline):
    """The sections of an article."""

    model = Section
    extra = 1
    fields = ("heading", "text", "position")


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    """Articles with their sections."""

    empty_hint = _("No articles yet. Write one, or import Markdown, HTML or a whole site.")
    list_display = ("title", "shown_status", "category", "language", "site_name", "version", "updated_at")
    list_filter = ("status", SiteFilter, "language", "category")
    search_fields = ("title", "summary", "sections__text")
    readonly_fields = ("shown_status", "changed_by", "updated_at")
    actions = (*PublishableAdmin.actions, "export_markdown", "export_html")
    inlines = (SectionInline,)
    fieldsets = (
        (None, {"fields": ("title", "summary", "source_url")}),
        (_("Where and when"), {"fields": ("category", "site_id", "language", "valid_from", "valid_until")}),
        (_("State"), {"fields": ("shown_status", "changed_by", "updated_at")}),
    )

    @admin.action(description=_("Export as Markdown"))
    def export_markdown(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse:
        """The selected ones."""
        return files.article_response(queryset, "markdown")

    @admin.action(description=_("Export as HTML"))
    def export_html(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse:
        """The selected ones."""
        return files.article_response(queryset, "html")

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Sections are saved behind it, so a change of those alone makes a draft, too."""
        changed_parts = any(key.startswith("sections-") for key in request.POST)
        if not change or form.has_changed() or (changed_parts and "_roll_back" not in request.POST):
            editing.save_article(obj, person(request))


@admin.register(Category)
class CategoryAdmin(ScopedAdmin):
    """Shelves of the help page."""

    list_display = ("name", "name_en", "parent", "site_name", "position")
    list_filter = (SiteFilter,)
    list_select_related = ("parent",)
    search_fields = ("name", "name_en")
    fields = ("name", "name_en", "description", "description_en", "parent", "site_id", "position")
