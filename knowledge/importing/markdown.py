"""Markdown: headings become questions or articles. Pure.

A heading that asks ("…？", "Q: …", or marked `<!-- question -->`) is a question, and what stands below it
its answer; the heading above it is its category. A top heading without questions, or marked
`<!-- article -->`, is an article, and the headings below it its sections. What a question has beside that
stands in comments below its heading, which no reader sees:

    ## 多久发货？
    <!-- id: zh-012 -->
    <!-- similar: 什么时候发货 | 几天能发 -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from knowledge.importing.items import (
    ArticleItem,
    Item,
    QuestionItem,
    language_of,
    split_wordings,
    text_of,
)

_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_COMMENT: Final = re.compile(r"^\s*<!--\s*([a-z_]+)\s*(?::\s*(.*?))?\s*-->\s*$")
_ASKS: Final = re.compile(r"^(?:q|question|问|问题)\s*\d*\s*[:：.、]\s*", re.IGNORECASE)
_SAYS: Final = re.compile(r"^(?:a|answer|答|回答)\s*[:：]\s*", re.IGNORECASE)


class Block(msgspec.Struct):
    """A heading with what stands below it, up to the next heading. `level` 0: text before any heading."""

    line: int
    level: int
    heading: str
    lines: list[str]
    marks: dict[str, str]

    @property
    def text(self) -> str:
        """What stands below the heading."""
        return "\n".join(self.lines).strip()

    @property
    def asks(self) -> bool:
        """Whether the heading is a question."""
        plain = self.heading.rstrip(" *_").rstrip()
        return "question" in self.marks or plain.endswith(("?", "？")) or bool(_ASKS.match(self.heading))


def read_markdown(data: bytes, name: str = "") -> Iterator[Item]:
    """Questions and articles of a file; `name` titles a text without headings. Raises `BadFile`."""
    return items_of(text_of(data), name)


def items_of(text: str, name: str = "", source_url: str = "") -> Iterator[Item]:
    """The same of a text."""
    blocks = list(split(text))
    at = 0
    while at < len(blocks):
        end = at + 1
        while end < len(blocks) and blocks[end].level > max(1, blocks[at].level):
            end += 1
        if blocks[at].level == 0 and len(blocks) > 1 and not blocks[at].text:
            end = at + 1
        yield from _part(blocks[at:end], name, source_url)
        at = end


def split(text: str) -> Iterator[Block]:
    """The text by headings; those inside fenced code are none."""
    block = Block(1, 0, "", [], {})
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif line.strip().startswith(fence):
                fence = ""
        heading = None if fence else _HEADING.match(line)
        comment = None if fence else _COMMENT.match(line)
        if heading is not None:
            yield block
            block = Block(number, len(heading[1]), heading[2].strip(), [], {})
        elif comment is not None:
            block.marks[comment[1]] = comment[2] or ""
        else:
            block.lines.append(line)
    yield block


def _part(blocks: list[Block], name: str, source_url: str) -> Iterator[Item]:
    """One top heading with everything below it."""
    first, below = blocks[0], blocks[1:]
    if first.level == 0 and not first.text and not below:
        return
    marked = "article" in first.marks
    below = below if marked else _gathered([first, *below])[1:]
    if first.asks and not marked:
        yield _question(first, "")
        yield from _catalogue(msgspec.structs.replace(first, heading=""), below)
        return
    asking = [block for block in below if block.asks and not marked]
    if asking and 2 * len(asking) >= len([block for block in below if block.text]):
        yield from _catalogue(first, below)
        return
    title = first.heading or name
    pieces = [("", first.text), *((block.heading, block.text) for block in below)]
    sections = tuple((heading, text) for heading, text in pieces if text)
    if title and sections:
        yield ArticleItem(
            line=first.line, title=title, sections=sections, summary=first.marks.get("summary", ""),
            source_url=source_url, category=first.marks.get("category", ""), language=_language(first),
        )  # fmt: skip


def _gathered(blocks: list[Block]) -> list[Block]:
    """Headings below a question that ask nothing are part of its answer: lines in bold."""
    found: list[Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if last is not None and last.asks and not block.asks and block.level > last.level:
            last.lines.extend(["", f"**{block.heading}**", "", *block.lines])
        else:
            found.append(block)
    return found


def _catalogue(first: Block, below: list[Block]) -> Iterator[Item]:
    """Questions below headings that name their categories."""
    category = first.heading.strip("-")
    for block in below:
        if block.asks:
            yield _question(block, category)
        elif not block.text:
            category = block.heading
        else:
            yield ArticleItem(
                line=block.line, title=block.heading, sections=(("", block.text),), category=category,
                language=_language(block),
            )  # fmt: skip


def _question(block: Block, category: str) -> QuestionItem:
    return QuestionItem(
        line=block.line, text=_ASKS.sub("", block.heading).strip(), answer=_SAYS.sub("", block.text),
        wordings=split_wordings(block.marks.get("similar", "")), key=block.marks.get("id", ""),
        category=block.marks.get("category", category), language=_language(block),
        valid_from=block.marks.get("valid_from", ""), valid_until=block.marks.get("valid_until", ""),
        links=block.marks.get("links", ""), images=block.marks.get("images", ""),
        card=block.marks.get("card", ""),
    )  # fmt: skip


def _language(block: Block) -> str | None:
    try:
        return language_of(block.marks.get("language", ""))
    except ValueError:
        return None
