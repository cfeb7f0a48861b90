"""The search index: what it finds, what it leaves out, that it can be kept and replaced, and how good it
is."""

import time
from pathlib import Path

import pytest

from bot.evaluation.retrieval import read_base, run
from knowledge.lexicon import Lexicon
from knowledge.search import ANSWER_AT, OFFER_AT, Entry, SearchIndex

DATA = Path(__file__).with_name("data")
BASE = DATA / "service_base.jsonl"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def service(lexicon: Lexicon) -> SearchIndex:
    return SearchIndex.build(read_base(BASE), lexicon)


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("退款多久到账", "r02"),
        ("退的钱什么时候回来", "r02"),  # another wording of it
        ("忘記密碼怎麼辦", "a01"),  # traditional
        ("发漂抬头写错了", "i02"),  # homophone
        ("收到的东西是怀的", "s06"),  # typing error
        ("能不能改一下收货地址", "o03"),
        ("How long until my refund arrives?", "E05"),
        ("I forgot my pasword", "E10"),
        ("ＤＯ ＹＯＵ ＳＨＩＰ ＩＮＴＥＲＮＡＴＩＯＮＡＬＬＹ", "E13"),
    ],
)
def test_finds_what_is_asked(service: SearchIndex, query: str, entry: str) -> None:
    hit = service.search(query)[0]
    assert hit.id == entry
    assert hit.score >= OFFER_AT
    assert all(0 <= part <= 1 for part in hit.parts.values())


def test_the_matched_wording_is_the_nearest_one(service: SearchIndex) -> None:
    assert service.search("退的钱什么时候回来呀")[0].matched == "退的钱什么时候回来"


@pytest.mark.parametrize("query", ["今天天气怎么样", "一加一等于几", "sing me a lullaby about bears"])
def test_what_is_none_of_its_business_is_not_answered(service: SearchIndex, query: str) -> None:
    assert all(hit.score < ANSWER_AT for hit in service.search(query))


@pytest.mark.parametrize("query", ["", "   ", "？！…", "\u200b", "𠮷𠮷𠮷", "\ud800"])
def test_nothing_to_go_by_finds_nothing_wrong(service: SearchIndex, query: str) -> None:
    assert all(hit.score < ANSWER_AT for hit in service.search(query))


def test_scores_fall_and_entries_come_once(service: SearchIndex) -> None:
    hits = service.search("怎么退货退款", limit=10)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.id for hit in hits}) == len(hits) == 10


def test_a_hint_turns_a_follow_up(lexicon: Lexicon) -> None:
    entries = [
        Entry("a", question="退货的运费谁出", answer="质量问题我们出。"),
        Entry("b", question="开发票要钱吗", answer="不要。"),
        Entry("c", question="几点下班", answer="六点。"),
    ]
    index = SearchIndex.build(entries, lexicon)
    named = lexicon.concepts("退货")
    plain = {hit.id: hit.score for hit in index.search("谁出")}
    hinted = {hit.id: hit.score for hit in index.search("谁出", concepts_hint=named)}
    assert next(iter(hinted)) == "a"
    assert hinted["a"] >= plain["a"]


def test_site_language_and_time_limit_what_is_found(lexicon: Lexicon) -> None:
    entries = [
        Entry("here", question="怎么退货", site="s1"),
        Entry("there", question="怎么退货", site="s2"),
        Entry("anywhere", question="怎么退货呀", language="zh"),
        Entry("over", question="怎么退货", valid_to=1_000),
        Entry("coming", question="怎么退货", valid_from=9_000),
    ]
    index = SearchIndex.build(entries, lexicon)

    def found(**limits: object) -> set[str]:
        return {hit.id for hit in index.search("怎么退货", **limits)}  # type: ignore[arg-type]

    assert found(now_ms=5_000) == {"here", "there", "anywhere"}
    assert found(now_ms=5_000, site="s1") == {"here", "anywhere"}
    assert found(now_ms=999, site="s2") == {"there", "anywhere", "over"}
    assert found(now_ms=9_000, site="s3", language="en") == {"coming"}
    assert found(now_ms=5_000, site="s3", language="zh") == {"anywhere"}


def test_an_empty_base_finds_nothing(lexicon: Lexicon) -> None:
    index = SearchIndex.build([], lexicon)
    assert index.search("退款") == []
    assert SearchIndex.from_bytes(index.to_bytes(), lexicon).search("退款") == []


def test_a_snapshot_is_the_same_index(service: SearchIndex, lexicon: Lexicon) -> None:
    again = SearchIndex.from_bytes(service.to_bytes(), lexicon)
    for query in ("退款多久到账", "我那钱呢", "where is my parcel"):
        assert again.search(query) == service.search(query)
    assert again.entry("r02") == service.entry("r02")
    with pytest.raises(ValueError, match="snapshot"):
        SearchIndex.from_bytes(b"something else", lexicon)


def test_a_snapshot_of_another_lexicon_is_analysed_anew(service: SearchIndex) -> None:
    other = Lexicon.load(extra={"syn:门面": ["门面"], "self_pickup_point": ["门面", "门店自提"]})
    again = SearchIndex.from_bytes(service.to_bytes(), other)
    assert again.search("能去门面拿吗")[0].id == "s10"


def test_a_change_is_found_at_once_and_the_rest_kept(service: SearchIndex, lexicon: Lexicon) -> None:
    changed = [entry for entry in service.entries() if entry.id != "h04"]
    changed.append(Entry("new", question="可以带鹦鹉入住吗", answer="可以。"))
    again = SearchIndex.build(changed, lexicon, previous=service)
    assert again.search("可以带鹦鹉入住吗")[0].id == "new"
    with pytest.raises(KeyError):
        again.entry("h04")
    fresh = SearchIndex.build(changed, lexicon)
    for query in ("退款多久到账", "能带鹦鹉吗", "payment failed"):
        assert again.search(query) == fresh.search(query)


def test_passages_are_found_by_what_they_say(lexicon: Lexicon) -> None:
    entries = [
        Entry(
            "p1",
            kind="passage",
            question="配送范围",
            answer="西藏、新疆的订单由邮政承运，另收偏远地区附加费。",
        ),
        Entry("p2", kind="passage", question="保养方法", answer="真皮包请避免暴晒，用软布擦拭。"),
    ]
    index = SearchIndex.build(entries, lexicon)
    assert index.search("偏远地区附加费多少")[0].id == "p1"
    assert index.search("真皮包怎么擦")[0].id == "p2"


def test_fresh_questions_of_all_kinds_find_their_entry() -> None:
    """Regressions of lexicon, ranking or weights show here: measured 75 of 100 first, 91 among five."""
    found = run({"base": BASE, "queries": DATA / "service_queries.jsonl", "oos": DATA / "service_oos.jsonl"})
    assert found["r1"] >= 0.70
    assert found["r5"] >= 0.87
    assert found["wrong"] <= 0.09
    assert found["answered"] >= 0.55
    assert found["oos_answered"] <= 0.25


def test_thousands_of_entries_are_searched_in_milliseconds(lexicon: Lexicon) -> None:
    entries = [
        Entry(f"{number} {word}", question=f"第{number}号商品{word}怎么办", answer="请联系客服。")
        for number in range(1_000)
        for word in ("坏了", "没收到", "想退货")
    ]
    index = SearchIndex.build(entries, lexicon)
    spent = []
    for number in range(100, 200):
        began = time.process_time()
        hits = index.search(f"我买的第{number}号商品还没收到")
        spent.append(time.process_time() - began)
        assert index.entry(hits[0].id).question == f"第{number}号商品没收到怎么办"
    assert sorted(spent)[50] < 0.02
