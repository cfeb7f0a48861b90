"""Releases: what would change, the golden questions, publishing and going back."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from knowledge.admin.scope import FactAdmin, person, writer
from knowledge.errors import GoldenFailed, Refused
from knowledge.models import Article, Question, Release
from knowledge.publishing import pending, rows
from knowledge.publishing.content import article_of, question_of
from knowledge.publishing.difference import Line, between
from knowledge.publishing.publish import publish, roll_back

MOST_COMPARED: Final = 50
CHOICES: Final = ("reviewed", "all", "selected")


@admin.register(Release)
class ReleaseAdmin(FactAdmin):
    """What was live, and when."""

    site_path = None
    change_list_template = "admin/knowledge/release_list.html"
    change_form_template = "admin/knowledge/release.html"
    list_display = ("number", "published_at", "published_by", "notes", "golden_passed", "override_reason")
    search_fields = ("notes", "published_by")
    fields = ("number", "published_at", "published_by", "notes", "override_reason", "rolled_back_to")

    @admin.display(description=_("golden questions"))
    def golden_passed(self, row: Release) -> str:
        """Passed of all."""
        return f"{sum(1 for one in row.golden if one['passed'])} / {len(row.golden)}" if row.golden else "–"

    def get_urls(self) -> list[Any]:
        """The page that publishes, and going back."""
        wrap = self.admin_site.admin_view
        return [
            path("publish/", wrap(self.publish_view), name="knowledge_publish"),
            path(
                "<uuid:key>/roll-back/", wrap(require_POST(self.roll_back_view)), name="knowledge_roll_back"
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With its changes and results, as far as they are of the person's sites."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        who = person(request)
        changes = [change for change in row.changes if who.sites is None or who.serves(change.get("site"))]
        newest = Release.objects.values_list("number", flat=True).first()
        context = {
            **(extra_context or {}), "changes": changes, "golden": row.golden if who.sites is None else [],
            "may_go_back": who.sites is None and row.number != newest and bool(row.contents),
        }  # fmt: skip
        return super().change_view(request, object_id, form_url, context)

    def publish_view(self, request: HttpRequest) -> HttpResponse:
        """What would change; by POST, make it live."""
        who = writer(request)
        waiting = pending.waiting(who)
        scope = request.POST.get("scope") or request.GET.get("only") or ""
        only = request.session.get("knowledge_publish") if scope == "selected" else None
        if scope not in CHOICES or (scope == "selected" and not only):
            in_review = any(change.status != "draft" for change in waiting.changes)
            scope, only = ("reviewed" if in_review else "all"), None
        failed: list[dict[str, Any]] = []
        if request.method == "POST":
            chosen = waiting.chosen(drafts=scope == "all", only=only)
            reason = request.POST.get("override_reason", "") if request.POST.get("override") else ""
            try:
                release = publish(chosen, who, notes=request.POST.get("notes", ""), override_reason=reason)
            except GoldenFailed as refusal:
                failed = refusal.details["golden"]
                missing = (
                    _("Nothing was published: write why it is to go live all the same.")
                    if request.POST.get("override")
                    else _("Golden questions got worse: nothing was published.")
                )
                self.message_user(request, missing, messages.ERROR)
            except Refused as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                request.session.pop("knowledge_publish", None)
                text = _("Release %(number)d is live.") % {"number": release.number}
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:knowledge_release_change", args=[release.pk]))
        chosen_ids = {change.id for change in waiting.chosen(drafts=scope == "all", only=only)}
        context = {
            **self.admin_site.each_context(request), "title": _("Publish"), "opts": self.opts,
            "media": self.media, "scope": scope, "facts": waiting.facts, "failed": failed,
            "selected": bool(request.session.get("knowledge_publish")),
            "notes": request.POST.get("notes", ""), "override": bool(request.POST.get("override")),
            "chosen": [(change, change.id in chosen_ids) for change in waiting.changes[:500]],
            "count": len(chosen_ids), "all": len(waiting.changes),
            "differences": _differences([c for c in waiting.changes if c.id in chosen_ids][:MOST_COMPARED]),
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/publish.html", context)

    def roll_back_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Make it live again."""
        who = writer(request)
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        try:
            release = roll_back(row.number, who, override_reason=request.POST.get("override_reason", ""))
        except GoldenFailed as refusal:
            names = ", ".join(result["query"] for result in refusal.details["golden"][:5])
            text = _("Golden questions would get worse: %(names)s. Give a reason to go back all the same.")
            self.message_user(request, text % {"names": names}, messages.ERROR)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            done = _("Release %(number)d is live.") % {"number": release.number}
            self.message_user(request, done, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:knowledge_release_change", args=[release.pk]))
        return HttpResponseRedirect(reverse("admin:knowledge_release_change", args=[row.pk]))


def _differences(changes: list[pending.Change]) -> dict[str, list[Line]]:
    """Lines of each change by id."""
    found: dict[str, list[Line]] = {}
    questions = Question.objects.filter(pk__in=pending.keys(changes, "question")).select_related(
        "live", "category"
    )
    for row in questions:
        old = question_of(row.live.content) if row.live else None
        new = None if row.status == "archived" else rows.question_content(row)
        found[str(row.pk)] = between(old, new)
    articles = Article.objects.filter(pk__in=pending.keys(changes, "article")).select_related(
        "live", "category"
    )
    for article in articles.prefetch_related("sections"):
        before = article_of(article.live.content) if article.live else None
        after = None if article.status == "archived" else rows.article_content(article)
        found[str(article.pk)] = between(before, after)
    return found
