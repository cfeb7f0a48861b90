"""Which level answers: what is to be done goes to the intent, what is asked to knowledge, on one scale."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from bot.dialog.meaning import Meant
from bot.dialog.state import DialogState
from bot.dialog.turn import Turn
from bot.dialog.wanting import begins, reports, told_first, wanted
from bot.entities import extract
from bot.evaluation.dialogs import Bot, Heard
from knowledge.search import Entry
from knowledge.text import fold

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
BASE = tuple(
    Entry(name, "question", question, tuple(similar), "…")
    for name, question, *similar in (
        ("fraud", "接到自称客服的电话要我转账", "有人冒充你们客服", "骗子打电话说要给我退款"),
        ("stuck", "物流一直停着不更新怎么办", "物流信息三天没有变化", "快递卡在中转站了"),
        ("how", "如何开具电子发票", "在哪里开发票", "电子发票怎么申请"),
        ("cost", "修改收货地址要收费吗", "改地址要钱吗"),
        ("hours", "人工客服的工作时间", "几点有人工"),
        ("late", "How long until an invoice is issued", "when does the invoice come"),
    )
)


@cache
def bot() -> Bot:
    return Bot.of(BASE)


def heard(text: str) -> Heard:
    return bot().hear(text, DialogState(), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "电子发票在哪里开",
        "改收货地址要不要钱",
        "有个人打电话说要给我退款",
        "几点开始有人工",
        "when will the invoice come",
    ],
)
def test_who_asks_how_things_are_is_told(text: str) -> None:
    assert heard(text).intent == "faq"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("帮我开张电子发票", "invoice"),
        ("我要改一下收货地址", "change_address"),
        ("麻烦给我退款", "refund_apply"),
        ("please send me an invoice", "invoice"),
        ("我的快递到哪了", "order_status"),
    ],
)
def test_who_wants_something_done_is_served(text: str, intent: str) -> None:
    assert heard(text).intent == intent


def test_a_complaint_is_explained_and_looked_up() -> None:
    """Knowledge speaks first, the order's number is asked for after it, and the talk waits for it."""
    done = heard("快递物流卡在中转站不动了")
    assert done.why.startswith("retrieval ask")
    assert done.state.intent == "order_status"
    assert done.state.pending == "order_id"


def turn(text: str, faq: float) -> Turn:
    return Turn(text=text, folded=fold(text), entities=extract(text, NOW), faq=faq)


def test_the_form_decides_where_words_are_shared() -> None:
    means = Meant("refund_apply", 0.7, cued=False)
    wish, question = turn("我要退款", 0.6), turn("退款怎么申请", 0.6)
    assert begins(means, wish)
    assert not begins(means, question)
    assert wanted(means, turn("退款怎么申请", 0.9)) < wanted(means, question) < wanted(means, wish)
    assert begins(means, turn("订单20261120001怎么退款", 0.6))
    assert not told_first(means, wish)


@pytest.mark.parametrize(
    ("text", "reported"),
    [("有人加我说要退款", True), ("somebody texted me about a refund", True), ("帮我退款", False)],
)
def test_what_others_want_is_no_wish_of_the_visitor(text: str, *, reported: bool) -> None:
    assert reports(fold(text)) is reported
