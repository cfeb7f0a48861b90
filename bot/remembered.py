"""Rows that every question needs and nobody changes often, read at most every two seconds by each process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from django.db import DatabaseError

TTL_S: Final = 2.0

T = TypeVar("T")


class Remembered(Generic[T]):
    """What `load` gave, at most `TTL_S` ago; when the database is away, as last known."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._known: tuple[float, T] | None = None

    def now(self) -> T:
        """It. May touch the database; raises `DatabaseError` when nothing was ever read."""
        known = self._known
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._lock:
            known = self._known
            if known is None or known[0] <= time.monotonic():
                try:
                    found = self._load()
                except DatabaseError:
                    if known is None:
                        raise
                    found = known[1]
                known = self._known = (time.monotonic() + TTL_S, found)
        return known[1]

    def forget(self) -> None:
        """Read anew with the next question."""
        self._known = None
