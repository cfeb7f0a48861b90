"""Level 1: what rules match, under which conditions, and what is refused before it is kept."""

from __future__ import annotations

import string
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.state import DialogState
from bot.engine import Asked
from bot.strategies.base import Context
from bot.strategies.rules import (
    CONDITIONS,
    MAX_TRIED,
    MAX_WITHOUT_LITERAL,
    BadRule,
    RuleBook,
    Rules,
    RuleSpec,
    check_pattern,
    literal_of,
    parse_keywords,
)
from knowledge.text import fold

FRIDAY = datetime(2026, 11, 20, 10, 30)


def context(text: str, **more: Any) -> Context:
    """A message as the levels get it, on a Friday morning."""
    asked = Asked(text, FRIDAY, "site", DialogState())
    given_ = {"now": FRIDAY, "site": "site", "language": "zh", **more}
    return Context(
        text=text, folded=fold(text), state=DialogState(), entities=(), asked=asked,
        predictor=lambda: None, retriever=lambda _query: (), **given_,
    )  # fmt: skip


def rule(kind: str, *expressions: str, **more: Any) -> RuleSpec:
    """A rule named after its kind."""
    return RuleSpec(f"{kind}-id", kind, kind, expressions, **{"answer": "yes", **more})


def names(book: RuleBook, text: str) -> list[str]:
    """The rules a message meets."""
    return [found.name for found in book.matching(fold(text))]


@pytest.mark.parametrize(
    ("spec", "hit", "miss"),
    [
        (rule("exact", "你好"), "你好！", "你好吗"),
        (rule("exact", "HELLO there"), "hello there.", "hello"),
        (rule("keyword", "退款+多久"), "多久能退款", "退款"),
        (rule("keyword", "退款-红包"), "我要退款", "退款的红包"),
        (rule("keyword", "包郵"), "包邮吗", "邮费"),
        (rule("pattern", r"(什么时候|多久).{0,6}发货"), "什么时候能发货", "发货"),
        (rule("pattern", r"^\d{6}$"), "123456", "12345"),
    ],
)
def test_a_rule_meets_what_it_says(spec: RuleSpec, hit: str, miss: str) -> None:
    book = RuleBook([spec])
    assert names(book, hit) == [spec.name]
    assert names(book, miss) == []


def test_the_highest_priority_goes_first() -> None:
    book = RuleBook([rule("keyword", "退", priority=1), rule("exact", "退款", priority=9)])
    assert names(book, "退款") == ["exact", "keyword"]


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ({"page": "/cart"}, True),
        ({"page": "/help"}, False),
        ({"hours": ["09:00", "18:00"]}, True),
        ({"hours": ["22:00", "08:00"]}, False),
        ({"hours": ["22:00", "11:00"]}, True),
        ({"weekdays": [4]}, True),
        ({"weekdays": [5, 6]}, False),
        ({"languages": ["en"]}, False),
        ({"attributes": {"level": "gold"}}, True),
        ({"attributes": {"level": "gold", "city": "x"}}, False),
        ({"min_priority": 5}, True),
        ({"min_priority": 6}, False),
        ({"moon": "full"}, False),
        ({"page": "/cart", "weekdays": [5]}, False),
    ],
)
def test_all_conditions_must_hold(conditions: dict[str, Any], met: bool) -> None:
    level = Rules(RuleBook([rule("keyword", "退款", conditions=conditions)]))
    about = context(
        "退款", page={"url": "https://shop.example/CART/1"},
        visitor={"priority": 5, "attributes": {"level": "gold"}},
    )  # fmt: skip
    assert (level.match(about) is not None) is met
    assert set(conditions) - {"moon"} <= set(CONDITIONS)


def test_another_sites_rule_is_none_of_ours() -> None:
    level = Rules(RuleBook([rule("keyword", "退款", site="other")]))
    assert level.match(context("退款")) is None


def test_a_rule_that_hands_over_says_so() -> None:
    level = Rules(RuleBook([rule("keyword", "大单", answer="", to_people=True, group="vip")]))
    answer = level.match(context("我要下大单"))
    assert answer is not None and answer.handover is not None
    assert (answer.outcome, answer.handover.reason, answer.handover.group) == ("handed", "rule", "vip")


@pytest.mark.parametrize("pattern", ["(", r"(?=x)a", r"(a)\1", ".*", "x?", "a" * 501])
def test_patterns_that_cannot_be_are_refused(pattern: str) -> None:
    with pytest.raises(BadRule):
        check_pattern(pattern)


def test_a_keyword_expression_needs_a_word() -> None:
    assert parse_keywords("退款 + 多久-红包") == (["退款", "多久"], ["红包"])
    for nothing in ("", "-红包", " + "):
        with pytest.raises(BadRule):
            parse_keywords(nothing)


def test_few_patterns_may_do_without_a_word() -> None:
    plain = [rule("pattern", rf"\d{{{length}}}") for length in range(2, 2 + MAX_WITHOUT_LITERAL)]
    assert len(RuleBook(plain)) == MAX_WITHOUT_LITERAL
    with pytest.raises(BadRule):
        RuleBook([*plain, rule("pattern", r"[a-z]{9}")])


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (r"(什么时候|多久).{0,6}发货", "发货"),
        (r"订单\d+退款吧", "退款吧"),
        (r"(退款)+", "退款"),
        (r"(退款)?", ""),
        (r"[ab]c", ""),
        (r"(?i)Refund", "refund"),
    ],
)
def test_the_literal_is_one_every_match_holds(pattern: str, literal: str) -> None:
    assert literal_of(pattern) == literal


def test_a_hostile_message_has_few_patterns_tried() -> None:
    book = RuleBook([rule("pattern", f"退款.*{number}$", priority=-number) for number in range(500)])
    assert len(names(book, "退款" * 900 + "3")) <= MAX_TRIED


@given(st.text(alphabet="退款多久快递" + string.ascii_lowercase + " +-", max_size=30), st.text(max_size=60))
def test_nothing_a_visitor_writes_breaks_a_book(expression: str, text: str) -> None:
    try:
        book = RuleBook([rule("keyword", expression), rule("exact", expression)])
    except BadRule:
        return
    needed, forbidden = parse_keywords(expression)
    folded = fold(text)[:2000]
    meets = all(word in folded for word in needed) and not any(word in folded for word in forbidden)
    assert ("keyword" in names(book, text)) is meets
