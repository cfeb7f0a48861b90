"""Which reader a file goes to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Final

from django.utils.translation import gettext as _

from knowledge.importing.html import read_html
from knowledge.importing.items import MAX_BYTES, MAX_ROWS, BadFile, Item
from knowledge.importing.lines import read_jsonl
from knowledge.importing.markdown import read_markdown
from knowledge.importing.sitemap import read_sitemap
from knowledge.importing.tables import read_csv, read_xlsx

READERS: Final[dict[str, Callable[[bytes, str], Iterator[Item]]]] = {
    "csv": lambda data, _name: read_csv(data),
    "xlsx": lambda data, _name: read_xlsx(data),
    "jsonl": lambda data, _name: read_jsonl(data),
    "markdown": read_markdown,
    "html": read_html,
    "sitemap": lambda data, _name: read_sitemap(data),
}
_ENDINGS: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "markdown", ".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".zip": "sitemap",
}  # fmt: skip


def format_of(name: str) -> str:
    """The format of a file of this name. Raises `BadFile`."""
    found = _ENDINGS.get(PurePath(name).suffix.lower())
    if found is None:
        raise BadFile(
            _("Files are CSV, XLSX, JSONL, Markdown, HTML, or a ZIP with a sitemap.xml and its pages.")
        )
    return found


def read(data: bytes, format_: str, name: str) -> list[Item]:
    """Everything a file holds, in its order. Raises `BadFile` when it cannot be read or holds too much."""
    if len(data) > MAX_BYTES:
        raise BadFile(_("A file has at most %(limit)d MB.") % {"limit": MAX_BYTES // 2**20})
    found = []
    for item in READERS[format_](data, PurePath(name).stem):
        found.append(item)
        if len(found) > MAX_ROWS:
            raise BadFile(_("A file holds at most %(count)d rows.") % {"count": MAX_ROWS})
    if not found:
        raise BadFile(_("The file holds no questions and no articles."))
    return found
