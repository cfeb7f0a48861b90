"""A large base made of the demo's: the same questions about many products, and what visitors ask of them.

    KEFU_DATA_DIR=… python -m bench.bot_base [--questions 10000]

writes them as drafts of the site `demo` beside the demo's intents, which are learnt, and lets the site's bot
answer without a pause. Every run makes the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

DEMO: Final = Path(__file__).resolve().parent.parent / "knowledge" / "demo"
SHARES: Final = {"zh": 0.7, "en": 0.3}
# fmt: off
PRODUCTS: Final = {
    "zh": ("龙井", "碧螺春", "铁观音", "大红袍", "普洱", "白毫银针", "茉莉花茶", "正山小种", "毛尖", "瓜片",
           "紫砂壶", "盖碗", "茶盘", "保温杯", "冷泡瓶", "礼盒", "滤网", "茶席", "公道杯", "电水壶"),
    "en": ("Longjing", "Oolong", "Keemun", "Pu'er", "jasmine tea", "white tea", "gift box", "clay pot",
           "tea tray", "travel mug", "strainer", "kettle"),
}
# fmt: on


def _lines(language: str) -> list[dict[str, Any]]:
    text = (DEMO / f"questions.{language}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _about(text: str, language: str, number: int) -> str:
    """The same question about a product of its own."""
    names = PRODUCTS[language]
    name, model = names[number % len(names)], 1 + number // len(names)
    if language == "zh":
        return f"{name}{model}号{text}"
    return f"{text.rstrip('?')} for the {name} {model}?"


def questions(count: int) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Question, another wording, answer, language; no two questions are the same."""
    for language, share in SHARES.items():
        lines = _lines(language)
        for at, line in enumerate(islice(cycle(lines), round(count * share))):
            told = [_about(text, language, at // len(lines)) for text in (line["question"], *line["similar"])]
            yield told[0], tuple(told[1:2]), line["answer"], language


def asked(count: int, base: int, language: str, seed: int = 7) -> list[str]:
    """What visitors ask of a base of so many: mostly a wording that it does not hold."""
    dice = random.Random(f"{language} {seed}")
    lines = _lines(language)
    products = max(1, round(base * SHARES[language]) // len(lines))
    out = []
    for _ in range(count):
        line = dice.choice(lines)
        wording = dice.choice([line["question"], *line["similar"][1:]])
        out.append(_about(wording, language, dice.randrange(products)))
    return out


def teach(count: int) -> None:
    """Rows of the base, the site's bot, and the demo's intents learnt."""
    from bot.learning.seeding import seed
    from bot.learning.training import train
    from bot.models import BotSettings
    from chat.models import Site
    from knowledge.models import Question
    from knowledge.text import fold

    site = Site.objects.get(public_key="demo")
    Question.objects.bulk_create(
        [
            Question(
                text=text, wordings=list(wordings), answer=answer, language=language, site_id=site.pk,
                folded=fold(text), searchable="\n".join((text, *wordings)), changed_by="bench",
            )
            for text, wordings, answer, language in questions(count)
        ],
        batch_size=500,
    )  # fmt: skip
    seed(site.pk, "http://127.0.0.1:9/{name}/")  # nobody listens: no measurement calls an endpoint
    BotSettings.objects.update(pause_min_ms=0, pause_max_ms=0, patience_s=60, misses_to_people=10)
    train("bench")


def main() -> None:
    """Teach the data folder that the environment names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=10_000)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")
    import django

    django.setup()
    teach(arguments.questions)


if __name__ == "__main__":
    main()
