"""How much one connection may send: a token bucket in two floats. Pure."""

from __future__ import annotations

import time
from typing import Final

#: (frames a second sustained, frames at once). People type; a paste of pictures or a resent outbox bursts.
VISITOR: Final = (10.0, 60.0)
AGENT: Final = (50.0, 300.0)

#: Refused frames in a row after which the connection is closed with 4429: it does not listen to us.
MAX_REFUSED: Final = 300


class Bucket:
    """Allows `burst` frames at once and `rate` a second after that."""

    __slots__ = ("_at", "_burst", "_left", "_rate", "refused")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()
        self.refused = 0

    def take(self) -> float:
        """0.0 when one more frame is fine, else the seconds to wait. Counts refusals in a row in
        `refused`.
        """
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1.0:
            self._left -= 1.0
            self.refused = 0
            return 0.0
        self.refused += 1
        return (1.0 - self._left) / self._rate
