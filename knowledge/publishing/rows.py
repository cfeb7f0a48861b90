"""Rows as they are written, in the form of a version, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from knowledge.models import Article, Category, Question, Section
from knowledge.publishing.content import ArticleContent, QuestionContent, SectionContent


def question_content(row: Question) -> QuestionContent:
    """The question as it stands. Reads its category."""
    return QuestionContent(
        text=row.text, answer=row.answer, wordings=tuple(row.wordings), key=row.key, card=row.card,
        links=tuple(row.links), images=tuple(row.images), **_common(row),
    )  # fmt: skip


def article_content(row: Article, sections: Sequence[Section] | None = None) -> ArticleContent:
    """The article as it stands with its sections. Reads them when they are not given."""
    parts = list(row.sections.all()) if sections is None else sections
    return ArticleContent(
        title=row.title, summary=row.summary, source_url=row.source_url,
        sections=tuple(SectionContent(part.text.replace("\r\n", "\n"), part.heading) for part in parts),
        **_common(row),
    )  # fmt: skip


def put_question(row: Question, content: QuestionContent) -> None:
    """Fill a row with what a version holds; saving is the caller's."""
    row.text, row.answer, row.key = content.text, content.answer, content.key
    row.wordings, row.card = list(content.wordings), content.card
    row.links, row.images = list(content.links), list(content.images)
    _put_common(row, content)


def put_article(row: Article, content: ArticleContent) -> list[Section]:
    """Fill a row with what a version holds; its sections, unsaved."""
    row.title, row.summary, row.source_url = content.title, content.summary, content.source_url
    _put_common(row, content)
    return [
        Section(article=row, heading=part.heading, text=part.text, position=position)
        for position, part in enumerate(content.sections)
    ]


def ms(moment: datetime | None) -> int | None:
    """Milliseconds since the epoch."""
    return None if moment is None else int(moment.timestamp() * 1000)


def moment(value: int | None) -> datetime | None:
    """The reverse of `ms`."""
    return None if value is None else datetime.fromtimestamp(value / 1000, tz=UTC)


def _common(row: Question | Article) -> dict[str, Any]:
    return {
        "category": row.category.name if row.category else "",
        "category_id": str(row.category_id) if row.category_id else None,
        "slug": row.slug,
        "site": str(row.site_id) if row.site_id else None,
        "language": row.language,
        "valid_from": ms(row.valid_from),
        "valid_until": ms(row.valid_until),
    }


def _put_common(row: Question | Article, content: QuestionContent | ArticleContent) -> None:
    known = content.category_id and Category.objects.filter(pk=content.category_id).first()
    row.category = known or None
    row.site_id = UUID(content.site) if content.site else None
    row.language = content.language
    row.valid_from, row.valid_until = moment(content.valid_from), moment(content.valid_until)
