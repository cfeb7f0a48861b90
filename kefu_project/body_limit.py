"""A ceiling for request bodies before Django reads them.

Django writes the whole body of a request to a temporary file before any view runs, however long it is; only
what it keeps in memory is limited by its settings.
"""

import errno
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kefu_project.telemetry.endpoints import answer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

LARGEST_BODY = 64 * 2**20
"""Bytes. Above what any site may allow for one upload (chat limits that exactly), far below a disk."""

_TOO_LARGE: dict[str, object] = {
    "code": "too_large",
    "message": f"A request body may have {LARGEST_BODY} bytes.",
    "details": {},
}
_DISK_FULL: dict[str, object] = {
    "code": "busy",
    "message": "The disk is full; try again later.",
    "details": {},
}


class BodyLimit:
    """ASGI middleware: 413 by Content-Length, or once a body without one has grown past the limit."""

    def __init__(self, inner: Asgi, limit: int = LARGEST_BODY) -> None:
        self._inner = inner
        self._limit = limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass one request on, counting its body."""
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            return await answer(send, 413, _TOO_LARGE)
        seen = 0
        refused = answered = False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal seen, refused
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._limit:
                    if not refused:
                        refused = True
                        await answer(send, 413, _TOO_LARGE)
                    return {"type": "http.disconnect"}
            return message

        async def guarded(message: MutableMapping[str, Any]) -> None:
            nonlocal answered
            if not refused:
                answered = True
                await send(message)

        try:
            await self._inner(scope, counted, guarded)
        except OSError as error:
            # Django keeps a large body in a temporary file, and asks nobody what to do when that fails.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or answered or refused:
                raise
            await answer(send, 503, _DISK_FULL)
