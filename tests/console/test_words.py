"""Every word of the console exists in both languages, and every word that is asked for exists."""

import re
from pathlib import Path

import pytest

CONSOLE = Path(__file__).resolve().parent.parent.parent / "static" / "console"


def words(name: str) -> dict[str, str]:
    """Key → text of one language, all its dictionaries together."""
    paths = sorted((CONSOLE / "words").glob(f"*{name}"))
    text = "".join(path.read_text() for path in paths)
    found = re.findall(r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', text, re.MULTILINE)
    assert len(paths) > 1
    return dict(found)


def test_both_languages_have_the_same_words() -> None:
    english, chinese = words("en.js"), words("zh-cn.js")
    plurals = {key for key in english if key.endswith("_one")}
    assert set(english) - plurals == set(chinese)


@pytest.mark.parametrize("name", ["en.js", "zh-cn.js"])
def test_the_same_places_are_filled_in(name: str) -> None:
    english, other = words("en.js"), words(name)
    for key, text in other.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_no_english_is_left_in_the_chinese() -> None:
    same = {key for key, text in words("zh-cn.js").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert same == {"event.other", "list.comma"}, "a name that is passed through, and a comma"


def test_every_word_asked_for_exists() -> None:
    known = words("en.js")
    asked = {
        key
        for path in CONSOLE.rglob("*.js")
        for key in re.findall(
            r'\b(?:t|say)\(\s*"([a-z_.]+)"', re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        )
    }
    assert len(asked) > 80
    assert asked - set(known) == set()
