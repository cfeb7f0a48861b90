"""Questions and articles of the tables as a file to keep."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse

from knowledge.importing.exporting import ARTICLE_WRITERS, ENDINGS, WRITERS, Exported, ExportedArticle
from knowledge.models import Article, Question


def exported(rows: QuerySet[Question]) -> list[Exported]:
    """The texts at hand, drafts as they stand, in the order of their making."""
    return [
        Exported(
            id=row.key or str(row.pk), question=row.text, similar=tuple(row.wordings), answer=row.answer,
            category=row.category.name if row.category else "", language=row.language,
            valid_from=row.valid_from.isoformat() if row.valid_from else "",
            valid_until=row.valid_until.isoformat() if row.valid_until else "",
            links=tuple(row.links), images=tuple(row.images), card=row.card,
        )
        for row in rows.select_related("category").order_by("created_at", "pk").iterator(500)
    ]  # fmt: skip


def exported_articles(rows: QuerySet[Article]) -> list[ExportedArticle]:
    """The same of articles."""
    found = rows.select_related("category").prefetch_related("sections").order_by("created_at", "pk")
    return [
        ExportedArticle(
            title=row.title, summary=row.summary, language=row.language,
            category=row.category.name if row.category else "",
            sections=tuple((part.heading, part.text) for part in row.sections.all()),
        )
        for row in found.iterator(200)
    ]  # fmt: skip


def article_response(rows: QuerySet[Article], kind: str) -> HttpResponse:
    """A download."""
    write, media = ARTICLE_WRITERS[kind]
    return _download(write(exported_articles(rows)), media, f"articles.{ENDINGS.get(kind, kind)}")


def response(rows: QuerySet[Question], kind: str) -> HttpResponse:
    """A download."""
    write, media = WRITERS[kind]
    return _download(write(exported(rows)), media, f"questions.{ENDINGS.get(kind, kind)}")


def _download(data: bytes, media: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
