"""Telling Celery that the journal has something new (`chat.nudging`).

A drain that runs in this very process is told instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chat.journal.base import Append, Stored
from chat.nudging import Nudger
from chat.persistence.reader import gate


def nudge_persistence() -> None:
    """Have what was just appended persisted soon; see `Nudger.wish`."""
    nudger.wish()


def stored(entries: Sequence[tuple[Append, Stored]]) -> None:
    """The journal's listener: something new stands in the log."""
    nudger.wish()


def _send() -> None:
    from chat.tasks import persist

    persist.apply_async(retry=False, ignore_result=True)


nudger: Final = Nudger("persistence", _send, knock=gate.knock, down_s=2.0)
