"""Questions of the tables as a file to keep."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse

from knowledge.importing.exporting import ENDINGS, WRITERS, Exported
from knowledge.models import Question


def exported(rows: QuerySet[Question]) -> list[Exported]:
    """The texts at hand, drafts as they stand, in the order of their making."""
    return [
        Exported(
            id=row.key or str(row.pk), question=row.text, similar=tuple(row.wordings), answer=row.answer,
            category=row.category.name if row.category else "", language=row.language,
            valid_from=row.valid_from.isoformat() if row.valid_from else "",
            valid_until=row.valid_until.isoformat() if row.valid_until else "",
        )
        for row in rows.select_related("category").order_by("created_at", "pk").iterator(500)
    ]  # fmt: skip


def response(rows: QuerySet[Question], kind: str) -> HttpResponse:
    """A download."""
    write, media = WRITERS[kind]
    answer = HttpResponse(write(exported(rows)), content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="questions.{ENDINGS.get(kind, kind)}"'
    answer["Cache-Control"] = "no-store"
    return answer
