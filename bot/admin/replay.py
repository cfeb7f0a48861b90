"""The replay's page: a day of questions under the draft knowledge, and what would be other than it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bot.learning.draft import draft_bundle
from bot.learning.replay import replay
from knowledge.admin.scope import site_choices, writer

MOST: Final = 1_000
"""Questions of one page: 2 ms each."""
SHOWN: Final = 300
DAYS: Final = (1, 2, 7, 30)


def replay_page(request: HttpRequest) -> HttpResponse:
    """A form; by POST, the comparison."""
    who = writer(request)
    choices = [(site, name) for site, name in site_choices(who) if site]
    given = request.POST.get("days", "")
    days = int(given) if given.isdigit() and int(given) in DAYS else DAYS[0]
    site = request.POST.get("site", "")
    site = site if site in dict(choices) else ""
    context: dict[str, Any] = {
        **admin.site.each_context(request), "title": _("Replay under the draft"), "choices": choices,
        "site": site,
        "days": days, "all_days": DAYS,
    }  # fmt: skip
    if request.method == "POST":
        now = timezone.now()
        since = now - timedelta(days=days)
        only = [site] if site else [key for key, _name in choices]
        report = replay(
            int(since.timestamp() * 1000), int(now.timestamp() * 1000), draft_bundle, only=only, most=MOST
        )
        context |= {
            "report": report, "pairs": report.changed[:SHOWN], "most": MOST,
            "counts": [
                (_("asked"), report.total), (_("same"), report.same), (_("better"), report.better),
                (_("worse"), report.worse), (_("other"), report.other), (_("failed"), report.failed),
            ],
        }  # fmt: skip
    return TemplateResponse(request, "admin/bot/replay.html", context)
