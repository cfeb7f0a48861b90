"""Telling Celery that the journal has something new, without ever holding up who wrote it.

The writer only sets a flag. One thread a process turns flags into at most one task each 50 ms; while a
drain runs in this very process it is told instead. A nudge that gets lost (broker down, process killed)
changes nothing: the sweep looks every two seconds.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog

from chat.journal.base import Append, Stored
from chat.persistence.reader import gate

log = structlog.get_logger(__name__)

SPACING_S: Final = 0.05
BROKER_DOWN_S: Final = 2.0  # as often as the sweep: more would not help

_wanted = threading.Event()
_start = threading.Lock()
_thread: threading.Thread | None = None
_pid = 0


def nudge_persistence() -> None:
    """Have what was just appended persisted soon. Costs a flag test when a nudge is under way; never
    raises.
    """
    if _wanted.is_set() and _pid == os.getpid():
        return
    _wanted.set()
    if _thread is None or _pid != os.getpid():
        _ensure_thread()


def stored(entries: Sequence[tuple[Append, Stored]]) -> None:
    """The journal's listener: something new stands in the log."""
    nudge_persistence()


def _ensure_thread() -> None:
    global _thread, _pid
    with _start:
        if _thread is not None and _pid == os.getpid():
            return
        _pid = os.getpid()
        _thread = threading.Thread(target=_run, name="persistence-nudge", daemon=True)
        _thread.start()


def _run() -> None:
    """Every wish after a send is seen at the next turn, so the last entry of a burst is nudged too."""
    while True:
        _wanted.wait()
        _wanted.clear()
        sent = gate.knock() or _send()
        time.sleep(SPACING_S if sent else BROKER_DOWN_S)


def _send() -> bool:
    from chat.tasks import persist

    try:
        persist.apply_async(retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, posting goes on
        log.warning("nudge_not_sent", error=type(error).__name__)
        return False
    return True
