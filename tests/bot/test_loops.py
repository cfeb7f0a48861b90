"""A bot on the other side: whatever it says back, the talk ends with people and not never."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.answering import bundle
from bot.dialog.state import DialogState
from bot.engine import Asked, Engine
from bot.learning.seeding import seed
from bot.models import BotSettings
from bot.strategies.base import Said
from bot.strategies.loops import MOST_TURNS, goes_round
from chat.models import Site
from knowledge.models import Question

Other = Callable[[str], str]


@pytest.fixture
def engine(shop: Site, teach: Callable[..., list[Question]]) -> Engine:
    """The shop's, with the demo's intents, rules and words."""
    teach()
    seed(shop.pk, "http://127.0.0.1:9/{name}/")
    assert BotSettings.objects.filter(site=shop).exists()
    bundle.forget()
    now = bundle.bundle_now()
    return now.engine(str(shop.pk), now.active)


def _talk(engine: Engine, site: str, first: str, other: Other) -> tuple[int, str]:
    """Turns until people take over, and why. The same memory and history as a conversation has."""
    state, said, text = DialogState(), list[Said](), first
    for turn in itertools.count(1):
        outcome = engine.answer(Asked(text, datetime.now(UTC), site, state, history=tuple(said[-10:])))
        if outcome.answer.handover is not None:
            return turn, outcome.answer.handover.reason
        assert turn <= MOST_TURNS + 1, said[-4:]
        state = outcome.state
        said += [Said("visitor", text), Said("bot", outcome.plain)]
        text = other(outcome.plain)
    raise AssertionError


@pytest.mark.django_db
def test_a_machine_on_the_other_side_ends_with_people(engine: Engine, shop: Site) -> None:
    thanks, questions = itertools.cycle(("谢谢", "你好")), itertools.cycle(("退款多久到账", "运费谁出"))
    theirs = [DialogState()]

    def twin(text: str) -> str:
        """This very bot, as a visitor."""
        outcome = engine.answer(Asked(text or "在吗", datetime.now(UTC), str(shop.pk), theirs[0]))
        theirs[0] = outcome.state
        return outcome.plain

    cases: tuple[tuple[Other, int], ...] = (
        (lambda _: "退款多久到账", 3),
        (lambda _: "你好", 3),
        (lambda _: "您好，我现在不在，看到后会尽快回复您。", 3),
        (lambda _: "Hello! I am out of office until Monday.", 3),
        (lambda said: said, 6),
        (lambda said: f"收到您的消息：{said}", MOST_TURNS + 1),
        (lambda _: f"自动回复，编号 {uuid4()}", MOST_TURNS + 1),
        (lambda _: next(thanks), MOST_TURNS + 1),
        (lambda _: next(questions), MOST_TURNS + 1),
        (twin, MOST_TURNS + 1),
    )
    for number, (other, most) in enumerate(cases):
        turns, _why = _talk(engine, str(shop.pk), other(""), other)
        assert turns <= most, number


def test_people_who_agree_or_ask_anew_are_no_machine() -> None:
    yes = (Said("visitor", "是"), Said("bot", "地址对吗？"), Said("visitor", "是"), Said("bot", "电话对吗？"))
    assert not goes_round("是", yes)
    again = (
        Said("visitor", "运费谁出"),
        Said("bot", "我们。"),
        Said("visitor", "退款呢"),
        Said("bot", "三天。"),
    )
    assert not goes_round("运费谁出", again) and not goes_round("", ())
    with_people = (Said("visitor", "在吗"), Said("agent", "在"), Said("visitor", "在吗"), Said("bot", "在"))
    assert not goes_round("在吗", with_people)
