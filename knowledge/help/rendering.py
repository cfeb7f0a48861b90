"""Markdown as HTML that may stand on our pages: no raw HTML gets in, no script or style gets out. Pure."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
_TAGS: Final = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img", "h3",
    "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_BLOCK: Final = re.compile(r"</(?:p|li|h\d|td|th|pre)>|<br")
_SPACES: Final = re.compile(r"\s+")


def html_of(markdown: str) -> str:
    """The text as safe HTML. Headings begin at the third level: the page has its own above them."""
    shifted = re.sub(r"^(#{1,4})(?=[ \t])", r"##\1", markdown, flags=re.MULTILINE)
    return nh3.clean(
        _MARKDOWN.render(shifted), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
    )  # fmt: skip


def text_of(markdown: str, longest: int = 160) -> str:
    """The words of it in one line, for descriptions and lists."""
    plain = nh3.clean(_BLOCK.sub(r" \g<0>", _MARKDOWN.render(markdown)), tags=set())
    line = _SPACES.sub(" ", unescape(plain)).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
