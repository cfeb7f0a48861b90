"""A large base made of the lexicon: each question two concepts in some words, mostly about a product;
visitors ask the same in other words.

    KEFU_DATA_DIR=… python -m bench.bot_base [--questions 10000]

writes its questions as drafts of the site `demo` beside the demo's intents, which are learnt, and lets the
site's bot answer without a pause. Every run makes the same. (The demo's 110 questions about 63 products each,
which this base was first, are so alike that a search costs three times what it costs in 10,000 real ones.)
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Final

from knowledge.lexicon.loading import read

SHARES: Final = {"zh": 0.7, "en": 0.3}
# fmt: off
PRODUCTS: Final = {
    "zh": ("龙井", "碧螺春", "铁观音", "大红袍", "普洱", "白毫银针", "茉莉花茶", "正山小种", "毛尖", "瓜片",
           "紫砂壶", "盖碗", "茶盘", "保温杯", "冷泡瓶", "礼盒", "滤网", "茶席", "公道杯", "电水壶"),
    "en": ("Longjing", "Oolong", "Keemun", "Pu'er", "jasmine tea", "white tea", "gift box", "clay pot",
           "tea tray", "travel mug", "strainer", "kettle"),
}
# fmt: on


@cache
def _expressions(language: str) -> list[tuple[str, ...]]:
    """The lexicon's expressions, by concept; only what can be said several ways."""
    spoken = (getattr(expressions, language) for _, expressions in read().values())
    return [
        usable for each in spoken
        if len(usable := tuple(text for text in each if "…" not in text and len(text) > 1)) >= 4
    ]  # fmt: skip


def _wordings(number: int, language: str) -> Iterator[str]:
    """Endless wordings of question `number`: two concepts and, for two of three, a product."""
    dice = random.Random(f"{language} {number}")
    first, second = dice.sample(_expressions(language), 2)
    product = dice.choice(PRODUCTS[language]) if number % 3 else ""
    between = "" if language == "zh" else " "
    while True:
        said = (product, dice.choice(first), dice.choice(second))
        yield between.join(part for part in said if part)


def _told(number: int, language: str) -> str:
    """An answer that speaks of the question's matter and of two others."""
    dice = random.Random(f"answer {language} {number}")
    others = [dice.choice(each) for each in dice.sample(_expressions(language), 2)]
    parts = [next(_wordings(number, language)).rstrip("？?"), *others, str(number)]
    return "，".join(parts) + "。" if language == "zh" else ", ".join(parts) + "."


def questions(count: int) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Question, another wording, answer, language."""
    for language, share in SHARES.items():
        for number in range(round(count * share)):
            question, wording = islice(_wordings(number, language), 2)
            yield question, (wording,), _told(number, language), language


def asked(count: int, base: int, language: str, seed: int = 7) -> list[str]:
    """What visitors ask of a base of so many: a third wording, mostly one that the base does not hold."""
    dice = random.Random(f"{language} {seed}")
    numbers = (dice.randrange(round(base * SHARES[language])) for _ in range(count))
    return [next(islice(_wordings(number, language), 2, None)) for number in numbers]


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
