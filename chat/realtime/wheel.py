"""Heartbeats on one wheel: a slot a second, not a timer per socket.

A connection is pinged once per heartbeat. Silent for two → it is half-open and closed with 4408: the slot
finds those who were silent from one turn to the next but one, and a connection whose second heartbeat ends
between two turns (it spoke in between and did not answer the ping after that) is looked at every second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings

from chat.door.connection import Connection

#: Seconds: a turn of the wheel comes late by as much, and a look at its own slot must not miss by a hair.
_SLACK_S: Final = 0.5


class Wheel:
    """`turn(now)` once a second with `loop.time()`; there are as many slots as a heartbeat has seconds."""

    def __init__(self, heartbeat_s: int) -> None:
        self._slots: list[dict[Connection, Callable[[], None]]] = [{} for _ in range(heartbeat_s)]
        self._suspects: dict[Connection, Callable[[], None]] = {}
        self._at = 0

    def add(self, connection: Connection, silent: Callable[[], None]) -> int:
        """Watch a connection; `silent` is called once it was silent for two heartbeats. Returns its slot."""
        self._slots[self._at][connection] = silent
        return self._at

    def remove(self, slot: int, connection: Connection) -> None:
        """Stop watching."""
        self._slots[slot].pop(connection, None)
        self._suspects.pop(connection, None)

    def turn(self, now: float) -> None:
        """Ping the next slot; end whoever was silent for two heartbeats."""
        heartbeat = len(self._slots)
        limit = 2 * heartbeat - _SLACK_S
        for connection, silent in list(self._suspects.items()):
            quiet = now - connection.last_seen
            if quiet >= limit:
                silent()
            elif quiet < heartbeat:
                del self._suspects[connection]
        self._at = (self._at + 1) % heartbeat
        for connection, silent in list(self._slots[self._at].items()):
            quiet = now - connection.last_seen
            if quiet >= limit:
                silent()
                continue
            connection.ping()
            if quiet > heartbeat + _SLACK_S:
                self._suspects[connection] = silent


wheel: Final = Wheel(settings.KEFU_HEARTBEAT_S)
