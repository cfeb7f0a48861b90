"""JSON Lines: {"id","question","similar":[…],"answer","category","language"}, one question a line. Pure.

Beside that {"valid_from","valid_until","links":[{"title","url"}],"images":[{"alt","url"}],"card":{…}}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from knowledge.importing.extras import card_to, links_to
from knowledge.importing.items import Item, Problem, QuestionItem, language_of, text_of


class _Line(msgspec.Struct):
    question: str
    answer: str
    id: str | int = ""
    similar: list[str] | str = []
    category: str | None = ""
    language: str | None = ""
    valid_from: str | None = ""
    valid_until: str | None = ""
    links: list[dict[str, str]] | str = ""
    images: list[dict[str, str]] | str = ""
    card: dict[str, Any] | None = None


def read_jsonl(data: bytes) -> Iterator[Item]:
    """One item a line that is not empty. Raises `BadFile` for what is no text."""
    text = text_of(data)

    def items() -> Iterator[Item]:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield _item(number, line)

    return items()


def _item(number: int, line: str) -> Item:
    try:
        row = msgspec.json.decode(line.encode(), type=_Line)
        language = language_of(row.language or "")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return Problem(number, _("This line is not as it should be: %(error)s") % {"error": str(error)[:200]})
    similar = [row.similar] if isinstance(row.similar, str) else row.similar
    return QuestionItem(
        line=number, text=row.question, answer=row.answer, wordings=tuple(similar), key=str(row.id),
        category=row.category or "", language=language, valid_from=row.valid_from or "",
        valid_until=row.valid_until or "", links=_pairs(row.links, "title"), images=_pairs(row.images, "alt"),
        card=card_to(row.card),
    )  # fmt: skip


def _pairs(given: list[dict[str, str]] | str, word: str) -> str:
    return given if isinstance(given, str) else links_to(given, word)
