"""Markdown without its marks, for clients and lists that show plain text. Pure."""

from __future__ import annotations

import re
from typing import Final

_IMAGE: Final = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK: Final = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)[^)\n]*\)")
_HEADING: Final = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_BULLET: Final = re.compile(r"^(\s*)[-*+]\s+", re.MULTILINE)
_QUOTE: Final = re.compile(r"^>\s?", re.MULTILINE)
_STRONG: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS: Final = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_RULE: Final = re.compile(r"^\|?[ \t:|-]*-[ \t:|-]*$\n?", re.MULTILINE)
_ROW: Final = re.compile(r"^\|(.+)\|[ \t]*$", re.MULTILINE)
_BLANKS: Final = re.compile(r"\n{3,}")


def plain(markdown: str) -> str:
    """The words. A link keeps its address in brackets, an image its description, a list its bullets, and the
    cells of a table stand one after the other.

    Every pattern is bounded by a line or a bracket, so the time is linear in the text.

    >>> plain("**Free** over [¥99](https://a.example/fees)")
    'Free over ¥99 (https://a.example/fees)'
    """
    text = _IMAGE.sub(r"\1", markdown)
    text = _LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    text = _RULE.sub(lambda rule: rule[0] if "|" not in rule[0] else "", text)
    text = _ROW.sub(lambda row: " · ".join(cell.strip() for cell in row[1].split("|")), text)
    text = _HEADING.sub("", text)
    text = _QUOTE.sub("", text)
    text = _BULLET.sub(r"\1• ", text)
    text = _STRONG.sub(r"\2", text)
    text = _EMPHASIS.sub(r"\1", text)
    text = _CODE.sub(r"\1", text)
    return _BLANKS.sub("\n\n", text).strip()
