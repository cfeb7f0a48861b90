"""From the journal to the bot's queue without a detour: a visitor's word in a conversation of the bot's
makes a task at once. Losing one changes nothing: a sweep finds every second what is owed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

import structlog

from chat.journal.base import Append, Stored
from chat.states import cached

log = structlog.get_logger(__name__)

MOST: Final = 32
"""Conversations a task: what came together is understood together."""
GATHER_S: Final = 0.02
"""After a task before the next: one visitor alone is answered at once, a crowd in tasks of several, which
share their reads and writes."""
_BY_VISITOR: Final = b'"sender":{"kind":"visitor"'

_waiting: dict[str, None] = {}
_lock = threading.Lock()
_some = threading.Event()
_thread: threading.Thread | None = None
_pid = 0


def stored(entries: Sequence[tuple[Append, Stored]]) -> None:
    """The journal's listener, on its writer thread: 0.2 µs for a conversation that people have."""
    owed = []
    for append, _ in entries:
        known = cached(append.conversation)
        if known is not None and known.state.status == "bot" and _BY_VISITOR in append.drafts[-1].raw:
            owed.append(append.conversation)
    if owed:
        owe(owed)


def owe(conversations: Sequence[str]) -> None:
    """Have these looked at soon. Never raises, never blocks."""
    global _thread, _pid
    with _lock:
        _waiting.update(dict.fromkeys(conversations))
        if _thread is None or _pid != os.getpid():
            _pid = os.getpid()
            _thread = threading.Thread(target=_run, name="bot-nudge", daemon=True)
            _thread.start()
    _some.set()


def _run() -> None:
    while True:
        _some.wait()
        _some.clear()
        with _lock:
            conversations = list(_waiting)
            _waiting.clear()
        for first in range(0, len(conversations), MOST):
            _send(conversations[first : first + MOST])
        time.sleep(GATHER_S)


def _send(conversations: list[str]) -> None:
    from bot.tasks import answer

    task: Any = answer
    try:
        task.apply_async(args=[conversations], retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, the sweep comes
        log.warning("bot_not_nudged", error=type(error).__name__)
