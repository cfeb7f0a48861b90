"""The first rule that fits decides where a conversation goes."""

from __future__ import annotations

import pytest

from agents.routing.rules import Facts, Rule, first_match, fits

FACTS = Facts(
    page_url="https://shop.example.com/zh/Refund?order=7",
    page_title="退款 – 商店",
    language="zh-CN",
    channel="h5",
    text="  我要退款！",
    attributes={"plan": "Gold", "age": 30, "vip": True, "none": None},
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("page_url", "contains", "/refund"), True),
        (Rule("page_url", "starts_with", "HTTPS://SHOP"), True),
        (Rule("page_url", "equals", "https://shop.example.com"), False),
        (Rule("page_title", "contains", "退款"), True),
        (Rule("text", "starts_with", "我要"), True),
        (Rule("text", "contains", "发票"), False),
        (Rule("channel", "equals", "h5"), True),
        (Rule("language", "equals", "zh"), True),
        (Rule("language", "equals", "zh-Hant"), False),
        (Rule("language", "starts_with", "zh"), True),
        (Rule("attribute", "equals", "gold", attribute="plan"), True),
        (Rule("attribute", "equals", "30", attribute="age"), True),
        (Rule("attribute", "equals", "true", attribute="vip"), True),
        (Rule("attribute", "contains", "none", attribute="none"), False),
        (Rule("attribute", "contains", "gold", attribute="other"), False),
        (Rule("text", "contains", "  "), False),
    ],
)
def test_fits(rule: Rule, expected: bool) -> None:
    assert fits(rule, FACTS) is expected


def test_an_unknown_language_is_no_language() -> None:
    assert not fits(Rule("language", "equals", "zh"), Facts())


def test_the_first_that_fits_wins() -> None:
    rules = [
        Rule("text", "contains", "invoice", group="g1"),
        Rule("text", "contains", "退款", group="g2", skills=("k1",), priority=3),
        Rule("channel", "equals", "h5", group="g3"),
    ]
    assert first_match(rules, FACTS) == rules[1]
    assert first_match(rules[:1], FACTS) is None
