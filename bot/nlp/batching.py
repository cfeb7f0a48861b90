"""Micro-batching: calls that come within a window of microseconds are computed as one. Pure.

Whoever comes first opens the window, computes what has gathered in it and wakes the others; nobody waits
when nobody else is there (see `Batcher`). One inference of eight sentences costs less than eight of one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

WINDOW_US: Final = 500
MOST: Final = 64
WAIT_S: Final = 30.0
"""Longest wait for the one who computes; only a computation that hangs is longer."""


class _Batch(Generic[Item, Value]):
    def __init__(self) -> None:
        self.items: list[Item] = []
        self.full = threading.Event()
        self.done = threading.Event()
        self.values: Sequence[Value] = ()
        self.error: BaseException | None = None


class Batcher(Generic[Item, Value]):
    """Calls by key gathered for `window_us`; `compute(items)` gives a value for each in their order.

    A call that is alone (nobody else is inside this batcher) is computed at once: a window only pays where
    there is somebody to share with. `most`: items of a batch; a full one is computed without waiting.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Value]],
        *,
        window_us: int = WINDOW_US,
        most: int = MOST,
    ) -> None:
        self._compute = compute
        self._window_s = window_us / 1_000_000
        self._most = most
        self._lock = threading.Lock()
        self._open: dict[Any, _Batch[Item, Value]] = {}
        self._inside = 0
        self.batches = 0
        self.computed = 0

    def call(self, item: Item, key: Any = None) -> Value:
        """The value of one item. Raises what `compute` raises; where that fails for a whole batch, each item
        is tried alone, so that one bad item never fails its neighbours.
        """
        with self._lock:
            self._inside += 1
            alone = self._inside == 1
            batch = self._open.get(key)
            leads = batch is None
            if batch is None:
                batch = _Batch()
                if not alone and self._window_s > 0:
                    self._open[key] = batch
            place = len(batch.items)
            batch.items.append(item)
            if len(batch.items) >= self._most and self._open.get(key) is batch:
                del self._open[key]
                batch.full.set()
        try:
            if leads:
                self._lead(batch, key)
            elif not batch.done.wait(WAIT_S):
                raise TimeoutError("the batch was not computed")
            if batch.error is None:
                return batch.values[place]
            if len(batch.items) == 1:
                raise batch.error
            return self._compute([item])[0]
        finally:
            with self._lock:
                self._inside -= 1

    def _lead(self, batch: _Batch[Item, Value], key: Any) -> None:
        if self._open.get(key) is batch:
            batch.full.wait(self._window_s)
        with self._lock:
            if self._open.get(key) is batch:
                del self._open[key]
            self.batches += 1
            self.computed += len(batch.items)
        try:
            batch.values = self._compute(batch.items)
        except BaseException as error:
            batch.error = error
        finally:
            batch.done.set()
