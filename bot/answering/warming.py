"""Having ready what answers, before somebody asks: the first question of a process would wait seconds for
dictionaries, models and the index.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Final

from bot import sites
from bot.answering.bundle import Bundle, bundle_now
from bot.dialog.state import DialogState
from bot.engine import Asked
from knowledge import heap

GREETINGS: Final = ("你好，请问多久能到？", "hello, how long does it take?")

ALLOWANCE_MS: Final = 15_000
"""How much longer somebody may wait for a bot that is just starting: dictionaries and models take 2 s on a
quiet machine, and more on one where everything starts at once."""
STARTS_S: Final = 60.0
"""For how long a worker counts as starting: one of another queue is never asked, and so never warm."""

_lock: Final = threading.Lock()
_warmed: Bundle | None = None
_began: float | None = None


def begin() -> None:
    """A worker of this process begins; on a busy machine it is seconds before it gets to `warm`."""
    global _began
    _began = time.monotonic()


def is_starting() -> bool:
    """Whether this process will answer soon and does not yet."""
    return _warmed is None and _began is not None and time.monotonic() - _began < STARTS_S


def warm() -> None:
    """Ask each site's engine something, once for every bundle. Raises `DatabaseError`."""
    global _warmed
    bots = sites.everywhere()
    if not bots:
        return
    bundle = bundle_now()
    with _lock:
        if bundle is _warmed:
            return
        for site, bot in bots.items():
            engine = bundle.engine(site, bundle.active)
            for text in GREETINGS:
                engine.answer(Asked(text, datetime.now(UTC), site, DialogState(), bot.locale))
        _warmed = bundle
        heap.give_back()  # 10 MB: dictionaries are read as text and kept as tables
