"""A ZIP with a sitemap.xml and the pages it names. Nothing is fetched: what is not in the ZIP is reported."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import msgspec
from django.utils.translation import gettext as _

from knowledge.importing.html import page_items
from knowledge.importing.items import MAX_PAGE, ArticleItem, BadFile, Item, Problem, text_of
from knowledge.importing.markdown import items_of
from knowledge.importing.tables import check_zip

_PAGES: Final = (".html", ".htm", ".md", ".markdown")


def read_sitemap(data: bytes) -> Iterator[Item]:
    """Items of all pages in the order of the sitemap; without one, of all pages. `line` counts pages.

    Raises `BadFile` for a broken archive or sitemap.
    """
    archive = check_zip(data)
    files = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    place = next((name for name in sorted(files) if posixpath.basename(name) == "sitemap.xml"), None)
    if place is None:
        pages = [(name, "") for name in sorted(files) if name.lower().endswith(_PAGES)]
        if not pages:
            raise BadFile(_("The archive has neither a sitemap.xml nor pages."))
        return _items(archive, files, pages)
    root = posixpath.dirname(place)
    return _items(
        archive, files, [(_file(url, root, files), url) for url in _urls(_read(archive, files[place]))]
    )


def _urls(data: bytes) -> list[str]:
    if b"<!DOCTYPE" in data[:4096].upper() or b"<!ENTITY" in data.upper():
        raise BadFile(_("The sitemap must not declare a document type."))
    try:
        tree = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise BadFile(_("The sitemap is no XML: %(error)s") % {"error": str(error)}) from None
    return [node.text.strip() for node in tree.iter() if node.tag.rpartition("}")[2] == "loc" and node.text]


def _file(url: str, root: str, files: dict[str, zipfile.ZipInfo]) -> str:
    """The file of a page's address: its path, with ".html" or an index page behind it; "" when missing."""
    parts = urlsplit(url)
    path = unquote(parts.path).strip("/")
    candidates = [path, f"{path}.html", f"{path}/index.html" if path else "index.html", f"{path}.md"]
    for candidate in candidates:
        for folder in (root, posixpath.join(root, parts.hostname or "")):
            name = posixpath.join(folder, candidate)
            if name in files:
                return name
    return ""


def _items(
    archive: zipfile.ZipFile, files: dict[str, zipfile.ZipInfo], pages: list[tuple[str, str]]
) -> Iterator[Item]:
    for number, (name, url) in enumerate(pages, 1):
        if not name:
            yield Problem(number, _("The page is not in the archive."), url[:300])
            continue
        try:
            text = text_of(_read(archive, files[name]))
        except BadFile as error:
            yield Problem(number, str(error), (url or name)[:300])
            continue
        title = posixpath.splitext(posixpath.basename(name))[0]
        reader = page_items if name.lower().endswith((".html", ".htm")) else items_of
        found = False
        for item in reader(text, title, url):
            found = True
            yield _numbered(item, number, url)
        if not found:
            yield Problem(number, _("The page has no text."), (url or name)[:300])


def _numbered(item: Item, number: int, url: str) -> Item:
    if isinstance(item, ArticleItem):
        return msgspec.structs.replace(item, line=number, source_url=url)
    return msgspec.structs.replace(item, line=number)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A part, however large its directory says it is. Raises `BadFile`."""
    try:
        with archive.open(info) as file:
            data = file.read(MAX_PAGE + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise BadFile(_("A file of the archive cannot be read: %(error)s") % {"error": str(error)}) from None
    if len(data) > MAX_PAGE:
        raise BadFile(_("A page has at most %(limit)d MB.") % {"limit": MAX_PAGE // 2**20})
    return data
