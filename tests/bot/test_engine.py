"""The engine over levels made for the purpose: order, trace, language, briefs, and what a failure becomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.answering.briefing import brief_of
from bot.dialog.flows import Flow, Flows, Slot
from bot.dialog.state import DialogState
from bot.engine import Asked, Engine, Outcome, Understanding, language_of
from bot.safety.sensitive import RiskWord, Sensitive
from bot.sites import readable
from bot.strategies.base import Answer, Context, Said
from bot.strategies.guard import Guard
from bot.strategies.honest import Honest
from bot.strategies.intent import Dialogs
from bot.strategies.knowledge import Retrieval
from knowledge.lexicon import Lexicon
from knowledge.search import Entry, Hit, SearchIndex

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SHELF = SearchIndex.build(
    [
        Entry("1", question="退款多久到账", answer="两个**工作日**。", source={"url": "q/refund/"}),
        Entry("2", question="运费怎么算", answer="满 99 包邮。"),
    ],
    Lexicon.load(),
)


class Fixed:
    """A level that says one thing, or nothing."""

    def __init__(self, name: str, priority: int, text: str | None) -> None:
        self.name, self.priority, self._text = name, priority, text

    def match(self, context: Context) -> Answer | None:
        """The one thing."""
        context.note(self.name, "asked")
        return None if self._text is None else Answer(self._text, self.name)


def engine(*levels: object, hits: Sequence[Hit] | None = None) -> Engine:
    """An engine whose knowledge finds `hits`, or what the shelf has."""

    def retrieve(query: str, *_: object) -> Sequence[Hit]:
        return SHELF.search(query) if hits is None else hits

    return Engine(levels, Understanding(lambda *_: [], lambda *_: None, retrieve), brief=brief_of)  # type: ignore[arg-type]


def ask(made: Engine, text: str, **more: object) -> Outcome:
    """One question."""
    return made.answer(Asked(text, NOW, "site", **{"state": DialogState(), **more}))  # type: ignore[arg-type]


def test_levels_are_asked_by_priority_and_the_first_answer_stands() -> None:
    made = engine(Fixed("late", 30, "late"), Fixed("silent", 10, None), Fixed("middle", 20, "middle"))
    outcome = ask(made, "在吗")
    assert outcome.answer.level == "middle" and outcome.state.turns == 1
    assert [step.level for step in outcome.trace] == ["silent", "middle"]


def test_without_any_answer_people_take_over() -> None:
    outcome = ask(engine(Fixed("silent", 10, None)), "在吗")
    assert outcome.answer.handover is not None and outcome.answer.text


def test_a_clear_lead_answers_in_words_for_every_client() -> None:
    outcome = ask(engine(Retrieval(SHELF, "/help/shop/"), Honest()), "退款多久到账呀")
    assert outcome.plain == "两个工作日。" and outcome.answer.sources[0].url == "/help/shop/q/refund/"
    assert outcome.state.last_topic == ("1",)


@pytest.mark.parametrize("answers_at", [0.2, 0.5, 0.9])
def test_a_site_s_threshold_counts_in_every_level(answers_at: float) -> None:
    """Also for a question in the middle of a dialog, which is answered and reminded of what is open."""
    slot = Slot("order_id", {"zh": ["请提供订单号。"]})
    flows = Flows([Flow("order_status", {"zh": "查订单"}, slots=(slot,))])
    shelf = Retrieval(SHELF)
    made = engine(Dialogs(flows, [shelf]), shelf, Honest(), hits=[Hit("1", 0.6, "", {})])
    fresh = ask(made, "退款多久到账？", answers_at=answers_at).answer
    assert fresh.outcome == ("answered" if answers_at <= 0.6 else "honest")
    started = DialogState(intent="order_status", pending="order_id")
    between = ask(made, "退款多久到账？", answers_at=answers_at, state=started).answer
    assert ("工作日" in between.text) == (answers_at <= 0.6) and "订单号" in between.text


def test_a_site_s_memory_is_as_long_as_it_says() -> None:
    slot = Slot("order_id", {"zh": ["请提供订单号。"]})
    made = engine(
        Dialogs(Flows([Flow("order_status", {"zh": "查订单"}, slots=(slot,), done={"zh": ["好。"]})]), ())
    )
    an_hour_ago = int(NOW.timestamp() * 1000) - 3_600_000
    started = DialogState(intent="order_status", pending="order_id", updated_ms=an_hour_ago)
    assert not ask(made, "谢谢了", state=started).state.intent
    assert ask(made, "谢谢了", state=started, memory_ms=7_200_000).state.intent == "order_status"


def test_a_close_race_offers_choices() -> None:
    near = [Hit("1", 0.62, "", {}), Hit("2", 0.6, "", {})]
    outcome = ask(engine(Retrieval(SHELF), Honest(), hits=near), "钱")
    assert outcome.answer.outcome == "choices"
    assert [choice.text for choice in outcome.answer.choices] == ["退款多久到账", "运费怎么算"]


def test_a_sites_own_threshold_counts() -> None:
    weak = [Hit("1", 0.55, "", {})]
    assert ask(engine(Retrieval(SHELF), Honest(), hits=weak), "钱").answer.level == "retrieval"
    strict = ask(engine(Retrieval(SHELF), Honest(), hits=weak), "钱", answers_at=0.9)
    assert strict.answer.outcome == "honest"


def test_the_second_miss_goes_to_people_and_an_answer_forgives_the_first() -> None:
    made = engine(Retrieval(SHELF), Honest())
    first = ask(made, "火星上能种土豆吗")
    assert (first.answer.outcome, first.state.misses) == ("honest", 1)
    second = ask(made, "木星呢土星呢", state=first.state)
    assert second.answer.handover is not None and second.answer.handover.reason == "misses"
    assert ask(made, "退款多久到账", state=first.state).state.misses == 0


def test_a_picture_alone_is_acknowledged() -> None:
    outcome = ask(engine(Honest()), "photo.jpg", wordless=True)
    assert outcome.answer.outcome == "asked" and outcome.state.misses == 0


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("你们这群骗子！！我要去12315投诉", {}, "anger"),
        ("你们这群骗子！！我要去12315投诉", {"anger_to_people": False}, None),
        ("加我微信聊", {}, "sensitive"),
        ("你好", {"vip_priority": 8, "visitor": {"priority": 9}}, "vip"),
        ("你好", {"vip_priority": 8, "visitor": {"priority": 7}}, None),
    ],
)
def test_who_should_not_talk_to_a_machine(text: str, more: dict[str, object], reason: str | None) -> None:
    made = engine(Guard(Sensitive([RiskWord("加我微信", "contact")])), Fixed("rest", 50, "好的"))
    outcome = ask(made, text, **more)
    assert (outcome.answer.handover.reason if outcome.answer.handover else None) == reason
    assert bool(outcome.brief) is (reason is not None)


def test_the_brief_says_what_was_wanted() -> None:
    history = (Said("visitor", "查一下订单"), Said("bot", "订单号？"), Said("visitor", "20261120001"))
    outcome = ask(engine(Guard(Sensitive([]))), "骗子！！我要投诉到12315", history=history)
    assert outcome.brief["summary"] == "查一下订单\n20261120001\n骗子！！我要投诉到12315"
    assert outcome.brief["mood"] == "angry"


@pytest.mark.parametrize(
    ("text", "locale", "history", "language"),
    [
        ("退款", "en", (), "zh"),
        ("where is my order", "zh-CN", (), "en"),
        ("hello", "zh-CN", (), "en"),
        ("iphone", "zh-CN", (Said("visitor", "你好"),), "zh"),
        ("12345", "zh-CN", (), "zh"),
        ("12345", "en-US", (), "en"),
        (
            "12345",
            "zh-CN",
            (Said("visitor", "退款"), Said("visitor", "where is it"), Said("bot", "订单号")),
            "en",
        ),
        ("12345", "en-US", (Said("visitor", "退款"), Said("visitor", "888")), "zh"),
    ],
)
def test_the_language_is_that_of_the_words(
    text: str, locale: str, history: tuple[Said, ...], language: str
) -> None:
    assert language_of(text, locale, history) == language


@pytest.mark.parametrize(
    ("locale", "seen"),
    [("zh-CN", ("订单到哪了", "iPhone 套多少钱")), ("en-US", ("Where is my order?",))],
)
def test_a_visitor_is_offered_questions_they_can_read(locale: str, seen: tuple[str, ...]) -> None:
    offered = ("订单到哪了", "Where is my order?", "iPhone 套多少钱")
    assert readable(offered, locale) == seen
    assert readable(("订单到哪了",), "en-US") == ("订单到哪了",)


def test_a_failure_leaves_nobody_alone() -> None:
    outcome = Outcome.failure(Asked("在吗", NOW, "site", DialogState()))
    assert outcome.answer.handover is not None and outcome.answer.handover.reason == "failure"
