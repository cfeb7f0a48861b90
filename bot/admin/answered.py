"""What the bot answered, and why: read, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bot.admin.naming import LEVELS, VERDICTS, named
from bot.admin.telling import told, took
from bot.models import Answered, Outcome
from chat.admin.base import BoundedPaginator, ChoiceFilter, moment_of
from knowledge.admin.scope import FactAdmin, SiteFilter


class LevelFilter(ChoiceFilter):
    """By level."""

    title = _("level")
    parameter_name = "level"
    choices_by_value = dict(LEVELS)


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

    empty_hint = _(
        "Nobody has asked the bot anything yet. Every answer will stand here, with why it was given."
    )
    change_list_template = "admin/bot/answered_list.html"
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-at_ms",)
    list_display = (
        "question", "outcome", "shown_level", "shown_confidence", "intent", "shown_source", "helped",
        "site_name", "shown_at",
    )  # fmt: skip
    list_filter = (SiteFilter, OutcomeFilter, LevelFilter, HelpedFilter)
    search_fields = ("question", "=conversation")
    fields = (
        "question", "outcome", "shown_level", "shown_confidence", "intent", "shown_sources", "shown_trace",
        "helped",
        "model", "shown_took", "conversation", "seq", "site_name", "shown_at",
    )  # fmt: skip
    readonly_fields = fields

    class Media:
        css = {"all": ("bot/admin.css",)}

    @admin.display(description=_("level"), ordering="level")
    def shown_level(self, row: Answered) -> str:
        """In words."""
        return named(LEVELS, row.level) if row.level else "–"

    @admin.display(description=_("took"), ordering="took_us")
    def shown_took(self, row: Answered) -> str:
        """For people."""
        return took(row.took_us)

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
                named(LEVELS, step.get("level", "")), named(VERDICTS, step.get("verdict", "")),
                took(step.get("took_us", 0)), told(step.get("detail", {})),
            )
            for step in row.trace
        )  # fmt: skip
        body = format_html_join(
            "",
            '<tr><th>{}</th><td>{}</td><td class="num">{}</td><td>{}</td></tr>',
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
