"""Laws of grams: whatever holds a term holds its grams, and matches stand where they say."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chat.search.grams import grams, matches, snippet, terms, wanted

_WORDS = st.text(alphabet="退货款订单abcAB12 的ｘ①é\u3000\n", min_size=1, max_size=60)


@given(_WORDS, st.data())
def test_every_substring_is_found(text: str, data: st.DataObject) -> None:
    """Any piece of a text is found in it: by grams and by the words."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    asked = terms(text[start:end])
    assert wanted(asked) <= grams(text)
    assert matches(text, asked) is not None


@given(_WORDS, _WORDS)
def test_nothing_else_is_found(text: str, query: str) -> None:
    """Whatever matches really holds every word."""
    asked = terms(query)
    found = matches(text, asked)
    flat = unicodedata.normalize("NFKC", text).casefold()
    if found is None:
        assert any(word not in " ".join(flat.split()) for word in asked)
    else:
        assert all(start < end <= len(text) for start, end in found)
        assert found == sorted(found)
        assert all(word in flat for word in asked)


def test_width_and_case_do_not_matter() -> None:
    """Full-width letters, capitals and half-width forms are one."""
    assert matches("订单ＡＢ１２", terms("ab12")) == [(2, 6)]
    assert matches("Order AB-12", terms("ORDER ab")) == [(0, 5), (6, 8)]


def test_a_snippet_marks_matches_in_utf16() -> None:
    """An emoji before the match counts two units, as in a browser."""
    text = "😀" * 3 + "我要退货"
    window, spans = snippet(text, matches(text, ["退货"]) or [])
    assert window.encode("utf-16-le")[spans[0][0] * 2 : spans[0][1] * 2].decode("utf-16-le") == "退货"


def test_a_long_text_is_cut_around_the_match() -> None:
    """The window stays near its width and holds the match."""
    text = "前" * 500 + "退货" + "后" * 500
    window, spans = snippet(text, matches(text, ["退货"]) or [], width=80)
    assert len(window) <= 82
    assert window[spans[0][0] : spans[0][1]] == "退货"
