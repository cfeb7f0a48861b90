"""What was taught answers in a process that had nothing to do for long, too, and with its first answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bot.answering import bundle
from bot.changes import taught
from bot.dialog.state import DialogState
from bot.engine import Asked
from bot.models import BotSettings, Rule
from chat.models import Site
from knowledge.models import Question, Release
from knowledge.publishing import live

pytestmark = pytest.mark.django_db(transaction=True)

ASK = "退款多久到账"


def said(site: Site, text: str) -> str:
    """What this process answers now."""
    engine = bundle.current("c", str(site.pk))
    return engine.answer(Asked(text, datetime.now(UTC), str(site.pk), DialogState())).plain


def sleep_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody had asked this process anything for a minute."""
    for room in (live, bundle):
        monkeypatch.setattr(room, "_checked", time.monotonic() - 60)


def test_the_first_answer_after_a_change_is_the_new_one(
    shop: Site, botted: BotSettings, teach: Callable[..., list[Question]], monkeypatch: pytest.MonkeyPatch
) -> None:
    teach((ASK, "三天。", []))
    assert said(shop, ASK) == "三天。"
    Rule.objects.create(name="r", kind="exact", expressions=["口令"], answer="芝麻开门")
    taught()
    sleep_through(monkeypatch)
    assert said(shop, "口令") == "芝麻开门"
    before = (live._live, bundle._bundle)
    teach(("运费谁出", "我们出。", []))
    # As if another process had published it: this one has not heard of it.
    Release.objects.filter(number=2).update(published_at=timezone.now() - timedelta(minutes=1))
    monkeypatch.setattr(live, "_live", before[0])
    monkeypatch.setattr(bundle, "_bundle", before[1])
    sleep_through(monkeypatch)
    assert said(shop, "运费谁出") == "我们出。"


def test_questions_in_between_cost_no_look(
    shop: Site,
    botted: BotSettings,
    teach: Callable[..., list[Question]],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    teach((ASK, "三天。", []))
    assert said(shop, ASK) == "三天。"
    monkeypatch.setattr(bundle, "_checked", time.monotonic() + 60)  # the last look was a moment ago
    with django_assert_num_queries(0):
        for _ in range(50):
            said(shop, ASK)
