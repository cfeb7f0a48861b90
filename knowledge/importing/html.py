"""HTML as Markdown, so that one reader understands both. Pure, without a tree: one pass over the tags.

Only `<main>` or `<article>` counts where there is one; scripts, navigation, headers and footers never do.
`<summary>` and `<dt>` are questions, as on pages of frequently asked ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from knowledge.importing.items import Item, text_of
from knowledge.importing.markdown import items_of

_SKIPPED: Final = {
    "script", "style", "noscript", "template", "svg", "nav", "header", "footer", "aside", "form", "iframe",
    "button", "select", "head",
}  # fmt: skip
_BLOCKS: Final = {
    "p", "div", "section", "article", "main", "dd", "details", "table", "tr", "figure", "address",
}  # fmt: skip
_HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_KEPT: Final = (
    "id", "similar", "language", "category", "valid_from", "valid_until", "links", "images", "card",
    "summary",
)  # fmt: skip
_BLANKS: Final = re.compile(r"[ \t\r\f\v]*\n\s*\n\s*")
_SPACES: Final = re.compile(r"\s+")


def read_html(data: bytes, name: str = "") -> Iterator[Item]:
    """Questions and articles of a page. Raises `BadFile`."""
    return page_items(text_of(data), name)


def page_items(text: str, name: str = "", source_url: str = "") -> Iterator[Item]:
    """The same of a text."""
    markdown, title = to_markdown(text)
    return items_of(markdown, title or name, source_url)


def to_markdown(text: str) -> tuple[str, str]:
    """The page's content as Markdown, and its title."""
    wanted = next((tag for tag in ("main", "article") if re.search(rf"<{tag}[\s>]", text, re.IGNORECASE)), "")
    reader = _Reader(wanted)
    reader.feed(text)
    reader.close()
    return _BLANKS.sub("\n\n", "".join(reader.parts)).strip() + "\n", _SPACES.sub(" ", reader.title).strip()


class _Reader(HTMLParser):
    def __init__(self, wanted: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.title = ""
        self._wanted = wanted
        self._inside = 0 if wanted else 1
        self._skipping = 0
        self._in_title = False
        self._lists: list[tuple[str, int]] = []
        self._targets: list[str] = []
        self._asked = 0
        self._heading = False
        self._marks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a list, a mark, a link."""
        found = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = True
        if tag == self._wanted:
            self._inside += 1
        if tag in _SKIPPED:
            self._skipping += 1
        if self._deaf():
            return
        if tag in ("dd", "dt") and self._heading:
            self._close("dt")  # its end tag is optional
        if tag in _HEADINGS or tag in ("summary", "dt"):
            self._heading = True
            self.parts.append("\n\n" + "#" * _HEADINGS.get(tag, 3) + " ")
        elif tag == "details":
            self._keep(found)
        elif tag == "section" and "data-article" in found:
            self._marks.append("article")
            self._keep(found)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in ("ul", "ol"):
            self._lists.append((tag, 0))
            self.parts.append("\n\n" if len(self._lists) == 1 else "")
        elif tag == "li":
            self._item()
        elif tag == "br":
            self.parts.append(" " if self._heading else "  \n")
        elif tag in ("td", "th"):
            self.parts.append(" | ")
        elif tag == "a":
            target = found.get("href", "")
            self._targets.append(target if target.startswith(("http://", "https://", "mailto:", "/")) else "")
            self.parts.append("[" if self._targets[-1] else "")
        elif tag == "img" and found.get("src", "").startswith(("http://", "https://", "/")):
            self.parts.append(f"![{found.get('alt', '')}]({found['src']})")
        elif tag in _MARKS and not self._heading:
            self.parts.append(_MARKS[tag])

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "title":
            self._in_title = False
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif not self._deaf():
            self._close(tag)
        if tag == self._wanted:
            self._inside = max(0, self._inside - 1)

    def handle_data(self, data: str) -> None:
        """Text, with spaces as a browser shows them."""
        if self._in_title:
            self.title += data
        if self._deaf():
            return
        text = _SPACES.sub(" ", data)
        if text != " " or (self.parts and not self.parts[-1].endswith((" ", "\n"))):
            begins = bool(self.parts) and self.parts[-1].endswith("\n")
            text = text.lstrip() if begins else text
            self.parts.append("\\" + text if begins and text.startswith("#") else text)

    def _close(self, tag: str) -> None:
        if tag in _HEADINGS or tag in ("summary", "dt"):
            self._heading = False
            marks = "".join(f"<!-- {mark} -->\n" for mark in self._marks)
            self._marks = []
            question = "<!-- question -->\n" if tag in ("summary", "dt") else ""
            self.parts.append(f"\n{question}{marks}\n")
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self.parts.append("\n\n" if not self._lists else "")
        elif tag == "a" and self._targets:
            target = self._targets.pop()
            self.parts.append(f"]({target})" if target else "")
        elif tag in _MARKS and not self._heading:
            self.parts.append(_MARKS[tag])
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def _item(self) -> None:
        depth = max(0, len(self._lists) - 1)
        kind, number = self._lists[-1] if self._lists else ("ul", 0)
        if self._lists:
            self._lists[-1] = (kind, number + 1)
        self.parts.append("\n" + "  " * depth + (f"{number + 1}. " if kind == "ol" else "- "))

    def _keep(self, attributes: dict[str, str]) -> None:
        """What our own export says of a question or an article beside its words."""
        for name in _KEPT:
            value = " ".join(attributes.get(f"data-{name.replace('_', '-')}", "").split())
            if value:
                self._marks.append(f"{name}: {value.replace('--', '- -')}")
        self.parts.append("\n\n")

    def _deaf(self) -> bool:
        return self._skipping > 0 or self._inside <= 0
