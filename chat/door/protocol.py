"""The WebSocket protocol class for uvicorn: `uvicorn --ws chat.door.protocol:LeanWebSocketProtocol`.

ASGI 3 websocket semantics, the extension `websocket.http.response`, and the extension `kefu.door`
(connection.py). What an idle connection keeps alive is this object, a parser and the application's task: no
queue, event, timer or task of the door's, and neither scope nor headers after the accept (an application that
empties `scope["headers"]` or drops the scope has its memory back). No protocol extension is negotiated, and
uvicorn's `ws_ping_*`, `ws_max_queue` and `ws_per_message_deflate` do nothing here: the application drives the
heartbeats.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl

from chat.door import frames
from chat.door.connection import EXTENSION
from chat.door.handshake import (
    Denial,
    HandshakeError,
    Upgrade,
    http_response,
    parse_upgrade,
    switching_protocols,
)
from chat.door.inbox import QUEUE_SIZE, Message
from chat.door.link import Link, State

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

logger = logging.getLogger("uvicorn.error")


class LeanWebSocketProtocol(Link):
    """One WebSocket connection: the opening handshake, the application's task, and ASGI's send()."""

    __slots__ = ("_app_state", "_config", "_pending", "_server_state")

    shutdown_timeout = 2.0
    """Seconds a peer has to answer our close frame when the server stops: less than a restart should take."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(_loop or asyncio.get_running_loop(), min(frames.MAX_MESSAGE, config.ws_max_size))
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._pending: Upgrade | Denial | None = None  # the handshake under way; None once answered

    # uvicorn's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # uvicorn's HTTP object, still the transport's here, and its httptools parser hold each other and the
        # request. It lets go in a connection_lost() that an upgraded connection never calls, so until the
        # garbage collector comes by that would be some 4 KB a socket.
        http: Any = self._transport.get_protocol()
        if getattr(http, "parser", None) is not None:
            http.parser = None
        cast("set[object]", self._server_state.connections).add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        cast("set[object]", self._server_state.connections).discard(self)
        self._pending = None

    def data_received(self, data: bytes) -> None:
        if self._state is not State.CONNECTING:
            super().data_received(data)
        elif self._pending is None:  # the request, built anew by uvicorn's HTTP class
            self._handshake(data)
        else:  # a client should wait for the 101; what one sends before is read after it
            self._parser.feed(data)
            if self._parser.pending > QUEUE_SIZE:
                self._too_far_behind()

    def shutdown(self) -> None:
        """The server stops: close open connections with 1012 and refuse unanswered handshakes with 503."""
        if self._state is State.OPEN:
            self.close(frames.RESTARTING, "server is restarting")
        elif self._state is State.CONNECTING:
            self._respond(503, "Server is restarting.")
        self._limit_closing(self.shutdown_timeout)

    # The opening handshake and the application's task.

    def _handshake(self, request: bytes) -> None:
        try:
            upgrade, rest = parse_upgrade(request)
        except HandshakeError as error:
            logger.info("WebSocket handshake refused: %d %s", error.status, error.text)
            self._end(error.response(self._server_state.default_headers))
            return
        self._pending = upgrade
        self._parser.feed(rest)
        self._give({"type": "websocket.connect"})
        app = cast("Any", self._config.loaded_app)
        answer: Awaitable[None] = app(self._scope(upgrade), self.receive, self.send)
        # The application's own coroutine is the task: one wrapped around it would live as long as it.
        task = self._loop.create_task(answer if asyncio.iscoroutine(answer) else _awaited(answer))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._app_done)

    def _scope(self, upgrade: Upgrade) -> Message:
        transport, root_path = self._transport, self._config.root_path
        return {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": root_path,
            "path": root_path + upgrade.path,
            "raw_path": root_path.encode("ascii") + upgrade.raw_path,
            "query_string": upgrade.query,
            "headers": upgrade.headers,
            "subprotocols": upgrade.subprotocols,
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: {"connection": self}},
        }

    def _app_done(self, task: asyncio.Task[None]) -> None:
        """Close what the application left open: 1000 after a return, 4500 after an error, 1012 cancelled."""
        self._server_state.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ClientDisconnected):
            logger.error("Exception in ASGI application", exc_info=error)
        if self._state is State.OPEN:
            if task.cancelled():
                self.close(frames.RESTARTING, "server is restarting")
            elif error is not None:
                self.close(frames.INTERNAL, "internal error")
            else:
                self.close()
        elif self._state in (State.CONNECTING, State.DENYING):
            if error is None and not task.cancelled():
                logger.error("ASGI application returned without answering the handshake.")
            self._respond(500, "Internal Server Error")

    # ASGI's send().

    async def send(self, message: Message) -> None:
        """Send an ASGI message; waits only while the transport's buffer is over its limit.

        `websocket.send` takes `text` also as bytes that are UTF-8 already; `websocket.ping` sends a ping with
        optional `bytes`. ClientDisconnected (an OSError) when the connection is over, RuntimeError for a
        message out of turn, ValueError for what may not be on the wire.
        """
        if self._write_paused:
            await self._drained()
        kind = message["type"]
        if self._state is State.OPEN:
            if kind == "websocket.send":
                text = message.get("text")
                if text is not None:
                    self.send_text(text.encode() if isinstance(text, str) else text)
                    return
                data = message.get("bytes")
                if data is None:
                    raise ValueError("websocket.send needs text or bytes")
                self.send_binary(data)
            elif kind == "websocket.close":
                self.close(message.get("code", frames.NORMAL), message.get("reason") or "")
            elif kind == "websocket.ping":
                self.ping(message.get("bytes", b""))
            else:
                raise RuntimeError(f"Unexpected ASGI message '{kind}' on an open WebSocket.")
        elif self._state in (State.CONNECTING, State.DENYING):
            self._answer(kind, message)
        elif kind != "websocket.close":  # closing what is closed already is no mistake
            raise ClientDisconnected

    def _answer(self, kind: str, message: Message) -> None:
        """The application's answer to the handshake."""
        pending = self._pending
        if isinstance(pending, Upgrade):
            if kind == "websocket.accept":
                self._accept(pending, message)
                return
            if kind == "websocket.close":
                logger.info('WebSocket "%s" 403', pending.path)
                self._respond(403, "")
                return
            if kind == "websocket.http.response.start":
                logger.info('WebSocket "%s" %d', pending.path, message["status"])
                self._pending = Denial(message["status"], list(message.get("headers", ())))
                self._state = State.DENYING
                return
        elif isinstance(pending, Denial) and kind == "websocket.http.response.body":
            pending.body.append(message.get("body", b""))
            if not message.get("more_body", False):
                defaults = self._server_state.default_headers
                self._end(http_response(pending.status, pending.headers, b"".join(pending.body), defaults))
            return
        raise RuntimeError(f"Unexpected ASGI message '{kind}' while the handshake is open.")

    def _accept(self, upgrade: Upgrade, message: Message) -> None:
        subprotocol = message.get("subprotocol")
        if subprotocol is not None and subprotocol not in upgrade.subprotocols:
            raise ValueError(f"the client did not offer the subprotocol {subprotocol!r}")
        defaults = self._server_state.default_headers
        headers = message.get("headers", ())
        self._transport.write(switching_protocols(upgrade.accept, subprotocol, headers, defaults))
        logger.info('WebSocket "%s" [accepted]', upgrade.path)
        self._state = State.OPEN
        self._pending = None
        if self._parser.pending:
            self._read_on()

    def _respond(self, status: int, text: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        self._end(http_response(status, headers, text.encode(), self._server_state.default_headers))

    def _end(self, response: bytes) -> None:
        """Answer the handshake with an HTTP response, which ends the connection."""
        self._transport.write(response)
        self._over(frames.ABNORMAL, "")
        self._pending = None
        self._parser.stop()
        self._limit_closing(self.close_timeout)
        self._transport.close()


async def _awaited(answer: Awaitable[None]) -> None:
    await answer
