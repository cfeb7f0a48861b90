"""What a version holds, and the search entries it becomes. Pure.

A version is a struct as plain JSON, so that one of last year reads back after the tables have moved on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from knowledge.search.entry import Entry

ANCHOR: Final = "s"
_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\([^)]*\)")


class QuestionContent(msgspec.Struct, frozen=True):
    """A question as published. Ids are UUIDs in text form, moments ms since the epoch."""

    text: str
    answer: str
    wordings: tuple[str, ...] = ()
    key: str = ""
    category: str = ""
    category_id: str | None = None
    slug: str = ""
    site: str | None = None
    language: str = ""
    valid_from: int | None = None
    valid_until: int | None = None
    card: dict[str, Any] | None = None
    links: tuple[dict[str, str], ...] = ()
    images: tuple[dict[str, str], ...] = ()


class SectionContent(msgspec.Struct, frozen=True):
    """A section of an article."""

    text: str
    heading: str = ""


class ArticleContent(msgspec.Struct, frozen=True):
    """An article as published."""

    title: str
    sections: tuple[SectionContent, ...] = ()
    summary: str = ""
    source_url: str = ""
    category: str = ""
    category_id: str | None = None
    slug: str = ""
    site: str | None = None
    language: str = ""
    valid_from: int | None = None
    valid_until: int | None = None


def plain(content: QuestionContent | ArticleContent) -> dict[str, Any]:
    """As JSON values, for a version's column."""
    found: dict[str, Any] = msgspec.to_builtins(content)
    return found


def question_of(value: Any) -> QuestionContent:
    """The reverse of `plain`. Raises `msgspec.ValidationError`."""
    return msgspec.convert(value, QuestionContent)


def article_of(value: Any) -> ArticleContent:
    """The reverse of `plain`. Raises `msgspec.ValidationError`."""
    return msgspec.convert(value, ArticleContent)


def anchor(position: int) -> str:
    """The id of a section on its page, from 1."""
    return f"{ANCHOR}{position + 1}"


def question_entries(key: str, content: QuestionContent) -> Iterator[Entry]:
    """The one entry of a question; its id is the question's."""
    yield Entry(
        id=key,
        kind="question",
        question=content.text,
        similar=content.wordings,
        answer=_answer(content),
        title=content.text,
        category=content.category,
        site=content.site,
        language=content.language,
        valid_from=content.valid_from,
        valid_to=content.valid_until,
        source=_source(content.text, "question", key, content),
        answer_card=content.card,
    )


def article_entries(key: str, content: ArticleContent) -> Iterator[Entry]:
    """One entry a section; its id is the article's with the section's anchor: "uuid#s2"."""
    for position, section in enumerate(content.sections):
        heading = section.heading or content.title
        asked = heading if heading == content.title else f"{content.title} {heading}"
        yield Entry(
            id=f"{key}#{anchor(position)}",
            kind="passage",
            question=asked,
            similar=(content.summary,) if position == 0 and content.summary else (),
            answer=section.text,
            title=content.title,
            category=content.category,
            site=content.site,
            language=content.language,
            valid_from=content.valid_from,
            valid_to=content.valid_until,
            source={
                **_source(content.title, "article", key, content, anchor(position)),
                "heading": section.heading,
                "summary": content.summary,
            },
            answer_card=None,
        )


def item_of(entry_id: str) -> str:
    """The question's or article's id of an entry."""
    return entry_id.partition("#")[0]


def without_pictures(markdown: str) -> str:
    """The text with pictures as their descriptions, for places that show none."""
    return _PICTURE.sub(r"\1", markdown)


def _source(
    title: str, kind: str, key: str, content: QuestionContent | ArticleContent, below: str = ""
) -> dict[str, Any]:
    """Where an answer comes from; `url` is relative to the site's help page."""
    url = f"{kind[0]}/{content.slug}/" + (f"#{below}" if below else "") if content.slug else ""
    return {
        "title": title, "url": url, "kind": kind, "id": key, "slug": content.slug,
        "category": content.category_id,
    }  # fmt: skip


def _answer(content: QuestionContent) -> str:
    """The answer with its pictures and links behind it, where the text does not hold them already."""
    parts = [content.answer]
    pictures = [
        f"![{image.get('alt', '')}]({image['url']})"
        for image in content.images
        if image.get("url") and image["url"] not in content.answer
    ]
    if pictures:
        parts.append("\n".join(pictures))
    links = [
        f"[{link.get('title') or link['url']}]({link['url']})"
        for link in content.links
        if link.get("url") and link["url"] not in content.answer
    ]
    if links:
        parts.append("\n".join(f"- {link}" for link in links))
    return "\n\n".join(parts)
