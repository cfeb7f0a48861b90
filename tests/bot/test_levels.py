"""A level is one file: what lies in the folder with a `make` is asked in the order of priorities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import strategies
from bot.answering import bundle
from bot.dialog.state import DialogState
from bot.engine import Asked, Engine
from bot.models import BotSettings
from bot.strategies import parts
from chat.models import Site
from knowledge.models import Question

LEVEL = """
from bot.strategies.base import Answer


class Weather:
    name = "weather"
    priority = 15

    def match(self, context):
        if "天气" not in context.folded:
            return None
        context.note(self.name, "asked")
        return Answer("看看窗外。", self.name)


def make(_parts):
    return [Weather()]
"""


def engine(shop: Site) -> Engine:
    bundle.forget()
    return bundle.current("c", str(shop.pk))


@pytest.mark.django_db
def test_a_level_is_one_file(
    shop: Site,
    botted: BotSettings,
    teach: Callable[..., list[Question]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teach()
    shipped = [level.name for level in engine(shop).levels]
    assert shipped == ["guard", "loops", "rules", "intent", "graph", "retrieval", "honest"]
    (tmp_path / "weather.py").write_text(LEVEL, encoding="utf-8")
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])
    parts._modules.cache_clear()
    try:
        made = engine(shop)
        assert [level.name for level in made.levels].index("weather") == 3
        asked = Asked("今天天气怎么样", datetime.now(UTC), str(shop.pk), DialogState())
        outcome = made.answer(asked)
        assert (outcome.answer.level, outcome.plain) == ("weather", "看看窗外。")
        assert [step.level for step in outcome.trace][-1] == "weather"
    finally:
        parts._modules.cache_clear()
