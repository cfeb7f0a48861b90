"""What a file holds, whatever its format, and how much of it is read. Pure."""

from __future__ import annotations

from typing import Final

import msgspec
from django.utils.translation import gettext as _

MAX_BYTES: Final = 20 * 2**20
MAX_ROWS: Final = 20_000
MAX_UNPACKED: Final = 200 * 2**20
"""Bytes of all parts of a ZIP or XLSX together: a bomb of 20 MB unpacks to terabytes."""
MAX_PARTS: Final = 5_000
MAX_PAGE: Final = 2 * 2**20  # bytes of one page of a sitemap
SEPARATOR: Final = "|"


class QuestionItem(msgspec.Struct, frozen=True):
    """A question of a file. `language` None: as the import says; moments are ISO 8601 as written, and links,
    pictures and card as `knowledge.importing.extras` has them.
    """

    line: int
    text: str
    answer: str
    wordings: tuple[str, ...] = ()
    key: str = ""
    category: str = ""
    language: str | None = None
    valid_from: str = ""
    valid_until: str = ""
    links: str = ""
    images: str = ""
    card: str = ""


class ArticleItem(msgspec.Struct, frozen=True):
    """An article of a file: (heading, text) for each section."""

    line: int
    title: str
    sections: tuple[tuple[str, str], ...]
    summary: str = ""
    source_url: str = ""
    category: str = ""
    language: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """A row that cannot be read, and why, for people."""

    line: int
    message: str
    title: str = ""


Item = QuestionItem | ArticleItem | Problem


class BadFile(ValueError):
    """The file as a whole cannot be read; the message is for people."""


def text_of(data: bytes) -> str:
    """The text of a file: UTF-8 with or without a mark, UTF-16 with one, else GB 18030 (Excel in China).

    Raises `BadFile` for what is none of them.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadFile(_("This is no text: save it as UTF-8."))


def split_wordings(text: str) -> tuple[str, ...]:
    """Wordings in one cell: one a line, or with "|" between them."""
    return tuple(part.strip() for part in text.replace("\n", SEPARATOR).split(SEPARATOR) if part.strip())


def language_of(text: str) -> str | None:
    """ "zh", "en" or "" (any) for what people write in a language column; None for nothing."""
    plain = text.strip().lower()
    if not plain:
        return None
    if plain.startswith(("zh", "cn", "中", "chinese", "简", "繁")):
        return "zh"
    if plain.startswith(("en", "英")):
        return "en"
    if plain in ("*", "any", "all", "全部", "不限"):
        return ""
    raise ValueError(_("“%(text)s” is no language: write zh, en or any.") % {"text": text[:20]})
