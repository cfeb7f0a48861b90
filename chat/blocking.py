"""Work that blocks, away from the event loop, and the database connection it used given back."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from django.db import connections

Answer = TypeVar("Answer")
Asked = ParamSpec("Asked")

_beside: Final = ThreadPoolExecutor(2, "kefu-beside")


async def in_thread(function: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
    """`asyncio.to_thread` for what may touch the database.

    The threads live as long as the process: one that kept its connection would hold a place in the pool for
    ever, and one whose connection broke when the database restarted would never work again.
    """
    return await asyncio.to_thread(_run, function, args, kwargs)


async def beside_database(
    function: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs
) -> Answer:
    """The same for what waits for Redis alone, on threads of its own: a database that takes connections and
    never answers holds all of the loop's own threads, and delivery and polls have to go on without it.
    """
    call = functools.partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_beside, call)


def _run(function: Callable[..., Answer], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
    try:
        return function(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            # A file does not go away, and opening one anew costs more than most questions asked of it.
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close_if_unusable_or_obsolete()
