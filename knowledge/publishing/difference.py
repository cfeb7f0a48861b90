"""What a text says now against what is live, line by line. Pure."""

from __future__ import annotations

import difflib
from typing import Final, Literal

import msgspec

from knowledge.publishing.content import ArticleContent, QuestionContent

MAX_LINES: Final = 400


class Line(msgspec.Struct, frozen=True):
    """A line that stays, comes or goes."""

    kind: Literal["same", "added", "removed"]
    text: str


def lines_of(content: QuestionContent | ArticleContent | None) -> list[str]:
    """A version as people read it."""
    if content is None:
        return []
    if isinstance(content, QuestionContent):
        found = [
            content.text,
            *(f"≈ {wording}" for wording in content.wordings),
            "",
            *content.answer.split("\n"),
        ]
        found += [f"→ {link.get('title', '')} {link.get('url', '')}" for link in content.links]
        found += [f"▣ {image.get('alt', '')} {image.get('url', '')}" for image in content.images]
    else:
        found = [content.title, content.summary]
        for section in content.sections:
            found += ["", f"## {section.heading}", *section.text.split("\n")]
    found.append(" · ".join(part for part in (content.category, content.language) if part))
    return found[:MAX_LINES]


def between(
    old: QuestionContent | ArticleContent | None, new: QuestionContent | ArticleContent | None
) -> list[Line]:
    """The new lines with the old ones among them."""
    kinds: dict[str, Literal["same", "added", "removed"]] = {" ": "same", "+": "added", "-": "removed"}
    found = difflib.ndiff(lines_of(old), lines_of(new))
    return [Line(kinds[line[0]], line[2:]) for line in found if line[0] in kinds]
