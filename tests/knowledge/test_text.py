"""Folding, words and sound: what makes two spellings of one question the same."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text import fold, fold_with_origin, grams, sounds, stem, syllables, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("發票抬頭怎麼開？", "发票抬头怎么开?"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("Café\u200b Zoë", "cafe zoe"),
        ("退 款 到 哪", "退款到哪"),
        ("iPhone 15  到貨", "iphone 15 到货"),
        ("第一行\n第二行", "第一行第二行"),
        ("", ""),
    ],
)
def test_one_spelling(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=60))
def test_folding_again_changes_nothing_and_never_more_than_doubles(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert len(folded) <= 2 * len(text)
    with_origin = fold_with_origin(text)
    assert with_origin.text == folded
    assert len(with_origin.origin) == len(folded)
    assert with_origin.origin == sorted(with_origin.origin)


def test_the_origin_leads_back_to_what_was_written() -> None:
    written = "  我的ＯＲＤＥＲ 號"
    folded = fold_with_origin(written)
    start = folded.text.index("order")
    begin, end = folded.span(start, start + 5)
    assert written[begin:end] == "ＯＲＤＥＲ"


def test_a_long_message_is_folded_in_a_millisecond() -> None:
    message = ("我想問一下，發票　抬頭怎麼開？ＡＢＣ Café " * 80)[:2_000]
    fold(message)
    best = min(_seconds(message) for _ in range(20))
    assert best < 0.001


def _seconds(message: str) -> float:
    began = time.perf_counter()
    fold(message)
    return time.perf_counter() - began


def test_words_of_both_languages() -> None:
    assert words("发票抬头怎么开") == ["发票", "抬头", "怎么", "开"]
    assert words("my deliveries haven't arrived, order 12") == [
        "my",
        "deliv",
        "have",
        "not",
        "arriv",
        "order",
        "12",
    ]
    assert words("!?… 。") == []


@pytest.mark.parametrize(
    "family", [("refund", "refunds", "refunded"), ("cancel", "cancelled", "cancelling"), ("send", "sent")]
)
def test_forms_of_a_word_have_one_stem(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


def test_words_that_sound_alike_have_one_key() -> None:
    assert sounds("发漂抬头") == sounds("发票抬头")
    assert sounds("蓝色") == sounds("南色")
    assert syllables("重置app密码2次") == ["chong", "zhi", "app", "mi", "ma", "2", "ci"]


def test_grams_do_not_cross_punctuation_or_scripts() -> None:
    assert grams("退款,ab1", 2, 2) == ["退款", "ab"]
    assert grams("到货", 1, 3) == ["到", "货", "到货"]
