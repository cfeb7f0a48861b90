"""Having somebody work soon on what was just written, without ever holding up who wrote it.

The writer only sets a flag. One thread a process and nudger turns flags into at most one message each 50 ms.
A nudge that gets lost (broker down, process killed) changes nothing: a sweep makes up for it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

SPACING_S: Final = 0.05


class Nudger:
    """Sends soon after it was wished for. `send` may raise and may block: it runs in a thread of its own.

    `knock`: asked first; True says that work is under way in this very process, and looks once more.
    `spacing_s`: between two sends; `down_s`: after one that failed, as long as the sweep takes to come.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[], object],
        *,
        knock: Callable[[], bool] | None = None,
        spacing_s: float = SPACING_S,
        down_s: float = 1.0,
    ) -> None:
        self.name, self.spacing_s, self.down_s = name, spacing_s, down_s
        self._send, self._knock = send, knock
        self._wanted = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def is_wanted(self) -> bool:
        """Whether a wish is still to be sent."""
        return self._wanted.is_set()

    def wish(self) -> None:
        """Have it sent soon. Costs a flag test when that is under way; never raises."""
        if self._wanted.is_set() and self._pid == os.getpid():
            return
        self._wanted.set()
        if self._thread is None or self._pid != os.getpid():
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        """A process that was forked has none."""
        with self._start:
            if self._thread is not None and self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name=f"{self.name}-nudge", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        """Every wish after a send is seen at the next turn, so the last one of a burst is sent, too."""
        while True:
            self._wanted.wait()
            self._wanted.clear()
            is_sent = (self._knock is not None and self._knock()) or self._try()
            time.sleep(self.spacing_s if is_sent else self.down_s)

    def _try(self) -> bool:
        try:
            self._send()
        except Exception as error:  # whatever the broker's client raises, nobody waits for it
            log.warning("nudge_not_sent", nudger=self.name, error=type(error).__name__)
            return False
        return True
