"""Languages by tag, with Chinese told by script."""

from __future__ import annotations

import pytest

from agents.routing.language import meets, parse, speaks


@pytest.mark.parametrize(
    ("spoken", "wanted", "able"),
    [
        ("zh", "zh-CN", True), ("zh", "zh-TW", True), ("zh-CN", "zh", True), ("zh-TW", "zh", True),
        ("zh-CN", "zh-Hans", True), ("zh-Hans", "zh-CN", True), ("zh-Hans-CN", "zh-SG", True),
        ("zh-CN", "zh-TW", False), ("zh-Hans", "zh-Hant", False), ("zh-HK", "zh-TW", True),
        ("zh-Hant", "zh-HK", True), ("zh-Hant-CN", "zh-CN", False), ("ZH_cn", "zh-hans", True),
        ("en-GB", "en-US", True), ("en", "en-US", True), ("en-US", "en", True), ("en", "fr", False),
        ("es-419", "es-ES", True), ("yue", "zh", False), ("en-x-cn", "en", True), ("en", "", True),
    ],
)  # fmt: skip
def test_meets(spoken: str, wanted: str, able: bool) -> None:
    assert meets(spoken, wanted) is able


def test_no_languages_is_any_and_one_is_enough() -> None:
    assert speaks((), "fr")
    assert speaks(("en", "zh-CN"), "zh-Hans")
    assert not speaks(("en", "zh-CN"), "zh-TW")
    assert speaks(("en",), "")


def test_private_use_names_no_script() -> None:
    assert parse("zh-x-hant") == ("zh", "", "")
    assert parse("zh-cmn-Hant-TW") == ("zh", "hant", "tw")
