"""Nobody waits for a bot that does not answer: what is owed is a row, and the sweep looks at its age."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from celery.signals import worker_init
from django.core.cache import cache

from bot import sites as bots
from bot import tasks
from bot.answering import nudge, warming
from bot.answering.sweep import CERTAIN_MS, UNHURRIED_MS, sweep
from bot.llm import writing
from bot.models import BotSettings, LanguageModel, Turn
from chat.conversation import Participant
from chat.models import Site
from chat.persistence.reader import drain
from chat.posting import current_state, post_blocking
from chat.protocol.commands import Send
from chat.protocol.entry import now_ms
from tests.api.conftest import Guest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the sweep has looked at again, instead of the broker."""
    seen: list[str] = []
    monkeypatch.setattr("bot.answering.sweep.owe", seen.extend)
    monkeypatch.setattr(nudge, "owe", lambda _conversations: None)
    monkeypatch.setattr(warming, "_began", None)
    return seen


@pytest.fixture
def asked(botted: BotSettings, shop: Site, come: Callable[..., Guest]) -> str:
    """A visitor's conversation with a question that persistence has seen."""
    guest = come(shop, user={"name": "Han Meimei"})
    conversation = guest.conversation
    who = Participant("visitor", current_state(conversation).visitor, None, frozenset({str(shop.pk)}))
    post_blocking(Send(conversation, "m1", "text", "在吗"), who)
    drain(linger_s=0)
    assert Turn.objects.filter(pk=conversation, visitor_seq=1).exists()
    return conversation


def age(conversation: str, ms: int) -> None:
    """Let the question have waited so long."""
    Turn.objects.filter(pk=conversation).update(since_ms=now_ms() - ms, asked_ms=0)


def test_a_lost_nudge_is_made_up_for(asked: str, nudged: list[str]) -> None:
    assert sweep() == 0 and nudged == []
    age(asked, UNHURRIED_MS + 50)
    assert sweep() == 0 and nudged == [asked]
    assert current_state(asked).status == "bot"


def test_whoever_waits_longer_than_the_patience_goes_to_people(asked: str, nudged: list[str]) -> None:
    age(asked, 3_100)
    assert sweep() == 1
    assert current_state(asked).status == "queued"
    drain(linger_s=0)
    assert not Turn.objects.exists()


def test_the_next_question_has_a_patience_of_its_own(asked: str, shop: Site, nudged: list[str]) -> None:
    age(asked, 3_100)
    visitor = current_state(asked).visitor
    bot = Participant("bot", None, "Bot", frozenset({str(shop.pk)}))
    who = Participant("visitor", visitor, None, frozenset({str(shop.pk)}))
    # The late answer and the next question reach the database as one batch.
    post_blocking(Send(asked, "bot:1", "text", "在的"), bot)
    post_blocking(Send(asked, "m2", "text", "怎么退货"), who)
    drain(linger_s=0)
    assert sweep() == 0 and current_state(asked).status == "bot"
    assert nudged == [asked]


def test_a_bot_that_is_just_starting_has_more_time(
    asked: str, nudged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "_warmed", None)
    (begins,) = [receiver for _, receiver in worker_init.receivers if receiver is tasks.begin]
    begins()  # long before it is warm, and before its first sweep
    assert warming.is_starting()
    age(asked, 3_100)
    assert sweep() == 0 and current_state(asked).status == "bot"
    age(asked, 3_100 + warming.ALLOWANCE_MS)
    assert sweep() == 1


def test_a_worker_that_is_never_asked_does_not_start_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "_warmed", None)
    monkeypatch.setattr(warming, "_began", time.monotonic() - warming.STARTS_S)
    assert not warming.is_starting()


def test_a_language_model_has_its_time_once_it_is_asked(asked: str, shop: Site, nudged: list[str]) -> None:
    LanguageModel.objects.create(site=shop, base_url="http://127.0.0.1:9/v1", model="m", timeout_ms=8_000)
    writing.forget()
    writer = writing.writer_of(str(shop.pk))
    assert writer is not None and writing.claim(writer, asked, 1)
    age(asked, 3_100)
    assert sweep() == 0 and current_state(asked).status == "bot"
    cache.clear()  # nobody has asked it: the bot's worker is down
    assert sweep() == 1 and current_state(asked).status == "queued"
    writing.forget()


def test_what_a_bot_had_when_it_was_switched_off_goes_to_people(
    asked: str, botted: BotSettings, nudged: list[str]
) -> None:
    BotSettings.objects.update(enabled=False)
    bots.forget()
    age(asked, CERTAIN_MS - 500)
    assert sweep() == 0 and nudged == []
    age(asked, CERTAIN_MS + 50)
    assert sweep() == 1 and current_state(asked).status == "queued"
