"""What the back office makes of the engine's codes and details."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from django.utils.translation import override

from bot.admin.naming import LEVELS, REASONS, VERDICTS, named
from bot.admin.telling import told, took

CONSOLE: Final = Path(__file__).parents[2] / "static" / "console" / "words" / "bot-en.js"


def codes(group: str) -> set[str]:
    """What the console has words for."""
    return set(re.findall(rf'"{group}\.(\w+)"', CONSOLE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("group", "words"), [("level", LEVELS), ("verdict", VERDICTS), ("handoff", REASONS)])
def test_the_back_office_has_a_word_for_every_code_of_the_console(
    group: str, words: dict[str, object]
) -> None:
    by_the_desk = {"bot_late", "bot_off"} if group == "handoff" else set()
    assert codes(group) - by_the_desk <= set(words)


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    assert named(VERDICTS, "something_new") == "something_new"


def test_details_are_names_and_values() -> None:
    with override("en"):
        shown = told({"threshold": 0.5, "hits": [{"title": "A", "score": 0.91234}], "in_scope": True})
    assert "<dt>needed</dt><dd>0.5</dd>" in shown
    assert "<dd>0.912</dd>" in shown and "<dd>yes</dd>" in shown
    assert "{" not in shown and "[" not in shown


def test_plain_lists_stand_in_a_line_and_nothing_is_a_dash() -> None:
    assert told(["a", "b"]) == "a · b"
    nothing: list[object] = [{}, [], "", None]
    assert [told(one) for one in nothing] == ["–"] * 4


def test_what_visitors_wrote_is_escaped() -> None:
    shown = str(told({"<b>": "<i>", "slots": {"x": ["<u>", {"y": "<s>"}]}}))
    assert not re.search(r"<[bius]>", shown)
    assert "&lt;i&gt;" in shown and "&lt;s&gt;" in shown


def test_a_list_is_cut_and_a_depth_ends() -> None:
    assert str(told([{"a": one} for one in range(50)])).count("<li>") == 12
    deep: object = "end"
    for _ in range(10):
        deep = {"a": deep}
    assert str(told(deep)).count("<dl") == 4


@pytest.mark.parametrize(("microseconds", "shown"), [(58, "58 µs"), (999, "999 µs"), (38_529, "38.5 ms")])
def test_durations_are_for_people(microseconds: int, shown: str) -> None:
    assert took(microseconds) == shown
