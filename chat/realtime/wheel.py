"""Heartbeats on one wheel: a slot a second, not a timer per socket.

A connection is looked at once per heartbeat. Silent for one → it is pinged; silent for two → it is
half-open and closed with 4408.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chat.door.connection import Connection
from chat.realtime.hello import HEARTBEAT_S


class Wheel:
    """`turn(now)` once a second with `loop.time()`; connections stand in `HEARTBEAT_S` slots."""

    def __init__(self, slots: int = HEARTBEAT_S) -> None:
        self._slots: list[dict[Connection, Callable[[], None]]] = [{} for _ in range(slots)]
        self._at = 0

    def add(self, connection: Connection, silent: Callable[[], None]) -> int:
        """Watch a connection; `silent` is called once it was silent for two heartbeats. Returns its slot."""
        self._slots[self._at][connection] = silent
        return self._at

    def remove(self, slot: int, connection: Connection) -> None:
        """Stop watching."""
        self._slots[slot].pop(connection, None)

    def turn(self, now: float) -> None:
        """Look at the next slot."""
        self._at = (self._at + 1) % len(self._slots)
        heartbeat = len(self._slots)
        for connection, silent in list(self._slots[self._at].items()):
            quiet = now - connection.last_seen
            # A second of slack: a pong that comes while the slot is being looked at still counts.
            if quiet >= 2 * heartbeat - 1:
                silent()
            elif quiet >= heartbeat - 1:
                connection.ping()


wheel: Final = Wheel()
