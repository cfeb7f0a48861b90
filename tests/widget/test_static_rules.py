"""Rules of the visitor's files that a reader would otherwise have to keep an eye on."""

from __future__ import annotations

import re

import pytest

from tests.widget.sources import STATIC, TEMPLATES, read, visitor_scripts

_WORDS = {
    "en": ("widget/words-en.js", "widget/more-en.js"),
    "zh-CN": ("widget/words-zh-cn.js", "widget/more-zh-cn.js"),
}
_ENTRY = re.compile(r'^  (\w+): "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
_PLURAL = re.compile(r"_(one|other|two|few|many|zero)$")
#: Keys that the code puts together: prefix → the values that follow it.
_BUILT = {
    "star_": ("1", "2", "3", "4", "5"),
    "status_": ("online", "away", "full", "active", "closed", "bot"),
    "leave_": ("online", "away", "closed", "full", "name", "email", "phone", "text"),
    "leave_bad_": ("name", "email", "phone", "text"),
    "error_": (
        *("file_gone", "rate_limited", "conversation_closed", "too_large"),
        *("file_type_not_allowed", "unsupported_media_type", "not_found"),
    ),
}


def words(locale: str) -> dict[str, str]:
    """What one language has: the words of the page and of its later parts; none is in both."""
    source = "".join(read(name) for name in _WORDS[locale])
    found = dict(_ENTRY.findall(source))
    assert len(found) == source.count('",\n'), 'every line of a dictionary is `  key: "text",`'
    return found


def used_keys() -> set[str]:
    """Every key that the visitor's scripts can ask for."""
    found: set[str] = set()
    for name in visitor_scripts():
        if name.startswith("widget/") and not name.startswith(("widget/words-", "widget/more-")):
            source = read(name)
            found |= set(re.findall(r"""\bt\(\s*["'](\w+)["']""", source))
            found |= {
                key
                for key in re.findall(r"""["']([a-z]+(?:_[a-z0-9]+)*)["']""", source)
                if key in words("en")
            }
    for prefix, values in _BUILT.items():
        found |= {prefix + value for value in values}
    return found


def test_both_languages_have_every_key() -> None:
    english, chinese = words("en"), words("zh-CN")
    assert {_PLURAL.sub("", key) for key in english} == {_PLURAL.sub("", key) for key in chinese}
    for key, text in english.items():
        # Chinese knows no plural forms: its one text is named like the English general one.
        translated = chinese.get(key) or chinese[_PLURAL.sub("_other", key)]
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", translated)), key
        assert text.strip() and translated.strip(), key


def test_chinese_is_chinese() -> None:
    for key, text in words("zh-CN").items():
        said = re.sub(r"\{\w+\}", "", text)
        assert not re.search(r"[A-Za-z]", said), key


def test_every_key_that_is_used_exists_and_every_key_that_exists_is_used() -> None:
    bare = {_PLURAL.sub("", key) for key in words("en")}
    assert {_PLURAL.sub("", key) for key in used_keys()} == bare


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_pages_hold_no_inline_script_or_style(template: str) -> None:
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style\b", source)
    assert not re.search(r"\son[a-z]+\s*=", source)
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", source, re.DOTALL):
        assert "src=" in attributes and body == ""


@pytest.mark.parametrize("name", visitor_scripts())
def test_scripts_build_no_markup_and_call_nobody_else(name: str) -> None:
    source = read(name)
    assert not re.search(
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", source
    )
    addresses = set(re.findall(r"https?://[\w.-]+", source))
    assert addresses <= {"http://www.w3.org"}


def test_styles_take_colours_from_the_tokens_only() -> None:
    for name in ("widget", "extras", "answers"):
        name = f"widget/{name}.css"
        source = re.sub(r"/\*.*?\*/", "", read(name), flags=re.DOTALL)
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", source), name
        used = set(re.findall(r"var\((--[\w-]+)", source))
        tokens = set(re.findall(r"^\s+(--[\w-]+):", read("shared/tokens.css"), re.MULTILINE))
        assert used - tokens <= {"--view-height", "--view-top"}, name


def test_styles_and_pages_load_nothing_from_elsewhere() -> None:
    for path in [
        *(STATIC / "widget").glob("*.css"),
        *(STATIC / "shared").glob("*.css"),
        *TEMPLATES.glob("*.html"),
    ]:
        source = path.read_text(encoding="utf-8")
        assert "@import" not in source
        assert not re.search(r"""(?:url\(|src=|href=)["']?(?:https?:)?//""", source), path.name


def test_both_themes_name_the_same_tokens() -> None:
    source = read("shared/tokens.css")
    blocks = re.findall(r"color-scheme: dark;(.*?)\}", source, re.DOTALL)
    assert len(blocks) == 2
    system, forced = (re.findall(r"(--[\w-]+): ([^;]+);", block) for block in blocks)
    assert system == forced
