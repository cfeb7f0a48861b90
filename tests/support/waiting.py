"""Waiting for a condition, with a bound; tests never sleep for a guessed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

T = TypeVar("T")
_STEP_SECONDS = 0.02
NOT_YET = (AssertionError, OSError, httpx.TransportError)
"""What a condition may raise to say that its time has not come."""


def eventually(condition: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """Call `condition` until it returns something true, and return that; AssertionError after `timeout`
    seconds.

    One of NOT_YET raised by the condition counts as "not yet" and is shown at the end.
    """
    deadline = time.monotonic() + timeout
    while True:
        last: object = None
        try:
            if value := condition():
                return value
            last = value
        except NOT_YET as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition!r}; last: {last!r}")
        time.sleep(_STEP_SECONDS)


async def eventually_async(condition: Callable[[], Awaitable[T]], timeout: float = 10.0, what: str = "") -> T:
    """The same for a coroutine function."""
    deadline = time.monotonic() + timeout
    while True:
        last: object = None
        try:
            if value := await condition():
                return value
            last = value
        except NOT_YET as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition!r}; last: {last!r}")
        await asyncio.sleep(_STEP_SECONDS)
