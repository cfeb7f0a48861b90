"""What the bot answered, and why: read, never changed."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bot.models import Answered, Outcome
from chat.admin.base import BoundedPaginator, ChoiceFilter, moment_of
from knowledge.admin.scope import FactAdmin, SiteFilter

LEVELS = ("guard", "loops", "rules", "intent", "graph", "retrieval", "model", "honest", "failure", "none")


class LevelFilter(ChoiceFilter):
    """By level."""

    title = _("level")
    parameter_name = "level"
    choices_by_value = {level: level for level in LEVELS}


class OutcomeFilter(ChoiceFilter):
    """By what became of it."""

    title = _("outcome")
    parameter_name = "outcome"
    choices_by_value = {str(value): label for value, label in Outcome.choices}


class HelpedFilter(admin.SimpleListFilter):
    """By what the visitor said of it."""

    title = _("helped")
    parameter_name = "helped"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Yes, no."""
        return [("1", _("yes")), ("0", _("no"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows of the chosen one."""
        value = self.value()
        return queryset.filter(helped=value == "1") if value in ("0", "1") else queryset


@admin.register(Answered)
class AnsweredAdmin(FactAdmin):
    """Answers of the bot, newest first."""

    change_list_template = "admin/bot/answered_list.html"
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-at_ms",)
    list_display = (
        "question", "outcome", "level", "shown_confidence", "intent", "shown_source", "helped",
        "site_name", "shown_at",
    )  # fmt: skip
    list_filter = (SiteFilter, OutcomeFilter, LevelFilter, HelpedFilter)
    search_fields = ("question", "=conversation")
    fields = (
        "question", "outcome", "level", "shown_confidence", "intent", "shown_sources", "shown_trace",
        "helped",
        "model", "took_us", "conversation", "seq", "site_name", "shown_at",
    )  # fmt: skip
    readonly_fields = fields

    class Media:
        css = {"all": ("bot/admin.css",)}

    @admin.display(description=_("certainty"), ordering="confidence")
    def shown_confidence(self, row: Answered) -> str:
        """0 to 1."""
        return f"{row.confidence:.2f}"

    @admin.display(description=_("at"), ordering="at_ms")
    def shown_at(self, row: Answered) -> str | None:
        """When."""
        return moment_of(row.at_ms)

    @admin.display(description=_("source"))
    def shown_source(self, row: Answered) -> str:
        """The first of them."""
        return str(row.sources[0].get("title", "")) if row.sources else "–"

    @admin.display(description=_("sources"))
    def shown_sources(self, row: Answered) -> SafeString | str:
        """With links to what operators may change."""
        links = ((_address(source), source.get("title") or source.get("id", "")) for source in row.sources)
        shown = format_html_join("", '<li><a href="{}">{}</a></li>', links)
        return format_html('<ul class="sources">{}</ul>', shown) if row.sources else "–"

    @admin.display(description=_("why"))
    def shown_trace(self, row: Answered) -> SafeString:
        """Level by level."""
        lines = (
            (
                step.get("level", ""), step.get("verdict", ""), step.get("took_us", 0),
                msgspec.json.format(msgspec.json.encode(step.get("detail", {})), indent=1).decode(),
            )
            for step in row.trace
        )  # fmt: skip
        body = format_html_join(
            "",
            '<tr><th>{}</th><td>{}</td><td class="num">{} µs</td><td><pre class="detail">{}</pre></td></tr>',
            lines,
        )
        return format_html('<table class="trace">{}</table>', body)


def _address(source: dict[str, Any]) -> str:
    """Where operators change what the answer came from; "" where there is nothing to change."""
    names = {
        "question": "admin:knowledge_question_change", "article": "admin:knowledge_article_change",
        "graph": "admin:knowledge_entity_change", "rule": "admin:bot_rule_change",
    }  # fmt: skip
    name = names.get(str(source.get("kind")))
    try:
        return reverse(name, args=[str(source.get("id", ""))]) if name else ""
    except NoReverseMatch:
        return ""
