"""The engine as it would be if everything that is written were published: for trying and for replays.

Kept for as long as nothing changes; built in the process that asks, and never what visitors get.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Count, Max

from bot import config
from bot.answering.bundle import Bundle
from knowledge.models import Article, Question, Status
from knowledge.publishing import building, content, facts, rows
from knowledge.publishing.live import live_index
from knowledge.search.entry import Entry

NUMBER: Final = -1
"""Of a release that is none."""

_lock: Final = threading.Lock()
_kept: tuple[tuple[Any, ...], Bundle] | None = None


def draft_bundle() -> Bundle:
    """What would answer. A first call after a change takes as long as publishing does."""
    global _kept
    held = facts.current()
    key = (config.version(), live_index().number, _changed(Question), _changed(Article), held)
    with _lock:
        if _kept is None or _kept[0] != key:
            lexicon = facts.lexicon_of(held)
            built = building.build(NUMBER, entries(), held, lexicon, live_index().index)
            _kept = (key, Bundle(config.version(), built))
        return _kept[1]


def entries() -> Iterator[Entry]:
    """Every question and article as it stands, but for those put away and those without an answer."""
    questions = Question.objects.exclude(status=Status.ARCHIVED).select_related("category")
    for row in questions.iterator(chunk_size=500):
        if row.answer.strip() or row.card is not None:
            yield from content.question_entries(str(row.pk), rows.question_content(row))
    articles = Article.objects.exclude(status=Status.ARCHIVED).select_related("category")
    for article in articles.prefetch_related("sections"):
        yield from content.article_entries(str(article.pk), rows.article_content(article))


def forget() -> None:
    """Build anew with the next call (for tests)."""
    global _kept
    with _lock:
        _kept = None


def _changed(model: Any) -> tuple[Any, ...]:
    found = model.objects.aggregate(newest=Max("updated_at"), number=Count("pk"))
    return found["newest"], found["number"]
