"""What is kept of an answer: why, by which engine, how the answer does; nobody's data where others read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from bot import sites
from bot.answering import bundle, record
from bot.answering.reading import Talk
from bot.dialog.state import DialogState
from bot.engine import Asked, Outcome
from bot.models import Answered, BotSettings, Brief
from bot.sites import SiteBots
from chat.conversation import State
from chat.models import Site
from chat.protocol.entry import Entry, Sender
from knowledge.learning.counting import count
from knowledge.models import Question, Unanswered, Usage
from tests.bot.test_engine import NOW

pytestmark = pytest.mark.django_db


def _ask(shop: Site, text: str, state: DialogState | None = None, seq: int = 3) -> tuple[Talk, Outcome]:
    """A question and what the shop's engine says to it."""
    key = str(uuid4())
    entry = Entry(
        id=str(uuid4()), conversation=key, seq=seq, client_msg_id="c", sender=Sender("visitor", key),
        kind="text", created_at=1, text=text,
    )  # fmt: skip
    talk = Talk(key, State(conversation=key, site=str(shop.pk), visitor=key), seq, 0, (entry,), (), 0)
    engine = bundle.bundle_now().engine(str(shop.pk), 0)
    return talk, engine.answer(Asked(text, NOW, str(shop.pk), state or DialogState()))


def test_an_answer_is_kept_with_its_engine_and_counted(
    shop: Site, teach: Callable[..., list[Question]]
) -> None:
    refund, *_ = teach()
    talk, outcome = _ask(shop, "退款多久到账")
    record.keep([(talk, outcome)])
    row = Answered.objects.get()
    assert row.model == f"k1.c{bundle.bundle_now().number}.m0" and row.trace[0]["level"] == "guard"
    count(str(refund.pk), str(shop.pk), "helped")
    talk, outcome = _ask(shop, "转人工，你们这群骗子！！我要去12315投诉", outcome.state)
    assert outcome.answer.handover is not None
    record.keep([(talk, outcome)])
    assert Brief.objects.get().reason == outcome.answer.handover.reason
    usage = Usage.objects.get(item=refund.pk)
    assert (usage.served, usage.helped, usage.handed_over) == (1, 1, 1)


def test_what_nobody_answers_is_remembered_without_personal_data(
    shop: Site, teach: Callable[..., list[Question]]
) -> None:
    teach()
    talk, outcome = _ask(shop, "股票代码发到 13800138000 行吗")
    assert outcome.answer.level == "honest"
    record.keep([(talk, outcome)])
    assert "13800138000" not in Unanswered.objects.get().query


def test_off_means_off(shop: Site, botted: BotSettings, settings: Any) -> None:
    assert SiteBots().answers(str(shop.pk))
    settings.KEFU_BOT = False
    assert not SiteBots().answers(str(shop.pk)) and sites.of_site(str(shop.pk)) is None
    settings.KEFU_BOT = True
    BotSettings.objects.update(enabled=False)
    sites.forget()
    assert not SiteBots().answers(str(shop.pk))
