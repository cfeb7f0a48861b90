"""The matcher of the concept lexicon, on a small lexicon of its own; and that the shipped one can be read."""

import time
from pathlib import Path

import pytest

from knowledge.lexicon import BadLexicon, Lexicon
from knowledge.text import fold

SMALL = """
[shipping]
name = {zh = "物流", en = "shipping"}
zh = ["物流", "快递"]
en = ["shipping", "parcel"]
[arrive]
name = {zh = "到货", en = "arrival"}
broader = ["shipping"]
zh = ["到货", "收到", "没…影儿", "什么时候能到"]
en = ["arrive", "get … here"]
[refund]
name = {zh = "退款", en = "refund"}
zh = ["退款", "把钱退"]
en = ["refund", "money back"]
[invoice]
name = {zh = "发票", en = "invoice"}
zh = ["发票", "发票抬头"]
[vip]
name = {zh = "会员", en = "membership"}
zh = ["vip", "会员"]
"""


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    return Lexicon.load(folder, {"syn:小金卡": ["小金卡", "gold card"], "refund": ["钱还我"], "vip": [" "]})


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("都一周了还没个影儿，总得给个说法吧", ["arrive"]),
        ("没，今天天气真好，影儿", []),  # the gap is longer than six characters
        ("没。影儿", []),  # another sentence
        ("還沒收到", ["not:arrive"]),
        ("能不能退款", ["refund"]),
        ("不能退款", ["not:refund"]),
        ("快点把钱还我", ["refund"]),
        ("发票抬头", ["invoice"]),
        ("发漂抬头", ["invoice"]),  # sounds like it, and is no word of its own
        ("It hasn't arrived yet. I want my money back", ["not:arrive", "refund"]),
        ("when will my parcels get over here", ["shipping", "arrive"]),
        ("svip", []),
        ("成为 VIP", ["vip"]),
        ("小金卡 or Gold Cards?", ["syn:小金卡"]),
        ("", []),
    ],
)
def test_concepts(lexicon: Lexicon, text: str, concepts: list[str]) -> None:
    assert lexicon.concepts(fold(text)) == concepts


def test_an_operator_takes_expressions_away(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    changed = Lexicon.load(tmp_path, {"arrive": ["- 没…影儿", "-ARRIVE", "到手"], "vip": ["-vip", "-会员"]})
    assert changed.concepts(fold("还没个影儿，什么时候能到手")) == ["arrive"]
    assert changed.concepts(fold("都没影儿")) == [] and changed.concepts(fold("it arrived")) == []
    assert changed.concepts(fold("成为会员")) == []


def test_mentions_say_where_and_how(lexicon: Lexicon) -> None:
    text = fold("发 票 iphone 到货")
    found = [(mention.concept, text[mention.start : mention.end]) for mention in lexicon.mentions(text)]
    assert found == [("invoice", "发票"), ("arrive", "到货")]
    (heard,) = lexicon.mentions("退宽")
    assert (heard.concept, heard.sounding) == ("refund", True)
    assert lexicon.mentions("退宽", sounding=False) == []


def test_what_a_concept_is_a_kind_of(lexicon: Lexicon) -> None:
    assert lexicon.broader("arrive") == ("shipping",)
    assert lexicon.broader("nobody") == ()
    assert lexicon.concept("arrive").zh == "到货"
    assert "钱还我" in lexicon.expressions("refund")


@pytest.mark.parametrize(
    "broken",
    [
        '[a]\nname = {zh = "甲"}\nbroader = ["nowhere"]\nzh = ["甲"]',
        '[a]\nname = {zh = "甲"}\nzh = ["…"]',
        '[a]\nname = {zh = "甲"}\nwords = ["甲"]',
        "[a\n",
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / "a.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(BadLexicon):
        Lexicon.load(tmp_path)


def test_a_concept_told_twice_is_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text('[a]\nname = {zh = "甲"}\nzh = ["甲"]', encoding="utf-8")
    with pytest.raises(BadLexicon, match="twice"):
        Lexicon.load(tmp_path)


def test_no_files_no_concepts(tmp_path: Path) -> None:
    assert Lexicon.load(tmp_path / "nowhere").concepts("退款") == []


def test_the_shipped_lexicon_matches_a_hostile_message_fast() -> None:
    lexicon = Lexicon.load()
    message = ("不没还什么时候能不能退款to the not get " * 80)[:2_000]
    lexicon.mentions(message)
    began = time.perf_counter()
    lexicon.mentions(message)
    assert time.perf_counter() - began < 0.25
