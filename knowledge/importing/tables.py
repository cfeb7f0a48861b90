"""Tables: CSV and XLSX, one question a row, columns found by their headings. Pure but for the ZIP reader."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from knowledge.importing.items import (
    MAX_PARTS,
    MAX_UNPACKED,
    BadFile,
    Item,
    Problem,
    QuestionItem,
    language_of,
    split_wordings,
    text_of,
)

#: Column → headings it goes by, in any case.
HEADINGS: Final = {
    "id": ("id", "key", "编号", "序号", "标识"),
    "question": ("question", "title", "问题", "标准问题", "标准问", "标题"),
    "similar": ("similar", "wordings", "alternatives", "相似问", "相似问题", "其他问法", "扩展问", "问法"),
    "answer": ("answer", "reply", "答案", "回答", "回复", "内容"),
    "category": ("category", "分类", "类别", "类目"),
    "language": ("language", "lang", "语言"),
    "valid_from": ("valid_from", "生效时间", "开始时间"),
    "valid_until": ("valid_until", "valid_to", "失效时间", "结束时间"),
    "links": ("links", "链接"),
    "images": ("images", "pictures", "图片"),
    "card": ("card", "卡片"),
}
COLUMNS: Final = tuple(HEADINGS)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL: Final = 20_000


def read_csv(data: bytes) -> Iterator[Item]:
    """Rows of a CSV file; commas, semicolons or tabs between cells. Raises `BadFile`."""
    text = text_of(data)
    head = text[:4096].split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(10 * _MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def lines() -> Iterator[tuple[int, Sequence[Any] | Problem]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, Problem(reader.line_num, str(error))
                continue
            yield reader.line_num, cells

    return _rows(lines())


def read_xlsx(data: bytes) -> Iterator[Item]:
    """Rows of the first sheet. Raises `BadFile`, also for one that unpacks to too much."""
    check_zip(data)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
    except Exception as error:  # openpyxl raises whatever its parser stumbled over
        raise BadFile(_("This is no XLSX file: %(error)s") % {"error": type(error).__name__}) from error
    return _rows(enumerate(sheet.iter_rows(values_only=True), 1))


def check_zip(data: bytes) -> zipfile.ZipFile:
    """The archive, when its parts are as few and as small as they should be. Raises `BadFile`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise BadFile(_("The file is damaged or of another kind.")) from None
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise BadFile(_("The archive has more than %(count)d files.") % {"count": MAX_PARTS})
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        limit = MAX_UNPACKED // 2**20
        raise BadFile(_("The archive unpacks to more than %(limit)d MB.") % {"limit": limit})
    return archive


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `plain_cell` is the reverse."""
    return "'" + text if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """A cell without the mark that `safe_cell` gave it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _rows(lines: Iterator[tuple[int, Sequence[Any] | Problem]]) -> Iterator[Item]:
    """The heading is looked for now, so that a wrong file is refused before anything is done."""
    for line, cells in lines:
        if isinstance(cells, Problem) or not any(_text(cell) for cell in cells):
            continue
        columns = _columns(cells)
        if "question" not in columns or "answer" not in columns:
            raise BadFile(
                _("Line %(line)d must name the columns; “question” and “answer” are needed.") % {"line": line}
            )
        return (
            _item(at, row, columns) for at, row in lines if isinstance(row, Problem) or any(map(_text, row))
        )
    raise BadFile(_("The file is empty."))


def _columns(cells: Sequence[Any]) -> dict[str, int]:
    known = {heading: name for name, headings in HEADINGS.items() for heading in headings}
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        name = known.get(_text(cell).lower().replace(" ", "_"))
        if name is not None:
            found.setdefault(name, at)
    return found


def _item(line: int, row: Sequence[Any] | Problem, columns: dict[str, int]) -> Item:
    if isinstance(row, Problem):
        return row
    cell = {name: plain_cell(_text(row[at])) if at < len(row) else "" for name, at in columns.items()}
    try:
        language = language_of(cell.get("language", ""))
    except ValueError as error:
        return Problem(line, str(error), cell["question"][:300])
    return QuestionItem(
        line=line, text=cell["question"], answer=cell["answer"],
        wordings=split_wordings(cell.get("similar", "")), key=cell.get("id", ""),
        category=cell.get("category", ""), language=language, valid_from=cell.get("valid_from", ""),
        valid_until=cell.get("valid_until", ""), links=cell.get("links", ""), images=cell.get("images", ""),
        card=cell.get("card", ""),
    )  # fmt: skip


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets make 7.0 of 7
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())
    return str(cell).strip()[:_MAX_CELL]
