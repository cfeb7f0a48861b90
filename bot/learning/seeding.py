"""The demo's files made into rows: intents with slots and examples, rules, risk words, and the site's bot.

Every step is idempotent: what stands already is left alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import transaction

from bot import config, sites
from bot.dialog.flows import Flow
from bot.models import BotSettings, Endpoint, Example, Intent, Rule, SensitiveWord, Slot

FOLDER: Final = Path(__file__).resolve().parent.parent / "demo"
LANGUAGES: Final = ("zh", "en")
QUICK_QUESTIONS: Final = (
    "我的订单到哪了", "怎么申请退款", "怎么开发票",
    "Where is my order?", "How do I return something?", "How do I get an invoice?",
)  # fmt: skip


class _Line(msgspec.Struct):
    text: str
    intent: str


def examples(folder: Path = FOLDER) -> Iterator[tuple[str, str, str]]:
    """(text, intent, language) of the demo's files."""
    for language in LANGUAGES:
        path = folder / f"intents.{language}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                found = msgspec.json.decode(line, type=_Line)
                yield found.text, found.intent, language


@transaction.atomic
def seed(site: UUID, endpoint_url: str) -> bool:
    """Give the site a bot and what the demo teaches it; False when it has one already.

    `endpoint_url`: where the demo shop answers; `{name}` in it is the action's.
    """
    _settings, made = BotSettings.objects.get_or_create(
        site_id=site,
        defaults={"quick_questions": list(QUICK_QUESTIONS)},
    )
    if not made:
        return False
    with (FOLDER / "intents.toml").open("rb") as file:
        flows = tomllib.load(file)
    known = {
        name: _intent(site, name, flow, at, endpoint_url) for at, (name, flow) in enumerate(flows.items())
    }
    Example.objects.bulk_create(
        [
            Example(intent=known[intent], text=text, language=language)
            for text, intent, language in examples()
            if intent in known
        ],
        ignore_conflicts=True,
    )
    _rules(site)
    _risk_words(site)
    config.changed()
    transaction.on_commit(sites.forget)
    return True


def _intent(site: UUID, name: str, raw: dict[str, Any], position: int, endpoint_url: str) -> Intent:
    flow = msgspec.convert({"name": name, **raw}, Flow)
    endpoint = None
    if flow.action:
        endpoint, _made = Endpoint.objects.get_or_create(
            name=flow.action, defaults={"url": endpoint_url.replace("{name}", flow.action)}
        )
    row = Intent.objects.create(
        site_id=site, name=name, title=flow.title.get("zh", name), title_en=flow.title.get("en", ""),
        words=list(flow.words), cues=list(flow.cues), not_cues=list(flow.not_cues),
        confirmation=_lines(flow.confirm, "zh"), confirmation_en=_lines(flow.confirm, "en"),
        done=_lines(flow.done, "zh"), done_en=_lines(flow.done, "en"),
        endpoint=endpoint, to_people=flow.handover, position=position,
    )  # fmt: skip
    Slot.objects.bulk_create(
        [
            Slot(
                intent=row, name=slot.name, kinds=list(slot.kinds), instead=list(slot.instead),
                free=slot.free, required=slot.required, label=slot.label.get("zh", ""),
                label_en=slot.label.get("en", ""),
                prompt=_lines(slot.prompts, "zh"), prompt_en=_lines(slot.prompts, "en"), position=at,
            )
            for at, slot in enumerate(flow.slots)
        ]
    )  # fmt: skip
    return row


def _rules(site: UUID) -> None:
    path = FOLDER / "rules.toml"
    if not path.exists():
        return
    with path.open("rb") as file:
        rules = tomllib.load(file)
    Rule.objects.bulk_create(
        [
            Rule(
                site_id=site, name=name, kind=rule.get("kind", "keyword"), expressions=rule["expressions"],
                conditions=rule.get("conditions", {}), answer=rule.get("answer", ""),
                to_people=rule.get("to_people", False), priority=rule.get("priority", 0),
            )
            for name, rule in rules.items()
        ]
    )  # fmt: skip


def _risk_words(site: UUID) -> None:
    words = []
    for language in LANGUAGES:
        path = FOLDER / f"sensitive.{language}.txt"
        if not path.exists():
            continue
        category = "other"
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text.startswith("[") and text.endswith("]"):
                category = text[1:-1]
            elif text and not text.startswith("#"):
                words.append(SensitiveWord(site_id=site, word=text[:60], category=category[:10]))
    SensitiveWord.objects.bulk_create(words, ignore_conflicts=True)


def _lines(texts: dict[str, list[str]], language: str) -> str:
    return "\n".join(texts.get(language, []))
