"""uvicorn's HTTP with an end to its patience: a head has a size and a time, a body has to go on arriving.

httptools keeps whatever stands in front of a request's first empty line, however much it is, and uvicorn
waits for it, however long: one client could fill the memory, or take every descriptor by saying nothing.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of request line and headers; what is read in one piece (at most 256 KiB) may go beyond it."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientHttp(HttpToolsProtocol):
    """One HTTP connection. Held answers (long polls, downloads) are not its business, only what is awaited
    from the client."""

    head_seconds = 15.0
    """From the connection, or a request's first byte, to the end of its head."""

    body_seconds = 30.0
    """The longest silence within a body."""

    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _in_body = False
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """A client connected: from now on it owes us a head."""
        super().connection_made(transport)
        self._arm(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, then see what is owed next."""
        super().data_received(data)
        if self.parser is None or self.transport.is_closing():  # it is a WebSocket now, or was refused
            self._disarm()
        elif self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._disarm()
                self.transport.write(_TOO_LARGE)
                self.transport.close()
            elif self._timer is None:
                self._arm(self.head_seconds)
        elif self._in_body:
            self._arm(self.body_seconds)
        elif self._is_idle() and self.timeout_keep_alive_task is None:
            self._arm(self.head_seconds)  # empty lines between requests

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The end of a head."""
        self._in_head, self._in_body = False, True
        self._disarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The end of a body, or of a request without one."""
        self._in_body = False
        self._disarm()
        super().on_message_complete()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._out_of_patience, seconds)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _out_of_patience(self, seconds: float) -> None:
        self._timer = None
        # While we do not read, or still owe an answer to the request before, the silence is not the client's.
        if self.flow.read_paused or (self._in_head and not self._is_idle()):
            self._arm(seconds)
        else:
            self.transport.abort()
