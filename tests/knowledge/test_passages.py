"""Articles cut into passages."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.search import Passage, passages


def test_passages_stand_under_their_headings() -> None:
    article = (
        "开头一段。\n\n# 退货\n\n七天内可退。\n\n"
        "## 运费\n\n质量问题我们出。\n\n```\n# 不是标题\n```\n# 换货\n可换一次。"
    )
    assert passages(article) == [
        Passage((), "开头一段。"),
        Passage(("退货",), "七天内可退。"),
        Passage(("退货", "运费"), "质量问题我们出。\n\n```\n# 不是标题\n```"),
        Passage(("换货",), "可换一次。"),
    ]


def test_long_paragraphs_are_cut_at_sentences() -> None:
    sentence = "这是一句三十个字左右的话，用来把一段凑得很长很长很长。"
    found = passages(sentence * 40)
    assert all(len(passage.text) <= 400 and passage.text.endswith("。") for passage in found)
    assert "".join(passage.text for passage in found) == sentence * 40


@given(st.text(alphabet="#一二。.\n a`", max_size=300))
def test_nothing_is_lost_and_nothing_too_long(text: str) -> None:
    found = passages(text, 40)
    assert all(0 < len(passage.text) <= 40 for passage in found)
    kept = "".join(passage.text for passage in found)
    assert kept.count("一") <= text.count("一")
