"""Simulated people, each a task that goes on until its test has seen enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


@asynccontextmanager
async def awake(lives: Collection[asyncio.Task[None]]) -> AsyncIterator[None]:
    """The lives end with the block, those begun within it too; what broke in one of them breaks the test."""
    try:
        yield
    finally:
        for task in lives:
            task.cancel()
        results = await asyncio.gather(*lives, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result
