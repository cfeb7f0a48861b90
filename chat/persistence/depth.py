"""How far the database is behind the journal, asked of the journal itself whenever metrics are read."""

from __future__ import annotations

import threading
import time
from typing import Final

from chat.journal import journal
from chat.journal.base import Depth, JournalUnavailable
from chat.metrics import PERSISTENCE_AGE, PERSISTENCE_DEPTH
from chat.persistence.reader import READER
from chat.protocol.entry import now_ms

_FRESH_S: Final = 0.5  # one scrape reads two gauges and asks the journal once
_lock = threading.Lock()
_last: tuple[float, Depth] | None = None


def watch() -> None:
    """Let both gauges ask by themselves; called once when the app starts."""
    PERSISTENCE_DEPTH.set_function(lambda: float(_depth().entries))
    PERSISTENCE_AGE.set_function(_age_s)


def _age_s() -> float:
    oldest = _depth().oldest_ms
    return 0.0 if oldest is None else max(0.0, (now_ms() - oldest) / 1000)


def _depth() -> Depth:
    """The depth as of now or half a second ago; while the journal does not answer, as it was last seen."""
    global _last
    with _lock:
        if _last is None or time.monotonic() - _last[0] > _FRESH_S:
            try:
                _last = (time.monotonic(), journal().depth(READER))
            except JournalUnavailable:
                return _last[1] if _last is not None else Depth(0, None)
        return _last[1]
