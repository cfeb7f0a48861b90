"""Many concurrent look-ups, few queries: what is asked while the last query is under way shares the next
one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from chat.blocking import in_thread

Found = TypeVar("Found")

MAX_KEYS: Final = 500  # a query: bounded so that one huge IN list never holds a thread for long


class Coalescer(Generic[Found]):
    """`get(key)` answers from `load(keys) -> {key: found}`, run on a thread, once per gathering.

    A thousand hellos at once cost a handful of queries instead of a thousand. Errors of `load` reach every
    caller that shared it. One instance serves one event loop at a time.
    """

    def __init__(self, load: Callable[[list[str]], dict[str, Found]]) -> None:
        self._load = load
        self._waiting: dict[str, asyncio.Future[Found | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: str) -> Found | None:
        """What `load` finds for the key, None when it finds nothing."""
        future = self._waiting.get(key)
        if future is None or future.get_loop() is not asyncio.get_running_loop():
            future = asyncio.get_running_loop().create_future()
            self._waiting[key] = future
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(future)

    async def _run(self) -> None:
        await asyncio.sleep(0)  # let everybody who is ready in this turn of the loop join
        while self._waiting:
            keys = list(self._waiting)[:MAX_KEYS]
            waiting = [self._waiting.pop(key) for key in keys]
            try:
                found = await in_thread(self._load, keys)
            except Exception as error:
                for future in waiting:
                    if not future.done():
                        future.set_exception(error)
                        future.exception()  # heard: whoever asked may have gone meanwhile
            else:
                for key, future in zip(keys, waiting, strict=True):
                    if not future.done():
                        future.set_result(found.get(key))
