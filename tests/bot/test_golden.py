"""Golden questions hold a release to what visitors get from the whole bot, not to what the search finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from bot.answering import bundle
from bot.dialog.state import DialogState
from bot.engine import Outcome
from bot.learning.golden import judge
from bot.models import BotSettings, Intent, Rule, Slot
from bot.strategies.base import Answer, Choice, HandOver, Source
from chat.models import Site
from knowledge.models import GoldenQuestion, Question, Release
from knowledge.publishing import golden
from knowledge.publishing.editing import save_question
from tests.api.conftest import Caller
from tests.bot.conftest import WRITER

pytestmark = pytest.mark.django_db
Teach = Callable[..., list[Question]]
PUBLISH = "/admin/knowledge/release/publish/"


def _draft(shop: Site) -> None:
    save_question(Question(text="能开专票吗", answer="可以开增值税专用发票。", site_id=shop.pk), WRITER)


def _publish(caller: Caller, status: int, **more: Any) -> dict[str, Any]:
    answer = caller.post("knowledge/releases/", {"drafts": True, **more})
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def _results() -> dict[str, dict[str, Any]]:
    return {one["query"]: one for one in Release.objects.order_by("-number")[0].golden}


def test_what_a_visitor_gets_is_what_is_asked(
    administrator: Caller, shop: Site, botted: BotSettings, teach: Teach
) -> None:
    """A rule and an intent come before knowledge; people are reached by asking; small talk is no answer."""
    refund, freight, *_ = teach()
    Rule.objects.create(site=shop, name="Freight", expressions=["运费"], answer="看看活动页。")
    Rule.objects.create(site=shop, name="Press", expressions=["记者"], to_people=True)
    intent = Intent.objects.create(site=shop, name="order_status", title="查订单", cues=["订单到哪"])
    Slot.objects.create(intent=intent, name="order_id", prompt="请提供订单号。")
    bundle.forget()
    for query, expected, to_people in (
        ("退款多久到账呀", refund, False), ("运费谁出", freight, False), ("我是记者", None, True),
        ("退款要多久", None, True), ("你们股票代码多少", None, False), ("我的订单到哪了", None, False),
    ):  # fmt: skip
        GoldenQuestion.objects.create(query=query, expected=expected, to_people=to_people, site_id=shop.pk)
    _draft(shop)
    _publish(administrator, 201)
    found = _results()
    assert {query: (one["passed"], one["outcome"], one["level"]) for query, one in found.items()} == {
        "退款多久到账呀": (True, "answered", "retrieval"),
        "运费谁出": (False, "answered", "rules"),
        "我是记者": (True, "handed", "rules"),
        "退款要多久": (False, "answered", "retrieval"),
        "你们股票代码多少": (True, "honest", "honest"),
        "我的订单到哪了": (False, "asked", "intent"),
    }
    assert found["退款多久到账呀"]["got"] == str(refund.pk)
    assert {one["verdict"] for one in found.values()} == {"same"}  # it was wrong before: nobody is held up


def test_a_release_that_takes_an_answer_from_visitors_is_refused(
    administrator: Caller, admin_client: Client, shop: Site, botted: BotSettings, teach: Teach
) -> None:
    """Another answer is nearer now: the visitor would not get the one that must be given."""
    refund, *_ = teach()
    GoldenQuestion.objects.create(query="退款要多久", expected=refund)
    save_question(Question(text="退款要多久审核？", answer="一个工作日。", site_id=shop.pk), WRITER)
    refusal = _publish(administrator, 409)
    worse = refusal["details"]["golden"][0]
    assert (worse["query"], worse["verdict"]) == ("退款要多久", "worse")
    assert worse["got"] != str(refund.pk) and worse["wanted"] == refund.text
    page = admin_client.post(PUBLISH, {"scope": "all"}).content.decode()
    assert "退款要多久审核？" in page and "badge-removed" in page
    assert Release.objects.count() == 1
    _publish(administrator, 201, override_reason="Both are right.")
    assert Release.objects.order_by("-number")[0].override_reason == "Both are right."


def test_a_site_s_threshold_counts(
    administrator: Caller, shop: Site, botted: BotSettings, teach: Teach
) -> None:
    refund, *_ = teach()
    botted.answer_threshold = 1.0
    botted.save()
    from bot import sites

    sites.forget()
    GoldenQuestion.objects.create(query="退款啥时候能到", expected=refund)
    _draft(shop)
    _publish(administrator, 201)
    assert not _results()["退款啥时候能到"]["passed"]


@pytest.mark.parametrize("switched", ["settings", "site"])
def test_without_a_bot_the_search_is_asked(
    administrator: Caller, shop: Site, teach: Teach, switched: str, settings: Any
) -> None:
    if switched == "settings":
        BotSettings.objects.create(site=shop)
        settings.KEFU_BOT = False
    refund, *_ = teach()
    GoldenQuestion.objects.create(query="退款多久到账", expected=refund)
    GoldenQuestion.objects.create(query="我要人工", to_people=True, site_id=shop.pk)
    _draft(shop)
    _publish(administrator, 201)
    assert {(one["level"], one["passed"]) for one in _results().values()} == {("search", True)}


def test_one_wants_an_answer_or_people(admin_client: Client, shop: Site, teach: Teach) -> None:
    refund, *_ = teach()
    with pytest.raises(ValidationError):
        GoldenQuestion(query="退款", expected=refund, to_people=True).full_clean()
    given = {
        "query": "我要投诉",
        "expected": "",
        "to_people": "on",
        "site_id": str(shop.pk),
        "language": "zh",
    }
    admin_client.post("/admin/knowledge/goldenquestion/add/", given)
    assert GoldenQuestion.objects.get().to_people


@pytest.mark.parametrize(
    ("answer", "expected", "to_people", "passed"),
    [
        (Answer("a", "retrieval", sources=(Source("article", "1#s2", "A"),)), "1", False, True),
        (Answer("a", "retrieval", sources=(Source("question", "2", "B"),)), "1", False, False),
        (Answer("?", "retrieval", 0.6, "choices", choices=(Choice("A"),)), "1", False, False),
        (Answer("?", "retrieval", 0.6, "choices", choices=(Choice("A"),)), None, False, True),
        (Answer("a", "intent", 1.0, "handed", handover=HandOver("asked")), None, False, False),
        (Answer("a", "honest", 0.0, "handed", handover=HandOver("misses")), None, False, True),
        (Answer("a", "guard", 1.0, "handed", handover=HandOver("anger")), None, True, True),
    ],
)
def test_what_is_right(answer: Answer, expected: str | None, to_people: bool, passed: bool) -> None:
    outcome = Outcome(answer, DialogState())
    one = golden.Asked("1", "退款", expected, to_people=to_people)
    assert judge(one, None, lambda _: outcome).passed is passed  # type: ignore[arg-type]


def test_an_engine_that_fails_is_wrong() -> None:
    def broken(_: object) -> Any:
        raise RuntimeError("broken")

    result = judge(golden.Asked("1", "退款", None), None, broken)  # type: ignore[arg-type]
    assert (result.passed, result.outcome) == (False, "failure")
