"""The live index, kept in each process and renewed behind everybody's back.

Whoever asks looks at most twice a second whether there is a newer release (one query of one number). A newer
one is loaded by a thread while the old one goes on answering; who finds one that is older than `STALE_S`
waits for it, so that nobody is answered from what was replaced two seconds ago.
"""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from knowledge import heap
from knowledge.models import Release
from knowledge.publishing.building import Live, from_release

log = structlog.get_logger(__name__)

CHECK_S: Final = 0.5
STALE_S: Final = 0.5
WAIT_S: Final = 10.0
"""Longest wait for a release that is being loaded; what was live before answers then."""

_lock = threading.Lock()
_live: Live | None = None
_checked = 0.0
_loader: threading.Thread | None = None


def live_index() -> Live:
    """What is live now: at most two seconds old. May touch the database; raises its errors before the first
    reading only.
    """
    global _checked
    kept = _live
    if kept is None:
        return _first()
    now = time.monotonic()
    if now - _checked < CHECK_S:
        return kept
    _checked = now
    try:
        newest = Release.objects.values("number", "published_at").first()
    except DatabaseError:
        return kept  # what was true goes on answering
    if newest is None or newest["number"] <= kept.number:
        return kept
    loader = _load_beside()
    if (timezone.now() - newest["published_at"]).total_seconds() > STALE_S:
        loader.join(WAIT_S)
    return _live or kept


def install(live: Live) -> None:
    """What this process has just published."""
    global _live, _checked
    with _lock:
        if _live is None or live.number > _live.number:
            _live = live
        _checked = time.monotonic()
    heap.give_back()


def forget() -> None:
    """Read it anew with the next question (for tests, whose database goes back in time)."""
    global _live, _checked
    with _lock:
        _live, _checked = None, 0.0


def _first() -> Live:
    global _live, _checked
    with _lock:
        if _live is None:
            _live = from_release(Release.objects.first())
            _checked = time.monotonic()
            heap.give_back()
        return _live


def _load_beside() -> threading.Thread:
    """One loader at a time."""
    global _loader
    with _lock:
        if _loader is None or not _loader.is_alive():
            _loader = threading.Thread(target=_load, name="knowledge-load", daemon=True)
            _loader.start()
        return _loader


def _load() -> None:
    try:
        release = Release.objects.first()
        if release is not None:
            install(from_release(release))
    except Exception as error:
        # The thread is nobody's caller: the next look tries again.
        log.warning("knowledge_not_loaded", error=type(error).__name__, exc_info=True)
    finally:
        connection.close()
