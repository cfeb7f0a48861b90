"""What operators taught, as rows, made into what the engine is built of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from bot.dialog.flows import Flow, Flows, Slot
from bot.entities import EntityLists, ListItem
from bot.models import EntityList, EntityPattern, Intent, Rule, SensitiveWord
from bot.safety.sensitive import RiskWord, Sensitive
from bot.strategies.rules import RuleBook, RuleSpec


def flows_of(site: str) -> tuple[Flows, dict[str, str]]:
    """The intents of a site and which group each goes to. An intent of the site outranks one for all."""
    rows = Intent.objects.filter(Q(site=None) | Q(site_id=site), enabled=True).select_related("endpoint")
    chosen: dict[str, Intent] = {}
    for row in rows.prefetch_related("slots").order_by("position", "name"):
        if row.name not in chosen or row.site_id is not None:
            chosen[row.name] = row
    groups = {name: str(row.group_id) for name, row in chosen.items() if row.group_id}
    return Flows([flow_of(row) for row in chosen.values()]), groups


def flow_of(row: Intent) -> Flow:
    """One intent as the dialog serves it."""
    endpoint = row.endpoint
    return Flow(
        name=row.name,
        title=_both(row.title, row.title_en),
        slots=tuple(
            Slot(
                name=slot.name,
                prompts=_wordings(slot.prompt, slot.prompt_en),
                label=_both(slot.label or slot.name, slot.label_en),
                kinds=tuple(slot.kinds),
                instead=tuple(slot.instead),
                free=slot.free,
                required=slot.required,
            )
            for slot in row.slots.all()
        ),
        confirm=_wordings(row.confirmation, row.confirmation_en),
        done=_wordings(row.done, row.done_en),
        action=endpoint.name if endpoint is not None and endpoint.enabled else "",
        handover=row.to_people,
        cues=tuple(row.cues),
        not_cues=tuple(row.not_cues),
        words=tuple(row.words),
    )


def lists() -> EntityLists:
    """The operator's own entities."""
    found = EntityList.objects.all()
    patterns: dict[str, list[str]] = {}
    for pattern in EntityPattern.objects.all():
        patterns.setdefault(pattern.name, []).append(pattern.pattern)
    return EntityLists(
        {row.name: [ListItem(name, tuple(other)) for name, other in row.values.items()] for row in found},
        patterns,
        [row.name for row in found if row.fuzzy],
    )


def rule_book() -> RuleBook:
    """All rules that are enabled."""
    return RuleBook(spec_of(row) for row in Rule.objects.filter(enabled=True).order_by("-priority", "name"))


def spec_of(row: Rule) -> RuleSpec:
    """One rule as it is compared."""
    return RuleSpec(
        id=str(row.pk),
        name=row.name,
        kind=row.kind,
        expressions=tuple(text for text in row.expressions if isinstance(text, str) and text.strip()),
        answer=row.answer,
        site=_text(row.site_id),
        conditions=row.conditions,
        to_people=row.to_people,
        group=_text(row.group_id),
        priority=row.priority,
    )


def sensitive() -> Sensitive:
    """All risk words."""
    return Sensitive(
        RiskWord(row.word, row.category, row.to_people, _text(row.site_id))
        for row in SensitiveWord.objects.all()
    )


def _both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh or en, "en": en or zh}


def _wordings(zh: str, en: str) -> dict[str, list[str]]:
    """Wordings by language; none at all stays none, so that nothing is asked."""
    by_language = {"zh": _lines(zh) or _lines(en), "en": _lines(en) or _lines(zh)}
    return {language: lines for language, lines in by_language.items() if lines}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def joined(lines: Iterable[str]) -> str:
    """Wordings as an operator edits them."""
    return "\n".join(lines)
