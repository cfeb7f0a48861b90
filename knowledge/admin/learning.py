"""What visitors teach: unanswered questions by cluster, feedback, and how each answer does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from knowledge.admin.scope import FactAdmin, site_names, writer
from knowledge.errors import Refused
from knowledge.learning import unanswered
from knowledge.learning.counting import WHATS
from knowledge.models import Article, HelpFeedback, Question, Unanswered, UnansweredStatus, Usage
from knowledge.publishing.pending import of_sites

MOST_CLUSTERS: Final = 100
MOST_SHOWN: Final = 8  # wordings of a cluster
DAYS: Final = (7, 30, 90)


@admin.register(Unanswered)
class UnansweredAdmin(FactAdmin):
    """What nobody has answered, the most asked first, alike ones together."""

    list_display = ("query", "count", "status", "last_at")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Clusters; by POST, make a draft of one or ignore it."""
        who = writer(request)
        if request.method == "POST":
            return self._deal(request)
        if request.GET.get("anew"):
            unanswered.recluster()
            return HttpResponseRedirect(request.path)
        rows = of_sites(Unanswered.objects.filter(status=UnansweredStatus.OPEN), who)
        clusters: dict[UUID, list[Unanswered]] = {}
        for row in rows.order_by("-count", "-last_at")[:5000]:
            clusters.setdefault(row.cluster or row.pk, []).append(row)
        ordered = sorted(clusters.values(), key=lambda group: -sum(row.count for row in group))
        names = site_names()
        shown = [
            {
                "first": group[0], "rest": group[1:MOST_SHOWN], "more": max(0, len(group) - MOST_SHOWN),
                "count": sum(row.count for row in group), "site": names.get(str(group[0].site_id), "?"),
                "ids": [str(row.pk) for row in group[:200]], "last_at": max(row.last_at for row in group),
            }
            for group in ordered[:MOST_CLUSTERS]
        ]  # fmt: skip
        context = {
            **self.admin_site.each_context(request), "title": _("Unanswered questions"), "opts": self.opts,
            "clusters": shown, "all": len(ordered), "media": self.media,
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/unanswered.html", context)

    def _deal(self, request: HttpRequest) -> HttpResponse:
        who = writer(request)
        ids = [key for key in request.POST.getlist("ids") if _is_id(key)][:200]
        rows = list(of_sites(Unanswered.objects.filter(pk__in=ids), who))
        try:
            if "ignore" in request.POST:
                Unanswered.objects.filter(pk__in=[row.pk for row in rows]).update(
                    status=UnansweredStatus.IGNORED
                )
                self.message_user(request, _("Ignored from now on."), messages.SUCCESS)
                return HttpResponseRedirect(request.path)
            question = unanswered.draft(rows, who)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.path)
        self.message_user(request, _("A draft: write its answer, then publish."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:knowledge_question_change", args=[question.pk]))


@admin.register(HelpFeedback)
class HelpFeedbackAdmin(FactAdmin):
    """What readers of the help page said."""

    empty_hint = _("Nobody has said yet whether an answer of the help page helped.")
    list_display = ("title", "helped", "comment", "language", "site_name", "created_at")
    list_filter = ("helped", "language")
    search_fields = ("title", "comment")


@admin.register(Usage)
class UsageAdmin(FactAdmin):
    """How each answer does."""

    list_display = ("item", "day", *WHATS)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sums of the last days, the most used first."""
        who = writer(request)
        asked = request.GET.get("days", "")
        days = int(asked) if asked.isdigit() and int(asked) in DAYS else 30
        since = timezone.now().date() - timedelta(days=days)
        rows = Usage.objects.filter(day__gte=since)
        if who.sites is not None:
            rows = rows.filter(site_id__in=who.sites)
        sums: Any = rows.values("item").annotate(**{f"all_{what}": Sum(what) for what in WHATS})
        found = sorted(sums.order_by(), key=lambda row: -(row["all_served"] + row["all_viewed"]))[:200]
        ids = [row["item"] for row in found]
        titles: dict[UUID, tuple[str, str]] = {}
        for model, name in ((Question, "question"), (Article, "article")):
            for one in model._default_manager.filter(pk__in=ids):
                titles[one.pk] = (str(one), reverse(f"admin:knowledge_{name}_change", args=[one.pk]))
        shown = [
            {
                "title": titles.get(row["item"], ("?", ""))[0], "url": titles.get(row["item"], ("", ""))[1],
                "counts": [row[f"all_{what}"] for what in WHATS],
            }
            for row in found
        ]  # fmt: skip
        context = {
            **self.admin_site.each_context(request), "title": _("How answers do"), "opts": self.opts,
            "rows": shown, "days": days, "choices": DAYS, "media": self.media,
            "heads": [label_for_field(what, Usage) for what in WHATS],
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/usage.html", context)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
