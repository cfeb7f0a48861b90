"""What a help page shows, read from the live index: items by address and by category, as of one release."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from knowledge.help.rendering import text_of
from knowledge.publishing.building import Live
from knowledge.publishing.live import live_index
from knowledge.search.entry import Entry

Kind = Literal["question", "article"]
MAX_HITS: Final = 20
FAINT: Final = 0.08  # a hit below this has little to do with what was typed


class Section(msgspec.Struct, frozen=True):
    """A part of an article."""

    anchor: str
    heading: str
    text: str


class Item(msgspec.Struct, frozen=True):
    """A question or an article as a reader sees it. `url` is relative to the help page's root."""

    id: str
    kind: Kind
    slug: str
    title: str
    summary: str
    category: str | None
    site: str | None
    language: str
    valid_from: int | None
    valid_to: int | None
    text: str = ""
    sections: tuple[Section, ...] = ()

    @property
    def url(self) -> str:
        """Where it stands."""
        return f"{self.kind[0]}/{self.slug}/"

    def shown(self, site: str, language: str, now_ms: int) -> bool:
        """Whether readers of this site and language see it now."""
        return (
            self.site in (None, site)
            and self.language in ("", language)
            and (self.valid_from or 0) <= now_ms
            and (self.valid_to is None or now_ms < self.valid_to)
        )


class Shelf:
    """All items of a release."""

    def __init__(self, live: Live) -> None:
        self.number = live.number
        self.items = list(_items(live.index.entries()))
        self._by_url = {item.url: item for item in self.items}
        self._by_id = {item.id: item for item in self.items}

    def at(self, url: str) -> Item | None:
        """The item at this address."""
        return self._by_url.get(url)

    def of(self, entry_id: str) -> Item | None:
        """The item an entry of the index belongs to."""
        return self._by_id.get(entry_id.partition("#")[0])


_lock = threading.Lock()
_shelf: Shelf | None = None
_made_of: object = None


def shelf() -> Shelf:
    """The shelf of what is live now."""
    global _shelf, _made_of
    live = live_index()
    with _lock:
        if _shelf is None or _made_of is not live:
            _shelf, _made_of = Shelf(live), live
        return _shelf


def find(query: str, site: str, language: str, limit: int = MAX_HITS) -> list[Item]:
    """Items that answer a query, best first, each once."""
    held = shelf()
    hits = live_index().index.search(query, limit=2 * limit, site=site, language=language)
    found: dict[str, Item] = {}
    for hit in hits:
        item = held.of(hit.id)
        if item is not None and hit.score >= FAINT and len(found) < limit:
            found.setdefault(item.id, item)
    return list(found.values())


def shown(site: str, language: str) -> list[Item]:
    """Everything that readers of this site and language see now."""
    now_ms = time.time_ns() // 1_000_000
    return [item for item in shelf().items if item.shown(site, language, now_ms)]


def _items(entries: Iterable[Entry]) -> Iterable[Item]:
    passages: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "question" and entry.source.get("slug"):
            yield _item(entry, "question", text_of(entry.answer), entry.answer)
        elif entry.kind == "passage" and entry.source.get("slug"):
            passages[entry.id.partition("#")[0]].append(entry)
    for parts in passages.values():
        parts.sort(key=lambda entry: int(entry.id.partition("#")[2][1:]))
        sections = tuple(
            Section(part.id.partition("#")[2], part.source.get("heading", ""), part.answer) for part in parts
        )
        first = parts[0]
        summary = first.source.get("summary") or text_of(first.answer)
        yield _item(first, "article", summary, "", sections)


def _item(entry: Entry, kind: Kind, summary: str, text: str, sections: tuple[Section, ...] = ()) -> Item:
    return Item(
        id=entry.id.partition("#")[0], kind=kind, slug=entry.source["slug"], title=entry.title,
        summary=summary, category=entry.source.get("category"), site=entry.site, language=entry.language,
        valid_from=entry.valid_from, valid_to=entry.valid_to, text=text, sections=sections,
    )  # fmt: skip
