"""Questions as files that come back the same: CSV, XLSX, JSONL, Markdown, HTML; articles as Markdown, HTML.
Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Final

import msgspec

from knowledge.importing.extras import card_to, links_to
from knowledge.importing.items import SEPARATOR
from knowledge.importing.tables import COLUMNS, safe_cell

_HEAD: Final = (
    '<!doctype html>\n<html><head><meta charset="utf-8"><title>{title}</title></head><body><main>\n'
)


class Exported(msgspec.Struct, frozen=True):
    """A question as a file holds it; moments are ISO 8601."""

    id: str
    question: str
    similar: tuple[str, ...]
    answer: str
    category: str = ""
    language: str = ""
    valid_from: str = ""
    valid_until: str = ""
    links: tuple[dict[str, str], ...] = ()
    images: tuple[dict[str, str], ...] = ()
    card: dict[str, Any] | None = None


class ExportedArticle(msgspec.Struct, frozen=True):
    """An article as a file holds it: (heading, Markdown) for each section."""

    title: str
    sections: tuple[tuple[str, str], ...]
    summary: str = ""
    category: str = ""
    language: str = ""


def to_jsonl(rows: Iterable[Exported]) -> bytes:
    """One line a question; what is empty is left out."""
    encoder = msgspec.json.Encoder()
    lines = []
    for row in rows:
        line: dict[str, Any] = {"id": row.id, "question": row.question, "similar": row.similar}
        line |= {"answer": row.answer, "category": row.category, "language": row.language or "any"}
        others = ("valid_from", "valid_until", "links", "images", "card")
        line |= {name: getattr(row, name) for name in others if getattr(row, name)}
        lines.append(encoder.encode(line) + b"\n")
    return b"".join(lines)


def to_csv(rows: Iterable[Exported]) -> bytes:
    """With the mark by which Excel knows UTF-8, and no cell that it takes for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row) for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def to_xlsx(rows: Iterable[Exported]) -> bytes:
    """One sheet; no cell is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("questions")
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in _cells(row)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_markdown(rows: Iterable[Exported]) -> bytes:
    """Categories as top headings, questions below them; the rest in comments."""
    parts: list[str] = []
    category: str | None = None
    for row in sorted(rows, key=lambda one: one.category):
        if row.category != category:
            category = row.category
            parts.append(f"# {_line(category) or '-'}\n\n")
        parts.append(f"## {_line(row.question)}\n<!-- question -->\n")
        marks = {
            "id": row.id, "similar": f" {SEPARATOR} ".join(row.similar), "language": row.language or "any",
            "category": row.category, "valid_from": row.valid_from, "valid_until": row.valid_until,
            **_extras(row),
        }  # fmt: skip
        parts.extend(
            f"<!-- {name}: {_line(value).replace('--', '- -')} -->\n"
            for name, value in marks.items()
            if value
        )
        parts.append(f"\n{_below(row.answer)}\n\n")
    return "".join(parts).encode()


def to_html(rows: Iterable[Exported]) -> bytes:
    """A page of questions; answers stay Markdown, which reads well as it is."""
    parts = [_HEAD.format(title="FAQ")]
    for row in rows:
        marks = {
            "id": row.id, "similar": f" {SEPARATOR} ".join(row.similar), "language": row.language or "any",
            "category": row.category, "valid-from": row.valid_from, "valid-until": row.valid_until,
            **_extras(row),
        }  # fmt: skip
        attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in marks.items() if value)
        paragraphs = _below(row.answer).split("\n\n")
        answer = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
        parts.append(f"<details{attributes}><summary>{escape(row.question)}</summary>{answer}</details>\n")
    parts.append("</main></body></html>\n")
    return "".join(parts).encode()


def articles_to_markdown(rows: Iterable[ExportedArticle]) -> bytes:
    """One top heading an article, its sections below it."""
    parts: list[str] = []
    for row in rows:
        parts.append(f"# {_line(row.title)}\n<!-- article -->\n")
        marks = {"summary": row.summary, "category": row.category, "language": row.language or "any"}
        parts.extend(
            f"<!-- {name}: {_line(value).replace('--', '- -')} -->\n"
            for name, value in marks.items()
            if value
        )
        for heading, text in row.sections:
            parts.append(f"\n## {_line(heading)}\n\n{_below(text)}\n" if heading else f"\n{_below(text)}\n")
        parts.append("\n")
    return "".join(parts).encode()


def articles_to_html(rows: Iterable[ExportedArticle]) -> bytes:
    """A page of articles; their texts stay Markdown."""
    parts = [_HEAD.format(title="Articles")]
    for row in rows:
        marks = {"summary": row.summary, "category": row.category, "language": row.language or "any"}
        attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in marks.items() if value)
        parts.append(f"<section data-article{attributes}><h1>{escape(row.title)}</h1>")
        for heading, text in row.sections:
            parts.append(f"<h2>{escape(heading)}</h2>" if heading else "")
            paragraphs = _below(text).split("\n\n")
            parts.extend(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
        parts.append("</section>\n")
    parts.append("</main></body></html>\n")
    return "".join(parts).encode()


WRITERS: Final[dict[str, tuple[Callable[[Iterable[Exported]], bytes], str]]] = {
    "csv": (to_csv, "text/csv; charset=utf-8"),
    "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "jsonl": (to_jsonl, "application/jsonl; charset=utf-8"),
    "markdown": (to_markdown, "text/markdown; charset=utf-8"),
    "html": (to_html, "text/html; charset=utf-8"),
}
ARTICLE_WRITERS: Final[dict[str, tuple[Callable[[Iterable[ExportedArticle]], bytes], str]]] = {
    "markdown": (articles_to_markdown, "text/markdown; charset=utf-8"),
    "html": (articles_to_html, "text/html; charset=utf-8"),
}
ENDINGS: Final = {"markdown": "md"}


def _cells(row: Exported) -> list[str]:
    return [
        safe_cell(cell)
        for cell in (
            row.id, row.question, "\n".join(row.similar), row.answer, row.category, row.language or "any",
            row.valid_from, row.valid_until, *_extras(row).values(),
        )
    ]  # fmt: skip


def _extras(row: Exported) -> dict[str, str]:
    return {
        "links": links_to(row.links), "images": links_to(row.images, "alt"), "card": card_to(row.card),
    }  # fmt: skip


def _line(text: str) -> str:
    return " ".join(text.split())


def _below(answer: str) -> str:
    """An answer whose own headings do not look like further questions: they become bold lines."""
    lines = []
    for line in answer.splitlines():
        stripped = line.lstrip()
        if stripped.startswith("#") and stripped.lstrip("#").startswith(" "):
            line = f"**{stripped.lstrip('#').strip()}**"
        lines.append(line)
    return "\n".join(lines)
