"""Clusters of unanswered questions, counts of answers, addresses, safe HTML, contents of versions: pure
rules.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from chat.models import Site
from knowledge.help.rendering import html_of, text_of
from knowledge.learning import counting, unanswered
from knowledge.learning.clustering import Asked, clusters
from knowledge.models import Unanswered
from knowledge.publishing import content, difference
from knowledge.slugs import free_slug, slug_of
from knowledge.text import fold

WORDS = {
    "退": "refund",
    "钱": "refund",
    "发票": "invoice",
    "抬头": "invoice",
    "多久": "how_long",
    "啥时候": "how_long",
}


def concepts_of(folded: str) -> list[str]:
    return [concept for word, concept in WORDS.items() if word in folded]


def asked(*texts: str) -> list[Asked]:
    return [Asked(str(at), fold(text), len(texts) - at) for at, text in enumerate(texts)]


class TestClusters:
    def test_questions_that_share_meaning_stand_together_though_they_share_no_words(self) -> None:
        found = clusters(
            asked("退款多久到账", "钱啥时候回来", "发票抬头写错了", "能换发票抬头吗", "店里有停车位吗"),
            concepts_of,
        )
        assert {frozenset(cluster.ids) for cluster in found} == {
            frozenset({"0", "1"}), frozenset({"2", "3"}), frozenset({"4"}),
        }  # fmt: skip
        assert found[0].ids[0] == "0" and found[0].count == 9

    def test_small_differences_of_writing_are_one(self) -> None:
        found = clusters(
            asked("可以刻字吗", "可以刻字吗？", "可以 刻字 么", "Can I get it engraved"), concepts_of
        )
        assert [cluster.ids for cluster in found] == [("0", "1", "2"), ("3",)]

    def test_nothing_and_much(self) -> None:
        assert clusters([], concepts_of) == []
        many = [Asked(str(at), f"第{at}种茶叶第{at % 7}号问题", 1) for at in range(2000)]
        assert sum(len(cluster.ids) for cluster in clusters(many, concepts_of)) == 2000


def test_unanswered_questions_are_counted_and_kept_short(shop: Site) -> None:
    for query in ("能刻字吗", "能刻字吗", "  能刻字嗎 ", "\x00", "？", "长" * 900):
        unanswered.note([(query, str(shop.pk), "zh")])
    unanswered.note([(query, str(shop.pk), "zh") for query in ("能刻字吗", "能刻字嗎", "能打包吗")])
    rows = {row.query: row.count for row in Unanswered.objects.all()}
    assert rows == {"能刻字吗": 5, "能打包吗": 1, "长" * 300: 1}


def test_uses_are_counted_by_day(db: None) -> None:
    item, site = uuid4(), str(uuid4())
    for what in counting.WHATS:
        counting.count(str(item), site, what)
    counting.count(f"{item}#s3", site, "served", times=4)
    counting.count("graph:7", site, "served")  # a fact has no row to count at
    assert counting.sums([item]) == {item: counting.Sums(5, 1, 1, 1, 1)}


def test_addresses() -> None:
    assert slug_of("怎么退货？") == "zen-me-tui-huo"
    assert slug_of("Track my ORDER!") == "track-my-order"
    assert slug_of("！？") == "x"
    assert len(slug_of("很长的问题" * 40)) <= 60
    assert free_slug("怎么退货", {"zen-me-tui-huo", "zen-me-tui-huo-2"}) == "zen-me-tui-huo-3"


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", "[x](javascript:alert(1))", '<img src=x onerror="alert(1)">',
        "![x](data:text/html,<script>)", '<a href="https://x" style="position:fixed">x</a>',
        "<iframe src=//x>",
    ],
)  # fmt: skip
def test_no_script_gets_out_of_markdown(evil: str) -> None:
    tags = "".join(re.findall(r"<[^>]*>", html_of(evil)))
    for word in ("script", "iframe", "javascript", "onerror", "data:", "style"):
        assert word not in tags, tags


def test_markdown_as_readers_see_it() -> None:
    html = html_of("# 标题\n**粗** [链接](https://x.cn)\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<h3>标题</h3>" in html and "<strong>粗</strong>" in html and "<td>1</td>" in html
    assert 'rel="noopener nofollow"' in html
    assert text_of("**24 小时**内发出。\n\n- 一\n- 二") == "24 小时内发出。 一 二"
    assert text_of("长" * 300).endswith("…") and len(text_of("长" * 300)) == 160


def test_a_version_reads_back_and_becomes_entries() -> None:
    question = content.QuestionContent(
        text="怎么退货", answer="看这里", wordings=("退货",), slug="th",
        links=({"title": "订单", "url": "/o"},), images=({"alt": "图", "url": "https://x/y.png"},),
    )  # fmt: skip
    assert content.question_of(content.plain(question)) == question
    (entry,) = content.question_entries("k", question)
    assert (
        entry.answer == "看这里\n\n![图](https://x/y.png)\n\n- [订单](/o)" and entry.source["url"] == "q/th/"
    )
    parts = (content.SectionContent("一"), content.SectionContent("二", "水温"))
    article = content.ArticleContent(title="冲泡", sections=parts, summary="怎么泡", slug="cp")
    first, second = content.article_entries("a", article)
    assert first.question == "冲泡" and first.similar == ("怎么泡",)
    assert second.id == "a#s2" and second.question == "冲泡 水温" and second.source["url"] == "a/cp/#s2"


def test_differences_are_shown_line_by_line() -> None:
    old = content.QuestionContent(text="问", answer="一\n二")
    new = content.QuestionContent(text="问", answer="一\n三")
    kinds: list[tuple[Any, str]] = [(line.kind, line.text) for line in difference.between(old, new)]
    assert ("removed", "二") in kinds and ("added", "三") in kinds and ("same", "一") in kinds
    assert all(line.kind == "added" for line in difference.between(None, new))
