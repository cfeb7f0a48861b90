"""How many requests Django answers at once.

Under ASGI each request that meets synchronous code gets a thread of its own, without any bound: two thousand
visitors who come back within the same second would be two thousand threads that wait for one database. The
others wait here instead, where waiting costs a future; sockets, polls and static files do not pass by.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

AT_ONCE = 64
"""More than a database is of use for (SQLite has one writer, the pool 8 connections), and room for those who
wait for something slow, such as their turn to have a picture decoded."""


class Turnstile:
    """Django middleware, the outermost: whole bodies have arrived by now, so a slow client holds no place."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._places = asyncio.Semaphore(AT_ONCE)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer, or wait for a place first."""
        if self._is_async:
            return self._in_turn(request)
        response: HttpResponseBase = self._get_response(request)
        return response

    async def _in_turn(self, request: HttpRequest) -> HttpResponseBase:
        async with self._places:
            response: HttpResponseBase = await self._get_response(request)
            return response
